"""What the simulator saw and what it billed: in memory, and in a file that survives every kill."""

import hashlib
import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.domain.secret import Secret


@dataclass(slots=True, kw_only=True)
class Seen:
    """One request. `is_whole`: it was read to its end. `ended`: how its answer ended."""

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    key: Secret
    body: dict[str, Any] = field(default_factory=dict, repr=False)
    question: str = ""
    is_chat: bool = False
    is_whole: bool = False
    is_billed: bool = False
    status: int = 0
    answer: str = ""
    ended: str = "open"

    def row(self) -> dict[str, Any]:
        """Return what may be written down: the key's mask only."""
        return {
            "method": self.method,
            "path": self.path,
            "bearer": self.key.mask(),
            "question": self.question,
            "question_hash": question_hash(self.question),
            "model": self.body.get("model", ""),
            "temperature": self.body.get("temperature"),
            "status": self.status,
            "answer": self.answer,
            "is_billed": self.is_billed,
        }


def question_hash(question: str) -> str:
    """Return a short name of a question."""
    return hashlib.sha256(question.encode()).hexdigest()[:16]


class Witness:
    """Every request, and per question how often it was billed."""

    def __init__(self, path: Path | None = None) -> None:
        """Keep to memory, or to a file as well: a line per request that was read whole."""
        self.seen: list[Seen] = []
        self._path = path

    def note(self, seen: Seen) -> None:
        """Write down a request as it is decided, before a byte of the answer leaves."""
        if self._path is None:
            return
        into = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        try:
            os.write(into, json.dumps(seen.row()).encode() + b"\n")
            os.fsync(into)
        finally:
            os.close(into)

    @property
    def asked(self) -> list[Seen]:
        """The chat requests, of which at least the headers were read."""
        return [seen for seen in self.seen if seen.is_chat]

    @property
    def billed(self) -> Counter[str]:
        """How often each question was billed."""
        return Counter(seen.question for seen in self.seen if seen.is_billed)

    def as_json(self) -> dict[str, Any]:
        """Return all of it, the keys masked."""
        return {
            "requests": [seen.row() for seen in self.seen],
            "billed": {question_hash(text): times for text, times in self.billed.items()},
        }


def read_witness(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a witness file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
