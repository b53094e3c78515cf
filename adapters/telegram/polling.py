"""The way in: updates are fetched, made durable by whoever takes them, and only then confirmed."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

from telegram import Update

from adapters.shared.troubles import Troubles
from adapters.telegram.api import BotApi
from adapters.telegram.joins import settled
from adapters.telegram.pieces import gather
from adapters.telegram.translate import Joined, Me, Meaning, Said, translate
from adapters.telegram.wire import CallError
from bot.domain.errors import StorageUnavailable
from bot.domain.ports import Clock

_log = logging.getLogger(__name__)
_WAIT_S: Final = 50  # the server's longest
_PIECES_S: Final = 0.8  # how long the next piece of a cut message may take
Take = Callable[[Sequence[Meaning]], Awaitable[None]]


class Poller:
    """Asks for updates until cancelled. `take` returns when all it got is durable.

    Reading confirms nothing: the server forgets an update only when a later call's offset is past
    it. So what a crash, a full disk or a cut line keeps from being stored is handed over again.
    """

    def __init__(
        self,
        api: BotApi,
        clock: Clock,
        me: Me,
        take: Take,
        troubles: Troubles[CallError | StorageUnavailable],
    ) -> None:
        """Use the way out to Telegram and the way in to the house; no I/O."""
        self._api = api
        self._clock = clock
        self._me = me
        self._take = take
        self._troubles = troubles
        self._offset = 0

    async def run(self) -> None:
        """Poll, for ever; what fails is tried again, ever more slowly, and logged once."""
        while True:
            try:
                await self._round()
            except (CallError, StorageUnavailable) as error:
                await self._troubles.wait(error)
            else:
                self._troubles.end()

    async def _round(self) -> None:
        """Fetch and hand over; fetch again, unconfirmed, while what came may still go on."""
        raw = await self._api.updates(self._offset, wait_s=_WAIT_S)
        handed: set[str] = set()
        waited: tuple[Said | Joined, ...] = ()
        while True:
            meanings = list(self._meanings(raw))
            gathered = gather([each for each in meanings if isinstance(each, Said)])
            chats = settled(meanings)
            may_go_on: tuple[Said | Joined, ...] = (*chats.open, *gathered.open)
            ended = [each for each in may_go_on if each in waited]
            await self._hand_over([*chats.whole, *gathered.whole, *ended], handed)
            waited = tuple(each for each in may_go_on if each.update not in handed)
            if not waited:
                break
            await self._clock.sleep(_PIECES_S)
            raw = await self._api.updates(self._offset, wait_s=0)
        if raw:
            self._offset = max(int(each["update_id"]) for each in raw) + 1

    async def _hand_over(self, meanings: Sequence[Meaning], handed: set[str]) -> None:
        fresh = [each for each in meanings if each.update not in handed]
        await self._take(fresh)
        handed.update(each.update for each in fresh)

    def _meanings(self, raw: Iterable[dict[str, Any]]) -> Iterable[Meaning]:
        """Translate one by one: an update that nobody can read must not hold up the others."""
        for each in raw:
            try:
                meaning = translate(Update.de_json(each, None), self._me, self._clock.now())
            except Exception as error:  # noqa: BLE001 - whatever a server may send
                _log.error(
                    "update %s cannot be read and is left out: %s",
                    each.get("update_id"),
                    type(error).__name__,
                )
                continue
            if meaning is not None:
                yield meaning
