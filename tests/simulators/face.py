"""What differs between the vendors that the simulator plays: one face per wire dialect.

A face is strict as its vendor: it refuses keys, versions and parameters in the vendor's own
words. The sockets, the faults and the witness are the same for all (`vendor_sim`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulators.behaviour import Behaviour
from tests.simulators.witness import Seen

Json = Any
# A status and the body that goes with it.
Refusal = tuple[int, Json]


@dataclass(frozen=True, slots=True)
class Frame:
    """One server-sent event: `data` is JSON, or a text that goes out as it is."""

    data: Json
    name: str = ""


class Face(ABC):
    """One vendor's API. `base_path` is where its base URL ends; paths come without it."""

    base_path = "/v1"

    @abstractmethod
    def key_of(self, headers: Mapping[str, str]) -> str:
        """Return the key a request carries where this vendor looks for it; empty: none."""

    @abstractmethod
    def is_chat(self, method: str, path: str) -> bool:
        """Whether a request is a question, which costs money."""

    @abstractmethod
    def question(self, body: dict[str, Any]) -> str:
        """Return the text of the last message."""

    def is_streamed(self, body: dict[str, Any]) -> bool:  # noqa: ARG002  (for faces that look)
        """Return whether a question asks for an answer in pieces."""
        return True

    @abstractmethod
    def refuse(self, seen: Seen, act: Behaviour) -> Refusal | None:
        """Return the refusal of a request by its key, version and parameters; None: it is right.

        The keys `bad`, `poor` and `barred` are one nobody knows, one without credit and one that
        may not; `act.refuses` names a parameter that this model does not take.
        """

    @abstractmethod
    def get(self, seen: Seen, models: Json) -> Json:
        """Return what a free call answers; `models` None: this vendor's own example list."""

    @abstractmethod
    def error(self, status: int) -> Json:
        """Return the body this vendor sends with a failing status."""

    @abstractmethod
    def opening(self, act: Behaviour, seen: Seen) -> Iterator[Frame]:
        """Yield what comes before the first word."""

    @abstractmethod
    def thought(self, text: str, act: Behaviour) -> Iterator[Frame]:
        """Yield a piece of thinking."""

    @abstractmethod
    def delta(self, text: str, act: Behaviour) -> Iterator[Frame]:
        """Yield a piece of the answer."""

    @abstractmethod
    def ending(self, act: Behaviour, seen: Seen) -> Iterator[Frame]:
        """Yield the end: reason, count, mark, as far as `has_end`, `has_usage`, `has_done` say."""

    @abstractmethod
    def broken(self, act: Behaviour) -> Iterator[Frame]:
        """Yield an error within the stream: `act.error`, or this vendor's usual one."""

    @abstractmethod
    def whole(self, act: Behaviour, seen: Seen) -> Json:
        """Return an answer in one piece."""


def texts_of(content: Json) -> Sequence[str]:
    """Return the texts in a content that is a text or a list of parts."""
    if isinstance(content, str):
        return [content]
    if not isinstance(content, list):
        return []
    return [str(part["text"]) for part in content if isinstance(part, dict) and "text" in part]
