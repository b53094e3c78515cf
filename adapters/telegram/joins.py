"""What befell the bot in chats, in an order that can be acted upon. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.telegram.translate import Joined, Left, Meaning, Moved, Said


@dataclass(frozen=True, slots=True)
class Settled:
    """What is sure, and who added the bot if that may turn out to be a move, yet to be told."""

    whole: tuple[Left | Joined | Moved, ...]
    open: tuple[Joined, ...]


def settled(meanings: Sequence[Meaning]) -> Settled:
    """Return moves first, then where the bot is no more, then where it is new.

    A group that becomes a supergroup says that somebody added the bot there, and says only then
    that it moved (tdlib/telegram-bot-api#266). Where the bot left again, it was not added.
    """
    moved = [each for each in meanings if isinstance(each, Moved)]
    left = [each for each in meanings if isinstance(each, Left) and _is_last(each, meanings)]
    joined = [
        each
        for each in meanings
        if isinstance(each, Joined)
        and each.place.chat not in {move.new_chat for move in moved}
        and _is_last(each, meanings)
    ]
    spoken = {each.incoming.place.chat for each in meanings if isinstance(each, Said)}
    sure = [each for each in joined if each.place.chat in spoken]
    may_move = [each for each in joined if each.place.chat not in spoken]
    return Settled((*moved, *left, *sure), tuple(may_move))


def _is_last(change: Left | Joined, meanings: Sequence[Meaning]) -> bool:
    """Return whether a chat's later changes do not undo this one."""
    chats = [each for each in meanings if isinstance(each, Left | Joined)]
    return [each for each in chats if each.place.chat == change.place.chat][-1] is change
