"""What a phone shows at the end of a story, by the simulated Bot API's own witness. Pure."""

from collections.abc import Sequence
from typing import Final

from tests.kills.line import Row
from tests.kills.screen import Screen, Shown, turns_of

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


def screen(rows: Sequence[Row]) -> Screen:
    """Return one chat's. `rows`: all that happened in it, oldest first."""
    gone = {row["message"] for row in rows if row["op"] == "deleted"}
    return Screen(
        messages=[_shown(row) for row in standing(rows)],
        edited=frozenset(str(row["message"]) for row in rows if row["op"] == "edited"),
        said=[row["words"] for row in rows if row["op"] == "said" and row["message"] not in gone],
    )


def _shown(row: Row) -> Shown:
    text, actions = _text(row), _actions(row)
    return Shown(
        message=str(row["message"]),
        text=text,
        delivered={(text, *actions)},
        turns=turns_of(actions),
        is_growing=_STOP in actions,
    )


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
