"""What a message is taken for: a key, a piece of a longer one, talk among others, or no text."""

from dataclasses import replace

import pytest

from bot.domain.errors import ChatGone
from bot.domain.events import Body, Command, SecretText, Text, Unread, Unreadable
from bot.domain.secret import Secret
from tests.fakes.clock import let_run
from tests.fakes.house import ALICE, CLUB, HOME, House

KEY = "sk-proj-canary0123456789abcdef"


@pytest.fixture
async def house() -> House:
    """A house where Alice has a key and a model."""
    house = House()
    await house.start()
    await house.give_key()
    return house


@pytest.mark.parametrize(
    "body",
    [
        SecretText(Command("addkey", "acme"), Secret(KEY)),
        SecretText(Command(""), Secret(KEY)),
        Command("addkey", f"acme {KEY}"),
        Command("adkey", f"acme {KEY}"),
        Text(KEY),
        Text(f"what is {KEY}?"),
    ],
    ids=["secret", "bare-secret", "typed", "misspelt", "pasted", "in-a-question"],
)
async def test_a_key_is_deleted_first_and_is_in_no_turn_no_log_no_inbox(
    house: House, body: Text | Command | SecretText, caplog: pytest.LogCaptureFixture
) -> None:
    """However it comes; the inbox keeps a stub, and the vendor is not asked."""
    caplog.set_level("DEBUG")
    await house.receive(body, message="m-key")
    (row,) = await house.stores.intake.pending()
    assert isinstance(row.incoming.body, SecretText)
    assert not row.incoming.body.secret
    await let_run()
    assert house.frontend.deleted == [(HOME, "m-key")]
    assert await house.turns() == []
    assert house.provider.asked == []
    assert KEY not in house.at_rest
    assert KEY not in caplog.text
    assert all(KEY not in repr(shown) for shown in house.frontend.shown)


async def test_an_awaited_key_is_a_secret_whatever_it_looks_like(house: House) -> None:
    """The answer to "send the key" is never a message."""
    await house.say("/addkey")
    await house.say("an-odd-canary-key")
    assert house.said == ["send the key", "saved an-…-key deleted"]
    assert await house.turns() == []
    assert house.router.open_question(ALICE, HOME) is None


async def test_a_message_that_cannot_be_deleted_is_not_said_to_be(house: House) -> None:
    """Where the messenger refuses or cannot, nothing is claimed."""
    house.frontend.fail_next("delete", ChatGone())
    await house.paste("addkey acme", "sk-canary-alice")
    house.frontend.abilities = replace(house.frontend.abilities, can_delete=False)
    await house.paste("addkey acme", "sk-canary-alice")
    assert house.said == ["saved …ce", "saved …ce"]


@pytest.mark.parametrize(
    ("body", "is_for_us"),
    [
        (Text("what do you all think?"), False),
        (Command("weather", "Porto"), False),
        (Command("menu"), True),
        (Text(f"here: {KEY}"), True),
    ],
    ids=["talk", "another bot's command", "a command of ours", "a key"],
)
async def test_what_a_group_says_to_others_is_not_ours(
    house: House, body: Body, is_for_us: bool
) -> None:
    """Nothing of it is stored or answered, but for a known command and a key."""
    await house.receive(body, ALICE, CLUB, is_addressed=False)
    await let_run()
    assert bool(house.said or house.frontend.deleted) is is_for_us
    assert not await house.turns()


async def test_a_message_in_pieces_is_one_question(house: House) -> None:
    """The model reads it whole."""
    await house.receive(Text("the end"), before=(Text("x" * 4_096), Text("y")))
    await let_run()
    (turn,) = await house.turns()
    assert turn.question == "x" * 4_096 + "y\nthe end"


async def test_a_key_in_one_piece_deletes_all_of_them(house: House) -> None:
    """Nothing of the message is stored, and none of it stays in the chat."""
    await house.receive(Text(f"my key: {KEY}"), before=(Text("x" * 4_096),))
    await let_run()
    assert len(house.frontend.deleted) == 2
    assert not await house.turns()
    assert KEY not in house.at_rest


async def test_pieces_behind_a_command_are_asked_whole(house: House) -> None:
    """Also after a crash in between."""
    await house.receive(Command("slow"))
    await house.receive(Text("two"), before=(Text("one"),))
    await house.crash()
    house.gate.is_open.set()
    await house.start()
    (turn,) = await house.turns()
    assert turn.question == "one\ntwo"


async def test_what_is_no_text_is_declined_in_words(house: House) -> None:
    """It ends no question of the bot's, as it is no answer to one."""
    await house.say("/title")
    question = house.router.open_question(ALICE, HOME)
    await house.receive(Unreadable(Unread.VOICE))
    await let_run()
    assert "Your voice note was sent to nobody" in house.said[-1]
    assert house.router.open_question(ALICE, HOME) == question
    await house.receive(Unreadable(Unread.ANONYMOUS), ALICE, CLUB)
    await let_run()
    assert "I cannot see who asks" in house.said[-1]
