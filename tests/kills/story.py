"""What the member does in a kill test: a key, three questions, the commands around them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.kills.witness import Update

COMPANY: Final = "sim"
FAST: Final = 1_000
SLOW: Final = 150
WITNESS: Final = "witness"
TELEGRAM: Final = "telegram"
MATRIX: Final = "matrix"
TEMPERATURE: Final = 0.3
# What each command says when it is done; every one of them is said once.
SAID: Final = {
    "key": "key accepted:",
    "temp": f"Temperature {TEMPERATURE} in this conversation",
    "undo": "Taken back: ",
    "new": "New conversation.",
    "remove": f"{COMPANY} key removed.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a story is like.

    `grows`: answers grow in a message, else each comes as one (on Telegram after a draft).
    `in_a_burst`: nothing of the first half waits for what was sent before. `has_fault`: the second
    question meets a fault of the vendor's that is billed all the same. `rate`: the vendor's tokens
    per second; `later_rate`: the same from the second question on, 0 for no difference.
    """

    grows: bool
    messenger: str = WITNESS
    in_a_burst: bool = False
    has_fault: bool = False
    rate: int = FAST
    later_rate: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """One folder's story; `tag` makes its questions and its key like no other's."""

    tag: str
    kind: Kind

    @property
    def key(self) -> str:
        """The member's key, which must never be found at rest."""
        return f"sk-canary-{self.tag}-{self.tag}"

    @property
    def questions(self) -> Sequence[str]:
        """The three questions."""
        first = f"[sim rate={self.kind.rate}]"
        works = f"[sim rate={self.kind.later_rate or self.kind.rate}]"
        acts = (first, "[sim status=500]" if self.kind.has_fault else works, works)
        words = ("One", "Two", "Three")
        return [
            f"{which} of {self.tag}? Say why. {act}"
            for which, act in zip(words, acts, strict=True)
        ]

    @property
    def retried(self) -> str:
        """The question that is asked, answered again, and taken back."""
        return self.questions[-1]

    def updates(self, removal: Sequence[Update]) -> Sequence[Update]:
        """Return what the member sends; `removal` is how the key goes at the end."""
        one, two, three = self.questions
        waits = not self.kind.in_a_burst
        return (
            Update(update="key", kind="secret", name="addkey", text=COMPANY, secret=self.key),
            Update(
                update="temp",
                kind="command",
                name="temp",
                text=str(TEMPERATURE),
                is_alone=waits,
            ),
            Update(update="one", kind="text", text=one, is_alone=waits),
            Update(update="two", kind="text", text=two, is_alone=waits),
            Update(update="three", kind="text", text=three),
            Update(update="retry", kind="command", name="retry"),
            Update(update="undo", kind="command", name="undo"),
            Update(update="new", kind="command", name="new"),
            *removal,
        )


def new_story(kind: Kind) -> Story:
    """Return a story that never was."""
    return Story(secrets.token_hex(6), kind)
