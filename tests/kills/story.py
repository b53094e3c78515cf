"""What the member does in a kill test: a key, three questions, the commands around them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.texts.stamps import stamp
from tests.kills.child import COMPANY
from tests.kills.witness import Update

FAST: Final = 1_000
SLOW: Final = 150
TEMPERATURE: Final = 0.3
# What each command says when it is done; every one of them is said once.
SAID: Final = {
    "key": "key accepted:",
    "temp": f"Temperature {TEMPERATURE} in this conversation",
    "undo": "Taken back: ",
    "new": "New conversation.",
    "remove": f"{COMPANY} key removed.",
}


@dataclass(frozen=True, slots=True)
class Story:
    """One folder's story; `tag` makes its questions and its key like no other's.

    `rate`: the tokens per second of the vendor, for whom a kill in between needs some time.
    `has_fault`: the second question meets a fault of the vendor's that is billed all the same.
    """

    tag: str
    rate: int
    has_fault: bool

    @property
    def key(self) -> str:
        """The member's key, which must never be found at rest."""
        return f"sk-canary-{self.tag}-{self.tag}"

    @property
    def questions(self) -> Sequence[str]:
        """The three questions."""
        works = f"[sim rate={self.rate}]"
        acts = (works, "[sim status=500]" if self.has_fault else works, works)
        words = ("One", "Two", "Three")
        return [
            f"{which} of {self.tag}? Say why. {act}"
            for which, act in zip(words, acts, strict=True)
        ]

    @property
    def retried(self) -> str:
        """The question that is asked, answered again, and taken back."""
        return self.questions[-1]

    def updates(self, *, in_a_burst: bool = False) -> Sequence[Update]:
        """Return what the member sends; in a burst nothing waits for what was sent before."""
        one, two, three = self.questions
        stamped = stamp(datetime.now(UTC))
        waits = not in_a_burst
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
            Update(update="remove", kind="press", text=f"removekey:do:{COMPANY}:{stamped}"),
        )


def new_story(*, rate: int, has_fault: bool) -> Story:
    """Return a story that never was."""
    return Story(secrets.token_hex(6), rate, has_fault)
