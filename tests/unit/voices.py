"""Every sentence of bot/texts with the longest values it may be filled with."""

import importlib
import inspect
import itertools
import pkgutil
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import bot.texts
from bot.domain.chat import (
    Choices,
    Identity,
    MemberId,
    Overrides,
    Place,
    Session,
    SessionId,
    Streaming,
    Turn,
    TurnId,
    TurnState,
)
from bot.domain.errors import ProviderError
from bot.domain.events import Button, Reply
from bot.domain.keys import Balance, KeyHealth, KeyId, KeyInfo
from bot.domain.models import Effort, ProviderSpec, TemperatureUse
from bot.domain.people import Standing
from bot.domain.ports import Spent, SpentLine
from bot.domain.prices import Period, Price, Rates, Tier
from bot.texts import paying
from bot.texts.about import Line
from bot.texts.conversation import About
from bot.texts.costs import Last, Offer
from bot.texts.failures import Failure, Instead
from bot.texts.heldkeys import Held
from bot.texts.invitations import Sent
from bot.texts.keymessage import COULD_READ, still_there
from bot.texts.linking import Account
from bot.texts.members import Shown
from bot.texts.model import Option
from bot.texts.prefixes import prefixed
from bot.texts.tuning import Panel

NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
_LONG_AGO: Final = NOW - timedelta(days=500)
_COMPANY: Final = "Alibaba Model Studio"
_MODEL: Final = "anthropic/claude-sonnet_5.5-extended-preview"
_TITLE: Final = "A conversation with *the* longest title that anybody may [set]"[:60]
_WORDS: Final = "What can I cook with *eggs*, rice and [all] that is left in a fridge? " * 40
_PERSON: Final = "Alexandra Konstantinopoulou of the Family"
_MASK: Final = "sk-…abcd"
_PLACE: Final = Place("fake", "alice")
_SPEC: Final = ProviderSpec(
    id="huggingface", name=_COMPANY, origin="https://a.example", key_page="https://a.example/keys"
)
_SESSION: Final = Session(
    id=SessionId(12_345_678),
    place=_PLACE,
    owner=MemberId("m"),
    title=_TITLE,
    overrides=Overrides(),
    started_at=_LONG_AGO,
    last_at=_LONG_AGO,
    messages=12_345,
)
_TURN: Final = Turn(
    id=TurnId(12_345_678),
    session=_SESSION.id,
    place=_PLACE,
    member=MemberId("m"),
    question=_WORDS,
    choices=Choices(provider="huggingface", model=_MODEL),
    state=TurnState.ANSWERED,
    received_at=_LONG_AGO,
    attempt=12,
    answer="Yes.",
)
_INFO: Final = KeyInfo(
    id=KeyId(12_345_678),
    provider="huggingface",
    origin="https://a.example",
    mask=_MASK,
    health=KeyHealth.NO_CREDIT,
    added_at=_LONG_AGO,
    since=_LONG_AGO,
    name="keys of the [family]",
    checked_at=_LONG_AGO,
    used_at=_LONG_AGO,
)
_SPENT: Final = Spent(
    answers=12_345,
    input_tokens=123_456_789,
    output_tokens=12_345_678,
    cost_usd=Decimal("12345.67"),
    unknown=1_234,
    is_estimated=True,
)
_OPTION: Final = Option(
    label=_MODEL, action="model:use:openrouter:#0123456789ab", company=_COMPANY
)
_RATES: Final = Rates(
    input=Decimal(150),
    output=Decimal(600),
    cache_read=Decimal("37.5"),
    cache_write=Decimal("187.5"),
)
_PRICE: Final = Price(
    (
        Period(rates=_RATES, tiers=(Tier(above=272_000, rates=_RATES),)),
        Period(rates=_RATES, start=time(1), until=time(4), is_weekdays_only=True),
        Period(rates=_RATES, start=time(6), until=time(10), is_weekdays_only=True),
        Period(rates=_RATES, since=date(2027, 1, 1)),
    )
)
_HEX: Final = "0123456789abcdef"
_BY_TYPE: Final[dict[Any, Any]] = {
    int: 12_345,
    float: 0.25,
    datetime: NOW,
    Decimal: Decimal("12345.67"),
    Button: Button('Ask "What can I cook…"', "retry:again:12345678:12"),
    Reply: Reply(text="**Cannot reach it.** Your message is kept."),
    ProviderSpec: _SPEC,
    Session: _SESSION,
    Turn: _TURN,
    KeyInfo: _INFO,
    Held: Held(company=_COMPANY, info=_INFO, is_single=False),
    Balance: Balance(Decimal("-12345.67"), "CNY"),
    Spent: _SPENT,
    SpentLine: SpentLine(key="2026-11-02", provider="openai", spent=_SPENT),
    Option: _OPTION,
    Instead: Instead(
        label=_MODEL, action="model:instead:12345678:12:#0123456789ab", is_retired=True
    ),
    Rates: Rates(input=Decimal("1250.125"), output=Decimal("12345.0075")),
    date: date(2025, 11, 22),
    Sent: Sent(
        id=_HEX,
        code="K7QM-4TXD-V3PN",
        link="https://t.me/a_bot_with_the_longest_name_bot?start=i_K7QM4TXDV3PN",
        until=NOW + timedelta(days=400),
        elsewhere=("console", "matrix"),
    ),
    Shown: Shown(
        id=_HEX,
        name="A person with a *display* name of any length",
        accounts=(f"matrix:@{'somebody' * 20}:example.org",) * 5,
        since=_LONG_AGO,
        standing=Standing.REMOVED,
        may_come=False,
        is_operator=False,
        is_named=False,
        is_self=False,
        erase_at=NOW,
    ),
    Identity: Identity("matrix", f"@{'some_body' * 20}:example.org"),
    Account: Account(Identity("matrix", f"@{'some_body' * 20}:example.org"), "0123ab"),
    Offer: Offer(label=_MODEL, company=_COMPANY, rates=_RATES, usd=Decimal("0.0042")),
    Last: Last(label=_MODEL, usd=Decimal("0.0042"), is_estimated=True),
    Price: _PRICE,
    paying.Offer: paying.Offer(
        label=_MODEL, usd=Decimal("0.0042"), is_free=False, marked="0123ab"
    ),
    paying.Where: paying.Where(
        id=12_345,
        title=_TITLE,
        month=_SPENT,
        since=_LONG_AGO,
        cap_usd=Decimal("2.50"),
        history_tokens=2_000,
        shows_name=True,
    ),
    Line: Line(name="removekey", usage="[COMPANY]", help="remove it", example="removekey a"),
    About: About(
        session=_SESSION, model=_MODEL, cost="about $1.23", question=_WORDS, is_here=False
    ),
    Panel: Panel(
        model=_MODEL,
        temperature=0.25,
        temperature_use=TemperatureUse.UNLESS_THINKING,
        effort=Effort.MEDIUM,
        ignores_effort=True,
        max_tokens=64_000,
        instructions=_WORDS,
        cost_line=True,
        stream=Streaming.AUTO,
    ),
}
_BY_NAME: Final[dict[str, str]] = {
    "id_": _HEX,
    "member": _HEX,
    "code": "K7QM-4TXD",
    "inviter": "Alexandra Konstantinopoulou",
    "by": "Alexandra Konstantinopoulou",
    "account": "matrix:@somebody:example.org",
    "ask": f"members:ask:{_HEX}",
    "mark": "0123ab",
    "frontend": "telegram",
    "drawn": "█▀▄ " * 3,
    "instructions": _WORDS,
    "mask": _MASK,
    "old_mask": "sk-…7Qx2",
    "gone": f"{still_there('Remove')} {COULD_READ}",
    "tap": "Remove",
    "wanted": "huggingface#12345678",
    "once": "With a free key, Google may use what you send to improve its products.",
    "question": _WORDS,
    "text": _WORDS,
    "partial": "Some words",
    "typed": "openia",
    "title": _TITLE,
    "session_title": _TITLE,
    "model": _MODEL,
    "label": _MODEL,
    "key": _MASK,
    "unused_by": _MODEL,
    "thinker": _MODEL,
    "company": _COMPANY,
    "messenger": "Telegram",
    "operator": "Alexandra Konstantinopoulou",
    "identity": "matrix:@somebody:example.org",
    "reference": "8f3a2c",
    "what": "Longest answer",
    "value": "16,384 tokens",
    "used": "about $0.0042 (tokens estimated)",
    "matching": "some words of a title",
    "link": "https://t.example/hearth_bot",
    "action": "model:try:openrouter:gpt-7-nova",
    "undo": "maxtokens:undodefault:0123ab",
    "redo": "undo:redo:12345678:hn8fg0",
    "again": "removekey:ask:huggingface",
    "save": "addkey:for:huggingface",
    "verb": "removekey:ask",
    "provider": "huggingface",
    "where": "#12345678",
    "stamped": "hn8fg0",
    "marked": "0123ab",
}
# Where a parameter's name says less than its function does.
_SPECIAL: Final[dict[tuple[str, str], Any]] = {
    ("about.welcome", "name"): "A person with a display name of any length",
    ("conversation.begun_named", "name"): _TITLE,
    ("conversation.named", "name"): _TITLE,
    ("conversation.renamed", "name"): _TITLE,
    ("addkey.more_companies", "verb"): "addkey:for",
    ("addkey.another_company", "where"): "",
    ("addkey.companies", "page"): 0,
    ("addkey.more_companies", "page"): 1,
    ("keys.keys", "page"): 1,
    ("model.companies", "page"): 1,
    ("model.companies", "pages"): 3,
    ("model.models", "page"): 1,
    ("model.models", "total"): 123,
    ("conversation.sessions", "page"): 1,
    ("conversation.sessions", "total"): 123,
    ("costs.found", "again"): "a" * 44,
    ("costs.found", "page"): 1,
    ("costs.one", "again"): "a" * 44,
    ("costs.one", "more"): 123,
    ("costs.overview", "page"): 1,
    ("usage.period", "name"): "September",
    ("usage.by_model", "name"): "September",
    ("usage.by_day", "name"): "September",
    ("turns.unknown_command", "name"): "a" * 60,
    ("turns.unknown_command", "near"): ("removekey",),
    ("model.menu", "way_back"): Button("Close", "model:close"),
    ("allow.added", "name"): _PERSON,
    ("groups.private_only", "name"): "removekey",
    ("groups.only_in_groups", "name"): "answer",
    ("groups.operators_only", "name"): "removekey",
    ("groups.admins_choose", "name"): "settings",
    ("paying.places", "page"): 1,
    ("paying.places", "pages"): 3,
    ("paying.places", "total"): 24,
    ("groups.key_posted", "name"): _PERSON,
    ("topics.afresh", "where"): "thread",
    ("topics.here_or_topic", "title"): "A topic with a *long* title that [fits] in an action",
    ("topics.topic_refused", "title"): "A topic with a *long* title that [fits] in an action",
    ("invitations.welcome", "name"): "A person with a display name of any length",
    ("invitations.joined", "name"): "A person with a display name of any length",
    ("members.members", "page"): 1,
    ("turns.cut", "provider"): _COMPANY,
    ("turns.key_unreadable", "provider"): _COMPANY,
    ("turns.cut", "text"): "Some words.",
    ("turns.stopped", "text"): "Some words.",
    ("turns.broken_off", "text"): "Some words.",
}
# As many as their pages hold.
_MOST: Final = {
    "keys.keys": 9,
    "removekey.which_to_remove": 9,
    "conversation.sessions": 5,
    "model.menu": 3,
    "about.help_page": 9,
    "paying.places": 6,
}
_NOT_TEXTS: Final = frozenset({"format", "layout", "prefixes"})


@dataclass(frozen=True, slots=True)
class Said:
    """A reply, and the function that made it."""

    by: str
    reply: Reply


def every_reply(prefix: str = "/") -> Iterator[Said]:
    """Return every reply of every function, with each yes and no, with and without options."""
    for name, function in _functions():
        if typing.get_type_hints(function).get("return") is Reply:
            for reply in itertools.islice(_each(function, name), 600):
                yield Said(name, prefixed(reply, prefix))


def _each(make: Callable[..., Any], name: str) -> Iterator[Any]:
    """Return what a function, or a class, makes of each combination of its parameters."""
    hints = typing.get_type_hints(make)
    parameters = [each for each in hints if each != "return"]
    values = [tuple(_values(name, each, hints[each])) for each in parameters]
    for combination in itertools.product(*values):
        yield make(**dict(zip(parameters, combination, strict=True)))


def _functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for module in pkgutil.iter_modules(bot.texts.__path__):
        if module.name in _NOT_TEXTS:
            continue
        loaded = importlib.import_module(f"bot.texts.{module.name}")
        for name, function in vars(loaded).items():
            is_own = inspect.isfunction(function) and function.__module__ == loaded.__name__
            if is_own and not name.startswith("_"):
                yield f"{module.name}.{name}", function


def _values(function: str, name: str, hint: object) -> Sequence[Any]:
    """Return what a parameter is tried with."""
    if (function, name) in _SPECIAL:
        return (_SPECIAL[function, name],)
    arguments = typing.get_args(hint)
    if isinstance(hint, types.UnionType):
        return [each for of in arguments for each in _values(function, name, of)]
    if typing.get_origin(hint) is tuple:
        return (tuple(_values(function, "item", each)[0] for each in arguments),)
    if arguments:
        return ((), tuple(_values(function, "item", arguments[0])[:1]) * _MOST.get(function, 6))
    return _plain_values(function, name, hint)


def _plain_values(function: str, name: str, hint: object) -> Sequence[Any]:
    if hint is str:
        value = _COMPANY if name in {"name", "item"} else _BY_NAME.get(name)
        assert value is not None, f"{function} takes a {name} nobody has an example of"
        return (value,)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return tuple(hint)
    if hint is Failure:
        return tuple(_each(Failure, Failure.__name__))
    known = {bool: (True, False), ProviderError: tuple(_errors()), type(None): (None,)}
    return known[hint] if hint in known else (_BY_TYPE[hint],)


def _errors() -> Iterator[ProviderError]:
    for kind in ProviderError.__subclasses__():
        if "adjustment" not in inspect.signature(kind).parameters:
            error = kind("huggingface", model=_MODEL, said="The `max_tokens` is too large. " * 7)
            yield error
