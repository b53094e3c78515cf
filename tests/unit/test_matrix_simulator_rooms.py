"""Who may do what in a simulated room, and how one comes about, ends and moves."""

from collections.abc import AsyncIterator
from typing import Final

import pytest

from tests.simulators.matrix.client import Client, text
from tests.simulators.matrix.server import Simulator

ODD: Final[tuple[object, ...]] = (
    "text",
    5,
    None,
    [],
    {"rel_type": "m.replace", "event_id": "$none"},
)


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    """Give a homeserver."""
    async with Simulator() as sim:
        yield sim


@pytest.fixture
async def bot(sim: Simulator) -> AsyncIterator[Client]:
    """Give the bot's way to it."""
    async with Client(sim.url, sim.token()) as client:
        yield client


@pytest.mark.parametrize("version", ["11", "12"])
@pytest.mark.parametrize(
    ("preset", "status"), [("trusted_private_chat", 200), ("private_chat", 403)]
)
async def test_a_preset_says_whether_the_bot_may_redact(
    sim: Simulator, bot: Client, version: str, preset: str, status: int
) -> None:
    """In a trusted chat the bot takes a person's message back, in a plain one it is refused."""
    room = sim.people.direct("alice", version=version, preset=preset)
    made = sim.people.say("alice", "sk-canary-key")
    got, answer = await bot.in_room(room, "PUT", f"redact/{made.event}/t", {})
    assert got == status
    assert answer.get("errcode") == {200: None, 403: "M_FORBIDDEN"}[status]
    assert len(sim.screen(room)) == {200: 0, 403: 1}[status]


async def test_the_ids_of_rooms_are_as_their_versions_have_them(sim: Simulator) -> None:
    """A room of version 12 names no server, and is its own first event; an older one does."""
    newest, older = (sim.people.direct("alice", version=each) for each in ("12", "11"))
    assert ":" not in newest
    assert sim.server.rooms[newest].events[0].id[1:] == newest[1:]
    assert older.endswith(":home.test")


async def test_a_creator_of_a_newest_room_is_above_all_levels(sim: Simulator, bot: Client) -> None:
    """No level is given to one, and no level takes the bot's power away in a trusted chat."""
    room = sim.people.direct("alice")
    made = sim.people.say("alice", "hello")
    levels = dict(sim.server.rooms[room].content("m.room.power_levels"))
    sim.people.set_state("alice", "m.room.power_levels", {**levels, "redact": 100})
    assert (await bot.in_room(room, "PUT", f"redact/{made.event}/t", {}))[0] == 200
    users = {**levels, "users": {sim.bot: 100}}
    assert (await bot.in_room(room, "PUT", "state/m.room.power_levels/", users))[0] == 400


async def test_an_invitation_shows_who_asks_and_that_it_is_direct(
    sim: Simulator, bot: Client
) -> None:
    """What is known before one is in comes with the invitation, and a refusal is a leave."""
    room = sim.people.direct("alice", is_encrypted=True, is_joined=False)
    told = await bot.sync()
    states = told["rooms"]["invite"][room]["invite_state"]["events"]
    mine = next(each for each in states if each["state_key"] == sim.bot)
    assert (mine["sender"], mine["content"]["is_direct"]) == ("@alice:home.test", True)
    assert "m.room.encryption" in {each["type"] for each in states}
    assert (await bot.send(room, text("too early")))[0] == 403
    assert (await bot.in_room(room, "POST", "leave", {}))[0] == 200
    told = await bot.sync(told["next_batch"])
    (gone,) = told["rooms"]["leave"][room]["timeline"]["events"]
    assert gone["content"]["membership"] == "leave"
    assert sim.journal.rows[-1]["op"] == "left"


async def test_one_who_joins_is_told_the_whole_state(sim: Simulator, bot: Client) -> None:
    """A room just joined comes with its state, and with leave to look for what was before."""
    room = sim.people.group("alice", "Club", members=["bob"], is_joined=False)
    since = (await bot.sync())["next_batch"]
    assert (await bot.call("POST", f"join/{room}", {}))[0] == 200
    joined = (await bot.sync(since))["rooms"]["join"][room]
    events = [*joined["state"]["events"], *joined["timeline"]["events"]]
    assert {"m.room.create", "m.room.name", "m.room.power_levels"} <= {e["type"] for e in events}
    assert joined["timeline"]["limited"]


async def test_nobody_is_taken_along_when_a_room_moves(sim: Simulator, bot: Client) -> None:
    """An upgrade leaves a tombstone and a silent room; the new one is open to who is asked in."""
    room = sim.people.group("alice", "Club", members=["bob"], version="11")
    since = (await bot.sync())["next_batch"]
    new = sim.people.upgrade("alice", room=room)
    told = await bot.sync(since)
    events = told["rooms"]["join"][room]["timeline"]["events"]
    assert events[0]["type"] == "m.room.tombstone"
    assert events[0]["content"]["replacement_room"] == new
    assert "invite" not in told["rooms"]
    assert (await bot.send(room, text("hello?")))[0] == 403
    assert (await bot.call("POST", f"join/{new}", {}))[0] == 403
    sim.people.invite("alice", room=new)
    assert (await bot.call("POST", f"join/{new}", {}))[0] == 200
    assert sim.server.rooms[new].content("m.room.create")["predecessor"] == {"room_id": room}


async def test_odd_relations_are_let_through_but_not_those_of_the_bot(
    sim: Simulator, bot: Client
) -> None:
    """Other people's `m.relates_to` may be any JSON; the bot's must be about something there."""
    room = sim.people.direct("alice")
    for odd in ODD:
        sim.people.send("alice", text("odd", **{"m.relates_to": odd}))
    assert [each.relates_to for each in sim.screen(room)][:4] == ["text", 5, None, []]
    relates = {"rel_type": "m.replace", "event_id": "$none"}
    assert (await bot.send(room, text("x", **{"m.relates_to": relates})))[0] == 400
    made = sim.people.say("alice", "hello")
    reaction = {"m.relates_to": {"rel_type": "m.annotation", "event_id": made.event, "key": "👀"}}
    assert (await bot.send(room, reaction, kind="m.reaction"))[0] == 200
    status, answer = await bot.send(room, reaction, kind="m.reaction")
    assert (status, answer["errcode"]) == (400, "M_DUPLICATE_ANNOTATION")


async def test_what_is_too_large_or_no_message_is_refused(sim: Simulator, bot: Client) -> None:
    """An event of more than 64 KiB is a 413, a message without words and a fraction are 400s."""
    room = sim.people.direct("alice")
    assert (await bot.send(room, text("x" * 64_800)))[0] == 200
    status, answer = await bot.send(room, text("x" * 65_100))
    assert (status, answer["errcode"]) == (413, "M_TOO_LARGE")
    assert (await bot.send(room, {"msgtype": "m.text"}))[0] == 400
    assert (await bot.send(room, text("x", half=0.5)))[0] == 400
