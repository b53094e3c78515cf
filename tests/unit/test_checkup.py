"""The data folder under the eyes of doctor: real files, and a real lock."""

import base64
import fcntl
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.findings import Finding, Level
from storage import checkup, dbcheck, folder, migrations
from storage.checkup import survey_folder
from storage.folder import DATABASE, is_locked
from storage.stores import SqlStores, open_stores
from storage.vault import MasterKey
from tests.fakes.clock import FakeClock

RAW = b"k" * 32
_MIB = 1024 * 1024
_NOBODY = 65_534


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """Return a folder in which a bot has run, with its key beside the database."""
    path = tmp_path / "data"
    await (await open_stores(path, MasterKey(RAW), FakeClock())).close()
    key = path / "master.key"
    key.touch(mode=0o600)
    key.write_bytes(base64.b64encode(RAW))
    return path


@pytest.fixture
async def running(data: Path) -> AsyncIterator[SqlStores]:
    """Let a bot run on the folder."""
    stores = await open_stores(data, MasterKey(RAW), FakeClock())
    yield stores
    await stores.close()


@pytest.fixture
def without_rights() -> Iterator[Callable[[int], Path]]:
    """Return what makes a folder of a mode, and makes us an account that has no more than that."""
    is_root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:

        def become(mode: int) -> Path:
            Path(name).chmod(mode)
            if is_root:
                os.seteuid(_NOBODY)
            return Path(name)

        try:
            yield become
        finally:
            if is_root:
                os.seteuid(0)
            Path(name).chmod(0o700)


def edit(path: Path, *commands: str) -> None:
    """Change the database as somebody with an editor would."""
    with closing(sqlite3.connect(path / DATABASE, isolation_level=None)) as connection:
        for command in commands:
            connection.execute(command)


def of(findings: Sequence[Finding], subject: str) -> Finding:
    """Return the finding about a subject; there is one."""
    (found,) = (each for each in findings if each.subject == subject)
    return found


def seen(path: Path, subject: str, *, is_quick: bool = False) -> Finding:
    """Look at a folder and return what was found of a subject."""
    return of(survey_folder(path, is_quick=is_quick).findings, subject)


def traces(path: Path) -> dict[str, tuple[int, float]]:
    """Return what is in a folder, with mode and time of change."""
    files = {str(each.relative_to(path)): each.stat() for each in path.rglob("*")}
    return {name: (found.st_mode, found.st_mtime_ns) for name, found in files.items()}


def test_a_folder_that_is_as_it_should_be(data: Path) -> None:
    """Everything is ok, the key's facts are those of the database, and nothing was changed."""
    before = traces(data)
    survey = survey_folder(data)
    assert [each.subject for each in survey.findings if each.level is not Level.OK] == []
    assert survey.facts is not None
    assert survey.facts.kek_id == MasterKey(RAW).id
    assert not survey.is_running
    assert traces(data) == before


async def test_a_running_bot_is_seen_and_not_disturbed(data: Path, running: SqlStores) -> None:
    """Its lock is still its own, and it can write."""
    survey = survey_folder(data)
    assert survey.is_running
    assert {each.level for each in survey.findings} == {Level.OK}
    assert is_locked(data)
    await running.tidy()


def test_quick_wants_a_running_bot_and_reads_no_more_than_it_must(data: Path) -> None:
    """A health check is for a bot that should run, on a folder that it has made."""
    for path in (data, data / "none"):
        found = seen(path, "bot", is_quick=True)
        assert (found.level, found.mend) == (Level.PROBLEM, "start it: hearthkey run")
    subjects = [each.subject for each in survey_folder(data, is_quick=True).findings]
    assert subjects == ["folder", "database", "bot"]


async def test_quick_is_content_with_a_running_bot(data: Path, running: SqlStores) -> None:
    """Then there is no problem."""
    levels = {each.level for each in survey_folder(data, is_quick=True).findings}
    assert levels == {Level.OK}
    assert running.lock


def test_the_lock_is_tried_again_when_a_check_up_holds_it(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bot that starts in that moment starts."""
    with (data / folder.LOCK).open() as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_SH | fcntl.LOCK_NB)

        def pause(_: float) -> None:
            fcntl.flock(looked_at, fcntl.LOCK_UN)

        monkeypatch.setattr("storage.folder.time.sleep", pause)
        os.close(folder.lock_folder(data))


def test_two_check_ups_do_not_take_each_other_for_a_bot(data: Path) -> None:
    """A health check comes by itself while somebody looks."""
    with (data / folder.LOCK).open() as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_SH | fcntl.LOCK_NB)
        assert not is_locked(data)


def test_no_folder_is_a_warning_where_it_can_be_made(tmp_path: Path) -> None:
    """It is the first start, or the wrong setting; then no key is missing."""
    survey = survey_folder(tmp_path / "deep" / "data")
    found = of(survey.findings, "folder")
    assert found.level is Level.WARNING
    assert of(survey.findings, "bot").level is Level.OK
    assert "HEARTHKEY_DATA_DIR" in found.mend
    assert survey.facts is not None
    assert survey.facts.is_empty
    assert not (tmp_path / "deep").exists()


def test_a_folder_that_cannot_be_made_is_a_problem(
    without_rights: Callable[[int], Path],
) -> None:
    """The command that makes it is told."""
    above = without_rights(0o555)
    found = seen(above / "data", "folder")
    assert found.level is Level.PROBLEM
    assert f"sudo install -d -m 700 -o $USER {above}/data" in found.mend


def test_a_file_in_the_folders_place_is_a_problem(tmp_path: Path) -> None:
    """Nothing can be kept in it."""
    (tmp_path / "data").touch()
    survey = survey_folder(tmp_path / "data")
    assert survey.findings[0].level is Level.PROBLEM
    assert survey.is_closed


def test_a_folder_that_may_only_be_read_is_a_problem(
    without_rights: Callable[[int], Path],
) -> None:
    """The account that looks is perhaps not the bot's, which is said first."""
    path = without_rights(0o555)
    found = seen(path, "folder")
    assert found.level is Level.PROBLEM
    assert found.mend.startswith("run doctor as the account")
    assert f"sudo chown -R $USER {path}" in found.mend


def test_a_folder_that_may_not_be_read_is_one_problem(
    without_rights: Callable[[int], Path],
) -> None:
    """Nothing more is said about what could not be seen."""
    survey = survey_folder(without_rights(0o000) / "data")
    assert [each.level for each in survey.findings] == [Level.PROBLEM]
    assert survey.is_closed


def test_a_read_only_file_system_is_a_problem(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Disks are made so by their errors; rights would not mend it."""
    real = os.statvfs(data)
    fields = list(real)
    fields[8] |= os.ST_RDONLY
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(fields))
    found = seen(data, "folder")
    assert found.level is Level.PROBLEM
    assert "read-only" in found.found


def test_files_that_others_can_open_are_named_with_the_command(data: Path) -> None:
    """Also those in the folder of backups."""
    (data / "backups").mkdir(mode=0o700)
    (data / "backups" / "one two.db").touch(mode=0o644)
    (data / DATABASE).chmod(0o640)
    found = seen(data, "rights")
    assert found.level is Level.WARNING
    assert found.found == "others can open hearthkey.db, backups/one two.db"
    assert found.mend == f"chmod go-rwx {data}/hearthkey.db '{data}/backups/one two.db'"
    subprocess.run(["sh", "-c", found.mend], check=True)
    assert seen(data, "rights").level is Level.OK


def test_the_keys_of_a_device_are_looked_at_too(data: Path) -> None:
    """Their folder belongs here, for its owner alone as everything is."""
    device = data / "matrix"
    device.mkdir(mode=0o700)
    (device / "DEVICE.db").touch(mode=0o600)
    assert {each.level for each in survey_folder(data).findings} == {Level.OK}
    device.chmod(0o750)
    (device / "DEVICE.db").chmod(0o604)
    found = seen(data, "rights")
    assert found.found == "others can open matrix, matrix/DEVICE.db"


def test_a_folder_that_others_can_write_is_a_problem(data: Path) -> None:
    """Whoever writes there can put another database in."""
    data.chmod(0o770)
    assert seen(data, "rights").level is Level.PROBLEM
    data.chmod(0o750)
    assert seen(data, "rights").level is Level.WARNING


def test_files_of_another_account_are_a_problem(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after one start as root: the bot cannot open them any more."""
    as_it_is = Path.stat

    def as_given_away(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = as_it_is(path, follow_symlinks=follow_symlinks)
        if path != data:
            return found
        mode, inode, device, links, _, *more = found
        return os.stat_result((mode, inode, device, links, _NOBODY, *more))

    monkeypatch.setattr(Path, "stat", as_given_away)  # only root may give a folder away
    found = seen(data, "rights")
    assert found.level is Level.PROBLEM
    assert found.found.startswith("epoch, hearthkey.db, lock, master.key belong to another")
    assert found.mend == f"sudo chown -R {_NOBODY} {data}"


def test_room_is_judged_by_what_a_copy_of_the_database_takes(data: Path) -> None:
    """And by what is too little for anything."""
    assert checkup.free_space(data, 19 * _MIB).level is Level.PROBLEM
    assert checkup.free_space(data, 199 * _MIB).level is Level.WARNING
    assert checkup.free_space(data, 300 * _MIB).level is Level.OK
    os.truncate(data / DATABASE, 200 * _MIB)
    assert checkup.free_space(data, 300 * _MIB).level is Level.WARNING


def test_no_database_is_fine_before_the_first_start_only(data: Path, tmp_path: Path) -> None:
    """A file beside it tells that there was one."""
    (tmp_path / "new").mkdir(mode=0o700)
    assert seen(tmp_path / "new", "database").level is Level.OK
    (data / DATABASE).unlink()
    found = seen(data, "database")
    assert found.level is Level.WARNING
    assert "put a backup in" in found.mend


def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    """A start that was cut leaves one."""
    (tmp_path / DATABASE).touch()
    survey = survey_folder(tmp_path)
    assert of(survey.findings, "database").level is Level.OK
    assert survey.facts == dbcheck.NOTHING


def test_a_newer_schema_is_a_problem(data: Path) -> None:
    """With what to do about it, apart from what it is."""
    edit(data, "PRAGMA user_version = 99")
    found = seen(data, "database")
    assert found.level is Level.PROBLEM
    assert found.found.endswith(f"(schema 99, this one knows {len(migrations.shipped())})")
    assert found.mend == "upgrade Hearthkey, or bring back a backup from before"
    assert survey_folder(data).facts is None


def test_an_older_schema_is_told(tmp_path: Path) -> None:
    """The next start mends it by itself."""
    steps = migrations.shipped()[:1]
    folder.prepare(tmp_path / DATABASE, steps, datetime(2026, 1, 1, tzinfo=UTC))
    found = seen(tmp_path, "database")
    assert found.level is Level.OK
    assert "schema 1; the next start brings it to" in found.found


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough", b"SQLite format 3\0" + b"\7" * 500]
)
def test_another_file_is_a_problem(data: Path, content: bytes) -> None:
    """Whatever it is."""
    (data / DATABASE).write_bytes(content)
    found = seen(data, "database")
    assert found.level is Level.PROBLEM
    assert found.mend


def test_another_programs_database_is_a_problem(data: Path) -> None:
    """It is left alone."""
    edit(data, "PRAGMA application_id = 7")
    found = seen(data, "database")
    assert found.level is Level.PROBLEM
    assert "is not a Hearthkey database" in found.found
    assert found.mend.startswith("move it away")


def test_a_damaged_page_is_found(data: Path) -> None:
    """Somewhere in the middle, where opening alone does not look; quick does not either."""
    pages = _pages_of(data, "adjustments")
    with (data / DATABASE).open("r+b") as file:
        file.seek((pages - 1) * 4096)
        file.write(b"\xff" * 4096)
    found = seen(data, "database")
    assert found.level is Level.PROBLEM
    assert "damaged" in found.found
    assert "put a backup in" in found.mend
    assert seen(data, "database", is_quick=True).level is Level.OK


def _pages_of(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path / DATABASE)) as connection:
        sql = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        return int(connection.execute(sql, (table,)).fetchone()[0])


def test_reading_through_ends_where_a_running_bot_would_wait(data: Path) -> None:
    """What was not read is not said to be whole."""
    edit(
        data,
        "CREATE TABLE much AS WITH RECURSIVE c(x) AS"
        " (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 20000) SELECT x FROM c",
    )
    with closing(sqlite3.connect(data / DATABASE)) as connection:
        assert dbcheck.is_whole(connection, within_s=-1.0) is None
        assert dbcheck.is_whole(connection, within_s=60.0) is True
        assert dbcheck.is_whole(connection, within_s=None) is True


def test_a_bot_that_was_killed_left_a_log_that_is_read(data: Path, tmp_path: Path) -> None:
    """Nothing of it is lost by looking."""
    killed = tmp_path / "killed"
    with closing(sqlite3.connect(data / DATABASE, isolation_level=None)) as connection:
        connection.execute("UPDATE meta SET value = 'canary' WHERE name = 'kek_id'")
        shutil.copytree(data, killed)
    facts = survey_folder(killed).facts
    assert facts is not None
    assert facts.kek_id == "canary"
    assert (killed / f"{DATABASE}-wal").stat().st_size > 0


def test_what_was_set_aside_or_lost_is_counted(data: Path) -> None:
    """With the references under which the log tells of it."""
    edit(
        data,
        "INSERT INTO inbox (frontend, update_id, state, stored_at, reference)"
        " VALUES ('t', 1, 'parked', 0, 'K3F9'), ('t', 2, 'parked', 0, 'ZZ42'),"
        " ('t', 3, 'pending', 0, NULL)",
        "INSERT INTO places (frontend, chat, thread, kind) VALUES ('t', '1', '', 'private')",
        "INSERT INTO outbox (place, member, part, state, made_at)"
        " VALUES (1, 'm', 0, 'undeliverable', 0), (1, 'm', 0, 'sent', 0)",
    )
    inbox, outbox = seen(data, "inbox"), seen(data, "outbox")
    assert (inbox.level, outbox.level) == (Level.WARNING, Level.WARNING)
    assert inbox.found.startswith("2 ")
    assert inbox.mend == "look in the bot's log for: K3F9, ZZ42"
    assert outbox.found.startswith("1 ")
