"""What a check-up found, and what to do about it: the words of `hearthkey doctor`."""

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How bad it is; the value is the word that is shown."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, in one plain line without a secret.

    `mend` is what to do, with the command or the setting; empty if there is nothing to do, or
    `found` says it itself.
    """

    level: Level
    subject: str
    found: str
    mend: str = ""


def ok(subject: str, found: str) -> Finding:
    """Return that nothing is to be done."""
    return Finding(Level.OK, subject, found)


def warning(subject: str, found: str, mend: str) -> Finding:
    """Return what works and should still be changed, or looked into."""
    return Finding(Level.WARNING, subject, found, mend)


def problem(subject: str, found: str, mend: str = "") -> Finding:
    """Return what keeps the bot from working."""
    return Finding(Level.PROBLEM, subject, found, mend)
