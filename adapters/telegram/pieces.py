"""Messages that a client cut in pieces, put together again: long texts, and albums. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.telegram.translate import Said
from bot.domain.events import Command, Incoming, Text

CUT_UNITS: Final = 4_000  # clients cut at 4,096, a little earlier where there is a space


@dataclass(frozen=True, slots=True)
class Gathered:
    """What can be handed over, and what may yet go on in an update still to come."""

    whole: tuple[Said, ...]
    open: tuple[Said, ...]


def gather(said: Sequence[Said]) -> Gathered:
    """Put the pieces of one message together, in the order in which they came.

    Only a message that is its sender's last in its place can be open.
    """
    messages: list[list[Said]] = []
    last: dict[object, list[Said]] = {}
    for each in said:
        key = (each.incoming.sender, each.incoming.place)
        message = last.get(key)
        if message is not None and _goes_on(message[-1], each):
            message.append(each)
            continue
        last[key] = [each]
        messages.append(last[key])
    is_open = {id(pieces) for pieces in last.values() if _may_go_on(pieces[-1])}
    return Gathered(
        tuple(_joined(pieces) for pieces in messages if id(pieces) not in is_open),
        tuple(_joined(pieces) for pieces in messages if id(pieces) in is_open),
    )


def _goes_on(before: Said, after: Said) -> bool:
    if before.album or after.album:
        return before.album == after.album
    return _is_cut(before.incoming) and isinstance(after.incoming.body, Text)


def _may_go_on(said: Said) -> bool:
    return bool(said.album) or _is_cut(said.incoming)


def _is_cut(incoming: Incoming) -> bool:
    match incoming.body:
        case Text(text):
            return _units(text) >= CUT_UNITS
        case Command(name, args):
            return len(name) + _units(args) + 2 >= CUT_UNITS
        case _:
            return False


def _joined(pieces: Sequence[Said]) -> Said:
    """Return the last piece with the earlier ones before it; whom one is for, all are for."""
    *earlier, last = (each.incoming for each in pieces)
    incoming = replace(
        last,
        before=tuple(earlier),
        is_addressed=any(each.incoming.is_addressed for each in pieces),
        opens=any(each.incoming.opens for each in pieces),
    )
    return replace(pieces[-1], incoming=incoming)


def _units(text: str) -> int:
    """Return a text's length as Telegram counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
