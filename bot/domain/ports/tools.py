"""What an operator does with the running bot from the host's terminal."""

from collections.abc import Awaitable, Callable
from typing import Protocol


class Dialogue(Protocol):
    """The operator's terminal. When it goes away, the tool that uses it is cancelled."""

    async def say(self, line: str) -> None:
        """Show a line."""
        ...

    async def ask(self, prompt: str) -> str:
        """Show a question, and return the line that was typed.

        If this is cancelled, the question is taken back, and what was typed to it is discarded.
        """
        ...


# A tool returns the exit code of its command. It may be cancelled at any of its awaits.
Tool = Callable[[Dialogue], Awaitable[int]]
