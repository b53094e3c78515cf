"""The same plays on Matrix's adapter, over a simulated homeserver: what a phone would show."""

import asyncio
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from adapters.matrix.account import Account
from adapters.matrix.frontend import MatrixFrontend
from adapters.matrix.rooms import NAME
from adapters.shared.http import HttpClient
from bot.access import Access
from bot.domain.chat import Identity, MessageRef, Place, PlaceKind
from bot.domain.events import Button, Incoming, Press, Question, QuestionKind, Reply
from bot.domain.menus import numbered
from bot.domain.secret import Secret
from tests.fakes.clock import let_run
from tests.fakes.frontend import Shown
from tests.simulators.matrix.markdown import as_markdown
from tests.simulators.matrix.server import PASSWORD, Simulator
from tests.simulators.matrix.writing import Made
from tests.transcripts.matrix_telling import HOME, lines_there
from tests.transcripts.reading import (
    ADDS,
    AGO,
    EDITS,
    REACTS,
    SENDS,
    TAKES_BACK,
    UNDER,
    ZEROS,
    account_of,
    chat_of,
)
from tests.transcripts.script import Step
from tests.transcripts.telling import lines_of, speaker
from tests.transcripts.wired_stage import WiredStage
from tests.transcripts.witnessed import WitnessedMatrix, WitnessedSink

_PEOPLE: Final = ("alice", "bob", "carol", "dan", "mallory", "stranger")
_GROUPS: Final = {"club": 50, "hall": 0}  # and how much power the bot has there
_FILES: Final = {"photo": "m.image", "file": "m.file", "voice": "m.audio", "video": "m.video"}
_FRAME_S: Final = 1.0
_AGAIN_S: Final = 1.0


class MatrixStage(WiredStage):
    """People are accounts of one homeserver, and choose by numbers, typed or put under a menu."""

    def __init__(
        self, *, is_owned: bool = True, is_open: bool = True, is_sealed: bool = True
    ) -> None:
        super().__init__("numbers", is_owned=is_owned, is_open=is_open)
        self.frontend.abilities = MatrixFrontend.abilities
        self._is_sealed = is_sealed
        self._sim = Simulator()
        self._sim.server.now = lambda: self.clock.now().timestamp()
        self._http = HttpClient()
        self._folder = tempfile.TemporaryDirectory()
        self._rooms: dict[str, str] = {}
        self._threads: list[Place] = []
        self._sinks: list[WitnessedSink] = []
        self._replies: dict[int, Shown] = {}
        self._rows = 0
        self._choices = 0
        self._pressed_now: Incoming | None = None

    async def open(self) -> None:
        """Start the homeserver, once, and the application on it."""
        if not self._sim.url:
            await self._sim.start()
            self._meet()
        self._http = HttpClient()
        self.messenger = self._matrix = WitnessedMatrix(
            Account(homeserver=self._sim.url, user=self._sim.bot, password=Secret(PASSWORD)),
            http=self._http,
            clock=self.clock,
            keepsakes=self.stores.keepsakes,
            folder=Path(self._folder.name) / "matrix",
        )
        self._matrix.is_sealed, self._matrix.note = self._is_sealed, self._note
        self._matrix.sinks = self._sinks = []
        await self._matrix.check()
        await super().open()
        assert self._router is not None
        synced = self._syncs()
        self._running = asyncio.ensure_future(self._matrix.run(self._router))
        await self._sim.until(lambda: self._syncs() > synced + 1)
        courier = self._router._courier
        if any(courier.pending(place) for place in self._places()):
            await self.clock.advance(_AGAIN_S)  # nothing could be sent before the rooms are known

    async def close(self) -> None:
        """End the application; the homeserver stays for a restart."""
        await self._stop()
        await super().close()
        await self._matrix.close()
        await self._http.close()

    async def end(self) -> None:
        """End both."""
        await self.close()
        await self._sim.close()
        self._folder.cleanup()

    def told(self) -> list[str]:
        """Return what was shown since the last time."""
        new = sorted(list(enumerate(self._sim.journal.rows))[self._rows :], key=self._is_elsewhere)
        self._rows = len(self._sim.journal.rows)
        printed = self.take_printed()
        gone = [
            f"bot deletes {_short(row['author'])}'s message"
            for _, row in new
            if row["op"] == "redacted"
        ]
        return [*gone, *printed, *(line for at, row in new for line in self._shown(at, row))]

    def everything_shown(self) -> list[str]:
        """Return all that the bot ever sent, growing answers among it."""
        rows = self._sim.journal.rows
        return [str(row["content"]) for row in rows if row["op"] in {"sent", "edited"}]

    @staticmethod
    def who(name: str) -> Identity:
        """Return somebody's account."""
        return Identity(NAME, f"@{name}:{HOME}")

    def place(self, who: str) -> Place:
        """Return where somebody writes."""
        return self._place(who)

    def _meet(self) -> None:
        people = self._sim.people
        for name in _PEOPLE:
            self._rooms[name] = people.direct(name)
        owner, *others = _PEOPLE
        for name, power in _GROUPS.items():
            room = self._rooms[name] = people.group(owner, name.title(), members=others)
            people.set_power(owner, self._sim.bot, power, room=room)

    async def _access(self) -> Access:
        access = await super()._access()
        if self.is_owned:
            access.operators = frozenset({self.who("alice")})
        return access

    def _syncs(self) -> int:
        return sum(each.name == "sync" for each in self._sim.calls)

    def _note(self, shown: Shown) -> None:
        """Remember which of the homeserver's rows is a reply; the others are answers that grow."""
        if shown.place.chat not in self._rooms.values():
            return  # a chat that the bot opened: encrypted, so that nobody here reads it
        rows = self._sim.journal.rows
        for at in range(len(rows) - 1, -1, -1):
            if _message(rows[at]) == shown.message:
                break
        else:
            raise AssertionError(shown.message)
        self._replies[at] = shown
        self.frontend.shown.append(shown)

    def _called_here(self, room: str) -> str:
        return next(name for name, each in self._rooms.items() if each == room)

    def _is_elsewhere(self, numbered_row: tuple[int, Mapping[str, Any]]) -> bool:
        """Whether a row is of another chat: nobody can tell which of two chats is told first."""
        noted = self._replies.get(numbered_row[0])
        return noted is not None and bool(self.where(self._called_here(noted.place.chat)))

    def _shown(self, at: int, row: Mapping[str, Any]) -> list[str]:
        """Return a row as lines; the message in which an answer grows is told of at its end."""
        if not _message(row):
            return []
        noted = self._replies.get(at)
        if noted is None:
            assert _message(row) in {each.message for each in self._sinks}, row
            return []
        where = self.where(self._called_here(noted.place.chat))
        who = speaker(where, is_edit=noted.how == "edit")
        return lines_of(who, lines_there(row["content"], noted.reply))

    async def _act(self, step: Step, *, is_growing: bool) -> None:  # noqa: ARG002 - the stage's
        if step.what == ADDS:
            await self._add(account_of(step.who), chat_of(step.who))
            return
        if step.what == "→→":
            assert self._pressed_now is not None
            assert self._router is not None
            await self._router.receive(self._pressed_now)
            made = None
        else:
            made = await self._chosen(step) if step.what == "→" else self._done(step)
        if made is not None:
            await self._sim.until(lambda: self._sim.confirmed >= made.update)
        await self._settle()

    async def _add(self, person: str, name: str) -> None:
        """Let somebody open a room with all and the bot, and wait until it has come in."""
        others = [each for each in _PEOPLE[:3] if each != person]
        room = self._sim.people.group(person, name.title(), members=others, is_joined=False)
        self._rooms[name] = room
        await self._sim.until(lambda: self._matrix._rooms.find(room) is not None)
        synced = self._syncs()
        await self._sim.until(lambda: self._syncs() > synced)
        await self._settle()

    def _done(self, step: Step) -> Made:
        """Let somebody write, change, take back or react to something."""
        person, people = account_of(step.who), self._sim.people
        room = self._room(step.who)
        if edited := EDITS.fullmatch(step.what):
            event = self._typed[step.who, edited[1]]
            return people.edit(person, event, _typed(step.text), room=room)
        if taken := TAKES_BACK.fullmatch(step.what):
            return people.redact(person, self._typed[step.who, taken[1]], room=room)
        if reacts := REACTS.fullmatch(step.what):
            return people.react(person, self._event(reacts[2], room), reacts[1], room=room)
        made = self._said(step, person, room)
        self._typed[step.who, step.text] = MessageRef(made.event)
        return made

    def _said(self, step: Step, person: str, room: str) -> Made:
        people, kind = self._sim.people, SENDS.fullmatch(step.what)
        if kind:
            return people.send(person, _unread(kind[1], step.text), room=room)
        ago, under = AGO.fullmatch(step.what), UNDER.fullmatch(step.what)
        root = self._event(under[1], room) if under else ""
        if root:
            self._threads.append(replace(self._place(step.who), thread=root))
        return people.say(
            person,
            _typed(step.text),
            room=room,
            thread=root,
            mentions=self._called(step.who),
            age_s=float(ago[1]) * 60 if ago else 0.0,
        )

    def _called(self, who: str) -> Sequence[str]:
        """Return whom a message calls: in a group the bot hears no others."""
        return [self._sim.bot] if "@" in who else []

    async def _chosen(self, step: Step) -> Made | None:
        """Let somebody choose by a number: every second one by a reaction, where that can be.

        What has no number is chosen as by a button, which only tells the application.
        """
        assert self._router is not None
        place, person = self._place(step.who), account_of(step.who)
        shown, button = self._find(step.text, place)
        question = self._router.open_question(self.who(person), place)
        pressing = self._pressing(person, place, shown.message, button)
        self._pressed_now = replace(pressing, update=f"{pressing.update}-again")
        if number := _number(shown.reply, button, question):
            self._choices += 1
            if question and question.kind is QuestionKind.MENU and self._choices % 2 == 0:
                return self._sim.people.react(person, shown.message, number, room=place.chat)
            called = self._called(step.who)
            return self._sim.people.say(person, number, room=place.chat, mentions=called)
        await self._router.receive(pressing)
        return None

    def _pressing(self, who: str, place: Place, message: MessageRef, button: Button) -> Incoming:
        return Incoming(
            update=f"press-{next(self._updates)}",
            sender=self.who(who),
            sender_name=who.title(),
            place=place,
            body=Press(button.action),
            sent_at=self.clock.now(),
            message=message,
        )

    async def _settle(self) -> None:
        """Wait for all but answers that end by a later step; of those for the first words."""
        await super()._settle()
        while any(each.is_awaited for each in self._sinks):
            self._stirred.clear()
            await self.clock.advance(_FRAME_S)
            if any(each.is_awaited for each in self._sinks):
                await self._stirred.wait()
        await let_run()

    def _places(self) -> Iterator[Place]:
        groups = [name for name in self._rooms if name not in _PEOPLE]
        yield from map(self._place, (*_PEOPLE, *(f"@{group}" for group in groups)))
        yield from self._threads

    def _aside(self) -> Iterable["asyncio.Task[None]"]:
        return self._matrix._aside - {self._matrix._verifying}

    def _place(self, who: str) -> Place:
        kind = PlaceKind.GROUP if "@" in who else PlaceKind.PRIVATE
        return Place(NAME, self._room(who), kind=kind)

    def _room(self, who: str) -> str:
        person, _, group = who.partition("@")
        return self._rooms[group or person]

    def _event(self, text: str, room: str) -> MessageRef:
        """Return the newest message of a room that begins with this text, whoever wrote it."""
        for each in reversed(self._sim.screen(room)):
            if as_markdown(each.content).startswith(text):
                return MessageRef(each.event)
        raise AssertionError(f"no message {text}")


def _number(reply: Reply, button: Button, question: Question | None) -> str:
    """Return the number by which a button is chosen now; empty: there is none."""
    numbers = {each.action: number for number, each in numbered(reply.buttons)}
    if question is None or button.action not in numbers:
        return ""
    number = numbers[button.action]
    is_offered = button.action in {each.action for each in question.buttons}
    is_menu = question.kind is QuestionKind.MENU and is_offered
    return number if is_menu or number == "0" else ""


def _message(row: Mapping[str, Any]) -> str:
    """Return which message a row shows or changes; empty: none."""
    if row.get("type") != "m.room.message":
        return ""
    return str({"sent": row["event"], "edited": row.get("target", "")}.get(row["op"], ""))


def _typed(text: str) -> str:
    return ZEROS.sub(lambda found: "0" * int(found[1]), text).replace(" ⏎ ", "\n")


def _unread(kind: str, words: str) -> dict[str, Any]:
    """Return a message of a kind that nobody reads, with words beside it."""
    name = {"filename": f"some.{kind}"}
    return {"msgtype": _FILES[kind], "body": words or name["filename"], **name, "url": "mxc://a/b"}


def _short(account: str) -> str:
    return account.removeprefix("@").partition(":")[0]
