"""Telegram's adapter with points around every call, and a member at the simulated Bot API."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from adapters.shared import sink
from adapters.telegram import pacing, ways
from adapters.telegram.pacing import Weight
from adapters.telegram.translate import NAME
from adapters.telegram.wire import Wire
from bot import frontends
from bot.config.kinds import Url
from bot.config.shape import TelegramConfig
from bot.domain.chat import Place, PlaceKind
from bot.domain.secret import Secret
from tests.kills.line import Line, Row
from tests.kills.messenger import Life, RealMessenger
from tests.kills.order import Order
from tests.kills.points import Points
from tests.kills.telegram_phone import SAYS, SHOWS, standing
from tests.simulators.telegram.server import TOKEN

_FRAME_S: Final = 0.03
_FIRST_S: Final = 0.01


class TelegramLine(Line):
    """A person's way to the simulated Bot API."""

    prefix = "/"

    @property
    def place(self) -> Place:
        """Return the private chat."""
        return Place(NAME, self.there.chat, "", PlaceKind.PRIVATE)

    async def rows(self) -> Sequence[Row]:
        """Return what has happened in this person's chat."""
        there = self.there
        found = await self.do("journal", chat=int(there.chat), since=there.since)
        rows: Sequence[Row] = found["rows"]
        return rows

    def is_said(self, row: Row) -> bool:
        """Return whether it is a message, or a press."""
        return row["op"] in SAYS

    def shows(self, row: Row) -> str:
        """Return the text of a message."""
        return str(row["text"]) if row["op"] in SHOWS else ""

    async def say(self, words: str) -> int:
        """Write in the private chat."""
        said = await self.do("say", person=int(self.there.person), text=words)
        return int(said["update"])

    async def press(self, action: str) -> int:
        """Press the newest such button."""
        message, data = _button(await self.rows(), action)
        person = int(self.there.person)
        pressed = await self.do("press", person=person, message=message, data=data)
        return int(pressed["update"])


def telegram(life: Life) -> RealMessenger:
    """Return the real adapter, as the application builds it, beside its member."""
    there = life.order.there
    config = TelegramConfig(token=Secret(TOKEN), api_base=Url(there.url))
    frontend = frontends.telegram(config, life.http, life.clock)
    return RealMessenger(frontend, TelegramLine(there), life.chat.updates())


@contextmanager
def staged(points: Points, order: Order) -> Iterator[None]:  # noqa: ARG001 - as on every messenger
    """Put points around every call of the Bot API.

    An answer of a tenth of a second grows in frames, as one of seconds does.
    """
    call = Wire.do_request

    async def do_request(self: Wire, url: str, *more: Any, **named: Any) -> tuple[int, bytes]:  # noqa: ANN401 - the library's
        method = url.rpartition("/")[2].lower()
        points.hit(f"before {method}")
        try:
            return await call(self, url, *more, **named)
        finally:
            points.hit(f"after {method}")

    room = dict.fromkeys((Weight.FRAME, Weight.TYPING), float("-inf"))
    with (
        patch.object(Wire, "do_request", do_request),
        patch.object(pacing, "_ROOM", room),
        patch.object(ways, "_PRIVATE_S", _FRAME_S),
        patch.object(ways, "_FIRST_S", _FIRST_S),
        patch.object(sink, "_AGAIN_S", _FRAME_S),
    ):
        yield


def _button(rows: Sequence[Row], action: str) -> tuple[int, str]:
    """Return the newest message with such a button, and what the button sends."""
    for row in reversed(standing(rows)):
        for button in (button for line in row["rows"] for button in line):
            if (data := str(button.get("callback_data", ""))).startswith(action):
                return int(row["message"]), data
    raise LookupError(action)
