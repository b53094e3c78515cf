"""Where the bot is on Matrix: whom it follows into a room, where it goes on, when it leaves."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from bot.domain.errors import ChatGone, ChatMoved
from bot.domain.events import Reply, Text
from tests.fakes.clock import FakeClock
from tests.fakes.matrix_line import ALICE, MatrixLine, matrix_line
from tests.simulators.matrix.creating import Wish, create
from tests.simulators.matrix.faults import Fault

MODES: Final = ("while it runs", "while it is away")


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[MatrixLine]:
    """Return an account at a homeserver of its own, not started."""
    async with matrix_line(tmp_path) as line:
        yield line


@pytest.mark.parametrize("mode", MODES)
async def test_it_comes_where_it_is_asked_by_who_is_welcome(line: MatrixLine, mode: str) -> None:
    """And what is said there is heard, what was said before it came too."""
    line.receiver.welcome.add(ALICE)
    if mode == MODES[0]:
        await line.start()
    room = line.sim.people.direct("alice", is_joined=False)
    line.sim.people.say("alice", "hello")
    if mode == MODES[1]:
        await line.start()
    await line.sim.until(lambda: line.is_in(room) == "join")
    await line.hears("are you there?")
    assert line.receiver.bodies == [Text("hello"), Text("are you there?")]
    account = line.sim.server.accounts[line.sim.bot]
    await line.sim.until(lambda: bool(line.count("data_put")))
    assert account.data["m.direct"][1] == {ALICE.id: [room]}


@pytest.mark.parametrize("mode", MODES)
async def test_a_stranger_is_declined(line: MatrixLine, mode: str) -> None:
    """Without a word, and the room does not come back."""
    line.receiver.welcome.add(ALICE)
    if mode == MODES[0]:
        await line.start()
    room = line.sim.people.direct("mallory", is_joined=False)
    if mode == MODES[1]:
        await line.start()
    account = line.sim.server.accounts[line.sim.bot]
    await line.sim.until(lambda: room in account.forgotten)
    assert line.is_in(room) == "leave"
    assert not line.count("send")


async def test_one_invitation_holds_up_no_other(tmp_path: Path) -> None:
    """A stranger's that cannot be declined for now least of all."""
    async with matrix_line(tmp_path, FakeClock()) as line:
        line.receiver.welcome.add(ALICE)
        line.sim.faults.add("leave", *[Fault(status=502)] * 9)
        declined = [line.sim.people.group("mallory", is_joined=False) for _ in range(3)]
        room = line.sim.people.direct("alice", is_joined=False)
        await line.start()
        await line.sim.until(lambda: line.is_in(room) == "join" and line.count("leave") == 3)
        assert {line.is_in(each) for each in declined} == {"invite"}


async def test_only_its_own_invitation_says_who_asks(line: MatrixLine) -> None:
    """Whoever runs a server can put anybody's membership beside it."""
    line.receiver.welcome.add(ALICE)
    line.sim.people.direct("alice")
    await line.start()
    await line.hears("hello")
    room = line.sim.people.direct("mallory", is_joined=False)
    member = {"type": "m.room.member", "content": {"membership": "invite"}}
    state = [
        {**member, "sender": ALICE.id, "state_key": "@other:home.test"},
        {**member, "sender": "@mallory:home.test", "state_key": line.sim.bot},
        {**member, "sender": ALICE.id, "state_key": ALICE.id},
    ]
    pos = line.sim.server.stream.pos
    answer = {"rooms": {"invite": {room: {"invite_state": {"events": state}}}}}
    line.sim.faults.add("sync", Fault(answer={"next_batch": f"s{pos}_{pos}", **answer}))
    await line.sim.until(lambda: line.is_in(room) == "leave")
    assert not line.count("join")


async def test_an_invitation_that_names_nobody_is_none(line: MatrixLine) -> None:
    """It is declined, whatever it holds instead."""
    line.receiver.welcome.add(ALICE)
    line.sim.people.direct("alice")
    await line.start()
    await line.hears("hello")
    forged = [{"type": "m.room.member", "sender": ALICE.id, "state_key": [], "content": 1}]
    pos = line.sim.people.say("alice", "and then").update
    answer = {"rooms": {"invite": {"!odd:home.test": {"invite_state": {"events": forged}}}}}
    line.sim.faults.add("sync", Fault(answer={"next_batch": f"s{pos}_{pos}", **answer}))
    await line.sim.until(lambda: bool(line.count("leave")))
    await line.hears("goodbye")
    assert not line.count("join")
    assert line.receiver.bodies[-1] == Text("goodbye")


@pytest.mark.parametrize("to", ["leave", "ban"])
async def test_being_put_out_is_told(line: MatrixLine, to: str) -> None:
    """Nothing can be sent there any more, and the others go on."""
    line.sim.people.direct("bob")
    room = line.sim.people.group("alice", members=["bob"])
    await line.start()
    await line.hears("hello", room=room)
    place = line.receiver.incoming[0].place
    line.sim.people.remove("alice", room=room, to=to)
    await line.sim.until(lambda: line.receiver.lost == [place])
    with pytest.raises(ChatGone):
        await line.frontend.post(place, Reply(text="too late"), key="k1")
    await line.taken(line.sim.people.say("bob", "and me?").update)
    assert line.receiver.bodies == [Text("hello"), Text("and me?")]


@pytest.mark.parametrize("mode", MODES)
async def test_it_does_not_stay_alone(line: MatrixLine, mode: str) -> None:
    """It leaves after the last one, and lets the room not come back."""
    room = line.sim.people.direct("alice")
    await line.start()
    await line.hears("hello")
    if mode == MODES[1]:
        await line.stop()
    line.sim.people.leave("alice")
    if mode == MODES[1]:
        await line.start()
    account = line.sim.server.accounts[line.sim.bot]
    await line.sim.until(lambda: room in account.forgotten)
    assert line.is_in(room) == "leave"
    await line.sim.until(lambda: bool(line.receiver.lost))
    assert line.receiver.lost == [line.receiver.incoming[0].place]


@pytest.mark.parametrize("is_public", [True, False], ids=["open", "invited"])
async def test_it_goes_on_in_a_rooms_successor(line: MatrixLine, *, is_public: bool) -> None:
    """In by itself where the room is open to all, else with the invitation that came along."""
    room = line.sim.people.group("alice", version="11", is_public=is_public)
    await line.start()
    await line.hears("hello", room=room)
    place = line.receiver.incoming[0].place
    new = line.sim.people.upgrade("alice", room=room, version="12", invites=not is_public)
    await line.sim.until(lambda: (place, new) in line.receiver.moves)
    assert line.is_in(new) == "join"
    await line.hears("here we are", room=new)
    assert line.receiver.incoming[-1].place.chat == new
    await line.sim.until(lambda: line.is_in(room) == "leave")


@pytest.mark.parametrize("version", ["11", "12"])
async def test_a_successor_is_asked_of_who_made_it(line: MatrixLine, version: str) -> None:
    """Their server is in it; ids do not name one any more, or one that is gone."""
    room = line.sim.people.group("alice", is_public=True, version=version)
    await line.start()
    await line.hears("hello", room=room)
    successor = line.sim.people.upgrade("alice", room=room)
    await line.sim.until(lambda: line.is_in(successor) == "join")
    (join,) = (each for each in line.sim.calls if each.name == "join")
    assert "via=home.test" in join.query


async def test_a_successor_may_be_opened_later(line: MatrixLine) -> None:
    """Nobody asked it in: nothing breaks, and whoever asks it in later is followed."""
    line.sim.people.direct("bob")
    room = line.sim.people.group("alice", version="11", members=["bob"])
    await line.start()
    await line.hears("hello", room=room)
    place = line.receiver.incoming[0].place
    new = line.sim.people.upgrade("alice", room=room, version="12")
    await line.sim.until(lambda: "join" in {each.name for each in line.sim.calls})
    await line.taken(line.sim.people.say("bob", "still there?").update)
    assert line.receiver.moves == []
    assert line.is_in(room) == "join"
    line.sim.people.invite("alice", room=new)
    await line.sim.until(lambda: (place, new) in line.receiver.moves)
    assert line.is_in(new) == "join"
    await line.sim.until(lambda: line.is_in(room) == "leave")


async def test_another_rooms_claim_to_follow_is_none(line: MatrixLine) -> None:
    """Whoever makes a room can say that it goes on from any other."""
    room = line.sim.people.group("alice")
    await line.start()
    await line.hears("hello", room=room)
    mallory = line.sim.people.make("mallory")
    wish = Wish(creation={"predecessor": {"room_id": room}}, invite=[line.sim.bot])
    forged = create(line.sim.server, mallory, wish).id
    line.sim.people.join("hearth", room=forged)
    await line.taken(line.sim.people.say("mallory", "hello", room=forged).update)
    await line.hears("still here", room=room)
    assert line.receiver.moves == []
    assert line.is_in(room) == "join"


async def test_what_is_sent_to_a_room_that_went_on_is_sent_there(line: MatrixLine) -> None:
    """The refusal says where the chat is now."""
    room = line.sim.people.group("alice", version="11")
    await line.start()
    await line.hears("hello", room=room)
    place = line.receiver.incoming[0].place
    line.sim.faults.add("leave", Fault(gate=(gate := asyncio.Event())))
    new = line.sim.people.upgrade("alice", room=room, version="12", invites=True)
    await line.sim.until(lambda: bool(line.receiver.moves))
    with pytest.raises(ChatMoved) as raised:
        await line.frontend.post(place, Reply(text="answer"), key="k1")
    assert raised.value.new_chat == new
    gate.set()
