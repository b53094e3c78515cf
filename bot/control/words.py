"""What goes over the control socket: a JSON object a line."""

from typing import Final

import msgspec

LONGEST: Final = 4_000  # characters of a text
MOST_BYTES: Final = 64 * 1024  # of a line, whatever its signs become in JSON


class Use(msgspec.Struct, frozen=True, tag="use"):
    """From the terminal, first of all: which tool is to run."""

    tool: str


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """From the terminal: what was typed to a question."""

    number: int
    text: str


class Say(msgspec.Struct, frozen=True, tag="say"):
    """From the bot: a line to show."""

    text: str


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """From the bot: a question; there is one at a time."""

    number: int
    prompt: str


class Withdraw(msgspec.Struct, frozen=True, tag="withdraw"):
    """From the bot: a question is open no more."""

    number: int


class End(msgspec.Struct, frozen=True, tag="end"):
    """From the bot, last of all: the command's exit code."""

    code: int


FromBot = Say | Ask | Withdraw | End
FromTerminal = Use | Answer
from_bot: Final = msgspec.json.Decoder[FromBot](FromBot)
from_terminal: Final = msgspec.json.Decoder[FromTerminal](FromTerminal)


def line_of(word: FromBot | FromTerminal) -> bytes:
    """Return a word as it is sent."""
    return msgspec.json.encode(word) + b"\n"
