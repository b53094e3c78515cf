"""A room that the bot was put out of is told of, whatever kept that from being heard or stored."""

from pathlib import Path

from bot.domain.chat import Place
from bot.domain.errors import StorageUnavailable
from tests.fakes.clock import FakeClock
from tests.fakes.matrix_line import matrix_line, nothing, waited
from tests.fakes.receiver import ScriptedReceiver


class _FullAtFirst(ScriptedReceiver):
    """A receiver that cannot store that a chat is gone, twice."""

    tries = 0

    async def left(self, place: Place) -> None:
        self.tries += 1
        if self.tries <= 2:
            raise StorageUnavailable("full")
        await super().left(place)


async def test_what_happened_while_away_is_told(tmp_path: Path) -> None:
    """So what waits for that room is given up, as nobody would read it."""
    async with matrix_line(tmp_path) as line:
        room = line.sim.people.group("alice")
        await line.start()
        await line.hears("hello", room=room)
        await line.stop()
        line.sim.people.remove("alice", room=room)
        await line.start()
        await line.sim.until(lambda: bool(line.receiver.lost))
        assert [each.chat for each in line.receiver.lost] == [room]


async def test_what_could_not_be_stored_is_told_again(tmp_path: Path) -> None:
    """Until it is, and then once."""
    clock = FakeClock()
    async with matrix_line(tmp_path, clock) as line:
        line.receiver = _FullAtFirst(nothing)
        room = line.sim.people.group("alice")
        await line.start()
        await line.hears("hello", room=room)
        put_out = line.sim.people.remove("alice", room=room)
        await waited(clock, 1.0, 2.0)
        await line.taken(put_out)
        assert [each.chat for each in line.receiver.lost] == [room]
