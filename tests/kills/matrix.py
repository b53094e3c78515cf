"""Matrix's adapter with points around every call, and a member at the simulated homeserver."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from adapters.matrix import pacing, ways
from adapters.matrix.crypto.store import OlmStore
from adapters.matrix.frontend import MatrixFrontend
from adapters.matrix.rooms import NAME
from adapters.matrix.wire import Json, Wire
from adapters.shared import sink
from bot import frontends
from bot.config.kinds import Url
from bot.config.shape import MatrixConfig
from bot.domain.chat import Place, PlaceKind, Streaming
from bot.domain.ports import Growth, ReplySink
from bot.domain.secret import Secret
from storage.folder import DEVICE
from tests.kills.line import Line, Row
from tests.kills.matrix_phone import SHOWS, is_message, words
from tests.kills.messenger import Life, RealMessenger
from tests.kills.order import Order
from tests.kills.points import Points
from tests.simulators.matrix.server import PASSWORD

BOT: Final = "@hearth:home.test"
_FRAME_S: Final = 0.03
_FIRST_S: Final = 0.01
_PLENTY: Final = 1_000_000.0


class MatrixLine(Line):
    """A person's way to the simulated homeserver."""

    prefix = "!"

    @property
    def place(self) -> Place:
        """Return the room with the bot."""
        return Place(NAME, self.there.chat, "", PlaceKind.PRIVATE)

    async def rows(self) -> Sequence[Row]:
        """Return what has happened in the room."""
        there = self.there
        found = await self.do("journal", room=there.chat, since=there.since)
        rows: Sequence[Row] = found["rows"]
        return rows

    def is_said(self, row: Row) -> bool:
        """Return whether it is a message of the person's."""
        return row["op"] == "said" and is_message(row)

    def shows(self, row: Row) -> str:
        """Return the text of a message."""
        return words(row) if row["op"] in SHOWS and is_message(row) else ""

    async def say(self, words: str) -> int:
        """Write in the room."""
        there = self.there
        said = await self.do("say", person=there.person, room=there.chat, text=words)
        return int(said["update"])


def matrix(life: Life) -> RealMessenger:
    """Return the real adapter, as the application builds it, beside its member."""
    there, stores = life.order.there, life.stores
    frontend = frontends.matrix(
        MatrixConfig(homeserver=Url(there.url), user=BOT, password=Secret(PASSWORD)),
        life.http,
        life.clock,
        keepsakes=stores.keepsakes,
        device=Path(life.order.folder) / "data" / DEVICE,
        is_restored=stores.is_restored,
    )
    return RealMessenger(frontend, MatrixLine(there), life.chat.updates())


@contextmanager
def staged(points: Points, order: Order) -> Iterator[None]:
    """Put points around every call, and around what the device's own store commits.

    An answer of a tenth of a second grows in frames, as one of seconds does. The people here have
    no devices, so their room is not encrypted, and a key is taken there all the same.
    """
    with (
        _watched(points),
        patch.object(MatrixFrontend, "is_unsealed", lambda *_: False),
        patch.object(MatrixFrontend, "sink", MatrixFrontend.sink if order.grows else _whole),
        patch.multiple(pacing, BURST=_PLENTY, RATE=_PLENTY, _QUICK_S=_FRAME_S),
        patch.object(ways, "_FIRST_S", _FIRST_S),
        patch.object(sink, "_AGAIN_S", _FRAME_S),
    ):
        yield


@contextmanager
def _watched(points: Points) -> Iterator[None]:
    call, batch = Wire.call, OlmStore.batch

    async def watched_call(self: Wire, method: str, where: str, *more: Any, **named: Any) -> Json:  # noqa: ANN401 - handed on
        name = name_of(where)
        points.hit(f"before {name}")
        try:
            return await call(self, method, where, *more, **named)
        finally:
            points.hit(f"after {name}")

    @contextmanager
    def watched_batch(self: OlmStore) -> Iterator[None]:
        connection = self._store.database.connection()
        changes = connection.total_changes
        with batch(self):
            yield
            if is_changed := connection.total_changes > changes:
                points.hit("before commit of keys")
        if is_changed:
            points.hit("after commit of keys")

    with patch.object(Wire, "call", watched_call), patch.object(OlmStore, "batch", watched_batch):
        yield


def name_of(where: str) -> str:
    """Return a call's name: its path without the ids."""
    first, *rest = where.removeprefix("/v3").strip("/").split("/")
    if first in {"rooms", "user"}:
        return rest[1]
    return "/".join((first, *rest)) if first in {"keys", "account"} else first


_sink: Final = MatrixFrontend.sink


def _whole(self: MatrixFrontend, place: Place, growth: Growth) -> ReplySink:
    return _sink(self, place, replace(growth, stream=Streaming.OFF))
