"""The command's end of the control socket: shows what a tool says, and takes what is typed."""

import os
import select
import socket
import termios
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, TextIO

import msgspec

from bot.control.address import address_of
from bot.control.words import (
    LONGEST,
    Answer,
    Ask,
    End,
    FromBot,
    FromTerminal,
    Say,
    Use,
    Withdraw,
    from_bot,
    line_of,
)
from bot.domain.errors import StartError
from bot.plain import plain

_CHUNK: Final = 65_536
_FAILED: Final = 1


def use_tool(folder: Path, tool: str, stdin: TextIO, stdout: TextIO) -> int:
    """Use a tool of the bot that runs on a data folder; return its exit code.

    Answers come from a terminal or a pipe; where they end, so does the tool. Raises StartError if
    no bot is there.
    """
    with closing(_connect(folder)) as connection:
        return _Conversation(connection, stdin, stdout).run(tool)


def _connect(folder: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with address_of(folder) as address:
            connection.connect(address)
    except OSError as error:
        connection.close()
        raise StartError([_problem(folder, error)]) from None
    return connection


def _problem(folder: Path, error: OSError) -> str:
    match error:
        case FileNotFoundError() | ConnectionRefusedError() | NotADirectoryError():
            return f"no bot is running on {folder}: start it, then run this again beside it"
        case PermissionError():
            return f"the bot on {folder} is another account's: run this as that account"
        case _:
            return f"the bot on {folder} cannot be reached: {error.strerror or error}"


class _Lines:
    """What comes in on a descriptor, line by line."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.is_over = False
        self._rest = b""

    def read(self) -> None:
        """Take what is there; waits if nothing is."""
        try:
            chunk = os.read(self.descriptor, _CHUNK)
        except OSError:  # a connection that was reset, a terminal that was closed
            chunk = b""
        self.is_over = not chunk
        self._rest += chunk

    def take(self) -> str | None:
        """Return the next whole line, or at the end what is left of one."""
        line, end, rest = self._rest.partition(b"\n")
        if not end and not (self.is_over and line):
            return None
        self._rest = rest
        return line.decode(errors="replace").removesuffix("\r")

    def discard(self) -> None:
        """Forget what came and was not taken."""
        self._rest = b""


class _Conversation:
    """One use of a tool."""

    def __init__(self, connection: socket.socket, stdin: TextIO, stdout: TextIO) -> None:
        self._connection = connection
        self._heard = _Lines(connection.fileno())
        self._typed = _Lines(stdin.fileno())
        self._is_terminal = stdin.isatty()
        self._stdout = stdout
        self._question: Ask | None = None

    def run(self, tool: str) -> int:
        """Ask for the tool and do as it says; return the exit code."""
        self._send(Use(tool))
        while True:
            match self._next():
                case Say(text):
                    self._show(text)
                case Ask() as question:
                    self._question = question
                    self._write(plain(question.prompt))
                case Withdraw():
                    self._close_question()
                    self._forget_typed()
                case End(code):
                    return code
                case str(why):
                    self._close_question()
                    self._show(why)
                    return _FAILED

    def _next(self) -> FromBot | str:
        """Return what the bot says next, or why nothing comes any more."""
        while (line := self._heard.take()) is None:
            if self._heard.is_over:
                return "The bot has ended the connection: it stops, or was stopped."
            if self._question is not None:
                typed = self._typed.take()
                if typed is not None:
                    self._answer(self._question, typed)
                    continue
                if self._typed.is_over:
                    return "No answer came, so nothing more was done."
            self._wait()
        try:
            word: FromBot = from_bot.decode(line)
        except msgspec.DecodeError:
            return "The bot does not speak this command's language: run the same version of both."
        return word

    def _wait(self) -> None:
        sources: Sequence[_Lines] = [self._heard] if self._question is None else self._both
        ready, _, _ = select.select([each.descriptor for each in sources], [], [])
        for source in sources:
            if source.descriptor in ready:
                source.read()

    @property
    def _both(self) -> Sequence[_Lines]:
        return self._heard, self._typed

    def _answer(self, question: Ask, typed: str) -> None:
        if not self._is_terminal:
            self._write("\n")
        self._question = None
        self._send(Answer(question.number, typed[:LONGEST]))

    def _close_question(self) -> None:
        """Let what comes begin on a line of its own."""
        if self._question is not None:
            self._question = None
            self._write("\n")

    def _forget_typed(self) -> None:
        """Let what was typed to a question that is gone not answer the next one."""
        if self._is_terminal:
            termios.tcflush(self._typed.descriptor, termios.TCIFLUSH)
            self._typed.discard()

    def _show(self, text: str) -> None:
        """Write lines, on lines of their own: below an open question, which is then repeated."""
        lines = "".join(f"{plain(line)}\n" for line in text.splitlines() or [""])
        if self._question is None:
            self._write(lines)
        else:
            self._write(f"\n{lines}{plain(self._question.prompt)}")

    def _send(self, word: FromTerminal) -> None:
        try:
            self._connection.sendall(line_of(word))
        except OSError:  # the bot has gone; what it said before is still to be read
            return

    def _write(self, text: str) -> None:
        self._stdout.write(text)
        self._stdout.flush()
