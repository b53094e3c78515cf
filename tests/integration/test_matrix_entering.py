"""How the bot comes to be among several people on Matrix, and who is told to have brought it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from bot.domain.chat import Identity, Place, PlaceKind
from bot.domain.errors import FrontendError, StorageUnavailable
from tests.fakes.matrix_line import ALICE, MatrixLine, matrix_line, nothing
from tests.fakes.receiver import ScriptedReceiver
from tests.simulators.matrix.faults import Fault

MODES: Final = ("while it runs", "while it is away")
BOB: Final = Identity("matrix", "@bob:home.test")


class Full(ScriptedReceiver):
    """Cannot store the first time that the bot was brought into a group."""

    def __init__(self) -> None:
        super().__init__(nothing)
        self.tries = 0

    async def joined(self, place: Place, by: Identity, name: str) -> None:
        self.tries += 1
        if self.tries == 1:
            raise StorageUnavailable("full")
        await super().joined(place, by, name)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[MatrixLine]:
    """Return an account at a homeserver of its own, which has run, and does not now."""
    async with matrix_line(tmp_path) as line:
        line.receiver.welcome.add(ALICE)
        line.sim.people.direct("alice")
        await line.start()
        await line.hears("hello")
        await line.stop()
        yield line


def group(room: str) -> Place:
    """Return a room as a group."""
    return Place("matrix", room, kind=PlaceKind.GROUP)


@pytest.mark.parametrize("mode", MODES)
async def test_who_invited_it_into_a_group_is_told_once(line: MatrixLine, mode: str) -> None:
    """With what they are called there, before anything that is said there."""
    if mode == MODES[0]:
        await line.start()
    room = line.sim.people.group("alice", "Club", members=["bob"], is_joined=False)
    if mode == MODES[1]:
        await line.start()
    await line.sim.until(lambda: line.is_in(room) == "join")
    await line.hears("welcome", room=room)
    assert line.receiver.joins == [(group(room), ALICE, "Alice")]
    await line.restart()
    await line.hears("still there?", room=room)
    assert len(line.receiver.joins) == 1


async def test_a_direct_chat_is_no_group(line: MatrixLine) -> None:
    """Nobody is told to have brought it where it is alone with one person."""
    await line.start()
    room = line.sim.people.direct("alice", is_joined=False)
    await line.sim.until(lambda: line.is_in(room) == "join")
    await line.hears("hello", room=room)
    assert line.receiver.joins == []


@pytest.mark.parametrize("mode", MODES)
async def test_a_direct_chat_becomes_a_group(line: MatrixLine, mode: str) -> None:
    """By whoever asked the third one in."""
    room = line.sim.people.direct("bob")
    await line.start()
    await line.taken(line.sim.people.say("bob", "hello", room=room).update)
    if mode == MODES[1]:
        await line.stop()
    line.sim.people.make("carol")
    line.sim.people.invite("bob", room=room, whom="carol")
    if mode == MODES[1]:
        await line.start()
    await line.taken(line.sim.people.say("bob", "hello, Carol", room=room).update)
    assert line.receiver.joins == [(group(room), BOB, "Bob")]


async def test_a_direct_chat_that_becomes_a_group_in_much_talk(line: MatrixLine) -> None:
    """The server leaves out what is in the middle, and tells only what the room is by then."""
    room = line.sim.people.direct("bob")
    await line.start()
    await line.taken(line.sim.people.say("bob", "hello", room=room).update)
    line.sim.people.make("carol")
    line.sim.faults.add("sync", Fault(status=502))
    line.sim.people.invite("bob", room=room, whom="carol")
    *_, last = line.sim.people.backlog("bob", [f"no. {count}" for count in range(120)], room=room)
    await line.taken(last.update)
    assert line.receiver.joins == [(group(room), BOB, "Bob")]


@pytest.mark.parametrize("kind", ["invited", "widened"])
async def test_it_is_told_again_until_it_is_stored(line: MatrixLine, kind: str) -> None:
    """The next sync brings it again, or what the room became is remembered."""
    line.receiver = receiver = Full()
    receiver.welcome.add(ALICE)
    await line.start()
    people = line.sim.people
    if kind == "invited":
        room = people.group("alice", members=["bob"], is_joined=False)
    else:
        room = people.direct("alice", is_joined=False)
        await line.sim.until(lambda: line.is_in(room) == "join")
        await line.hears("hello", room=room)
        people.make("carol")
        people.invite("alice", room=room, whom="carol")
    await line.sim.until(lambda: bool(receiver.joins))
    assert receiver.joins == [(group(room), ALICE, "Alice")]


async def test_a_kill_before_it_was_stored_does_no_harm(line: MatrixLine) -> None:
    """What was not told is told by the next life."""
    line.receiver = receiver = Full()
    receiver.welcome.add(ALICE)
    room = line.sim.people.group("alice", members=["bob"])
    line.sim.faults.add("sync", Fault(), Fault(status=502))
    await line.start()
    await line.sim.until(lambda: receiver.tries == 1)
    await line.stop()
    await line.start()
    await line.sim.until(lambda: bool(receiver.joins))
    assert receiver.joins[0] == (group(room), ALICE, "Alice")


async def test_old_groups_are_not_told_by_a_first_sync(tmp_path: Path) -> None:
    """A device that is new to rooms the bot has long been in did not come in now."""
    async with matrix_line(tmp_path) as line:
        line.sim.people.direct("alice")
        now = line.sim.server.now
        line.sim.server.now = lambda: now() - 3_600
        room = line.sim.people.group("alice", members=["bob"])
        line.sim.server.now = now
        await line.start()
        await line.hears("hello", room=room)
        assert line.receiver.joins == []


async def test_a_rooms_successor_is_no_new_group(line: MatrixLine) -> None:
    """Whoever invites the bot along did not bring it."""
    room = line.sim.people.group("bob", members=["alice"], version="11")
    await line.start()
    await line.hears("hello", room=room)
    before = list(line.receiver.joins)
    new = line.sim.people.upgrade("bob", room=room, version="12", invites=True)
    line.sim.people.join("alice", room=new)
    await line.sim.until(lambda: bool(line.receiver.moves))
    await line.hears("here", room=new)
    assert line.receiver.joins == before


@pytest.mark.parametrize(
    ("kind", "comes"), [("direct", True), ("for two", True), ("named", False), ("public", False)]
)
async def test_who_is_expected_opens_direct_chats_only(
    line: MatrixLine, kind: str, *, comes: bool
) -> None:
    """Whoever has a code may write to the bot, and take it nowhere else."""
    line.receiver.expected.add(Identity("matrix", "@mallory:home.test"))
    await line.start()
    people = line.sim.people
    if kind == "direct":
        room = people.direct("mallory", is_joined=False)
    else:
        name = "Coins 4 you" if kind == "named" else ""
        room = people.group("mallory", name, is_public=kind == "public", is_joined=False)
    await line.sim.until(lambda: line.is_in(room) != "invite")
    assert line.is_in(room) == ("join" if comes else "leave")


@pytest.mark.parametrize("version", ["11", "12"])
async def test_what_is_around_and_who_decides(line: MatrixLine, version: str) -> None:
    """Whoever made the room, and whoever was given the power; not whoever is only there."""
    people = line.sim.people
    room = people.group("alice", "Cooking club", members=["bob", "carol"], version=version)
    people.set_power("alice", people.make("carol"), 50, room=room)
    await line.start()
    await line.hears("hello", room=room)
    place = line.receiver.incoming[-1].place
    around = await line.frontend.around(place)
    assert (around.title, around.people, around.hears_all) == ("Cooking club", 3, True)
    carol = Identity("matrix", "@carol:home.test")
    found = [await line.frontend.is_admin(place, each) for each in (ALICE, BOB, carol)]
    assert found == [True, False, True]
    people.leave("carol", room=room)
    await line.hears("she left", room=room)
    assert not await line.frontend.is_admin(place, carol)


async def test_it_leaves_and_forgets(line: MatrixLine) -> None:
    """Nothing is to be known of the room then, and the application is told."""
    room = line.sim.people.group("alice", members=["bob"])
    await line.start()
    await line.hears("hello", room=room)
    place = line.receiver.incoming[-1].place
    await line.frontend.leave(place)
    account = line.sim.server.accounts[line.sim.bot]
    await line.sim.until(lambda: room in account.forgotten)
    assert line.receiver.lost == [place]
    with pytest.raises(FrontendError):
        _ = await line.frontend.around(place)
    await line.frontend.leave(place)
    assert line.count("leave") == 1


async def test_being_put_out_while_away_is_told_as_of_a_group(line: MatrixLine) -> None:
    """Nothing is known of the room any more: what holds for a group there must end."""
    room = line.sim.people.group("alice", members=["bob"])
    await line.start()
    await line.hears("hello", room=room)
    await line.stop()
    line.sim.people.remove("alice", room=room)
    await line.start()
    await line.sim.until(lambda: bool(line.receiver.lost))
    assert line.receiver.lost == [group(room)]


async def test_two_who_want_the_same_direct_chat_get_one(line: MatrixLine) -> None:
    """Nobody is asked into two rooms at once, and none is made before the rooms are known."""
    with pytest.raises(FrontendError):
        _ = await line.frontend.open_private(BOB)
    await line.start()
    await line.hears("hello")
    line.sim.people.make("bob")
    first = line.frontend.open_private(BOB)
    second = line.frontend.open_private(BOB)
    assert await first == await second
    assert line.count("create") <= 1
