"""The messengers that are configured, side by side: none that fails takes another one down."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bot import faults
from bot.domain.errors import HearthkeyError, StartError
from bot.domain.ports import Clock, Frontend, HasTools, Receiver, Tool
from bot.logs import describe
from bot.tasks import Tasks

_log = logging.getLogger(__name__)
_CHECK_S: Final = 5.0  # for which the others wait; it goes on beside them after that
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0
_WELL_S: Final = 600.0


class Connected(Frontend, Protocol):
    """A frontend with a server at its other end."""

    @property
    def named(self) -> str:
        """Return who the bot is there after " as "; empty before that is known."""
        ...

    async def check(self) -> None:
        """Connect, if that is possible now; raises StartError where a start is of no use."""
        ...

    async def close(self) -> None:
        """End what is still done on the side."""
        ...


class _Ended(HearthkeyError):
    """A messenger's `run` has ended by itself, which none should."""


def _no_link(_: str) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Messenger:
    """A messenger that is configured. `title` is its name as people read it.

    `claim_link` makes an address that sends a payload to the bot; empty: there is none.
    """

    title: str
    frontend: Connected
    claim_link: Callable[[str], str] = _no_link


class Messengers:
    """All of them: checked once, then run until cancelled. It has none before the check."""

    def __init__(self, configured: Sequence[Messenger], clock: Clock) -> None:
        """Take them, to be closed with this; no I/O."""
        self._configured = configured
        self._clock = clock
        self._tasks = Tasks()
        self._checks: dict[str, asyncio.Task[StartError | None]] = {}
        self._running: Sequence[Messenger] = ()

    async def check(self) -> None:
        """Check all at once, and leave out those that cannot run, with a line in the log for each.

        Raises StartError, with all their lines, if none is left.
        """
        self._checks = {each.title: self._tasks.start(_check(each)) for each in self._configured}
        await self._wait_for_checks()
        ended = {title: check for title, check in self._checks.items() if check.done()}
        refused = {title: error for title, check in ended.items() if (error := check.result())}
        self._running = [each for each in self._configured if each.title not in refused]
        if not self._running:
            raise StartError([line for error in refused.values() for line in error.problems])
        for title, error in refused.items():
            _tell(title, error)

    async def close(self) -> None:
        """End what is still done on the side."""
        await self._tasks.close()
        for each in self._configured:
            await each.frontend.close()

    @property
    def frontends(self) -> Sequence[Frontend]:
        """Return those that run."""
        return [each.frontend for each in self._running]

    @property
    def tools(self) -> Mapping[str, Tool]:
        """Return the tools of those that run."""
        having = [each for each in self.frontends if isinstance(each, HasTools)]
        return {name: tool for each in having for name, tool in each.tools.items()}

    @property
    def named(self) -> str:
        """Return where the bot runs, as whom: "Telegram as @x and Matrix as @y:z"."""
        names = [f"{each.title}{each.frontend.named}" for each in self._running]
        *first, last = names
        return f"{', '.join(first)} and {last}" if first else last

    def claim_link(self, payload: str) -> str:
        """Return an address that sends a payload to the bot; empty if there is none."""
        links = (each.claim_link(payload) for each in self._running)
        return next((link for link in links if link), "")

    def runs(self, receiver: Receiver) -> Sequence[Coroutine[Any, Any, None]]:
        """Return what runs each of them, until it is cancelled."""
        return [self._run(each, receiver) for each in self._running]

    async def _wait_for_checks(self) -> None:
        """Wait until all have ended, but not for ever where one could run already."""
        checks = tuple(self._checks.values())
        if len(checks) == 1:
            await asyncio.wait(checks)
            return
        all_ = self._tasks.start(asyncio.wait(checks))
        limit = self._tasks.start(self._clock.sleep(_CHECK_S))
        await asyncio.wait((all_, limit), return_when=asyncio.FIRST_COMPLETED)
        all_.cancel()
        limit.cancel()

    async def _run(self, messenger: Messenger, receiver: Receiver) -> None:
        """Run one, and begin again where it ends: a fault of its own is no one else's."""
        await asyncio.wait((self._checks[messenger.title],))
        pause_s, told = _FIRST_PAUSE_S, ""
        while True:
            began = self._clock.monotonic()
            error = await _attempt(messenger, receiver)
            if self._clock.monotonic() - began >= _WELL_S:
                pause_s, told = _FIRST_PAUSE_S, ""
            if (what := describe(error)) != told:
                told = what
                _tell(messenger.title, error)
            await self._clock.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _tell(title: str, error: Exception) -> None:
    """Log what keeps a messenger from running: in words, where they are for the operator."""
    if isinstance(error, StartError):
        for line in error.problems:
            _log.error("%s does not run: %s", title, line)
    else:
        faults.report(title, error)


async def _check(messenger: Messenger) -> StartError | None:
    """Check one; return why it cannot run."""
    try:
        await messenger.frontend.check()
    except StartError as error:
        return error
    except Exception as error:  # noqa: BLE001 - as one of `run`, which is to come
        faults.report(f"the check of {messenger.title}", error)
    return None


async def _attempt(messenger: Messenger, receiver: Receiver) -> Exception:
    """Run one until it fails; return how."""
    try:
        await messenger.frontend.run(receiver)
    except Exception as error:  # noqa: BLE001 - the boundary between messengers
        return error
    return _Ended()
