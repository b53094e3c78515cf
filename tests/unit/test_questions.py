"""The one open question of a member in a place."""

import pytest

from bot.domain.chat import Identity, MemberId, Place
from bot.domain.effects import Effect, NoteOnce, SetQuestion
from bot.domain.events import Button, Outgoing, Press, Question, QuestionKind, Reply, Rows
from bot.domain.ports import Abilities
from bot.questions import Questions
from storage.memory import MemoryStores
from tests.fakes.clock import START, FakeClock

ALICE = MemberId("alice")
HERE = Place("plain", "here")
SCREEN = Place("buttons", "here")
MENU: Rows = (
    (Button("One", "pick:one"), Button("Two", "pick:two")),
    (Button("No", "pick:close"),),
)
TEXT = Question(kind=QuestionKind.TEXT, asked_at=START, action="title:set")


def asked(place: Place, question: Question | None) -> SetQuestion:
    """Return the effect that opens or closes a question."""
    return SetQuestion(member=ALICE, place=place, question=question)


def said(place: Place, buttons: Rows = ()) -> tuple[Outgoing, ...]:
    """Return replies, the last of them with these buttons."""
    return tuple(
        Outgoing(place=place, member=ALICE, reply=Reply(text="text", buttons=rows))
        for rows in ((), buttons)
    )


@pytest.fixture
def clock() -> FakeClock:
    """Time that stands still."""
    return FakeClock()


@pytest.fixture
def questions(clock: FakeClock) -> Questions:
    """No question open, on a messenger with buttons and one without."""
    return Questions(clock, {"plain": Abilities(), "buttons": Abilities(has_buttons=True)})


async def test_a_question_lasts_ten_minutes(questions: Questions, clock: FakeClock) -> None:
    """Afterwards a line is no answer to it."""
    questions.follow((asked(HERE, TEXT),))
    await clock.advance(600)
    assert questions.find(ALICE, HERE) == TEXT
    await clock.advance(1)
    assert questions.find(ALICE, HERE) is None


async def test_a_question_is_asked_of_one_member_in_one_place(questions: Questions) -> None:
    """Neither another member nor another place answers it."""
    questions.follow((asked(HERE, TEXT), NoteOnce(member=ALICE, notice="x")))
    assert questions.find(MemberId("bob"), HERE) is None
    assert questions.find(ALICE, SCREEN) is None
    questions.follow((asked(HERE, None),))
    assert questions.find(ALICE, HERE) is None


async def test_open_questions_survive_a_restart(clock: FakeClock, questions: Questions) -> None:
    """What was committed is read at the start."""
    stores = MemoryStores(clock)
    member = (await stores.settings.member(Identity("plain", "a"), "", is_operator=False)).id
    stores._state.questions[member, HERE] = TEXT
    await questions.load(stores.settings)
    assert questions.find(member, HERE) == TEXT


@pytest.mark.parametrize(
    ("typed", "action"),
    [("1", "pick:one"), (" 2 ", "pick:two"), ("0", "pick:close"), ("3", ""), ("one", "")],
)
def test_a_number_is_a_choice_of_its_menu(questions: Questions, typed: str, action: str) -> None:
    """Only a number that was shown; anything else is no choice."""
    buttons = tuple(button for row in MENU for button in row)
    menu = Question(kind=QuestionKind.MENU, asked_at=START, buttons=buttons)
    assert questions.choice(menu, typed) == (Press(action) if action else None)


def test_a_menu_is_a_question_where_there_are_no_buttons(questions: Questions) -> None:
    """Its numbers count until it is closed; where there are buttons, they are the menu."""
    (effect,) = questions.asked_by(ALICE, HERE, said(HERE, MENU), is_ending=False)
    assert isinstance(effect, SetQuestion)
    assert effect.question is not None
    assert [button.action for button in effect.question.buttons] == [
        "pick:one",
        "pick:two",
        "pick:close",
    ]
    assert questions.asked_by(ALICE, SCREEN, said(SCREEN, MENU), is_ending=False) == ()


def test_buttons_that_only_open_an_address_are_no_menu(questions: Questions) -> None:
    """There is nothing to choose."""
    rows = ((Button("Page", url="https://acme.example"),),)
    assert questions.asked_by(ALICE, HERE, said(HERE, rows), is_ending=False) == ()
    assert questions.asked_by(ALICE, HERE, (), is_ending=False) == ()


@pytest.mark.parametrize("place", [HERE, SCREEN], ids=["plain", "buttons"])
def test_whatever_else_is_said_closes_the_open_question(
    questions: Questions, place: Place
) -> None:
    """One open question: another command ends it."""
    questions.follow((asked(place, TEXT),))
    closed: tuple[Effect, ...] = (asked(place, None),)
    assert questions.asked_by(ALICE, place, said(place), is_ending=False) == closed


def test_the_end_of_an_answer_leaves_a_question_for_a_text_open(questions: Questions) -> None:
    """An answer that comes while a key is awaited does not make the key a message."""
    questions.follow((asked(HERE, TEXT),))
    assert questions.asked_by(ALICE, HERE, said(HERE, MENU), is_ending=True) == ()


def test_the_end_of_an_answer_closes_an_older_menu(questions: Questions) -> None:
    """A number after an answer belongs to that answer's choices, or to none."""
    menu = Question(kind=QuestionKind.MENU, asked_at=START, buttons=MENU[0])
    questions.follow((asked(HERE, menu),))
    assert questions.asked_by(ALICE, HERE, said(HERE), is_ending=True) == (asked(HERE, None),)
