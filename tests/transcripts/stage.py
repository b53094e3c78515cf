"""Where a transcript is played: the whole application over stores in memory and fakes."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from bot.access import Access
from bot.app import assemble
from bot.claims import Claims
from bot.domain.chat import (
    ChatRequest,
    Identity,
    MemberId,
    Place,
)
from bot.domain.effects import ChangePayer
from bot.domain.events import (
    Body,
    Button,
    Edited,
    Incoming,
    MessageRef,
    Press,
    QuestionKind,
    Reacted,
    Redacted,
    Text,
)
from bot.domain.groups import Agreed
from bot.domain.menus import numbered
from bot.domain.ports import Abilities, Frontend
from bot.router import Router
from bot.tasks import Tasks
from storage.memory import MemoryStores
from storage.memory_effects import apply
from tests.fakes.clock import FakeClock, let_run
from tests.fakes.frontend import BUTTONS, FakeFrontend, Shown
from tests.fakes.prices import FakePrices
from tests.transcripts.cast import companies, error
from tests.transcripts.reading import (
    ADDS,
    AGO,
    EDITS,
    GROUPS,
    REACTS,
    TAKES_BACK,
    UNDER,
    account_of,
    body_of,
    chat_of,
    identity_of,
    is_growing,
    link_of,
    place_of,
    reactions_of,
    report_of,
)
from tests.transcripts.script import Step
from tests.transcripts.telling import SLASHED, lines_of, lines_shown

_NUMBERS: Final = replace(BUTTONS, has_buttons=False, prefix="!")
STAGES: Final = {
    "buttons": BUTTONS,
    "numbers": _NUMBERS,
    "local": Abilities(is_local=True),
    "keeps": Abilities(has_buttons=True, can_edit=True),
    "topics": BUTTONS,
    "threads": replace(_NUMBERS, threads_hang=True),
    "unsealed": replace(_NUMBERS, seals=True, opens_private=True, delete_label="Remove"),
}
LINK: Final = "https://t.example/bot"
CODES: Final = ("K7QM4TXD", "V3PN8RWC", "H2YB6ZSG", "M9DF5KTA")


DRAWN: Final = ("7KQM4TXDV3PN", "H2YB6ZSGM9DF", "5KTAW8RCQ2XE", "B4NJ3VHP8YDM")


@dataclass(frozen=True, slots=True)
class _Seen:
    """How much of the recordings was told already."""

    shown: int = 0
    deleted: int = 0


class Stage:
    """One messenger, its people, and the companies. `is_owned`: by alice; `is_open`: to all."""

    def __init__(self, kind: str, *, is_owned: bool = True, is_open: bool = True) -> None:
        self.kind = kind
        self.is_owned = is_owned
        self.is_open = is_open
        self.printed: list[str] = []
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)
        self.companies = companies()
        abilities = STAGES[kind]
        self.frontend = FakeFrontend(
            "fake",
            abilities,
            link=LINK if abilities.can_delete and not abilities.opens_private else "",
            opens_topics=kind == "topics",
            shows_opening=not abilities.has_buttons and not abilities.is_local,
        )
        if kind == "unsealed":
            self.frontend.unsealed = {"alice", "bob", "club"}
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
        self._drawn = iter(DRAWN)
        self._pressed_last: tuple[Body, MessageRef] | None = None
        self._acting = ""

    async def open(self) -> None:
        """Start the application."""
        for name in GROUPS:
            place = self.place(f"alice@{name}")
            await self.stores.groups.note(place, title=name.title(), is_allowed=True)
        access = await self._access()
        claims = Claims(
            access,
            self.clock,
            is_open=not access.deciding,
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
            draw=self._draw,
        )
        await self._router.start()
        _ = self._beside.start(claims.run())
        await let_run()

    def _draw(self, length: int) -> str:
        """Return the next code: of an invitation, or of a link."""
        return next(self._drawn)[:length]

    async def _access(self) -> Access:
        if self.is_owned:
            alice = frozenset({identity_of("alice")})
            return Access(is_open=self.is_open, operators=alice, operator_name="Alice")
        access = Access()
        access.learn(await self.stores.people.roster())
        return access

    async def close(self) -> None:
        """End it."""
        assert self._router is not None
        await self._beside.close()
        await self._router.close()

    async def play(self, step: Step, prepared: Sequence[Step]) -> list[str]:
        """Do one step, its companies prepared, and return what the bot showed, as lines."""
        for each in prepared:
            self._prepare(each)
        self._acting = chat_of(step.who)
        if step.who == "clock":
            self._acting = ""
            await self.clock.advance(float(step.text.split()[0]) * 60)
        elif step.who == "restart":
            self._acting = ""
            await self.close()
            await self.open()
            await let_run()
        elif step.what == "<":
            self._check(step)
        else:
            await self._pays(step.who)
            await self._act(step, is_growing=any(is_growing(each) for each in prepared))
        return self.told()

    async def _pays(self, who: str) -> None:
        """Let whoever writes in a group that the bot is used to have agreed to pay there."""
        if "@" not in who or chat_of(who) not in GROUPS:
            return
        name = chat_of(who)
        group = await self.stores.groups.note(self.place(who), title=name.title(), is_allowed=True)
        agreed = ChangePayer(
            member=await self.member(account_of(who)),
            group=group.id,
            agreed=Agreed("", "", Decimal(1_000)),
        )
        if await self.stores.groups.payer(group.id, agreed.member) is None:
            assert apply(self.stores._state, agreed, frontend=self.place(who).frontend) is not None

    def place(self, who: str) -> Place:
        """Return where somebody writes."""
        return place_of(who)

    def where(self, chat: str) -> str:
        """Say where something was shown, if that is not where something was done."""
        if not self._acting or chat == self._acting or chat.startswith("private-"):
            return ""
        return f"in {chat}" if chat in {*GROUPS, "den"} else f"to {chat}"

    def told(self) -> list[str]:
        """Return what was shown since the last time."""
        deleted = self.frontend.deleted[self._seen.deleted :]
        shown = sorted(
            self.frontend.shown[self._seen.shown :],
            key=lambda each: bool(self.where(each.place.chat)),
        )
        self._seen = _Seen(len(self.frontend.shown), len(self.frontend.deleted))
        lines = [f"bot deletes {self._messages[ref]}'s message" for _, ref in deleted]
        lines += self.take_printed()
        for each in shown:
            lines.extend(lines_shown(each, self.where(each.place.chat)))
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
            company.enqueue_check(report_of(step.text))
        elif step.what == "list!":
            company.list_errors.append(error(step.text, step.who))
        elif step.what == "!":
            company.enqueue(error(step.text, step.who))
        else:
            company.enqueue(*reactions_of(step.text))

    def _check(self, step: Step) -> None:
        asked = self.companies[step.who].asked
        assert asked, f"{step.who} was not asked"
        got = _as_json(asked[-1].request)
        wanted = json.loads(step.text)
        assert wanted == {name: got[name] for name in wanted}, step.line

    @staticmethod
    def who(name: str) -> Identity:
        """Return somebody's account."""
        return identity_of(name)

    async def member(self, name: str) -> MemberId:
        """Return the member behind somebody's account."""
        return (await self.stores.settings.member(self.who(name), "", is_operator=False)).id

    async def _act(self, step: Step, *, is_growing: bool) -> None:
        if step.what == ADDS:
            assert self._router is not None
            name = account_of(step.who)
            await self._router.joined(place_of(step.who), identity_of(name), name.title())
            return
        if link := link_of(step):
            step = replace(step, what=">", text=self._followed(link, place_of(step.who)))
            step = replace(step, who=account_of(step.who))
        body, message = self._body(step, place_of(step.who))
        if message is None:
            message = MessageRef(f"m{next(self._updates)}")
            self._messages[message] = account_of(step.who)
            self._typed[step.who, step.text] = message
        if step.what == "begins>":
            self._begun.append(self._incoming(step.who, body, message))
            return
        ago, under = AGO.fullmatch(step.what), UNDER.fullmatch(step.what)
        await self.receive(
            step.who,
            body,
            message,
            is_growing=is_growing,
            minutes_ago=int(ago[1]) if ago else 0,
            thread=self._message(under[1], place_of(step.who)) if under else "",
        )

    def _message(self, text: str, place: Place) -> MessageRef:
        """Return the newest message of a chat that begins with this text, whoever wrote it."""
        chat = place.chat
        said = [(each, ref) for (who, each), ref in self._typed.items() if place_of(who) == place]
        said += [(s.reply.text, s.message) for s in self.frontend.shown if s.place.chat == chat]
        for sink in self.frontend.sinks:
            if sink.is_open and sink.message and sink.place.chat == chat:
                said.append(("".join(sink.shown[-1:]), sink.message))
        return next(ref for each, ref in reversed(said) if each.startswith(text))

    def _incoming(
        self, who: str, body: Body, message: MessageRef, *, thread: str = ""
    ) -> Incoming:
        name, place = account_of(who), place_of(who)
        return Incoming(
            update=f"u{next(self._updates)}",
            sender=identity_of(name),
            sender_name=name.title(),
            place=replace(place, thread=thread) if thread else place,
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
        thread: str = "",
    ) -> None:
        """Let an update in and wait until all of it has been shown."""
        assert self._router is not None
        incoming = self._incoming(who, body, message, thread=thread)
        sent_at = incoming.sent_at - timedelta(minutes=minutes_ago)
        before, self._begun = tuple(self._begun), []
        toast = await self._router.receive(replace(incoming, sent_at=sent_at, before=before))
        if toast:
            self._toasts.append(toast)
        await let_run()
        if is_growing or any(sink.is_open for sink in self.frontend.sinks):
            return  # the answer that grows ends by a later step
        await self._router.settled(incoming.place)

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
        if taken := TAKES_BACK.fullmatch(step.what):
            return Redacted(), self._typed[step.who, taken[1]]
        if reacts := REACTS.fullmatch(step.what):
            return Reacted(reacts[1]), self._message(reacts[2], place)
        return body_of(step), None

    def _pressed(
        self, shown: Shown, button: Button, place: Place
    ) -> tuple[Body, MessageRef | None]:
        """Press a button; where there are none, send its number."""
        if self.frontend.abilities.has_buttons:
            return Press(button.action), shown.message
        assert self._router is not None
        question = self._router.open_question(identity_of(place.chat), place)
        numbers = {each.action: number for number, each in numbered(shown.reply.buttons)}
        if button.action in numbers and question is not None:
            offered = {each.action for each in question.buttons}
            is_menu = question.kind is QuestionKind.MENU and button.action in offered
            number = numbers[button.action]
            if is_menu or number == "0":
                return Text(number), None
        return Press(button.action), shown.message

    def _followed(self, label: str, place: Place) -> str:
        """Return what is sent in the private chat by opening the newest button's address."""
        for shown in reversed(self.frontend.shown):
            for button in itertools.chain(*shown.reply.buttons):
                if shown.place == place and button.label == label and button.url:
                    return f"/start {button.url.partition('?start=')[2]}".strip()
        raise AssertionError(f"no address [{label}] on the screen")

    def _find(self, label: str, place: Place) -> tuple[Shown, Button]:
        """Return the newest button with this label that stands on the screen."""
        label = SLASHED.sub(self.frontend.abilities.prefix, label)
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


def _as_json(request: ChatRequest) -> dict[str, Any]:
    return {
        "model": request.model,
        "temperature": request.temperature,
        "effort": request.effort,
        "max_tokens": request.max_tokens,
        "system": request.system,
        "messages": [message.text for message in request.messages],
    }
