"""A press says what its sender likes: what a button would not offer is not done."""

import pytest

from bot.domain.events import MessageRef, Press
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
