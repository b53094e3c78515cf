"""What is sealed comes back as it was, and what UTF-8 cannot hold does not stop an answer."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.domain.chat import INHERIT, Choices, Overrides, TurnState
from bot.domain.events import (
    Body,
    Button,
    Edited,
    Question,
    QuestionKind,
    Reacted,
    Redacted,
    Reply,
    ReplyKind,
)
from bot.domain.models import Effort
from storage import codec
from storage.memory import MemoryStores
from storage.rules import EPOCH_DETAIL, Chosen, from_nano, title_of, to_nano
from tests.fakes.clock import FakeClock
from tests.fakes.neighbours import Neighbours

HALF = "half \ud83d of a pair"


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    """Models do send such text, and JSON lets it through."""
    reply = Reply(text=HALF, footer=HALF, buttons=((Button(HALF, "a:b"),),))
    stored = codec.load_reply(codec.dump_reply(reply))
    assert stored == Reply(
        text="half ? of a pair",
        footer="half ? of a pair",
        buttons=((Button("half ? of a pair", "a:b"),),),
    )
    assert codec.load_text(codec.dump_text(HALF)) == "half ? of a pair"
    chosen = Chosen().choose(Overrides(instructions=HALF))
    assert codec.load_chosen(codec.dump_chosen(chosen)).overrides.instructions.startswith("half ?")  # type: ignore[union-attr]  # a text was chosen
    question = Question(
        kind=QuestionKind.MENU, asked_at=datetime(2026, 1, 2, tzinfo=UTC), action=HALF
    )
    assert codec.load_question(codec.dump_question(question)).action == "half ? of a pair"


def test_a_reply_comes_back() -> None:
    """Every field of it, those of its buttons included."""
    reply = Reply(
        text="a",
        footer="b",
        buttons=((Button("c", "d:e", is_danger=True), Button("f", copy="g")),),
        kind=ReplyKind.ANSWER,
        stretch=(3, 40),
    )
    assert codec.load_reply(codec.dump_reply(reply)) == reply


def test_a_reply_stored_by_an_older_version_still_loads() -> None:
    """What it did not know has its default."""
    stored = (
        b'{"text":"a","footer":"","kind":"answer",'
        b'"buttons":[[{"label":"b","action":"c:d","url":"","is_danger":false}]]}'
    )
    assert codec.load_reply(stored) == Reply(
        text="a", buttons=((Button("b", "c:d"),),), kind=ReplyKind.ANSWER
    )


@pytest.mark.parametrize(
    "choices",
    [
        Choices(),
        Choices(provider="p", model="m", temperature=1.0, max_tokens=None, window=8_192),
        Choices(effort=Effort.LOW),
        Choices(instructions="a\u2028b\x00c 简", cost_line=False),
    ],
    ids=["default", "full", "effort", "odd text"],
)
def test_choices_come_back(choices: Choices) -> None:
    """Every field, None and what is no letter included."""
    assert codec.load_choices(codec.dump_choices(choices)) == choices


def test_an_effort_comes_back_as_one() -> None:
    """What was chosen, and what it replaced: its own, and nothing chosen at all."""
    chosen = Chosen()
    for effort in (None, Effort.LOW, Effort.OFF):
        chosen = codec.load_chosen(codec.dump_chosen(chosen.choose(Overrides(effort=effort))))
        assert chosen.overrides.effort is effort
    undone = chosen.undo("effort")
    assert undone
    assert undone.overrides.effort is Effort.LOW
    first = codec.load_chosen(codec.dump_chosen(Chosen().choose(Overrides(effort=Effort.LOW))))
    inherited = first.undo("effort")
    assert inherited
    assert inherited.overrides.effort is INHERIT


def test_a_choice_this_version_does_not_know_is_left_out() -> None:
    """A database that a later version wrote choices into still opens."""
    stored = codec.load_chosen(b'[{"model":"m","mood":"calm"},{"mood":[1],"model":[]}]')
    assert stored.overrides == Overrides(model="m")
    undone = stored.undo("model")
    assert undone
    assert undone.overrides == Overrides()
    assert stored.undo("mood") is None


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Short", "Short"),
        ("  two \n lines ", "two lines"),
        ("x" * 60, "x" * 39 + "…"),
        ("word " * 20, "word word word word word word word…"),
        ("", ""),
    ],
    ids=["short", "spaces", "one word", "words", "empty"],
)
def test_a_title_is_first_words(question: str, title: str) -> None:
    """At most 40 characters, cut between words where there are some."""
    assert title_of(question) == title
    assert len(title) <= 40


def test_money_is_whole_billionths() -> None:
    """Rounded to even, without a float on the way."""
    assert to_nano(None) is None
    assert to_nano(Decimal("0.0000000005")) == 0
    assert to_nano(Decimal("0.0000000015")) == 2
    assert from_nano(to_nano(Decimal("12.345678901")) or 0) == Decimal("12.345678901")


async def test_the_twin_begins_an_epoch_like_sqlite() -> None:
    """What was open has expired and is to be told; nothing is sent or handled by itself."""
    stores = MemoryStores(FakeClock())
    house = Neighbours(stores, FakeClock())
    member = await house.member()
    turn = await house.ask()
    await house.do(replies=[house.reply(member)])
    stores.begin_epoch()
    (expired,) = await stores.turns.recover()
    assert (expired.id, expired.state, expired.detail) == (
        turn.id,
        TurnState.EXPIRED,
        EPOCH_DETAIL,
    )
    assert await stores.turns.deliveries() == ()
    assert await stores.intake.pending() == ()
    await stores.close()


@pytest.mark.parametrize("body", [Redacted(), Reacted("1\ufe0f\u20e3"), Edited("new")])
def test_what_is_about_an_earlier_message_comes_back(body: Body) -> None:
    """With the message it is about."""
    incoming = Neighbours(MemoryStores(FakeClock()), FakeClock()).incoming(body, message="m1")
    assert codec.load_incoming(codec.dump_incoming(incoming)) == incoming
