"""What a phone shows at the end of a story, by the simulated homeserver's own witness. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tests.kills.line import Row
from tests.kills.outbox import Sent
from tests.kills.screen import Screen, Shown

SHOWS: Final = frozenset({"sent", "edited"})
_OFFERS: Final = frozenset({"1 Ask again", "1 Try again", "1 Retry"})  # of a question's end


def is_message(row: Row) -> bool:
    """Return whether a row is a message, and no state or reaction."""
    return row.get("type") == "m.room.message"


def words(row: Row) -> str:
    """Return what a message says, without its footer; an edit: what it says instead."""
    content = row["content"]
    content = content.get("m.new_content", content)
    text = str(content.get("body", ""))
    has_footer = str(content.get("formatted_body", "")).endswith("</em></p>")
    return text.rpartition("\n\n")[0] if has_footer else text


def screen(rows: Sequence[Row], sent: Sequence[Sent], answers: Sequence[str]) -> Screen:
    """Return the room's. `rows`: all that happened at the server, oldest first.

    `sent` is what the application knows of, `answers` what the vendor gave.
    """
    gone = {row["target"] for row in rows if row["op"] == "redacted"}
    texts: dict[str, str] = {}
    for row in rows:
        if row["op"] in SHOWS and is_message(row):
            texts[row["event"] if row["op"] == "sent" else row["target"]] = words(row)
    known = {each.message: each.turn for each in sent}
    return Screen(
        messages=[
            _shown(message, text, known, answers)
            for message, text in texts.items()
            if message not in gone
        ],
        edited=frozenset(row["target"] for row in rows if row["op"] == "edited"),
        said=[
            row["words"]
            for row in rows
            if row["op"] == "said" and is_message(row) and row["event"] not in gone
        ],
        unseemly=[*_untrusted(rows)],
    )


def _shown(
    message: str, text: str, known: Mapping[str, int | None], answers: Sequence[str]
) -> Shown:
    """Return a message; one that nobody knows of and that begins like an answer was growing."""
    turn = known.get(message)
    is_offered = turn is not None and not _OFFERS.isdisjoint(text.splitlines())
    begins = any(answer.startswith(text) for answer in answers)
    return Shown(
        message=message,
        text=text,
        turns={turn} if turn is not None and is_offered else set(),
        is_growing=message not in known and begins,
    )


def _untrusted(rows: Sequence[Row]) -> Iterator[str]:
    """Whatever is cut, the bot has one identity, and that has signed its device."""
    masters = {row["master"] for row in rows if row["op"] == "identity"}
    if len(masters) != 1:
        yield f"trust: {len(masters)} identities"
    devices = [row["device"] for row in rows if row["op"] == "keys" and row["has_device_keys"]]
    signed = {row["key"] for row in rows if row["op"] == "signed"}
    if not devices or devices[-1] not in signed:
        yield "trust: the device is not signed"
