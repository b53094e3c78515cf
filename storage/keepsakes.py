"""What messengers keep for themselves, such as a device's keys: sealed for the host, by name."""

from sqlite3 import Row

from bot.domain.secret import Secret
from storage.codec import dump_text, load_text
from storage.keyrings import OF_HOST
from storage.people import host_key
from storage.tx import Repository, Tx
from storage.vault import Cell


def _cell(name: str) -> Cell:
    return Cell("keepsakes", "value", name)


async def _find(tx: Tx, name: str) -> Row | None:
    return await tx.one("SELECT value FROM keepsakes WHERE name = ?", name)


class SqlKeepsakes(Repository):
    """Keepsakes in SQLite."""

    async def get(self, name: str) -> Secret | None:
        """Return what is kept under a name; None if nothing is. Raises VaultCorrupt."""

        async def work(tx: Tx) -> Secret | None:
            row = await _find(tx, name)
            if row is None:
                return None
            return Secret(load_text(await tx.open(row["value"], _cell(name), OF_HOST)))

        return await self.read(work)

    async def put(self, name: str, value: Secret, *, is_fleeting: bool = False) -> None:
        """Keep a value in place of what was there, even of what does not authenticate."""

        async def work(tx: Tx) -> None:
            sealed = await tx.seal(await host_key(tx), dump_text(value.reveal()), _cell(name))
            await tx.run("INSERT OR REPLACE INTO keepsakes VALUES (?, ?)", name, sealed)

        await self.write(work, erases=not is_fleeting)

    async def drop(self, name: str) -> None:
        """Forget what is kept under a name, if anything is."""

        async def work(tx: Tx) -> None:
            await tx.run("DELETE FROM keepsakes WHERE name = ?", name)

        await self.write(work, erases=True)
