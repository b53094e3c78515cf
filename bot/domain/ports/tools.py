"""What an operator does with the running bot from the host's terminal."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, runtime_checkable


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


@runtime_checkable
class HasTools(Protocol):
    """What a frontend may be as well."""

    @property
    def tools(self) -> Mapping[str, Tool]:
        """Return its tools by the words after `hearthkey`, such as `matrix verify`."""
        ...
