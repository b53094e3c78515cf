"""Keeps the command menus as they should be, and each operator's own as operators come and go."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence

from telegram import BotCommandScopeChat

from adapters.telegram.api import BotApi
from adapters.telegram.menu import MenuEntry, for_operators, scopes
from adapters.telegram.wire import CallError

_log = logging.getLogger(__name__)


class Menus:
    """One bot's menus. `operators` returns their accounts, as they are when it is called."""

    def __init__(
        self, api: BotApi, entries: Sequence[MenuEntry], operators: Callable[[], Sequence[str]]
    ) -> None:
        """No I/O."""
        self._api = api
        self._entries = tuple(entries)
        self._operators = operators
        self._shown_to: set[str] = set()
        self._unknown: set[str] = set()
        self._lock = asyncio.Lock()

    def is_behind(self, heard: Iterable[str]) -> bool:
        """Return whether operators came or went; `heard` are accounts that have just written.

        A bot can do nothing in the chat of somebody who never wrote to it.
        """
        self._unknown.difference_update(heard)
        return self._shown_to != set(self._operators()) - self._unknown

    async def set_all(self) -> None:
        """Set those that all share, and the operators'; what fails is logged."""
        for scope, commands in scopes(self._entries):
            _ = await self._done(self._api.set_commands(commands, scope))
        await self.catch_up()

    async def catch_up(self) -> None:
        """Give new operators their menu, and take it from those who are none any more."""
        async with self._lock:
            now = set(self._operators())
            for account in sorted(now - self._shown_to - self._unknown):
                scope = BotCommandScopeChat(int(account))
                is_set = await self._done(
                    self._api.set_commands(for_operators(self._entries), scope)
                )
                (self._shown_to if is_set else self._unknown).add(account)
            for account in sorted(self._shown_to - now):
                _ = await self._done(self._api.drop_commands(BotCommandScopeChat(int(account))))
                self._shown_to.discard(account)

    @staticmethod
    async def _done(call: Awaitable[None]) -> bool:
        try:
            await call
        except CallError as error:
            _log.warning("a command menu is not set: status %s", error.status)
            return False
        return True
