"""The simulated Bot API in a process of its own, which no kill reaches."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tests.kills.phone import Phone
from tests.kills.story import Story
from tests.simulators.process import served

_NEWEST: Final = "deleteEphemeralMessage"  # a server that lacks it shows no drafts with a stop


@dataclass(frozen=True, slots=True)
class BotApi:
    """Where it listens, and the file in which it writes down all that happens."""

    url: str
    witness: Path

    def begin(self, story: Story) -> int:
        """Make a story's member known, and the server old or new; return where its rows begin."""
        self._do("private", person=story.person, name="Alice")
        self._do("without", methods=[_NEWEST] if story.kind.grows else [])
        return int(self._do("state")["rows"])

    def phone(self, story: Story, since: int) -> Phone:
        """Return what was seen in a story's chat."""
        return Phone([row for row in self._rows(since) if row.get("chat") == story.person])

    def _rows(self, since: int) -> Sequence[dict[str, Any]]:
        if not self.witness.exists():
            return ()
        with self.witness.open() as lines:
            return [json.loads(line) for line in islice(lines, since, None)]

    def _do(self, verb: str, **given: object) -> dict[str, Any]:
        with closing(HTTPConnection(urlsplit(self.url).netloc)) as connection:
            headers = {"content-type": "application/json"}
            connection.request("POST", f"/sim/{verb}", json.dumps(given), headers)
            found: dict[str, Any] = json.load(connection.getresponse())
            return found


@contextmanager
def botapi(folder: Path) -> Iterator[BotApi]:
    """Start it; its witness file is made in `folder`."""
    witness = folder / "chats"
    with served("tests.simulators.telegram", "--witness", str(witness)) as said:
        yield BotApi(said["url"], witness)
