"""What Telegram knows of a group, and how the bot leaves one."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from telegram.constants import ChatMemberStatus

from adapters.telegram.api import BotApi
from adapters.telegram.outlet import frontend_error
from adapters.telegram.wire import CallError
from bot.domain.chat import Identity, Place
from bot.domain.errors import ChatGone
from bot.domain.ports import Around, Clock

_ADMINS: Final = frozenset({ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR})
_KNOWN_S: Final = 60.0
_MOST_KNOWN: Final = 1_000


class Groups:
    """Asked of Telegram each time, but for who is an admin. Raises FrontendError."""

    def __init__(self, api: BotApi, clock: Clock) -> None:
        """No I/O."""
        self._api = api
        self._clock = clock
        self._admins: dict[tuple[str, str], tuple[float, bool]] = {}

    async def around(self, place: Place) -> Around:
        """Return a group as it is now."""
        with _mapped():
            title = await self._api.title(place.chat)
            everybody = await self._api.count(place.chat)
            return Around(
                title=title, people=everybody - 1, hears_all=await self._hears_all(place.chat)
            )

    async def is_admin(self, place: Place, identity: Identity) -> bool:
        """Return whether an account is an admin there, or was less than a minute ago."""
        key, now = (place.chat, identity.id), self._clock.monotonic()
        known = self._admins.get(key)
        if known is not None and now - known[0] < _KNOWN_S:
            return known[1]
        with _mapped():
            status = await self._api.status(place.chat, int(identity.id))
        self._admins.pop(key, None)
        while len(self._admins) >= _MOST_KNOWN:
            del self._admins[next(iter(self._admins))]
        self._admins[key] = (now, status in _ADMINS)
        return status in _ADMINS

    async def leave(self, place: Place) -> None:
        """Leave a group; that the bot is not in it any more is no error."""
        with suppress(ChatGone), _mapped():
            await self._api.leave(place.chat)

    async def _hears_all(self, chat: str) -> bool:
        """Return whether every message comes: to all bots without privacy mode, and to admins.

        A group that the bot joined before the mode was changed goes on in the old one, and nothing
        tells that.
        """
        me = await self._api.me()
        if me.can_read_all_group_messages:
            return True
        return await self._api.status(chat, me.id) in _ADMINS


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except CallError as error:
        raised = frontend_error(error, is_repeatable=True)
    else:
        return
    raise raised
