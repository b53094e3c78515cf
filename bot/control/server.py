"""The running bot's end of the control socket."""

import asyncio
import contextlib
import logging
import os
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot import faults
from bot.control.address import SOCKET, address_of
from bot.control.terminal import Terminal
from bot.control.words import MOST_BYTES
from bot.domain.errors import StartError
from bot.domain.ports import Tool
from bot.logs import fields
from bot.tasks import Tasks

_log = logging.getLogger(__name__)
_FAILED: Final = 1
_UNUSABLE: Final = 2


class ControlServer:
    """Lets operators use tools, each at one terminal at a time.

    Whoever can open the socket is the operator: its mode lets the bot's own account, and root.
    """

    def __init__(self, folder: Path, tools: Mapping[str, Tool]) -> None:
        """Take the data folder, which this process has locked, and the tools by name; no I/O."""
        self._folder = folder
        self._tools = tools
        self._used: set[str] = set()
        self._tasks = Tasks()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen. A bot that cannot is as good as any other but for its tools, and says so."""
        try:
            listening = _listening(self._folder)
        except OSError as error:
            _log.error(
                "%s cannot be opened, so tools such as `hearthkey matrix verify` do not work: %s",
                self._folder / SOCKET,
                error.strerror or error,
            )
            return
        self._server = await asyncio.start_unix_server(
            self._came, sock=listening, limit=MOST_BYTES
        )

    async def close(self) -> None:
        """End what is being done, and remove the socket."""
        if self._server is None:
            return
        self._server.close()
        await self._tasks.close()
        with contextlib.suppress(OSError):
            (self._folder / SOCKET).unlink()

    def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _ = self._tasks.start(self._serve(Terminal(reader, writer)))

    async def _serve(self, terminal: Terminal) -> None:
        try:
            name = await terminal.wanted()
            if name is not None:
                await terminal.end(await self._use(name, terminal))
        finally:
            terminal.hang_up()

    async def _use(self, name: str, terminal: Terminal) -> int:
        tool = self._tools.get(name)
        if tool is None:
            await terminal.say(
                f"The bot that runs has no tool “{name}”: the messenger it is for is not"
                " configured there, or did not start. The bot's log and `hearthkey doctor` tell."
            )
            return _UNUSABLE
        if name in self._used:
            await terminal.say(f"“{name}” is in use at another terminal: end it there first.")
            return _UNUSABLE
        self._used.add(name)
        try:
            code = await self._while_there(name, tool, terminal)
        finally:
            self._used.discard(name)
        _log.info("a tool ended", extra=fields(tool=name, code="gone" if code is None else code))
        return _FAILED if code is None else code

    async def _while_there(self, name: str, tool: Tool, terminal: Terminal) -> int | None:
        """Run a tool; None if it was cancelled since the terminal went away."""
        async with asyncio.TaskGroup() as group:
            work = group.create_task(_guarded(name, tool, terminal))
            there = group.create_task(terminal.listen())
            await asyncio.wait((work, there), return_when=asyncio.FIRST_COMPLETED)
            work.cancel()
            there.cancel()
        return None if work.cancelled() else work.result()


async def _guarded(name: str, tool: Tool, terminal: Terminal) -> int:
    try:
        return await tool(terminal)
    except StartError as error:
        for problem in error.problems:
            await terminal.say(problem)
        return _UNUSABLE
    except Exception as error:  # noqa: BLE001 - the operator's and the bot's error boundary
        reference = faults.report(f"the tool {name}", error)
        await terminal.say(f"Something broke. The bot's log tells more: look for ref={reference}")
        return _FAILED


def _listening(folder: Path) -> socket.socket:
    """Return a socket for the folder's owner alone, in the place of one that was left there."""
    left = folder / SOCKET
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(left.lstat().st_mode):
            left.unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with address_of(folder) as address:
            listening.bind(address)
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(before)
    return listening
