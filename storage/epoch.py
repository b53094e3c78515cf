"""Epochs: a database that was put back from a backup does not know what happened since.

The database and a file beside it hold the same epoch and the same number of starts. Where they
do not fit, the database is older than its folder; then a new epoch begins and nothing that was
open is sent or asked by itself. A folder put back as a whole cannot be told from the original.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from bot.domain.chat import TurnState
from storage import intake, outbox
from storage.folder import EPOCH
from storage.rules import EPOCH_DETAIL
from storage.turn_rows import OPEN
from storage.tx import Tx


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch's random id and how often the bot started in it."""

    id: str
    starts: int


def read_file(folder: Path) -> Epoch | None:
    """Return what the file says; None if it is missing or no such file."""
    try:
        id_, starts = (folder / EPOCH).read_text(encoding="ascii").split()
        return Epoch(id_, int(starts))
    except (OSError, ValueError):
        return None


def write_file(folder: Path, epoch: Epoch) -> None:
    """Replace the file, whole or not at all. Raises OSError."""
    draft = folder / f"{EPOCH}.new"
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(descriptor, f"{epoch.id} {epoch.starts}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(folder / EPOCH)


async def enter(tx: Tx, in_file: Epoch | None) -> tuple[Epoch, bool]:
    """Count a start; return where it stands, and whether a new epoch began on an old database."""
    rows = await tx.all("SELECT name, value FROM meta WHERE name IN ('epoch', 'starts', 'backup')")
    meta = {row["name"]: row["value"] for row in rows}
    stored = Epoch(meta["epoch"], int(meta["starts"])) if "epoch" in meta else None
    is_restored = stored is not None and ("backup" in meta or _is_older(stored, in_file))
    if stored is None or is_restored:
        stored = Epoch(secrets.token_hex(8), 0)
    if is_restored:
        await _expire(tx)
    entered = Epoch(stored.id, stored.starts + 1)
    await tx.run("DELETE FROM meta WHERE name = 'backup'")
    for name, value in (("epoch", entered.id), ("starts", str(entered.starts))):
        await tx.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", name, value)
    return entered, is_restored


def _is_older(stored: Epoch, in_file: Epoch | None) -> bool:
    """Whether the database lags behind its file. It may be one start ahead, after a crash."""
    return in_file is None or in_file.id != stored.id or in_file.starts > stored.starts


async def _expire(tx: Tx) -> None:
    await tx.run(
        "UPDATE turns SET state = ?, detail = ?, partial = NULL, shown = NULL, untold = 1"  # noqa: S608  # a constant
        f" WHERE state IN {OPEN}",
        TurnState.EXPIRED.value,
        EPOCH_DETAIL,
    )
    await outbox.give_up(tx)
    await intake.forget(tx)
