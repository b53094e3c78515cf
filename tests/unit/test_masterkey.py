"""The master key's sources: their order, their checks, and their one-line refusals."""

import base64
from pathlib import Path

import pytest
from cryptography.exceptions import UnsupportedAlgorithm

from bot.domain.errors import StartError
from storage import masterkey
from storage.masterkey import Found, KeySource, find_master_key
from storage.vault import MasterKey

RAW = bytes(range(100, 132))
TEXT = base64.b64encode(RAW).decode()
SALT = b"a salt of the db"
WORDS = "canary horse battery"


def _find(folder: Path, env: dict[str, str] | None = None, *, is_empty: bool = False) -> Found:
    return find_master_key(env or {}, folder, is_empty=is_empty, salt=SALT)


def _refused(folder: Path, env: dict[str, str] | None = None, *, is_empty: bool = False) -> str:
    """Return the one line with which the start stops."""
    with pytest.raises(StartError) as caught:
        _find(folder, env, is_empty=is_empty)
    (problem,) = caught.value.problems
    assert "\n" not in problem
    return problem


def _write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEXT, id="base64"),
        pytest.param(TEXT.rstrip("=") + "\n", id="unpadded"),
        pytest.param(base64.urlsafe_b64encode(RAW).decode(), id="base64url"),
        pytest.param(RAW.hex(), id="hex"),
        pytest.param(f"  {RAW.hex().upper()}\n", id="HEX"),
    ],
)
def test_every_form_of_a_key_is_the_same_key(tmp_path: Path, text: str) -> None:
    """However the 32 bytes are written."""
    found = _find(tmp_path, {"HEARTHKEY_MASTER_KEY": text})
    assert found.key.id == MasterKey(RAW).id
    assert found.source is KeySource.ENVIRONMENT


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("canary", id="word"),
        pytest.param(TEXT[:-5], id="short"),
        pytest.param(TEXT.rstrip("=") + "AAAA", id="long"),
        pytest.param("zz" + RAW.hex()[2:], id="bad-hex"),
        pytest.param("é" * 43, id="not-ascii"),
    ],
)
def test_anything_else_is_refused_by_name_only(tmp_path: Path, text: str) -> None:
    """The line names the setting and the form of a key, never the value."""
    problem = _refused(tmp_path, {"HEARTHKEY_MASTER_KEY": text})
    assert problem.startswith("HEARTHKEY_MASTER_KEY holds no master key: ")
    assert text not in problem


def test_the_first_source_wins(tmp_path: Path) -> None:
    """Credential, key file, key, passphrase file, passphrase, own file: in order."""
    keys = [bytes([number]) * 32 for number in range(4)]
    credential = _write(tmp_path / "hearthkey_master_key", keys[0].hex())
    _write(tmp_path / "master.key", keys[3].hex())
    env = {
        "CREDENTIALS_DIRECTORY": str(tmp_path),
        "HEARTHKEY_MASTER_KEY_FILE": str(_write(tmp_path / "key", keys[1].hex())),
        "HEARTHKEY_MASTER_KEY": keys[2].hex(),
        "HEARTHKEY_PASSPHRASE_FILE": str(_write(tmp_path / "words", f"{WORDS}\n")),
        "HEARTHKEY_PASSPHRASE": "another one entirely",
    }
    seen = [_find(tmp_path, env)]
    credential.unlink()
    for name in list(env)[1:]:
        seen.append(_find(tmp_path, env))
        del env[name]
    seen.append(_find(tmp_path, env))
    assert [found.source for found in seen] == [
        KeySource.CREDENTIAL,
        KeySource.KEY_FILE,
        KeySource.ENVIRONMENT,
        KeySource.DERIVED,
        KeySource.DERIVED,
        KeySource.FOLDER,
    ]
    assert [found.place for found in seen[3:5]] == list(_env_names("PASSPHRASE"))
    assert len({found.key.id for found in seen}) == 6


def _env_names(name: str) -> tuple[str, str]:
    return f"HEARTHKEY_{name}_FILE", f"HEARTHKEY_{name}"


def test_an_empty_setting_is_no_setting(tmp_path: Path) -> None:
    """Compose files pass variables on that are not set."""
    env = dict.fromkeys([*_env_names("MASTER_KEY"), *_env_names("PASSPHRASE")], "")
    _write(tmp_path / "master.key", TEXT)
    found = _find(tmp_path, {**env, "CREDENTIALS_DIRECTORY": ""})
    assert found.source is KeySource.FOLDER


def test_a_key_is_made_beside_an_empty_database(tmp_path: Path) -> None:
    """Once, readable by its owner alone, and found again from then on."""
    made = _find(tmp_path, is_empty=True)
    path = tmp_path / "master.key"
    assert made.is_new
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    for is_empty in (True, False):
        again = _find(tmp_path, is_empty=is_empty)
        assert (again.key.id, again.is_new) == (made.key.id, False)


def test_what_a_crash_left_of_a_new_key_is_no_hindrance(tmp_path: Path) -> None:
    """A half-written draft is thrown away, whatever its mode."""
    _write(tmp_path / "master.new", "half", 0o644)
    _find(tmp_path, is_empty=True)
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]
    assert (tmp_path / "master.key").stat().st_mode & 0o777 == 0o600


def test_no_key_is_made_beside_a_full_database(tmp_path: Path) -> None:
    """It would hide that the data cannot be opened; the line says where to put the right one."""
    problem = _refused(tmp_path)
    assert problem.startswith("the master key is missing: ")
    for place in ("systemd credential", "HEARTHKEY_MASTER_KEY", "PASSPHRASE", "master.key"):
        assert place in problem
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["HEARTHKEY_MASTER_KEY_FILE", "HEARTHKEY_PASSPHRASE_FILE"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_others_can_read_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    """The line has the command that mends it."""
    path = _write(tmp_path / "secret", f"{TEXT}\n", mode)
    assert _refused(tmp_path, {name: str(path)}).endswith(f"; run: chmod 600 {path}")


def test_the_folders_own_key_is_held_to_the_same(tmp_path: Path) -> None:
    """Also where we made the file."""
    _write(tmp_path / "master.key", TEXT, 0o644)
    assert "chmod 600" in _refused(tmp_path)


def test_systemd_guards_its_credentials_itself(tmp_path: Path) -> None:
    """Their folder closes them; their mode is none of our business."""
    _write(tmp_path / "hearthkey_master_key", TEXT, 0o440)
    found = _find(tmp_path / "data", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert found.describe() == "systemd credential"


@pytest.mark.parametrize("name", ["HEARTHKEY_MASTER_KEY_FILE", "HEARTHKEY_PASSPHRASE_FILE"])
def test_a_named_file_must_be_there(tmp_path: Path, name: str) -> None:
    """A mistyped path never falls through to the next source."""
    problem = _refused(tmp_path, {name: str(tmp_path / "none")}, is_empty=True)
    assert problem == f"{name}: cannot read {tmp_path / 'none'}: No such file or directory"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"A" * 5_000], ids=["binary", "big"])
def test_a_file_that_is_no_short_text_is_refused(tmp_path: Path, content: bytes) -> None:
    """Rather than a traceback with its bytes."""
    path = tmp_path / "master.key"
    path.write_bytes(content)
    path.chmod(0o600)
    assert _refused(tmp_path) == f"the master key: {path} is no short text file"


def test_an_unwritable_folder_is_one_line(tmp_path: Path) -> None:
    """A data folder that is not there, as one example."""
    folder = tmp_path / "none"
    problem = _refused(folder, is_empty=True)
    assert problem.startswith(f"cannot write the master key {folder / 'master.key'}: ")


def test_a_passphrase_and_its_salt_make_the_key(tmp_path: Path) -> None:
    """The same ones the same key, however accents are composed; any other ones another."""
    composed, apart = "canary caf\u00e9 battery", "canary cafe\u0301 battery"
    first = _find(tmp_path, {"HEARTHKEY_PASSPHRASE": composed})
    again = _find(tmp_path, {"HEARTHKEY_PASSPHRASE": f"{apart}\n"})
    salted = find_master_key(
        {"HEARTHKEY_PASSPHRASE": composed}, tmp_path, is_empty=False, salt=b"another salt of"
    )
    assert first.key.id == again.key.id != salted.key.id
    assert first.describe() == "passphrase from HEARTHKEY_PASSPHRASE"


def test_a_passphrase_is_stretched_as_rfc_9106_recommends(tmp_path: Path) -> None:
    """64 MiB, 3 passes, 4 lanes: the answer is that of the reference implementation."""
    found = _find(tmp_path, {"HEARTHKEY_PASSPHRASE": WORDS})
    known = bytes.fromhex("d96e7804a1d1f8b31cd2de0322d865b4ba54853ed8e758951b09610c1d0b7f46")
    assert found.key.id == MasterKey(known).id


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    """Argon2id cannot save eleven characters."""
    problem = _refused(tmp_path, {"HEARTHKEY_PASSPHRASE": "canary bird"})
    assert problem == (
        "HEARTHKEY_PASSPHRASE is too short: a passphrase has at least 12 characters"
    )


def test_a_system_without_argon2_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution's own OpenSSL may be too old for it."""

    def missing(**_: object) -> None:
        raise UnsupportedAlgorithm("none")

    monkeypatch.setattr(masterkey, "Argon2id", missing)
    problem = _refused(tmp_path, {"HEARTHKEY_PASSPHRASE": WORDS})
    assert problem.endswith("use HEARTHKEY_MASTER_KEY_FILE")


def test_a_found_key_never_shows(tmp_path: Path) -> None:
    """Its repr has the source and the id."""
    found = _find(tmp_path, {"HEARTHKEY_MASTER_KEY": TEXT})
    assert TEXT not in repr(found)
    assert found.key.id in repr(found)


@pytest.mark.parametrize("source", list(KeySource), ids=lambda source: source.name)
def test_each_source_says_what_it_does_not_protect(source: KeySource) -> None:
    """For the operator who asks doctor, and on the start line."""
    assert "Does not protect" in source.protects
    assert Found(MasterKey(RAW), source, "/data/master.key").describe()
