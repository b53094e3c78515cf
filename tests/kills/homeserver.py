"""The simulated homeserver in a process of its own, which no kill reaches."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.kills.matrix_phone import screen
from tests.kills.order import There
from tests.kills.outbox import sent
from tests.kills.outside import Outside, Simulated
from tests.kills.screen import Screen
from tests.kills.story import Story
from tests.kills.vendor import Asked
from tests.simulators.process import served

_ALICE: Final = "@alice:home.test"


@dataclass(frozen=True, slots=True)
class Homeserver:
    """A server that is a new one for each story: a bot has one identity in its account."""

    server: Simulated

    def begin(self, story: Story) -> There:  # noqa: ARG002 - the protocol's
        """Let the member open a room with the bot, on a server where nobody was before."""
        self.server.do("anew")
        room = self.server.do("direct", person=_ALICE)["room"]
        since = int(self.server.do("state")["rows"])
        return There(url=self.server.url, person=_ALICE, chat=room, since=since)

    def screen(self, folder: Path, there: There, asked: Sequence[Asked]) -> Screen:
        """Return the member's room."""
        answers = [each.answer for each in asked if each.answer]
        return screen(self.server.rows(there.since), sent(folder), answers)


@contextmanager
def homeserver(folder: Path) -> Iterator[Outside]:
    """Start it; its witness file is made in `folder`."""
    witness = folder / "matrix"
    with served("tests.simulators.matrix", "--witness", str(witness)) as said:
        yield Homeserver(Simulated(said["url"], witness))
