"""What a phone shows at the end of a story, by the simulated Bot API's own witness. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.kills.screen import Shown

Row = dict[str, Any]
SAYS: Final = frozenset({"said", "pressed"})
SHOWS: Final = frozenset({"sent", "edited"})
_STOP: Final = "stop:now"


def standing(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the bot's messages as they stand, in the order in which they were sent."""
    found: dict[int, Row] = {}
    for row in rows:
        if row["op"] in SHOWS:
            found[row["message"]] = row
        elif row["op"] == "deleted":
            found.pop(row["message"], None)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Phone:
    """One chat. `rows`: all that happened in it, oldest first."""

    rows: Sequence[Row]

    def shown(self) -> Sequence[Shown]:
        """Return what was delivered: every message but those in which nothing grows any more."""
        return [
            Shown(_text(row), _actions(row), {(_text(row), *_actions(row))})
            for row in standing(self.rows)
            if not _is_growing(row)
        ]

    def stale(self) -> Sequence[int]:
        """Return the messages in which an answer was growing when the process ended."""
        return [row["message"] for row in standing(self.rows) if _is_growing(row)]

    def broken(self, key: str, noted: set[int], kills: int) -> Iterator[str]:
        """Return what no phone may show, in words. `noted`: the messages the stores knew of."""
        gone = {row["message"] for row in self.rows if row["op"] == "deleted"}
        for row in self.rows:
            if row["op"] == "said" and key in row["words"] and row["message"] not in gone:
                yield "in clear: the message with the key stands in the chat"
        stale = self.stale()
        grown = {row["message"] for row in self.rows if row["op"] == "edited"}
        for message in (noted | grown).intersection(stale):
            yield f"stale: message {message} was known, and its answer did not end in it"
        if len(stale) > kills:
            yield f"stale: {len(stale)} messages after {kills} kills"


def _is_growing(row: Row) -> bool:
    return _STOP in _actions(row)


def _actions(row: Row) -> list[str]:
    return [
        str(button["callback_data"])
        for line in row["rows"]
        for button in line
        if "callback_data" in button
    ]


def _text(row: Row) -> str:
    """Return a message's text without its footer, the last lines where all of them is italic."""
    units = row["text"].encode("utf-16-le")
    for entity in row["entities"]:
        start, end = entity["offset"] * 2, (entity["offset"] + entity["length"]) * 2
        before = units[:start].decode("utf-16-le")
        if entity["type"] == "italic" and end == len(units) and before.endswith("\n\n"):
            return str(before.removesuffix("\n\n"))
    return str(row["text"])
