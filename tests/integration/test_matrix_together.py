"""Several members in one room at a simulated homeserver: what is whose."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Final

import pytest

from bot.domain.chat import Identity, TextDelta
from bot.domain.effects import ChangePayer
from bot.domain.groups import Agreed
from storage.memory_effects import apply
from tests.fakes.matrix import MatrixHouse, matrix_house
from tests.fakes.provider import answer

KEYCAP: Final = "\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}"


class Club:
    """A room in which alice, who made it, and bob both pay."""

    def __init__(self, house: MatrixHouse, room: str) -> None:
        self.house = house
        self.room = room

    async def ask(self, text: str, person: str = "alice", said: str = "Yes.") -> str:
        """Let somebody ask and be answered; return the event."""
        self.house.companies["anthropic"].enqueue(*answer(said))
        return await self.house.ask(f"!ask {text}", person, room=self.room)

    async def says(self, text: str, person: str) -> str:
        """Let somebody call the bot, and wait until all of it was handled."""
        return await self.house.ask(text, person, room=self.room, mentions=[self.house.sim.bot])

    async def settle(self) -> None:
        """Wait until everything in the room was handled."""
        await self.house.settle(self.room)

    @property
    def asked(self) -> list[str]:
        """What the company was sent last."""
        return [each.text for each in self.house.companies["anthropic"].asked[-1].request.messages]

    @property
    def said(self) -> list[str]:
        """What the bot has said."""
        return self.house.said(self.room)

    async def pays(self, person: str) -> None:
        """Let somebody have a key, and have agreed to pay in the room."""
        house = self.house
        await house.ask(f"!addkey anthropic sk-ant-api03-canary-0000000{person[:4]}", person)
        place = house.place(self.room)
        group = await house.stores.groups.note(place, title="Club", is_allowed=True)
        account = Identity("matrix", house.sim.server.user(person))
        member = await house.stores.settings.member(account, "", is_operator=False)
        agreed = Agreed("", "", Decimal(1_000))
        change = ChangePayer(member=member.id, group=group.id, agreed=agreed)
        assert apply(house.stores._state, change, frontend="matrix") is not None


@pytest.fixture
async def club() -> AsyncIterator[Club]:
    """The room, with the bot in it."""
    async with matrix_house() as house:
        room = house.sim.people.group("alice", "Club", members=["bob"])
        await house.say("hello, all", room=room)
        club = Club(house, room)
        await club.pays("alice")
        await club.pays("bob")
        yield club


async def test_an_edit_is_its_senders_to_answer(club: Club) -> None:
    """Another's number under what it offers is none, and so is another's edit."""
    event = await club.says("Hearth: what goes with leeks?", "alice")
    await club.house.edit(event, "Hearth: what goes with peas?", room=club.room)
    await club.settle()
    offered = club.said[-1]
    asked = len(club.house.companies["anthropic"].asked)
    assert "1 Answer" in offered
    menu = club.house.screen(club.room)[-1].event
    await club.house.react(menu, f"1{KEYCAP}", "bob", club.room)
    await club.says("1", "bob")
    await club.house.edit(event, "Hearth: what goes with ham?", "bob", room=club.room)
    await club.settle()
    assert [each.question for each in club.house.companies["anthropic"].asked[asked:]] == ["M2: 1"]
    assert not any("ham" in each for each in club.said)
    await club.says("1", "alice")
    assert club.asked[-1] == "M1: what goes with peas?"


async def test_what_an_admin_takes_back_is_gone_for_all(club: Club) -> None:
    """Whoever may remove a message of bob's has bob's word taken back; others' words stay."""
    event = await club.ask("first", "bob", said="One.")
    await club.ask("second", "alice", said="Two.")
    await club.house.redact(event, "alice", room=club.room)
    await club.settle()
    await club.ask("third", "bob")
    assert [each.removeprefix("M1: ").removeprefix("M2: ") for each in club.asked] == [
        "second",
        "Two.",
        "third",
    ]


async def test_other_bots_are_not_answered(club: Club) -> None:
    """They speak in notices, whatever those name, hang on, or are changed to."""
    await club.ask("What goes with leeks?")
    shown = list(club.said)
    ours = club.house.screen(club.room)[-1].event
    people, room, words = club.house.sim.people, club.room, "!ask Are you a bot?"
    spoken = people.say("bob", words, room=room, msgtype="m.notice", reply_to=ours)
    people.say("bob", words, room=room, msgtype="m.notice", thread=ours)
    people.say("bob", words, room=room, msgtype="m.notice", mentions=[club.house.sim.bot])
    changed = people.edit("bob", spoken.event, words, room=room, msgtype="m.notice")
    await club.house.taken(changed)
    await club.settle()
    assert club.said == shown


async def test_the_asker_is_called_after_a_restart(club: Club) -> None:
    """Though the question was seen by another life of the bot's."""
    house, gate = club.house, asyncio.Event()
    house.companies["anthropic"].enqueue(TextDelta("These words are many enough to be seen"), gate)
    await house.say("!ask first", "bob", room=club.room)
    second = await house.say("!ask second", "bob", room=club.room)
    await house.sim.until(lambda: "words" in "".join(club.said))
    await house.stop()
    house.companies["anthropic"].enqueue(*answer("Two."))
    await house.start()
    await house.sim.until(lambda: club.said[-1].startswith("Two."))
    given = house.screen(club.room)[-1]
    assert given.reply_to == second
    assert given.mentions == {"user_ids": [house.sim.server.user("bob")]}
