"""Telegram's adapter with points around every call, and a member at the simulated Bot API."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self
from unittest.mock import patch

import aiohttp

from adapters.shared import sink
from adapters.shared.http import HttpClient
from adapters.telegram import pacing, ways
from adapters.telegram.frontend import TelegramFrontend
from adapters.telegram.pacing import Weight
from adapters.telegram.translate import NAME
from adapters.telegram.wire import Wire
from bot import frontends
from bot.config.kinds import Url
from bot.config.shape import TelegramConfig
from bot.domain.chat import Identity, MessageRef, Place, PlaceKind, TurnId
from bot.domain.ports import Clock, Receiver
from bot.domain.secret import Secret
from storage.turns import Turns
from tests.kills.phone import SAYS, SHOWS, Row, standing
from tests.kills.points import Points
from tests.kills.witness import KEY_LOST, Journal, Update
from tests.simulators.telegram.server import TOKEN

NOTED: Final = "noted"
_FRAME_S: Final = 0.03
_FIRST_S: Final = 0.01


class Line:
    """A person's way to the simulator, apart from the bot's. `since`: where its own rows begin."""

    def __init__(self, url: str, person: int, since: int) -> None:
        """Name both; does no I/O."""
        self.url = url
        self.person = person
        self._since = since
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def do(self, verb: str, **given: object) -> dict[str, Any]:
        """Do something as people do it, and return what came of it."""
        if self._session is None:
            raise RuntimeError("the line is not open")
        async with self._session.post(f"{self.url}/sim/{verb}", json=given) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found

    async def rows(self) -> Sequence[Row]:
        """Return what has happened in this person's chat."""
        found = await self.do("journal", chat=self.person, since=self._since)
        rows: Sequence[Row] = found["rows"]
        return rows


class Member:
    """Sends each update once over all lives, and a lost key as often as it is asked for."""

    def __init__(self, line: Line, updates: Sequence[Update], receiver: Receiver) -> None:
        """`receiver` tells when all is settled that the bot was told."""
        self._line = line
        self._updates = updates
        self._receiver = receiver
        self._key = next(_words(each) for each in updates if each.kind == "secret")

    async def talk(self) -> None:
        """Go on where the last life was cut, to the end."""
        said = [row for row in await self._line.rows() if row["op"] in SAYS]
        sent = self._count(said)
        if sent and self._updates[sent - 1].is_alone:
            await self._settle(said[-1]["update"])
        if sent == 1:
            await self._mend()
        for update in self._updates[sent:]:
            number = await self._send(update)
            if update.is_alone:
                await self._settle(number)

    def _count(self, said: Sequence[Row]) -> int:
        """Return how many updates were sent; a key that was sent again is none of them."""
        again = sum(bool(row["words"] == self._key) for row in said) - 1
        return len(said) - max(0, again)

    async def _settle(self, number: int) -> None:
        """Wait until the bot has confirmed an update, and has done all that follows from it."""
        if not (await self._line.do("confirmed", update=number))["is_confirmed"]:
            raise TimeoutError("an update was not taken")
        await self._receiver.settled(Place(NAME, str(self._line.person), "", PlaceKind.PRIVATE))

    async def _mend(self) -> None:
        """Send the key again if it was lost: nothing else was said before it was saved."""
        rows = await self._line.rows()
        asked = [at for at, row in enumerate(rows) if _asks(row)]
        given = [at for at, row in enumerate(rows) if row.get("words") == self._key]
        if asked and asked[-1] > given[-1]:
            await self._settle(await self._say(self._key))

    async def _send(self, update: Update) -> int:
        if update.kind != "press":
            return await self._say(_words(update))
        message, data = _button(await self._line.rows(), update.text)
        pressed = await self._line.do(
            "press", person=self._line.person, message=message, data=data
        )
        return int(pressed["update"])

    async def _say(self, words: str) -> int:
        said = await self._line.do("say", person=self._line.person, text=words)
        return int(said["update"])


class TelegramMessenger:
    """The real adapter, as the application builds it, beside its member."""

    def __init__(
        self, line: Line, updates: Sequence[Update], http: HttpClient, clock: Clock
    ) -> None:
        self._line = line
        self._updates = updates
        config = TelegramConfig(token=Secret(TOKEN), api_base=Url(line.url))
        self.frontend: TelegramFrontend = frontends.telegram(config, http, clock)
        self.member = Identity(NAME, str(line.person))

    async def open(self) -> None:
        """Let the adapter see whether it can start."""
        await self.frontend.check()

    async def run(self, receiver: Receiver) -> None:
        """Poll until the member has said everything."""
        async with self._line, asyncio.TaskGroup() as group:
            polling = group.create_task(self.frontend.run(receiver))
            await Member(self._line, self._updates, receiver).talk()
            polling.cancel()

    async def close(self) -> None:
        """End what is done on the side."""
        await self.frontend.close()


@contextmanager
def watched(points: Points, folder: Path) -> Iterator[None]:
    """Put points around every call of the Bot API, and write down what message was noted."""
    call, note = Wire.do_request, Turns.shown
    noted = Journal(folder / NOTED)

    async def do_request(self: Wire, url: str, *more: Any, **named: Any) -> tuple[int, bytes]:  # noqa: ANN401 - the library's
        method = url.rpartition("/")[2].lower()
        points.hit(f"before {method}")
        try:
            return await call(self, url, *more, **named)
        finally:
            points.hit(f"after {method}")

    async def shown(self: Turns, turn: TurnId, message: MessageRef) -> None:
        await note(self, turn, message)
        noted.add({"message": message})

    with patch.object(Wire, "do_request", do_request), patch.object(Turns, "shown", shown):
        yield


@contextmanager
def quickened() -> Iterator[None]:
    """Let an answer of a tenth of a second grow in frames, as one of seconds does."""
    room = dict.fromkeys((Weight.FRAME, Weight.TYPING), float("-inf"))
    with (
        patch.object(pacing, "_ROOM", room),
        patch.object(ways, "_PRIVATE_S", _FRAME_S),
        patch.object(ways, "_FIRST_S", _FIRST_S),
        patch.object(sink, "_AGAIN_S", _FRAME_S),
    ):
        yield


def _words(update: Update) -> str:
    """Return what is typed."""
    if update.kind == "text":
        return update.text
    return " ".join(filter(None, (f"/{update.name}", update.text, update.secret)))


def _asks(row: Row) -> bool:
    return row["op"] in SHOWS and KEY_LOST in row["text"]


def _button(rows: Sequence[Row], action: str) -> tuple[int, str]:
    """Return the newest message with such a button, and what the button sends."""
    for row in reversed(standing(rows)):
        for button in (button for line in row["rows"] for button in line):
            if (data := str(button.get("callback_data", ""))).startswith(action):
                return int(row["message"]), data
    raise LookupError(action)
