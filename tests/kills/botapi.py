"""The simulated Bot API in a process of its own, which no kill reaches."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.kills.order import There
from tests.kills.outside import Outside, Simulated
from tests.kills.screen import Screen
from tests.kills.story import Story
from tests.kills.telegram_phone import screen
from tests.kills.vendor import Asked
from tests.simulators.process import served

_NEWEST: Final = "deleteEphemeralMessage"  # a server that lacks it shows no drafts with a stop


@dataclass(frozen=True, slots=True)
class BotApi:
    """A server for all stories, a person for each."""

    server: Simulated

    def begin(self, story: Story) -> There:
        """Make a story's member known, and the server old or new."""
        person = int(story.tag, 16)
        self.server.do("private", person=person, name="Alice")
        self.server.do("without", methods=[_NEWEST] if story.kind.grows else [])
        since = int(self.server.do("state")["rows"])
        return There(url=self.server.url, person=str(person), chat=str(person), since=since)

    def screen(self, folder: Path, there: There, asked: Sequence[Asked]) -> Screen:  # noqa: ARG002 - the protocol's
        """Return the member's chat."""
        rows = self.server.rows(there.since)
        return screen([row for row in rows if row.get("chat") == int(there.chat)])


@contextmanager
def botapi(folder: Path) -> Iterator[Outside]:
    """Start it; its witness file is made in `folder`."""
    witness = folder / "telegram"
    with served("tests.simulators.telegram", "--witness", str(witness)) as said:
        yield BotApi(Simulated(said["url"], witness))
