"""From how an attempt ended to what is committed. Pure."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot import endings
from bot.domain.chat import (
    ChatRequest,
    Choices,
    FinishReason,
    MemberId,
    Message,
    Place,
    PlaceKind,
    Role,
    SessionId,
    Turn,
    TurnId,
    TurnState,
)
from bot.domain.errors import (
    Cut,
    EmptyAnswer,
    Filtered,
    NoCredit,
    ProviderError,
    RateLimited,
    ServerFault,
    TimedOut,
    Unreachable,
)
from bot.domain.events import Outgoing, Reply
from bot.domain.ports import Ending
from bot.domain.prices import Period, Price
from bot.domain.usage import Usage
from bot.running import Running
from tests.fakes.clock import START
from tests.fakes.frontend import FakeFrontend
from tests.fakes.prices import rates
from tests.fakes.provider import ACME

TURN = Turn(
    id=TurnId(5),
    session=SessionId(1),
    place=Place("fake", "here"),
    member=MemberId("alice"),
    question="why?",
    choices=Choices(provider="acme", model="acme-1", instructions="Be brief."),
    state=TurnState.REQUESTED,
    received_at=START,
)
REQUEST = ChatRequest(model="acme-1", messages=(Message(Role.USER, "x" * 40),), system="y" * 8)
ASKED = endings.Asked(spec=ACME, request=REQUEST, mask="sk-…1234")
FREE = replace(ASKED, spec=replace(ACME, is_free=True))


def running(text: str = "", *, is_sent: bool = True, attempt: int = 2) -> Running:
    """Return an attempt with this text so far."""
    return Running(turn=TURN, attempt=attempt, text=text, is_sent=is_sent)


def ended(
    text: str = "ok", reason: FinishReason | None = FinishReason.STOP, usage: Usage | None = None
) -> Running:
    """Return an attempt that came to an end."""
    it = running(text)
    it.finish, it.usage = reason, usage
    return it


@pytest.mark.parametrize(
    ("it", "error"),
    [
        (ended("text", None), Cut),
        (ended(" \n"), EmptyAnswer),
        (ended("text", FinishReason.FILTERED), Filtered),
    ],
    ids=["no-end", "blank", "filtered"],
)
def test_what_is_no_whole_answer_is_an_error(it: Running, error: type[ProviderError]) -> None:
    """It carries who was asked."""
    with pytest.raises(error) as raised:
        endings.answered(it, ASKED, START)
    assert (raised.value.provider, raised.value.model) == ("acme", "acme-1")


def test_the_vendors_count_is_taken_and_ours_only_without_it() -> None:
    """Ours is marked as an estimate; a reported charge is the cost, nothing is free's."""
    usage = Usage(input_tokens=3, output_tokens=4, cost_usd=Decimal("0.5"))
    assert endings.settle(ended(usage=usage), ASKED, START) == (usage, Decimal("0.5"))
    estimated, cost = endings.settle(ended("word" * 4), ASKED, START)
    assert estimated == Usage(input_tokens=14 + 6, output_tokens=8, is_estimated=True)
    assert cost is None
    assert endings.settle(ended(), FREE, START)[1] == 0
    assert endings.settle(running(), ASKED, START)[0].output_tokens == 0


@pytest.mark.parametrize(
    ("turn", "footer"),
    [
        (TURN, "acme-1, 20 tokens, free"),
        (replace(TURN, choices=replace(TURN.choices, cost_line=False)), ""),
        (replace(TURN, place=replace(TURN.place, kind=PlaceKind.GROUP)), ""),
    ],
    ids=["private", "switched-off", "group"],
)
def test_the_footer_is_the_members_own_affair(turn: Turn, footer: str) -> None:
    """It is shown where only they read, unless they switched it off."""
    it = ended(usage=Usage(input_tokens=10, output_tokens=10))
    it.turn = turn
    assert endings.answered(it, FREE, START).replies[0].reply.footer == footer


def test_the_model_is_called_as_its_company_calls_it() -> None:
    """Where the list was not seen lately, it is the id."""
    named = replace(FREE, label="Acme One")
    assert endings.answered(ended(), named, START).replies[0].reply.footer.startswith("Acme One, ")
    empty = endings.failed(running(), named, EmptyAnswer("acme"), START).replies[0].reply.text
    assert empty.startswith("**Acme One sent no text.**")
    unnamed = endings.failed(running(), FREE, EmptyAnswer("acme"), START).replies[0].reply.text
    assert unnamed.startswith("**acme-1 sent no text.**")


def test_notes_come_last_and_are_no_part_of_the_answer() -> None:
    """The history holds the model's words alone."""
    ending = endings.answered(ended("words"), replace(ASKED, notes=("One.", "Two.")), START)
    assert ending.answer == "words"
    assert ending.replies[0].reply.text == "words\n\n_One._\n\n_Two._"


@pytest.mark.parametrize(
    ("error", "is_billed"),
    [
        (ServerFault("acme"), True),
        (TimedOut("acme"), True),
        (Unreachable("acme"), True),
        (Unreachable("acme", is_unsent=True), False),
        (RateLimited("acme"), False),
        (NoCredit("acme", is_unsent=True), False),
    ],
    ids=["500", "timeout", "reset", "refused", "rate", "money"],
)
def test_usage_is_counted_only_where_it_may_be_billed(
    error: ProviderError, *, is_billed: bool
) -> None:
    """The category is kept with the turn."""
    ending = endings.failed(running(), ASKED, error, START)
    assert (ending.usage is not None) == is_billed
    assert (ending.state, ending.detail) == (TurnState.FAILED, error.category)
    assert ending.answer is None


def test_a_request_that_never_left_is_not_billed() -> None:
    """Whatever the error says of itself."""
    assert endings.failed(running(is_sent=False), ASKED, ServerFault("acme"), START).usage is None


def test_text_before_a_declined_answer_is_taken_back() -> None:
    """It is neither shown nor part of the history; it may be charged."""
    ending = endings.failed(running("Well"), ASKED, Filtered("acme"), START)
    assert ending.answer is None
    assert "Well" not in ending.replies[0].reply.text
    assert ending.usage is not None


@pytest.mark.parametrize(
    "end",
    [
        lambda: endings.stopped(running("Half"), ASKED, START, detail=""),
        lambda: endings.failed(running("Half"), ASKED, Cut("acme"), START),
        lambda: endings.failed(running("Half"), ASKED, ServerFault("acme"), START),
        lambda: endings.broken(running("Half"), ASKED, START, "abc123"),
        lambda: endings.interrupted(replace(TURN, attempt=2, partial="Half"), ACME, None, START),
    ],
    ids=["stopped", "cut", "fault", "ours", "interrupted"],
)
def test_what_was_written_stays_and_can_be_asked_again(end: Callable[[], Ending]) -> None:
    """Its text, its estimate, and a button for this very attempt."""
    ending = end()
    (out,) = ending.replies
    assert ending.answer == "Half"
    assert out.reply.text.startswith("Half")
    assert ending.usage is not None
    assert ending.usage.is_estimated
    actions = [button.action for row in out.reply.buttons for button in row]
    assert "retry:again:5:2" in actions
    assert (out.turn, out.member, out.place) == (TURN.id, TURN.member, TURN.place)


def test_an_interrupted_free_request_cost_nothing() -> None:
    """Where the vendor is unknown now, so is the cost."""
    free = replace(ACME, is_free=True)
    assert endings.interrupted(TURN, free, None, START).cost_usd == 0
    assert endings.interrupted(TURN, None, None, START).cost_usd is None
    assert endings.interrupted(TURN, None, None, START).answer is None


_PRICE = Price(
    (
        Period(rates=rates("2", "10", "0.2")),
        Period(rates=rates("4", "20", "0.4"), since=(START + timedelta(days=1)).date()),
    )
)
PRICED = replace(ASKED, price=_PRICE)
USED = Usage(input_tokens=1_000, output_tokens=500, cache_read_tokens=400)


def test_a_cost_is_the_charge_else_the_price_of_that_moment_else_unknown() -> None:
    """What is free stays free, whatever a list says."""
    charged = replace(USED, cost_usd=Decimal("0.02"))
    later = START + timedelta(days=1)
    assert endings.settle(ended(usage=charged), PRICED, START)[1] == Decimal("0.02")
    assert endings.settle(ended(usage=USED), PRICED, START)[1] == Decimal("0.00628")
    assert endings.settle(ended(usage=USED), PRICED, later)[1] == Decimal("0.01256")
    assert endings.settle(ended(usage=USED), ASKED, START)[1] is None
    assert endings.settle(ended(usage=USED), replace(FREE, price=_PRICE), START)[1] == 0


def test_what_is_said_of_a_cost_is_what_is_stored() -> None:
    """About, unless the company charged it; estimated where we counted."""
    done = endings.answered(ended(usage=USED), PRICED, START)
    assert done.cost_usd == Decimal("0.00628")
    assert done.replies[0].reply.footer == "acme-1, about $0.0063"
    charged = replace(USED, cost_usd=Decimal("0.02"))
    done = endings.answered(ended(usage=charged), PRICED, START)
    assert (done.cost_usd, done.replies[0].reply.footer) == (Decimal("0.02"), "acme-1, $0.02")
    half = endings.stopped(running("x" * 400), PRICED, START, detail="")
    assert half.cost_usd == Decimal("0.00108")
    assert half.replies[0].reply.footer.endswith("paid, about $0.0011 (tokens estimated)")
    unsent = endings.stopped(running(is_sent=False), PRICED, START, detail="")
    assert (unsent.usage, unsent.cost_usd) == (None, None)
    assert unsent.replies[0].reply.footer == "Stopped. Nothing was charged."


def test_an_interrupted_request_has_its_price() -> None:
    """Estimated: the vendor's count never came."""
    half = endings.interrupted(replace(TURN, partial="x" * 400), ACME, _PRICE, START)
    assert half.usage is not None
    assert half.usage.is_estimated
    assert half.cost_usd == _PRICE.cost(half.usage, START)
    assert half.cost_usd is not None
    assert half.cost_usd > 0


def test_a_fault_of_ours_before_the_request_settles_nothing() -> None:
    """Its reference is shown."""
    ending = endings.broken(running(is_sent=False), ASKED, START, "abc123")
    assert (ending.usage, ending.answer) == (None, None)
    assert "abc123" in ending.replies[0].reply.text


def test_parts_are_numbered_and_the_last_has_the_rest() -> None:
    """Buttons and footer belong to the whole and come under its end."""
    reply = Reply(text="abcdefgh", footer="foot")
    out = Outgoing(place=TURN.place, member=TURN.member, reply=reply, turn=TURN.id)
    ending = Ending(state=TurnState.ANSWERED, replies=(out,))
    parts = endings.in_parts(ending, FakeFrontend(limit=3)).replies
    assert [(part.part, part.reply.text, part.reply.footer) for part in parts] == [
        (0, "abc", ""),
        (1, "def", ""),
        (2, "gh", "foot"),
    ]
