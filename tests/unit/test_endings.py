"""From how an attempt ended to what is committed. Pure."""

from collections.abc import Callable
from dataclasses import replace
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
    Usage,
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
from bot.running import Running
from tests.fakes.clock import START
from tests.fakes.frontend import FakeFrontend
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
        endings.answered(it, ASKED)
    assert (raised.value.provider, raised.value.model) == ("acme", "acme-1")


def test_the_vendors_count_is_taken_and_ours_only_without_it() -> None:
    """Ours is marked as an estimate; a reported charge is the cost, nothing is free's."""
    usage = Usage(input_tokens=3, output_tokens=4, cost_usd=Decimal("0.5"))
    assert endings.settle(ended(usage=usage), ASKED) == (usage, Decimal("0.5"))
    estimated, cost = endings.settle(ended("word" * 4), ASKED)
    assert estimated == Usage(input_tokens=14 + 6, output_tokens=8, is_estimated=True)
    assert cost is None
    assert endings.settle(ended(), FREE)[1] == 0
    assert endings.settle(running(), ASKED)[0].output_tokens == 0


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
    assert endings.answered(it, FREE).replies[0].reply.footer == footer


def test_the_model_is_called_as_its_company_calls_it() -> None:
    """Where the list was not seen lately, it is the id."""
    named = replace(FREE, label="Acme One")
    assert endings.answered(ended(), named).replies[0].reply.footer.startswith("Acme One, ")
    empty = endings.failed(running(), named, EmptyAnswer("acme"), START).replies[0].reply.text
    assert empty.startswith("**Acme One sent no text.**")
    unnamed = endings.failed(running(), FREE, EmptyAnswer("acme"), START).replies[0].reply.text
    assert unnamed.startswith("**acme-1 sent no text.**")


def test_notes_come_last_and_are_no_part_of_the_answer() -> None:
    """The history holds the model's words alone."""
    ending = endings.answered(ended("words"), replace(ASKED, notes=("One.", "Two.")))
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
        lambda: endings.stopped(running("Half"), ASKED, detail=""),
        lambda: endings.failed(running("Half"), ASKED, Cut("acme"), START),
        lambda: endings.failed(running("Half"), ASKED, ServerFault("acme"), START),
        lambda: endings.broken(running("Half"), ASKED, "abc123"),
        lambda: endings.interrupted(replace(TURN, attempt=2, partial="Half"), ACME),
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
    assert endings.interrupted(TURN, free).cost_usd == 0
    assert endings.interrupted(TURN, None).cost_usd is None
    assert endings.interrupted(TURN, None).answer is None


def test_a_fault_of_ours_before_the_request_settles_nothing() -> None:
    """Its reference is shown."""
    ending = endings.broken(running(is_sent=False), ASKED, "abc123")
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
