"""What stands on a screen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Shown:
    """A message of the bot's as it stands; `delivered`: its final texts, each with its buttons.

    `turns`: those that it offers to ask again, or ends. `is_growing`: an answer was to end in it.
    """

    message: str
    text: str = ""
    delivered: set[tuple[str, ...]] = field(default_factory=set)
    turns: set[int] = field(default_factory=set)
    is_growing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """All that stands in a chat at the end. `edited`: the bot's messages that were ever changed.

    `said`: the member's own words that stand there. `unseemly`: what else may not be, in words.
    """

    messages: Sequence[Shown]
    edited: frozenset[str] = frozenset()
    said: Sequence[str] = ()
    unseemly: Sequence[str] = ()

    @property
    def shown(self) -> Sequence[Shown]:
        """What was delivered: every message but those in which nothing grows any more."""
        return [each for each in self.messages if not each.is_growing]

    @property
    def stale(self) -> Sequence[str]:
        """The messages in which an answer was growing when the process ended."""
        return [each.message for each in self.messages if each.is_growing]

    def broken(self, key: str, noted: set[str], kills: int) -> Iterator[str]:
        """Return what no screen may show, in words. `noted`: the messages the stores knew of."""
        if any(key in words for words in self.said):
            yield "in clear: the message with the key stands in the chat"
        for message in (noted | self.edited).intersection(self.stale):
            yield f"stale: message {message} was known, and its answer did not end in it"
        if len(self.stale) > kills:
            yield f"stale: {len(self.stale)} messages after {kills} kills"
        yield from self.unseemly


def turns_of(actions: Sequence[str]) -> set[int]:
    """Return the turns that buttons offer to ask again."""
    return {
        int(turn)
        for name, _, rest in (action.partition(":again:") for action in actions)
        if name == "retry" and (turn := rest.partition(":")[0])
    }
