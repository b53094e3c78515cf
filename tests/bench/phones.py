"""The people's side of a simulated messenger, over its own HTTP."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a person sees appear or change at a time of the machine's monotonic clock.

    `is_whole` False: it only grows, or vanishes by itself.
    """

    at: float
    person: int
    message: str
    text: str
    is_whole: bool = True


class Phones(ABC):
    """All people of one simulated messenger, by number."""

    bare: str  # the module of the least code that does the same calls
    prefix: str  # of commands

    def __init__(self, url: str) -> None:
        """Know where it is."""
        self.url = url
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        self.rows: list[Row] = []

    @abstractmethod
    def settings(self) -> Mapping[str, str]:
        """Return the environment of a bot there."""

    @abstractmethod
    def limit(self, mode: str) -> None:
        """Let the server limit what the bot sends; `off`: not at all."""

    @abstractmethod
    def meet(self, person: int) -> None:
        """Let somebody open a chat with the bot."""

    @abstractmethod
    def say(self, person: int, text: str) -> None:
        """Let somebody write."""

    @abstractmethod
    def said(self, row: Row) -> int | None:
        """Return who wrote something; None: it is nothing of the kind."""

    @abstractmethod
    def shown(self, row: Row) -> Shown | None:
        """Return what appeared; None: it is nothing of the kind."""

    @abstractmethod
    def drawn(self, answer: str) -> str:
        """Return an answer as it is shown."""

    def do(self, verb: str, **given: object) -> dict[str, Any]:
        """Let somebody do something."""
        self._connection.request(
            "POST", f"/sim/{verb}", json.dumps(given), {"Content-Type": "application/json"}
        )
        found: dict[str, Any] = json.load(self._connection.getresponse())
        return found

    def look(self) -> list[Row]:
        """Return what happened since the last look."""
        fresh: list[Row] = self.do("journal", since=len(self.rows))["rows"]
        self.rows += fresh
        return fresh

    def calls(self) -> int:
        """Return how many calls the bot has made."""
        return len(self.do("calls")["calls"])

    def close(self) -> None:
        """Let go."""
        self._connection.close()


def stamps(port: int) -> Mapping[str, Mapping[str, float]]:
    """Return when the model server saw each question, and when its answer had ended."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", "/stamps")
        found: Mapping[str, Mapping[str, float]] = json.load(connection.getresponse())
    return found
