"""All storage ports over one data folder: opened, and closed again."""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from bot.domain.errors import StartError, StorageError
from bot.domain.ports import Clock
from storage import epoch, migrations
from storage.database import Database, Probe
from storage.erasure import due, erase_due
from storage.folder import DATABASE, Facts, lock_folder, make_folder, prepare
from storage.groups import SqlGroups
from storage.intake import KEPT, SqlIntake
from storage.invitations import tidy_invitations
from storage.keepsakes import SqlKeepsakes
from storage.keyrings import Keyrings
from storage.keys import Keys
from storage.migrations import Migration
from storage.people import host_key
from storage.roster import SqlPeople
from storage.settings import SqlSettings
from storage.turns import Turns
from storage.tx import Repository, Tx, last_ids
from storage.vault import MasterKey

_SENT_KEPT: Final = timedelta(days=7)
_QUESTION_KEPT: Final = timedelta(days=1)
_ADJUSTMENT_KEPT: Final = timedelta(days=30)
FindKey = Callable[[Facts], MasterKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlStores:
    """The ports. `is_restored`: this start is on a backup that was put back."""

    intake: SqlIntake
    turns: Turns
    keys: Keys
    settings: SqlSettings
    people: SqlPeople
    groups: SqlGroups
    keepsakes: SqlKeepsakes
    database: Database
    rings: Keyrings
    is_restored: bool
    lock: int

    async def tidy(self) -> None:
        """Delete what is kept for a while only: at the start, and daily after that."""
        await self.intake.write(_tidy)
        if await self.intake.read(due):
            await self.intake.write(erase_due, erases=True)

    async def close(self) -> None:
        """Commit what waits, and let the folder go."""
        if await self.database.close():
            os.close(self.lock)


async def open_stores(
    folder: Path,
    find_key: FindKey | MasterKey,
    clock: Clock,
    *,
    probe: Probe | None = None,
    steps: Sequence[Migration] | None = None,
) -> SqlStores:
    """Make, check, lock and open the data folder. Raises StartError, one line per problem.

    `find_key` gets what the database says of its key before that is chosen; it may take its
    time. `probe` is for kill tests, see `Database`.
    """
    lock = await asyncio.to_thread(_enter, folder)
    try:
        known = migrations.shipped() if steps is None else steps
        facts = await asyncio.to_thread(prepare, folder / DATABASE, known, clock.now())
        master = await asyncio.to_thread(_checked, folder, find_key, facts)
        database = await Database(folder / DATABASE, probe=probe).open()
        try:
            return await _assembled(folder, database, Keyrings(master, facts.host), clock, lock)
        except BaseException:
            await database.close()
            raise
    except (StorageError, OSError) as error:
        os.close(lock)
        problem = f"the data folder {folder} cannot be used ({error}): see to its disk"
        raise StartError([problem]) from None
    except BaseException:
        os.close(lock)
        raise


def _enter(folder: Path) -> int:
    make_folder(folder)
    return lock_folder(folder)


def _checked(folder: Path, find_key: FindKey | MasterKey, facts: Facts) -> MasterKey:
    master = find_key if isinstance(find_key, MasterKey) else find_key(facts)
    if facts.kek_id and facts.kek_id != master.id:
        problem = (
            f"the master key {master.id} is not the one the database in {folder} was sealed with"
            f" ({facts.kek_id}): bring that key back"
        )
        raise StartError([problem])
    return master


async def _assembled(
    folder: Path, database: Database, rings: Keyrings, clock: Clock, lock: int
) -> SqlStores:
    database.on_end(rings.settle)
    parts = (database, rings, await database.read(last_ids), clock)
    is_restored = await _begin(folder, Repository(*parts), rings)
    stores = SqlStores(
        intake=SqlIntake(*parts),
        turns=Turns(*parts),
        keys=Keys(*parts),
        settings=SqlSettings(*parts),
        people=SqlPeople(*parts),
        groups=SqlGroups(*parts),
        keepsakes=SqlKeepsakes(*parts),
        database=database,
        rings=rings,
        is_restored=is_restored,
        lock=lock,
    )
    await stores.tidy()
    return stores


async def _begin(folder: Path, repository: Repository, rings: Keyrings) -> bool:
    """Enter the epoch; at the very first start note the master key and make the host's key."""
    in_file = epoch.read_file(folder)

    async def work(tx: Tx) -> tuple[epoch.Epoch, bool]:
        await host_key(tx)
        await tx.run("INSERT OR IGNORE INTO meta VALUES ('kek_id', ?)", rings.master_id)
        return await epoch.enter(tx, in_file)

    entered, is_restored = await repository.write(work)
    await asyncio.to_thread(epoch.write_file, folder, entered)
    return is_restored


async def _tidy(tx: Tx) -> None:
    for sql, kept in (
        ("DELETE FROM inbox WHERE state <> 'pending' AND stored_at < ?", KEPT),
        (
            "DELETE FROM outbox WHERE state IN ('sent', 'undeliverable')"
            " AND (turn IS NULL OR message IS NULL) AND made_at < ?",
            _SENT_KEPT,
        ),
        ("DELETE FROM questions WHERE asked_at < ?", _QUESTION_KEPT),
        ("DELETE FROM adjustments WHERE learned_at < ?", _ADJUSTMENT_KEPT),
    ):
        await tx.run(sql, tx.now - kept // timedelta(milliseconds=1))
    await tidy_invitations(tx)
