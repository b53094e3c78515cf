"""What every Intake does with a message that came in pieces."""

from dataclasses import replace

import pytest

from bot.domain.events import (
    Command,
    Edited,
    Incoming,
    MessageRef,
    SecretText,
    Text,
    Unread,
    Unreadable,
)
from bot.domain.pieces import whole
from bot.domain.secret import Secret
from tests.fakes.neighbours import Neighbours


def pieces(house: Neighbours, *texts: str) -> Incoming:
    """Return one message that its messenger sent as updates of their own."""
    *before, last = (
        house.incoming(Text(text), update=f"p{number}", message=f"m{number}")
        for number, text in enumerate(texts, start=1)
    )
    return replace(last, before=tuple(before))


async def test_pieces_are_one_question(house: Neighbours) -> None:
    """The turn is about the first piece's message, and no piece is taken again."""
    incoming = pieces(house, "Dear all,", "what goes", "with leeks?")
    turn = await house.stores.intake.accept_turn(incoming, limit=3)
    assert turn is not None
    assert turn.question == "Dear all,\nwhat goes\nwith leeks?"
    assert (turn.message, turn.pieces) == (MessageRef("m1"), 3)
    assert await house.stores.turns.find(turn.id) == turn
    for piece in incoming.pieces:
        alone = replace(piece, before=())
        assert await house.stores.intake.accept_turn(alone, limit=3) is None
        assert await house.stores.intake.accept(alone) is None


async def test_of_pieces_only_what_is_new_is_asked(house: Neighbours) -> None:
    """A piece that was taken alone before is not asked a second time; if all were, nothing is."""
    incoming = pieces(house, "one", "two", "three")
    first = replace(incoming.pieces[0], before=())
    assert await house.stores.intake.accept_turn(first, limit=3)
    turn = await house.stores.intake.accept_turn(incoming, limit=3)
    assert turn is not None
    assert (turn.question, turn.message) == ("two\nthree", MessageRef("m2"))
    assert await house.stores.intake.accept_turn(incoming, limit=3) is None
    assert await house.stores.intake.accept(incoming) is None
    assert len(await house.stores.turns.recover()) == 2


async def test_pieces_that_are_no_turn_yet_come_again_together(house: Neighbours) -> None:
    """A text behind commands is stored with all its new pieces, which are known from then on."""
    incoming = pieces(house, "one", "two", "three")
    first = replace(incoming.pieces[0], before=())
    assert await house.stores.intake.accept_turn(first, limit=3)
    row = await house.stores.intake.accept(incoming)
    assert row is not None
    assert [piece.body for piece in row.incoming.pieces] == [Text("two"), Text("three")]
    (pending,) = await house.stores.intake.pending()
    assert pending.incoming == row.incoming
    assert await house.stores.intake.accept(incoming) is None
    assert await house.stores.intake.accept_turn(incoming, limit=3) is None


async def test_a_command_in_pieces_is_kept_whole(house: Neighbours) -> None:
    """Also if its first piece was taken before: what it is depends on all of it."""
    rest = pieces(house, "You are", "a tutor.")
    first = house.incoming(Command("system", "Hello."), update="p0", message="m0")
    incoming = whole(replace(rest, before=(first, *rest.before)))
    assert incoming.body == Command("system", "Hello.\nYou are\na tutor.")
    assert await house.stores.intake.accept(first)
    row = await house.stores.intake.accept(incoming)
    assert row is not None
    assert whole(row.incoming).body == incoming.body
    assert await house.stores.intake.accept(incoming) is None
    assert len(await house.stores.intake.pending()) == 2


async def test_no_piece_of_a_secret_is_kept(house: Neighbours) -> None:
    """Of all of them only which messages they were, so that each can be deleted."""
    rest = pieces(house, "sk-canary-12345", "67890-canary", "and this")
    body = SecretText(Command("addkey", "openai"), Secret("sk-canary-1234567890-canary"))
    row = await house.stores.intake.accept(rest.with_body(body))
    assert row is not None
    (pending,) = await house.stores.intake.pending()
    assert "canary" not in repr(pending)
    assert "this" not in repr(pending)
    assert [piece.message for piece in pending.incoming.pieces] == ["m1", "m2", "m3"]
    bodies = [piece.body for piece in pending.incoming.pieces]
    assert all(isinstance(each, SecretText) and not each.secret for each in bodies)


@pytest.mark.parametrize(
    "body",
    [Edited("What goes with rice?"), Unreadable(Unread.VOICE), Unreadable(Unread.PHOTO, "look")],
    ids=["edit", "voice", "photo"],
)
async def test_edits_and_what_cannot_be_read_come_again(
    house: Neighbours, body: Edited | Unreadable
) -> None:
    """They are stored like a command until they are handled."""
    incoming = house.incoming(body, message="m1")
    assert await house.stores.intake.accept(incoming)
    (pending,) = await house.stores.intake.pending()
    assert pending.incoming == incoming
