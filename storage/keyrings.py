"""Data keys and whose they are: what seals and opens every cell of the database."""

import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import aiosqlite

from bot.domain.errors import VaultCorrupt
from storage.vault import Cell, DataKey, MasterKey, data_key_id

_log = logging.getLogger(__name__)
_KEPT_OPEN: Final = 4_096
_REPORTED: Final = 10_000
HOST: Final = "host"
IDENTITY: Final = "identity"
PLACE: Final = "place"


@dataclass(frozen=True, slots=True)
class Of:
    """Whose a cell is: a member's, a group place's (its row's id), the host's.

    A cell opens only with a data key from that member's keyring, of that place, or of the host.
    """

    member: str | None = None
    place: int | None = None
    is_host: bool = False


OF_HOST: Final = Of(is_host=True)


@dataclass(frozen=True, slots=True)
class _Held:
    """An unwrapped data key; `member` is set for an identity's."""

    key: DataKey
    kind: str
    owner: str
    member: str | None

    def is_for(self, of: Of) -> bool:
        match self.kind:
            case "host":
                return of.is_host
            case "identity":
                return self.member is not None and self.member == of.member
            case _:
                return of.place is not None and self.owner == str(of.place)


class Keyrings:
    """The data keys of a database; the latest few thousand are kept unwrapped in memory."""

    def __init__(self, master: MasterKey, host: str) -> None:
        """`host` is the database's own id: a wrapped key from another one does not open."""
        self._master = master
        self._host = host
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._is_changing = False
        self._changes = 0
        self._reported: set[tuple[str, str, str]] = set()

    @property
    def master_id(self) -> str:
        """Return the id of the master key."""
        return self._master.id

    @property
    def refused(self) -> int:
        """Return how many places of the database held a value that was refused."""
        return len(self._reported)

    def change(self) -> None:
        """Keep nothing of whose keys are: the writer's transaction is about to change it."""
        self._is_changing = True
        self._forget()

    def settle(self) -> None:
        """Go on when a transaction has ended, whether what it changed was kept or not."""
        if self._is_changing:
            self._is_changing = False
            self._forget()

    def _forget(self) -> None:
        self._changes += 1
        self._held.clear()

    async def make(
        self, connection: aiosqlite.Connection, kind: str, owner: str, *, now: int
    ) -> str:
        """Store a new data key for an owner; return its id."""
        key = DataKey.generate()
        wrapped = self._master.wrap(key, host=self._host, owner=f"{kind}:{owner}")
        await connection.execute(
            "INSERT INTO data_keys (id, kind, owner, wrapped, kek_id, made_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (key.id, kind, owner, wrapped, self._master.id, now),
        )
        return key.id

    async def seal(
        self, connection: aiosqlite.Connection, key_id: str, plaintext: bytes, cell: Cell
    ) -> bytes:
        """Return a cell's content sealed with a data key. Raises VaultCorrupt for a bad key."""
        try:
            held = await self._load(connection, key_id)
        except VaultCorrupt as error:
            self._report(error)
            raise
        return held.key.seal(plaintext, cell)

    async def open(
        self, connection: aiosqlite.Connection, blob: bytes, cell: Cell, of: Of
    ) -> bytes:
        """Return what a cell holds. Raises VaultCorrupt, and reports a cell once."""
        try:
            held = await self._load(connection, data_key_id(blob))
            if held.is_for(of):
                return held.key.open(blob, cell)
        except VaultCorrupt as error:
            self._report(error)
        refused = VaultCorrupt(cell.table, cell.column, cell.row)
        self._report(refused)
        raise refused

    async def _load(self, connection: aiosqlite.Connection, key_id: str) -> _Held:
        # Ids are random: one that was rolled back is never asked for again.
        if held := self._held.get(key_id):
            self._held.move_to_end(key_id)
            return held
        changes = self._changes
        rows = list(
            await connection.execute_fetchall(
                "SELECT k.kind, k.owner, k.wrapped, i.member FROM data_keys k LEFT JOIN identities"
                " i ON i.data_key = k.id AND i.frontend || ':' || i.account = k.owner"
                " WHERE k.id = ?",
                (key_id,),
            )
        )
        if not rows:
            raise VaultCorrupt("data_keys", "id", key_id)
        kind, owner, wrapped, member = rows[0]
        key = self._master.unwrap(wrapped, key_id=key_id, host=self._host, owner=f"{kind}:{owner}")
        held = _Held(key, kind, owner, member)
        # An identity's key is made just before its row, so its member is not known then. What
        # was read while that changed, by whichever connection, may be old or taken back.
        is_settled = not self._is_changing and changes == self._changes
        if is_settled and (kind != IDENTITY or member is not None):
            self._held[key_id] = held
            if len(self._held) > _KEPT_OPEN:
                self._held.popitem(last=False)
        return held

    def _report(self, error: VaultCorrupt) -> None:
        """Log where a refused value is, the first time."""
        where = (error.table, error.column, error.row)
        if where not in self._reported and len(self._reported) < _REPORTED:
            self._reported.add(where)
            _log.error("A sealed value was refused: %s.%s of row %s", *where)
