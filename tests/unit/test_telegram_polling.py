"""Nothing is confirmed before it is durable, and nothing that fails stops the poll."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from itertools import count

import pytest

from adapters.telegram.polling import Poller
from adapters.telegram.translate import Joined, Me, Meaning, Moved, Said
from adapters.telegram.troubles import telegram_troubles
from adapters.telegram.wire import CallError
from bot.domain.errors import StorageUnavailable
from tests.fakes.clock import FakeClock, let_run
from tests.simulators.telegram.chats import member

CHAT = {"id": 7, "type": "private", "first_name": "Alice"}
ALICE = {"id": 7, "is_bot": False, "first_name": "Alice"}
BOT = {"id": 99, "is_bot": True, "first_name": "Hearth", "username": "hearth_bot"}
CLUB = {"id": -1001, "type": "supergroup", "title": "Club"}


class Server:
    """A Bot API's queue: `failures` are raised first, one a call."""

    def __init__(self) -> None:
        self.queue: list[dict[str, object]] = []
        self.failures: list[CallError] = []
        self.calls: list[tuple[int, int]] = []
        self._ids = count(10)
        self._news = asyncio.Event()

    def say(self, text: str) -> None:
        """Let Alice say something."""
        number = next(self._ids)
        message = {"message_id": number, "date": 0, "chat": CHAT, "from": ALICE, "text": text}
        self.put({"update_id": number, "message": message})

    def add(self) -> None:
        """Let Alice add the bot to a group."""
        old, new = (member(BOT, status) for status in ("left", "member"))
        change = {"chat": CLUB, "from": ALICE, "date": 0}
        change |= {"old_chat_member": old, "new_chat_member": new}
        self.put({"update_id": next(self._ids), "my_chat_member": change})

    def move(self) -> None:
        """Let another group become that one."""
        moved = {"message_id": 1, "date": 0, "chat": {**CLUB, "id": -5}, "from": ALICE}
        moved |= {"migrate_to_chat_id": CLUB["id"]}
        self.put({"update_id": next(self._ids), "message": moved})

    def put(self, update: dict[str, object]) -> None:
        """Queue an update as it is."""
        self.queue.append(update)
        self._news.set()

    async def updates(self, offset: int, *, wait_s: int, limit: int = 100) -> list[object]:
        """Return what is queued from the offset on, and forget what is before it."""
        self.calls.append((offset, wait_s))
        await asyncio.sleep(0)
        self.queue = [each for each in self.queue if int(str(each["update_id"])) >= offset]
        while not self.queue and wait_s:
            self._news.clear()
            await self._news.wait()
        if self.failures:
            raise self.failures.pop(0)
        return list(self.queue[:limit])


class Stand:
    """A poller at a server of our own, and what it handed over."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.server = Server()
        self.taken: list[str] = []
        self.befell: list[Meaning] = []
        self.is_full = False
        self.poller = Poller(
            self.server,  # type: ignore[arg-type]  # a queue is enough
            self.clock,
            Me(99, "hearth_bot"),
            self._take,
            telegram_troubles(self.clock),
        )

    async def _take(self, meanings: Sequence[Meaning]) -> None:
        if self.is_full:
            raise StorageUnavailable("full")
        for each in meanings:
            if not isinstance(each, Said):
                self.befell.append(each)
                continue
            pieces = (*each.incoming.before, each.incoming)
            self.taken.append("+".join(piece.update for piece in pieces))


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    """A poller that runs as soon as the test waits for something."""
    stand = Stand()
    running = asyncio.ensure_future(stand.poller.run())
    yield stand
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_update_is_confirmed_after_it_was_taken(stand: Stand) -> None:
    """By the offset of the next call."""
    stand.server.say("one")
    stand.server.say("two")
    await let_run()
    assert stand.taken == ["10", "11"]
    assert [offset for offset, _ in stand.server.calls] == [0, 12]


async def test_what_cannot_be_stored_comes_again(stand: Stand) -> None:
    """A full disk loses nothing: the offset stays."""
    stand.is_full = True
    stand.server.say("one")
    await let_run()
    assert stand.taken == []
    stand.is_full = False
    await stand.clock.advance(2)
    assert stand.taken == ["10"]
    assert [offset for offset, _ in stand.server.calls] == [0, 0, 11]


async def test_an_update_that_nobody_can_read_is_left_out(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    """The next one is handled, and the bad one is gone for good."""
    stand.server.put({"update_id": next(stand.server._ids), "message": {"date": "never"}})
    stand.server.say("two")
    await let_run()
    assert stand.taken == ["11"]
    assert stand.server.calls[-1][0] == 12
    assert "update 10 cannot be read" in caplog.text


async def test_the_pieces_of_a_long_message_are_waited_for(stand: Stand) -> None:
    """Unconfirmed, so a crash meanwhile loses none of them."""
    stand.server.say("x" * 4_096)
    await let_run()
    assert stand.taken == []
    stand.server.say("the end")
    await stand.clock.advance(0.8)
    assert stand.taken == ["10+11"]
    assert [offset for offset, _ in stand.server.calls] == [0, 0, 12]


async def test_a_long_message_that_does_not_go_on_is_taken_soon(stand: Stand) -> None:
    """Within a second, as one."""
    stand.server.say("x" * 4_096)
    await stand.clock.advance(0.8)
    assert stand.taken == ["10"]


async def test_others_do_not_wait_for_a_long_message(stand: Stand) -> None:
    """What is whole is handed over at once, and once."""
    stand.server.say("x" * 4_096)
    other = {"id": 8, "is_bot": False, "first_name": "Bob"}
    chat = {**CHAT, "id": 8}
    message = {"message_id": 1, "date": 0, "chat": chat, "from": other, "text": "hi"}
    stand.server.put({"update_id": next(stand.server._ids), "message": message})
    await let_run()
    assert stand.taken == ["11"]
    await stand.clock.advance(0.8)
    assert stand.taken == ["11", "10"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CallError(401), "does not accept the bot's token"),
        (CallError(409, "Conflict: terminated by other getUpdates"), "another program uses"),
        (CallError(409, "can't use getUpdates while webhook is active"), "a webhook is set"),
        (CallError(0, is_unsent=True), "cannot be reached from this host"),
        (CallError(502), "a fault on its side"),
    ],
    ids=["token", "second", "webhook", "unreachable", "fault"],
)
async def test_each_trouble_is_said_once_and_ridden_out(
    stand: Stand, caplog: pytest.LogCaptureFixture, error: CallError, words: str
) -> None:
    """One line with what to do, ever longer pauses, and then it goes on."""
    caplog.set_level(logging.WARNING)
    stand.server.failures = [error] * 6
    stand.server.say("one")
    await stand.clock.advance(1)
    assert caplog.text.count(words) == 1
    for _ in range(10):
        await stand.clock.advance(60)
    assert stand.taken == ["10"]
    assert caplog.text.count(words) == 1
    assert "Telegram works again" in caplog.text
    pauses = [seconds for seconds in stand.clock.slept if seconds >= 1]
    assert pauses[:3] == [1, 2, 4]
    assert max(pauses) <= 60


async def test_a_pause_that_is_asked_for_is_kept(stand: Stand) -> None:
    """Neither shorter nor longer."""
    stand.server.failures = [CallError(429, retry_after_s=17)]
    stand.server.say("one")
    await stand.clock.advance(16)
    assert stand.taken == []
    await stand.clock.advance(1)
    assert stand.taken == ["10"]


async def test_a_join_waits_for_what_may_make_it_a_move(stand: Stand) -> None:
    """It is told once, unconfirmed till then, when nothing more has come for a moment."""
    stand.server.add()
    await let_run()
    assert stand.befell == []
    await stand.clock.advance(1)
    await let_run()
    (found,) = stand.befell
    assert isinstance(found, Joined)
    assert [offset for offset, _ in stand.server.calls] == [0, 0, 11]


async def test_a_move_that_looks_like_a_join(stand: Stand) -> None:
    """Only the move is told, though it comes later."""
    stand.server.add()
    await let_run()
    stand.server.move()
    await stand.clock.advance(1)
    await let_run()
    (found,) = stand.befell
    assert isinstance(found, Moved)
    assert found.new_chat == "-1001"


async def test_two_that_wait_by_turns_hold_nothing_up(stand: Stand) -> None:
    """What was handed over is not waited for again."""
    stand.server.say("a" * 4_096)
    await let_run()
    stand.server.add()
    await stand.clock.advance(1)
    await let_run()
    await stand.clock.advance(1)
    await let_run()
    assert stand.taken == ["10"]
    assert len(stand.befell) == 1
    assert stand.server.calls[-1] == (12, 50)
