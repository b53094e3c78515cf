"""A simulated messenger in a process of its own, which no kill reaches."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from tests.kills.line import Row
from tests.kills.order import There
from tests.kills.screen import Screen
from tests.kills.story import Story
from tests.kills.vendor import Asked


class Outside(Protocol):
    """What outlives the application, and saw it all."""

    def begin(self, story: Story) -> There:
        """Make a story's member known, and the messenger as the story wants it."""
        ...

    def screen(self, folder: Path, there: There, asked: Sequence[Asked]) -> Screen:
        """Return what stands there at the end of the story that lies in `folder`."""
        ...


@dataclass(frozen=True, slots=True)
class Simulated:
    """Where a simulator listens, and the file in which it writes down all that happens."""

    url: str
    witness: Path

    def rows(self, since: int) -> Sequence[Row]:
        """Return what happened after so much."""
        if not self.witness.exists():
            return ()
        with self.witness.open() as lines:
            return [json.loads(line) for line in islice(lines, since, None)]

    def do(self, verb: str, **given: object) -> dict[str, Any]:
        """Let people, or the messenger, do something."""
        with closing(HTTPConnection(urlsplit(self.url).netloc)) as connection:
            headers = {"content-type": "application/json"}
            connection.request("POST", f"/sim/{verb}", json.dumps(given), headers)
            found: dict[str, Any] = json.load(connection.getresponse())
            return found
