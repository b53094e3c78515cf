"""A press says what its sender likes: what a button would not offer is not done."""

import pytest

from bot.domain.chat import Place
from bot.domain.errors import ServerFault
from bot.domain.events import MessageRef, Press
from tests.transcripts.script import read_step
from tests.transcripts.stage import Stage


@pytest.mark.parametrize("company", ["openai", "demo", "nobody"])
async def test_no_key_is_stored_for_a_company_that_asks_for_one(company: str) -> None:
    """Only a server that asks for none is used without, however the wish came."""
    stage = Stage("buttons")
    await stage.open()
    await stage.receive("alice", Press(f"addkey:keyless:{company}"), MessageRef("m1"))
    assert stage.told()[0].startswith("bot edits> This choice is old and does nothing")
    member = await stage.stores.settings.member(Stage.who("alice"), "Alice", is_operator=True)
    assert await stage.stores.keys.keys(member.id) == ()
    await stage.close()


@pytest.mark.parametrize("verb", ["retry:plain", "retry:details", "retry:again", "model:instead"])
async def test_nobody_asks_again_what_another_asked(verb: str) -> None:
    """The number of a question says whose it is, and a press of somebody else does nothing."""
    stage = Stage("buttons")
    await stage.open()
    for line in (
        "alice> /addkey anthropic sk-ant-api03-canary-0000000abcd",
        "bob> /addkey anthropic sk-ant-api03-canary-0000000wxyz",
        "alice> What goes with rice?",
    ):
        step = read_step(line)
        assert step is not None
        if "rice" in line:
            stage.companies["anthropic"].enqueue(ServerFault("anthropic", said="No rice today."))
        await stage.play(step, ())
    anthropic = stage.companies["anthropic"]
    asked = len(anthropic.asked)
    alice = (await stage.stores.settings.member(Stage.who("alice"), "A", is_operator=True)).id
    session = await stage.stores.settings.session(Place("fake", "alice"), alice)
    turn = await stage.stores.turns.last(session.id, alice)
    assert turn is not None
    about = f"{turn.id}:{turn.attempt}:anthropic:claude-haiku-5-5"
    await stage.receive("bob", Press(f"{verb}:{about}"), MessageRef("m9"))
    assert len(anthropic.asked) == asked
    assert not any("rice" in line for line in stage.told())
    after = await stage.stores.turns.find(turn.id)
    assert after == turn
    await stage.close()
