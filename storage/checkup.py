"""The data folder, looked at while a bot may run on it: nothing is written, no lock is kept."""

import os
import shlex
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.domain.findings import Finding, Level, ok, problem, warning
from storage.dbcheck import NOTHING, check_database
from storage.folder import DATABASE, DEVICE, Facts, is_locked

_MIB: Final = 1024 * 1024
_LEAST_FREE: Final = 20 * _MIB
_WANTED_FREE: Final = 200 * _MIB
_OTHER_ACCOUNT: Final = "run doctor as the account that the bot runs as"


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was found. `facts` are the database's own, None where it could not be read.

    `is_closed`: not even the folder could be read.
    """

    findings: Sequence[Finding]
    facts: Facts | None = None
    is_running: bool = False
    is_closed: bool = False


def survey_folder(folder: Path, *, is_quick: bool = False) -> Survey:
    """Look at everything but the master key; `is_quick`: at what a running bot needs now."""
    try:
        if not folder.is_dir():
            return _without(folder, is_quick=is_quick)
        findings = [*_usable(folder), *([] if is_quick else _rights(folder))]
        is_running = is_locked(folder)
    except OSError as error:
        found = f"{folder} cannot be read by this account ({error.strerror})"
        return Survey(findings=[problem("folder", found, _OTHER_ACCOUNT)], is_closed=True)
    if not is_quick:
        findings.append(free_space(folder, shutil.disk_usage(folder).free))
    seen, facts = check_database(folder, is_running=is_running, is_quick=is_quick)
    findings += [*seen, _running(folder, is_running=is_running, is_quick=is_quick)]
    return Survey(findings=findings, facts=facts, is_running=is_running)


def free_space(folder: Path, free: int) -> Finding:
    """Judge the room on the folder's disk, in bytes."""
    path = folder / DATABASE
    # Before its schema changes the database is copied.
    wanted = max(_WANTED_FREE, 2 * path.stat().st_size if path.exists() else 0)
    found = f"{free // _MIB:,} MiB free"
    mend = f"make room on the disk of {folder}"
    if free < _LEAST_FREE:
        return problem("disk", found, mend)
    return warning("disk", found, mend) if free < wanted else ok("disk", found)


def _without(folder: Path, *, is_quick: bool) -> Survey:
    if folder.exists():
        found = problem("folder", f"{folder} is no folder", "set HEARTHKEY_DATA_DIR to a folder")
        return Survey(findings=[found], is_closed=True)
    above = next(each for each in folder.parents if each.exists())
    if not _may(above, os.W_OK | os.X_OK):
        mend = f"make it: sudo install -d -m 700 -o $USER {_quoted(folder)}"
        found = problem("folder", f"{folder} is missing, and this account may not make it", mend)
    else:
        mend = (
            "hearthkey run makes it; if the bot has run before, set HEARTHKEY_DATA_DIR as it had"
        )
        found = warning("folder", f"{folder} is not there yet", mend)
    return Survey(
        findings=[found, _running(folder, is_running=False, is_quick=is_quick)], facts=NOTHING
    )


def _usable(folder: Path) -> Iterator[Finding]:
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        mend = "mount it writable; after errors of a disk, see: sudo dmesg"
        yield problem("folder", f"{folder} is on a file system that is mounted read-only", mend)
    elif not _may(folder, os.R_OK | os.W_OK | os.X_OK):
        mend = f"{_OTHER_ACCOUNT}, or make it yours: sudo chown -R $USER {_quoted(folder)}"
        yield problem("folder", f"{folder} cannot be written by this account", mend)
    else:
        yield ok("folder", f"{folder} can be written")


def _rights(folder: Path) -> Iterator[Finding]:
    """Tell of files that others can open, and of files that the bot cannot."""
    owner = folder.stat().st_uid
    files = list(_files(folder))
    open_ = [path for path, found in files if stat.S_IMODE(found.st_mode) & 0o077]
    if open_:
        mend = f"chmod go-rwx {_quoted(*open_)}"
        level = Level.PROBLEM if _is_writable_by_others(folder) else Level.WARNING
        yield Finding(level, "rights", f"others can open {_names(folder, open_)}", mend)
    if strange := [path for path, found in files if found.st_uid != owner]:
        found = f"{_names(folder, strange)} belong to another account than the folder"
        yield problem("rights", found, f"sudo chown -R {owner} {_quoted(folder)}")
    if not open_ and not strange:
        yield ok("rights", "everything is for its owner alone")


def _is_writable_by_others(folder: Path) -> bool:
    return bool(stat.S_IMODE(folder.stat().st_mode) & 0o022)


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    below = (path for name in ("backups", DEVICE) for path in sorted((folder / name).glob("*")))
    for path in (folder, *sorted(folder.iterdir()), *below):
        try:
            yield path, path.stat()
        except FileNotFoundError:  # a running bot makes and removes some
            continue


def _running(folder: Path, *, is_running: bool, is_quick: bool) -> Finding:
    if is_running:
        return ok("bot", "runs on this folder")
    if is_quick:
        return problem("bot", f"no bot runs on {folder}", "start it: hearthkey run")
    return ok("bot", "does not run on this folder now")


def _may(path: Path, mode: int) -> bool:
    has_effective = os.access in os.supports_effective_ids
    return os.access(path, mode, effective_ids=has_effective)


def _names(folder: Path, paths: Sequence[Path]) -> str:
    shown = ["the folder" if path == folder else str(path.relative_to(folder)) for path in paths]
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")


def _quoted(*paths: Path) -> str:
    return " ".join(shlex.quote(str(path)) for path in paths)
