"""What a step of a script stands for: what a messenger takes in, and what a company does."""

import asyncio
import re
from decimal import Decimal
from typing import Final

from adapters.providers.registry import key_forms
from bot.domain.chat import Finish, FinishReason, Identity, Place, PlaceKind
from bot.domain.events import Body, Command, SecretText, Text, Unread, Unreadable
from bot.domain.keys import Balance, KeyHealth, KeyReport
from bot.domain.secret import Secret
from bot.domain.usage import Usage
from tests.fakes.provider import USED, answer
from tests.fakes.provider import Step as Reaction
from tests.transcripts.script import Step

ZEROS: Final = re.compile(r"\{(\d+) zeros\}")
AGO: Final = re.compile(r"(\d+) min ago>")
EDITS: Final = re.compile(r'edits "(.*)">')
TAKES_BACK: Final = re.compile(r'takes back "(.*)">')
REACTS: Final = re.compile(r'reacts (\S+) to "(.*)">')
UNDER: Final = re.compile(r'under "(.*)">')
ADDS: Final = "adds the bot>"
GROUPS: Final = ("club", "hall")  # where the bot is allowed, and whoever writes has agreed to pay
SENDS: Final = re.compile(r"sends ([a-z]+)>")
_GROWING: Final = " …"
_CUT: Final = " (cut at the limit)"
_USED: Final = re.compile(r" \((\d+) in, (\d+) out(?:, \$([\d.]+))?\)$")
_APART: Final = re.compile(r"[@+~]")
_COMMAND: Final = re.compile(r"[/!](\w+)(?:\s+(.*))?", re.DOTALL)


def body_of(step: Step) -> Body:
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


def place_of(who: str) -> Place:
    """Return where somebody writes: `alice` in private, `alice@club` in a group.

    `alice+t1` is a topic of the private chat, `alice~private` another one, opened by the bot.
    """
    if "~" in who:
        return Place("fake", "-".join(reversed(who.split("~"))))
    name, _, thread = who.partition("+")
    name, _, group = name.partition("@")
    return Place("fake", group, kind=PlaceKind.GROUP) if group else Place("fake", name, thread)


def chat_of(who: str) -> str:
    """Return the name of the chat somebody writes in: their own, or a group's."""
    name, _, group = who.partition("@")
    return group or _APART.split(name, maxsplit=1)[0]


def account_of(who: str) -> str:
    """Return who writes, wherever they do."""
    return _APART.split(who, maxsplit=1)[0]


def identity_of(name: str) -> Identity:
    """Return somebody's account."""
    return Identity("fake", name)


def link_of(step: Step) -> str:
    """Return the label of a button that opens an address, if that is tapped."""
    is_link = step.what == "→" and step.text.endswith(" ↗")
    return step.text.removesuffix(" ↗") if is_link else ""


def is_growing(step: Step) -> bool:
    """Whether an answer begins by this step, and goes on."""
    return step.what == ">" and step.text.endswith(_GROWING)


def report_of(text: str) -> KeyReport:
    """Return what a check says is left: `1.2 USD, 12 CNY`, or `unchecked`."""
    if text == KeyHealth.UNCHECKED:
        return KeyReport(health=KeyHealth.UNCHECKED)
    left = (each.split() for each in text.split(", "))
    return KeyReport(balances=tuple(Balance(Decimal(number), name) for number, name in left))


def reactions_of(text: str) -> tuple[Reaction, ...]:
    """Return what a company sends for an answer; one that goes on waits after its first words."""
    if text.endswith(_GROWING):
        first, *_ = answer(text.removesuffix(_GROWING))
        return first, asyncio.Event()
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
