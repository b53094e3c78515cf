"""The same plays on Telegram's adapter, over a simulated Bot API: what a phone would show."""

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from adapters.shared.http import HttpClient
from adapters.telegram.frontend import TelegramFrontend
from bot.access import Access
from bot.domain.chat import Identity, Place, PlaceKind
from bot.domain.secret import Secret
from tests.fakes.clock import let_run
from tests.simulators.telegram.markdown import as_markdown
from tests.simulators.telegram.server import Simulator
from tests.transcripts.reading import ADDS, AGO, EDITS, SENDS, ZEROS, link_of
from tests.transcripts.script import Step
from tests.transcripts.telling import lines_of, speaker
from tests.transcripts.wired_stage import WiredStage

_PEOPLE: Final = ("alice", "bob", "carol", "dan", "mallory", "stranger")
_GROUPS: Final = ("club", "hall", "den")
_STOP: Final = "stop:now"
_REACTIONS: Final = "React 🛑"
_THERE: Final = (
    ("Fake", "Telegram"),
    ("https://t.example/bot", "https://t.me/hearth_bot"),
    ("     [QR code] /", "     [Share ↗] [QR code] /"),
)
_ACCOUNT: Final = re.compile(r"\bfake:(\w+)")


class TelegramStage(WiredStage):
    """People are numbers here, and their messages come through a long poll."""

    def __init__(self, *, is_owned: bool = True, is_open: bool = True) -> None:
        super().__init__("buttons", is_owned=is_owned, is_open=is_open)
        self._sim = Simulator()
        self._sim.people.now = lambda: self.clock.now().timestamp()
        self._http = HttpClient()
        self._rows = 0
        self._growing: set[int] = set()
        self._tapped: tuple[int, int, str, int | None] | None = None
        self._senders: dict[int, str] = {}
        self._typed_ids: dict[tuple[str, str], int] = {}

    async def open(self) -> None:
        """Start the Bot API, once, and the application on it."""
        if not self._sim.url:
            await self._sim.start()
            for name in _PEOPLE:
                self._sim.people.private(number(name), name.title())
            for name in _GROUPS:
                group = self._sim.people.group(
                    number(name), name.title(), members=map(number, _PEOPLE[:3])
                )
                group.can_bot_delete = name != "den"
        self._http = HttpClient()
        frontend = TelegramFrontend(
            Secret(self._sim.token), http=self._http, clock=self.clock, base=self._sim.url
        )
        await frontend.check()
        self.messenger = self._telegram = frontend
        await super().open()
        assert self._router is not None
        self._running = asyncio.ensure_future(frontend.run(self._router))

    async def close(self) -> None:
        """End the application; the Bot API stays for a restart."""
        await self._stop()
        await super().close()
        await self._telegram.close()
        await self._http.close()

    async def end(self) -> None:
        """End both."""
        await self.close()
        await self._sim.close()

    def told(self) -> list[str]:
        """Return what was shown since the last time."""
        rows = sorted(self._sim.state.journal.rows[self._rows :], key=self._is_elsewhere)
        self._rows = len(self._sim.state.journal.rows)
        printed = self.take_printed()
        gone = [
            f"bot deletes {self._senders[row['message']]}'s message"
            for row in rows
            if row["op"] == "deleted"
        ]
        toasts = [row["text"] for row in rows if row["op"] == "answered" and row["text"]]
        shown = [line for row in rows for line in self._shown(row)]
        return [*gone, *printed, *shown, *(f"toast> {toast}" for toast in toasts)]

    def everything_shown(self) -> list[str]:
        """Return every text and label that was ever shown, drafts among them."""
        rows = self._sim.state.journal.rows
        labels = [b["text"] for row in rows for line in row.get("rows", ()) for b in line]
        return [*(str(row.get("text", "")) for row in rows), *labels]

    @staticmethod
    def who(name: str) -> Identity:
        """Return somebody's account."""
        return Identity("telegram", str(number(name)))

    async def _access(self) -> Access:
        access = await super()._access()
        if self.is_owned:
            access.operators = frozenset({self.who("alice")})
        return access

    def _is_elsewhere(self, row: dict[str, Any]) -> bool:
        """Whether a row is of another chat: nobody can tell which of two chats is told first."""
        return "chat" in row and bool(self.where(_called(row["chat"])))

    def _shown(self, row: dict[str, Any]) -> list[str]:
        """Return a row as lines; the message in which an answer grows is told of at its end."""
        if row["op"] not in {"sent", "edited"}:
            return []
        actions = [b.get("callback_data") for line in row["rows"] for b in line]
        if actions == [_STOP]:
            self._growing.add(row["message"])
            return []
        is_edit = row["op"] == "edited" and row["message"] not in self._growing
        self._growing.discard(row["message"])
        who = speaker(self.where(_called(row["chat"])), is_edit=is_edit)
        rows = (" ".join(map(_label, line)) for line in row["rows"])
        text = [*_without_gap(as_markdown(row).splitlines()), " / ".join(rows)]
        return lines_of(who, [line for at, line in enumerate(text) if line or at < len(text) - 1])

    async def _act(self, step: Step, *, is_growing: bool) -> None:  # noqa: ARG002 - the stage's
        name, _, group = step.who.partition("@")
        person, chat = number(name), number(group) if group else None
        if step.what == ADDS:
            assert chat is not None
            update = self._sim.people.add_bot(person, chat, status="administrator")
            while self._sim.updates.confirmed < update:  # it is told after a moment
                await let_run()
                await self.clock.advance(1.0)
            await self._settle()
            return
        if link := link_of(step):
            step = replace(step, what=">", text=self._opened(link, person, chat or person))
            chat, group = None, ""
        if step.what == "→→":
            assert self._tapped is not None
            _, update = self._sim.people.press(
                self._tapped[0], self._tapped[1], self._tapped[2], chat=self._tapped[3]
            )
        elif step.what == "→":
            message, data = self._button(step.text, person, chat or person)
            self._tapped = (person, message, data, chat)
            _, update = self._sim.people.press(person, message, data, chat=chat)
        elif edited := EDITS.fullmatch(step.what):
            message = self._typed_ids[step.who, edited[1]]
            update = self._sim.people.edit(person, message, step.text, chat=chat)
        else:
            typed = ZEROS.sub(lambda found: "0" * int(found[1]), step.text).replace(" ⏎ ", "\n")
            if group and not typed.startswith("/"):
                typed = f"@hearth_bot {typed}"
            ago = AGO.fullmatch(step.what)
            kind = SENDS.fullmatch(step.what)
            message, update = self._sim.people.say(
                person,
                "" if kind else typed,
                chat=chat,
                age_s=float(ago[1]) * 60 if ago else 0.0,
                **(_unread(kind[1], step.text) if kind else {}),
            )
            self._senders[message] = name
            self._typed_ids[step.who, step.text] = message
        await self._sim.until(lambda: self._sim.updates.confirmed >= update)
        await self._settle()

    def _places(self) -> Iterator[Place]:
        for chat in self._sim.state.chats.values():
            kind = PlaceKind.PRIVATE if chat.kind == "private" else PlaceKind.GROUP
            yield Place("telegram", str(chat.id), kind=kind)

    def _aside(self) -> Iterable["asyncio.Task[None]"]:
        return self._telegram._aside

    def place(self, who: str) -> Place:
        """Return where somebody writes."""
        name, _, group = who.partition("@")
        kind = PlaceKind.GROUP if group else PlaceKind.PRIVATE
        return Place("telegram", str(number(group or name)), kind=kind)

    def _opened(self, label: str, person: int, chat: int) -> str:
        """Return what is sent in the private chat by opening the newest button's address."""
        for message in reversed(self._sim.people.sees(person, chat)):
            for button in (button for row in message.rows for button in row):
                if button["text"] == label and "url" in button:
                    return f"/start {button['url'].partition('?start=')[2]}".strip()
        raise AssertionError(f"no address [{label}] on the screen")

    def _button(self, label: str, person: int, chat: int) -> tuple[int, str]:
        for message in reversed(self._sim.people.sees(person, chat)):
            for button in (button for row in message.rows for button in row):
                if button["text"] == label and "callback_data" in button:
                    return message.id, button["callback_data"]
        raise AssertionError(f"no button [{label}] on the screen")


def _called(chat: int) -> str:
    """Return the name of a chat."""
    return next(name for name in (*_PEOPLE, *_GROUPS) if number(name) == chat)


def number(name: str) -> int:
    """Return somebody's, or a group's, number."""
    if name in _GROUPS:
        return -1_001 - _GROUPS.index(name)
    return 7 + _PEOPLE.index(name)


def on_telegram(lines: Iterable[str]) -> list[str]:
    """Return lines as they read there: its name, no word of reactions, its own empty lines."""
    return [_there(line) for line in lines if line.strip() and _REACTIONS not in line]


def _there(line: str) -> str:
    line = _ACCOUNT.sub(lambda found: f"telegram:{number(found[1])}", line)
    for written, instead in _THERE:
        line = line.replace(written, instead)
    return line


def _unread(kind: str, words: str) -> dict[str, Any]:
    """Return a message of a kind that nobody reads, with words beside it, as updates hold it."""
    file = {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1, "duration": 1}
    contents: dict[str, dict[str, Any]] = {
        "photo": {"photo": [file]},
        "file": {"document": file},
        "rich": {"rich_message": {"blocks": []}},
        "voice": {"voice": file},
        "sticker": {"location": {"latitude": 1.0, "longitude": 2.0}},
    }
    return contents[kind] | ({"caption": words} if words else {})


def _label(button: dict[str, Any]) -> str:
    return f"[{button['text']}{' ↗' if 'url' in button else ''}]"


def _without_gap(lines: Sequence[str]) -> list[str]:
    """Leave out the empty line before a footer."""
    found = list(lines)
    if len(found) > 1 and not found[-2] and found[-1].startswith("_"):
        del found[-2]
    return found
