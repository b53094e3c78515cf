"""Where a transcript is played: the whole application over stores in memory and fakes."""

import asyncio
import itertools
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from adapters.providers.registry import key_forms
from bot.access import Access
from bot.app import assemble
from bot.claims import Claims
from bot.domain.chat import (
    ChatRequest,
    Finish,
    FinishReason,
    Identity,
    MemberId,
    Place,
    PlaceKind,
)
from bot.domain.events import (
    Body,
    Button,
    Command,
    Edited,
    Incoming,
    MessageRef,
    Press,
    QuestionKind,
    Reply,
    SecretText,
    Text,
    Unread,
    Unreadable,
)
from bot.domain.keys import Balance, KeyHealth, KeyReport
from bot.domain.menus import numbered
from bot.domain.ports import Abilities, Frontend
from bot.domain.secret import Secret
from bot.domain.usage import Usage
from bot.router import Router
from bot.tasks import Tasks
from storage.memory import MemoryStores
from tests.fakes.clock import FakeClock, let_run
from tests.fakes.frontend import BUTTONS, FakeFrontend, Shown
from tests.fakes.prices import FakePrices
from tests.fakes.provider import USED, answer
from tests.fakes.provider import Step as Reaction
from tests.transcripts.cast import companies, error
from tests.transcripts.script import Step

STAGES: Final = {
    "buttons": BUTTONS,
    "numbers": replace(BUTTONS, has_buttons=False),
    "local": Abilities(is_local=True),
    "keeps": Abilities(has_buttons=True, can_edit=True),
    "topics": BUTTONS,
}
LINK: Final = "https://t.example/bot"
CODES: Final = ("K7QM4TXD", "V3PN8RWC", "H2YB6ZSG", "M9DF5KTA")
_ESCAPED: Final = re.compile(r"\\([^\w\s])")
BACK: Final = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK} Back"
_CANCELLED: Final = "bot> No key was added. /addkey starts again."
_GROWING: Final = " …"
_CUT: Final = " (cut at the limit)"
_USED: Final = re.compile(r" \((\d+) in, (\d+) out(?:, \$([\d.]+))?\)$")
ZEROS: Final = re.compile(r"\{(\d+) zeros\}")
AGO: Final = re.compile(r"(\d+) min ago>")
EDITS: Final = re.compile(r'edits "(.*)">')
SENDS: Final = re.compile(r"sends ([a-z]+)>")
_APART: Final = re.compile(r"[@+]")
_COMMAND: Final = re.compile(r"/(\w+)(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Seen:
    """How much of the recordings was told already."""

    shown: int = 0
    deleted: int = 0


class Stage:
    """One messenger, its people, and the companies. `is_owned`: by alice, and open to all."""

    def __init__(self, kind: str, *, is_owned: bool = True) -> None:
        self.kind = kind
        self.is_owned = is_owned
        self.printed: list[str] = []
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)
        self.companies = companies()
        abilities = STAGES[kind]
        self.frontend = FakeFrontend(
            "fake",
            abilities,
            link=LINK if abilities.can_delete else "",
            opens_topics=kind == "topics",
        )
        self._toasts: list[str] = []
        self.messenger: Frontend = self.frontend
        self._updates = itertools.count(1)
        self._messages: dict[MessageRef, str] = {}
        self._typed: dict[tuple[str, str], MessageRef] = {}
        self._begun: list[Incoming] = []
        self._seen = _Seen()
        self._unread = 0
        self._router: Router | None = None
        self._beside = Tasks()
        self._codes = iter(CODES)
        self._pressed_last: tuple[Body, MessageRef] | None = None

    async def open(self) -> None:
        """Start the application."""
        access = await self._access()
        claims = Claims(
            access,
            self.clock,
            is_open=not access.operators,
            show=self.printed.append,
            link=f"{LINK}?start={{}}".format,
            draw=lambda: next(self._codes),
        )
        self._router = assemble(
            stores=self.stores,
            providers=self.companies,
            frontends=[self.messenger],
            clock=self.clock,
            access=access,
            prices=FakePrices(),
            claims=claims,
        )
        await self._router.start()
        _ = self._beside.start(claims.run())
        await let_run()

    async def _access(self) -> Access:
        if self.is_owned:
            alice = frozenset({_who("alice")})
            return Access(is_open=True, operators=alice, operator_name="Alice")
        claimed = await self.stores.settings.operators()
        return Access(
            operators=frozenset(each.identity for each in claimed),
            operator_name="".join(each.name for each in claimed),
        )

    async def close(self) -> None:
        """End it."""
        assert self._router is not None
        await self._beside.close()
        await self._router.close()

    async def play(self, step: Step, prepared: Sequence[Step]) -> list[str]:
        """Do one step, its companies prepared, and return what the bot showed, as lines."""
        for each in prepared:
            self._prepare(each)
        if step.who == "clock":
            await self.clock.advance(float(step.text.split()[0]) * 60)
        elif step.who == "restart":
            await self.close()
            await self.open()
            await let_run()
        elif step.what == "<":
            self._check(step)
        else:
            await self._act(step, is_growing=any(_is_growing(each) for each in prepared))
        return self.told()

    def told(self) -> list[str]:
        """Return what was shown since the last time."""
        deleted = self.frontend.deleted[self._seen.deleted :]
        shown = self.frontend.shown[self._seen.shown :]
        self._seen = _Seen(len(self.frontend.shown), len(self.frontend.deleted))
        lines = [f"bot deletes {self._messages[ref]}'s message" for _, ref in deleted]
        lines += self.take_printed()
        for each in shown:
            lines.extend(_lines(each))
        lines.extend(f"toast> {toast}" for toast in self._toasts)
        self._toasts.clear()
        return lines

    def take_printed(self) -> list[str]:
        """Return what the host printed since the last time."""
        printed, self._unread = self.printed[self._unread :], len(self.printed)
        return [line for text in printed for line in lines_of("host>", text.splitlines())]

    async def end(self) -> None:
        """End it for good."""
        await self.close()

    def everything_shown(self) -> list[str]:
        """Return every text, footer and label that was ever shown."""
        replies = [shown.reply for shown in self.frontend.shown]
        offered = [text for sink in self.frontend.sinks for text in sink.shown]
        labels = [button.label for reply in replies for row in reply.buttons for button in row]
        return [*(f"{reply.text}\n{reply.footer}" for reply in replies), *labels, *offered]

    def _prepare(self, step: Step) -> None:
        company = self.companies[step.who]
        if step.what == "check!":
            company.enqueue_check(error(step.text, step.who))
        elif step.what == "check>":
            company.enqueue_check(_report(step.text))
        elif step.what == "list!":
            company.list_errors.append(error(step.text, step.who))
        elif step.what == "!":
            company.enqueue(error(step.text, step.who))
        elif _is_growing(step):
            first, *_ = answer(step.text.removesuffix(_GROWING))
            company.enqueue(first, asyncio.Event())
        else:
            company.enqueue(*_answer(step.text))

    def _check(self, step: Step) -> None:
        asked = self.companies[step.who].asked
        assert asked, f"{step.who} was not asked"
        got = _as_json(asked[-1].request)
        wanted = json.loads(step.text)
        assert wanted == {name: got[name] for name in wanted}, step.line

    @staticmethod
    def who(name: str) -> Identity:
        """Return somebody's account."""
        return _who(name)

    async def member(self, name: str) -> MemberId:
        """Return the member behind somebody's account."""
        return (await self.stores.settings.member(_who(name), "", is_operator=False)).id

    async def _act(self, step: Step, *, is_growing: bool) -> None:
        body, message = self._body(step, _place(step.who))
        if message is None:
            message = MessageRef(f"m{next(self._updates)}")
            self._messages[message] = _account(step.who)
            self._typed[step.who, step.text] = message
        if step.what == "begins>":
            self._begun.append(self._incoming(step.who, body, message))
            return
        ago = AGO.fullmatch(step.what)
        minutes = int(ago[1]) if ago else 0
        await self.receive(step.who, body, message, is_growing=is_growing, minutes_ago=minutes)

    def _incoming(self, who: str, body: Body, message: MessageRef) -> Incoming:
        name = _account(who)
        return Incoming(
            update=f"u{next(self._updates)}",
            sender=_who(name),
            sender_name=name.title(),
            place=_place(who),
            body=body,
            sent_at=self.clock.now(),
            message=message,
        )

    async def receive(
        self,
        who: str,
        body: Body,
        message: MessageRef,
        *,
        is_growing: bool = False,
        minutes_ago: int = 0,
    ) -> None:
        """Let an update in and wait until all of it has been shown."""
        assert self._router is not None
        place = _place(who)
        incoming = self._incoming(who, body, message)
        sent_at = incoming.sent_at - timedelta(minutes=minutes_ago)
        before, self._begun = tuple(self._begun), []
        toast = await self._router.receive(replace(incoming, sent_at=sent_at, before=before))
        if toast:
            self._toasts.append(toast)
        await let_run()
        if is_growing or any(sink.is_open for sink in self.frontend.sinks):
            return  # the answer that grows ends by a later step
        await self._router.settled(place)

    def _body(self, step: Step, place: Place) -> tuple[Body, MessageRef | None]:
        if step.what == "→→":
            assert self._pressed_last is not None
            return self._pressed_last
        if step.what == "→":
            shown, button = self._find(step.text, place)
            self._pressed_last = Press(button.action), shown.message
            return self._pressed(shown, button, place)
        if edited := EDITS.fullmatch(step.what):
            return Edited(step.text), self._typed[step.who, edited[1]]
        return _sent(step), None

    def _pressed(
        self, shown: Shown, button: Button, place: Place
    ) -> tuple[Body, MessageRef | None]:
        """Press a button; where there are none, send its number."""
        if self.frontend.abilities.has_buttons:
            return Press(button.action), shown.message
        assert self._router is not None
        question = self._router.open_question(_who(place.chat), place)
        numbers = {each: number for number, each in numbered(shown.reply.buttons)}
        if button in numbers and question is not None:
            is_menu = question.kind is QuestionKind.MENU and button in question.buttons
            if is_menu or numbers[button] == "0":
                return Text(numbers[button]), None
        return Press(button.action), shown.message

    def _find(self, label: str, place: Place) -> tuple[Shown, Button]:
        """Return the newest button with this label that stands on the screen."""
        newest: dict[MessageRef, Shown] = {}
        for shown in self.frontend.shown:
            if shown.place == place:
                newest.pop(shown.message, None)
                newest[shown.message] = shown
        for shown in reversed(newest.values()):
            for button in itertools.chain(*shown.reply.buttons):
                if button.label == label:
                    assert button.action, f"[{label}] opens an address"
                    return shown, button
        raise AssertionError(f"no button [{label}] on the screen")


def _sent(step: Step) -> Body:
    """Return what a messenger makes of a new message."""
    if unread := SENDS.fullmatch(step.what):
        return Unreadable(Unread(unread[1]), step.text)
    # The form of a key is what some scenes are about; in the file it must not look like one.
    typed = ZEROS.sub(lambda found: "0" * int(found[1]), step.text)
    found = _COMMAND.fullmatch(typed)
    if not found:
        return Text(typed.replace(" ⏎ ", "\n"))
    name, args = found[1], found[2] or ""
    company, key = key_forms().split_key(args) if name == "addkey" else ("", "")
    return SecretText(Command(name, company), Secret(key)) if key else Command(name, args)


def _place(who: str) -> Place:
    """Return where somebody writes: `alice` in private, `alice@club` in a group.

    `alice+t1` is a topic of the private chat.
    """
    name, _, thread = who.partition("+")
    name, _, group = name.partition("@")
    return Place("fake", group, kind=PlaceKind.GROUP) if group else Place("fake", name, thread)


def _account(who: str) -> str:
    return _APART.split(who, maxsplit=1)[0]


def _who(name: str) -> Identity:
    return Identity("fake", name)


def _is_growing(step: Step) -> bool:
    return step.what == ">" and step.text.endswith(_GROWING)


def _report(text: str) -> KeyReport:
    if text == KeyHealth.UNCHECKED:
        return KeyReport(health=KeyHealth.UNCHECKED)
    left = (each.split() for each in text.split(", "))
    return KeyReport(balances=tuple(Balance(Decimal(number), name) for number, name in left))


def _answer(text: str) -> tuple[Reaction, ...]:
    counted = _USED.search(text)
    usage = USED
    if counted:
        usage = Usage(
            input_tokens=int(counted[1]),
            output_tokens=int(counted[2]),
            cost_usd=Decimal(counted[3]) if counted[3] else None,
        )
        text = text.removesuffix(counted[0])
    said, *used, _ = answer(text.removesuffix(_CUT).replace(" ⏎ ", "\n"), usage)
    reason = FinishReason.LENGTH if text.endswith(_CUT) else FinishReason.STOP
    return (said, *used, Finish(reason))


def _as_json(request: ChatRequest) -> dict[str, Any]:
    return {
        "model": request.model,
        "temperature": request.temperature,
        "effort": request.effort,
        "max_tokens": request.max_tokens,
        "system": request.system,
        "messages": [message.text for message in request.messages],
    }


def _lines(shown: Shown) -> list[str]:
    who = "bot edits>" if shown.how == "edit" else "bot>"
    return lines_of(who, [*_plain(shown.reply), *_rows(shown.reply)])


def lines_of(who: str, text: Sequence[str]) -> list[str]:
    """Return a text as a script has it, the first line after who says it."""
    return [f"{who} {text[0]}", *(f"     {line}" for line in text[1:])]


def _plain(reply: Reply) -> list[str]:
    lines = _ESCAPED.sub(r"\1", reply.text).splitlines() or [""]
    return [*lines, f"_{reply.footer}_"] if reply.footer else lines


def _rows(reply: Reply) -> list[str]:
    rows = (" ".join(_label(button) for button in row) for row in reply.buttons)
    line = " / ".join(rows)
    return [line] if line else []


def _label(button: Button) -> str:
    return f"[{button.label}{' ↗' if button.url else ''}]"


def as_numbers(lines: Iterable[str]) -> list[str]:
    """Return lines as they are where a choice is a message: a new message, never an edit.

    Back has no number beside a question, and a 0 sent while a key is awaited is deleted as one.
    """
    plain = [
        line.replace("bot edits>", "bot>").replace(f"[{BACK}] [Cancel]", "[Cancel]")
        for line in lines
    ]
    return [
        line
        for at, line in enumerate(plain)
        if not (line.startswith("bot deletes") and plain[at + 1 : at + 2] == [_CANCELLED])
    ]
