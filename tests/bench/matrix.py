"""Matrix as the bench has it: people in plain rooms with the bot on a simulated homeserver.

The simulated people's phones have no crypto; what sealing costs is measured by itself.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from adapters.matrix.render import content
from bot.domain.events import Reply
from tests.bench.phones import Phones, Row, Shown
from tests.simulators.process import served


class MatrixPhones(Phones):
    """The people's side of the simulated homeserver."""

    bare = "tests.bench.bare_matrix"
    prefix = "!"

    def __init__(self, said: Mapping[str, Any]) -> None:
        """Know what a homeserver says of itself when it has started."""
        super().__init__(said["url"])
        self._account = said
        self._rooms: dict[int, str] = {}
        self._people: dict[str, int] = {}

    def settings(self) -> Mapping[str, str]:
        """Return the environment of a bot there."""
        return {
            "HEARTHKEY_MATRIX_HOMESERVER": self.url,
            "HEARTHKEY_MATRIX_USER": self._account["user"],
            "HEARTHKEY_MATRIX_PASSWORD": self._account["password"],
        }

    def limit(self, mode: str) -> None:
        """Let a stock server's limits hold, or none."""
        self.do("limits", is_on=mode != "off")

    def meet(self, person: int) -> None:
        """Let somebody open a room, in which the bot is at once."""
        room = self.do("direct", person=f"p{person}")["room"]
        self._rooms[person], self._people[room] = room, person

    def say(self, person: int, text: str) -> None:
        """Let somebody write in their room."""
        self.do("say", person=f"p{person}", room=self._rooms[person], text=text)

    def said(self, row: Row) -> int | None:
        """Return who wrote something."""
        is_message = row["op"] == "said" and row["type"] == "m.room.message"
        return self._people[row["room"]] if is_message else None

    def shown(self, row: Row) -> Shown | None:
        """Return what was sent or changed."""
        if row["op"] not in {"sent", "edited"} or row["type"] != "m.room.message":
            return None
        said = row["content"]
        return Shown(
            at=row["at"],
            person=self._people[row["room"]],
            message=row["event"] if row["op"] == "sent" else row["target"],
            text=said.get("m.new_content", said)["body"],
        )

    def drawn(self, answer: str) -> str:
        """Return the plain text of the message."""
        return str(content(Reply(text=answer))["body"])


@contextmanager
def matrix() -> Iterator[MatrixPhones]:
    """Start a homeserver, and end it."""
    with (
        served("tests.simulators.matrix") as said,
        closing(MatrixPhones(said)) as phones,
    ):
        yield phones
