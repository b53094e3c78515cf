"""The master key under the eyes of doctor: whose it is, and never made."""

import base64
from pathlib import Path

import pytest

from bot.domain.findings import Finding, Level
from storage.dbcheck import NOTHING
from storage.folder import DATABASE, Facts
from storage.keycheck import check_master_key
from storage.masterkey import FILE_NAME, KeySource
from storage.vault import MasterKey

RAW = b"canary key of 32 bytes, for test"
TEXT = base64.b64encode(RAW).decode()
WORDS = "canary horse battery"


def facts(kek_id: str = MasterKey(RAW).id) -> Facts:
    """Return what a database says that was sealed with a key."""
    return Facts(is_empty=False, kek_id=kek_id, salt=b"a salt of the db", host="h")


def look(folder: Path, env: dict[str, str] | None = None, of: Facts | None = NOTHING) -> Finding:
    """Check, and make sure that nothing was made and no key is in what is said."""
    before = sorted(folder.iterdir())
    found = check_master_key(env or {}, folder, of)
    assert sorted(folder.iterdir()) == before
    for secret in (TEXT, RAW.hex(), RAW.decode(), WORDS):
        assert secret not in f"{found}"
    return found


def put(folder: Path, mode: int = 0o600) -> Path:
    """Write the key beside the database."""
    path = folder / FILE_NAME
    path.write_text(TEXT)
    path.chmod(mode)
    return path


def test_no_key_is_fine_before_the_first_start_only(tmp_path: Path) -> None:
    """None is made by looking; beside a database, readable or not, one is needed."""
    assert look(tmp_path).level is Level.OK
    (tmp_path / DATABASE).touch()
    for of in (facts(), None):
        found = look(tmp_path, of=of)
        assert found.level is Level.PROBLEM
        assert "the master key is missing" in found.found


def test_the_right_key_says_what_it_protects(tmp_path: Path) -> None:
    """Where it lies decides that."""
    put(tmp_path)
    found = look(tmp_path, of=facts())
    assert found.level is Level.OK
    assert found.found.endswith(KeySource.FOLDER.protects)
    given = look(tmp_path, {"HEARTHKEY_MASTER_KEY": TEXT}, of=facts())
    assert given.found.endswith(KeySource.ENVIRONMENT.protects)


def test_another_key_is_a_problem(tmp_path: Path) -> None:
    """Both ids are told: with them the right one can be found among copies."""
    put(tmp_path)
    other = MasterKey(b"x" * 32).id
    found = look(tmp_path, of=facts(other))
    assert found.level is Level.PROBLEM
    assert MasterKey(RAW).id in found.found
    assert other in found.found
    assert found.mend


def test_a_key_is_compared_with_no_database_that_cannot_be_read(tmp_path: Path) -> None:
    """It is there and has its form."""
    put(tmp_path)
    assert look(tmp_path, of=None).level is Level.OK


@pytest.mark.parametrize("of", [NOTHING, facts()], ids=["new", "used"])
def test_a_key_that_a_start_would_refuse_is_a_problem(tmp_path: Path, of: Facts) -> None:
    """With the same words."""
    path = put(tmp_path, 0o644)
    assert f"chmod 600 {path}" in look(tmp_path, of=of).found
    assert "holds no master key" in look(tmp_path, {"HEARTHKEY_MASTER_KEY": "canary"}, of=of).found
    assert "too short" in look(tmp_path, {"HEARTHKEY_PASSPHRASE": "canary"}, of=of).found


def test_a_passphrase_is_derived_with_the_databases_salt(tmp_path: Path) -> None:
    """So that a mistyped one is found."""
    env = {"HEARTHKEY_PASSPHRASE": WORDS}
    assert look(tmp_path, env, of=facts()).level is Level.PROBLEM
    assert look(tmp_path, env).level is Level.OK
