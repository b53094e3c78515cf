"""What one life of the application is told."""

from dataclasses import dataclass
from typing import Final

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """Where the member of a story is, in a process that outlives the application.

    `url`: empty, the messenger is files; `since`: how much had happened there before the story.
    """

    url: str = ""
    person: str = ""
    chat: str = ""
    since: int = 0


NOWHERE: Final = There()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One life. `point` and `number`: the hit to die at; `after_s`: when to be killed.

    `url` is the vendor's; the story's kind says what `messenger` and `grows` are.
    """

    folder: str
    url: str
    messenger: str
    grows: bool = True
    there: There = NOWHERE
    point: str = ""
    number: int = 0
    after_s: float = 0.0

    def dump(self) -> str:
        """Return it as a line."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def load(cls, line: str) -> "Order":
        """Read a line."""
        return msgspec.json.decode(line, type=cls)
