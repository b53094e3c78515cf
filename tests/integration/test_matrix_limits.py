"""Synapse's stock limits: ten messages at once, then one in five seconds, over all rooms."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.matrix import pacing
from bot.domain.chat import TextDelta
from tests.fakes.matrix_bot import BOT, KEY, MatrixBot, matrix_bot
from tests.fakes.provider import answer
from tests.homeserver.synapse import synapse
from tests.phone.phone import Phone, phone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[MatrixBot, Phone]]:
    """A bot and a phone at a homeserver that limits the bot, and not the phone."""
    folder: Path = tmp_path_factory.mktemp("limited")
    with synapse(folder / "synapse", has_limits=True) as server:
        for name in ("hearth", "alice"):
            server.register(name)
        async with matrix_bot(server, folder) as bot, phone(server, "alice") as alice:
            server.unlimited("alice")
            room = await alice.direct(BOT)
            await alice.say(room, f"!addkey anthropic {KEY}")
            await alice.heard(room, "key accepted")
            yield bot, alice


async def test_a_long_answer_keeps_to_the_limits_and_ends(both: tuple[MatrixBot, Phone]) -> None:
    """Fewer edits, and the last one always."""
    bot, alice = both
    room = await alice.direct(BOT)
    steps = [TextDelta(f"These are the words of piece {number}. ") for number in range(60)]
    gates = [asyncio.Event() for _ in steps]
    script = [each for pair in zip(steps, gates, strict=True) for each in pair]
    bot.companies["anthropic"].enqueue(*script, *answer("The end of it."))
    await alice.say(room, "tell me a long story")
    for gate in gates:
        await asyncio.sleep(0.3)
        gate.set()
    whole = await alice.heard(room, "The end of it.", within_s=60)
    assert whole.text.startswith("These are the words of piece 0.")
    assert 2 <= whole.edits <= 18


async def test_ten_rooms_at_once_are_all_answered_whole(both: tuple[MatrixBot, Phone]) -> None:
    """After that the budget is spent, so each waits for its turn; none is lost or doubled."""
    bot, alice = both
    rooms = [await alice.direct(BOT) for _ in range(10)]
    for number in range(10):
        bot.companies["anthropic"].enqueue(*answer(f"Answer {number}."))
    await asyncio.gather(*(alice.say(room, "at once") for room in rooms))
    limit_s = 20 + 10 / pacing.RATE
    heard = await asyncio.gather(
        *(alice.heard(room, "Answer", within_s=limit_s) for room in rooms)
    )
    assert len({each.text.partition("\n")[0] for each in heard}) == 10
    for room in rooms:
        assert sum("Answer" in each.text for each in await alice.screen(room)) == 1
