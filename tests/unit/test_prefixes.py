"""Commands are written as they are typed where they are read."""

from dataclasses import replace

import pytest

from bot.domain.events import Button, Reply
from bot.texts.prefixes import command, prefixed
from tests.fakes.clock import let_run
from tests.fakes.frontend import BUTTONS, FakeFrontend
from tests.fakes.house import House


@pytest.mark.parametrize("prefix", ["/", "!"])
def test_every_command_of_a_reply_has_the_prefix(prefix: str) -> None:
    """In its text, its footer and its labels; nothing else changes, and an action never does."""
    reply = Reply(
        text=f'{command("new")} begins, "/new" is quoted',
        footer=f"See {command('usage')}",
        buttons=((Button(f"Use {command('model mini')}", "help:use:model"),),),
        stretch=(1, 2),
    )
    assert prefixed(reply, prefix) == Reply(
        text=f'{prefix}new begins, "/new" is quoted',
        footer=f"See {prefix}usage",
        buttons=((Button(f"Use {prefix}model mini", "help:use:model"),),),
        stretch=(1, 2),
    )


async def test_an_answer_is_shown_as_it_came() -> None:
    """What a model, or a member, writes of commands is theirs."""
    house = House(FakeFrontend(abilities=replace(BUTTONS, prefix="!")))
    await house.start()
    await house.give_key()
    await house.say("see /usr/bin and /help me")
    await house.say("/nothing")
    await let_run()
    assert house.said[0] == "Echo: see /usr/bin and /help me"
    assert house.said[1].startswith("I do not know !nothing.")
