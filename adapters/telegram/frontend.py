"""Telegram as a messenger: takes what is said, shows what is replied."""

import asyncio
import itertools
import logging
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

from adapters.shared.http import HttpClient
from adapters.shared.sink import GrowingSink, Way
from adapters.shared.text.entities import Rendered
from adapters.shared.text.growing import Preview
from adapters.telegram.api import BotApi
from adapters.telegram.checkup import PUBLIC_BASE
from adapters.telegram.groups import Groups
from adapters.telegram.menu import MenuEntry
from adapters.telegram.menus import Menus
from adapters.telegram.outlet import Outlet
from adapters.telegram.pacing import Pacing
from adapters.telegram.polling import Poller
from adapters.telegram.render import FULL, split_reply
from adapters.telegram.translate import NAME, Joined, Left, Me, Meaning, Moved, Said
from adapters.telegram.troubles import (
    BAD_TOKEN,
    UNREACHABLE,
    WEBHOOK,
    telegram_troubles,
    trouble_of,
)
from adapters.telegram.ways import Draft, DraftPace, Edit, Whole
from adapters.telegram.whispers import PROBE
from adapters.telegram.wire import CallError
from bot.domain.chat import Identity, Place, Streaming
from bot.domain.errors import FrontendError, StartError, StorageUnavailable
from bot.domain.events import MessageRef, Reply
from bot.domain.ports import Abilities, Around, Clock, Growth, Receiver, ReplySink
from bot.domain.secret import Secret

T = TypeVar("T")

_log = logging.getLogger(__name__)
_SEEN: Final = "\N{EYES}"


class TelegramFrontend:
    """One bot. Updates are polled; `run` owns the connection, and reconnects."""

    name = NAME
    abilities = Abilities(
        has_buttons=True, can_edit=True, can_delete=True, streams=True, redelivers=True
    )

    def __init__(
        self,
        token: Secret,
        *,
        http: HttpClient,
        clock: Clock,
        menu: Sequence[MenuEntry] = (),
        operators: Callable[[], Sequence[str]] = tuple,
        base: str = PUBLIC_BASE,
        proxy: str | None = None,
    ) -> None:
        """Take the token and the client, which somebody else closes; no I/O.

        `operators` returns the operators' accounts here.
        """
        self._api = BotApi(token, http, base=base, proxy=proxy)
        self._clock = clock
        self._menus = Menus(self._api, menu, operators)
        self._groups = Groups(self._api, clock)
        self._outlet = Outlet(self._api, Pacing(clock))
        self._me: Me | None = None
        self._has_topics = False
        self._can_draft = False
        self._no_drafts: set[str] = set()
        self._draft_paces: dict[str, DraftPace] = {}
        self._drafts = itertools.count(secrets.randbelow(2**30) + 1)
        self._aside: set[asyncio.Task[None]] = set()

    async def check(self) -> None:
        """Ask Telegram who we are; raises StartError where a start is of no use.

        No network is no such reason: `run` connects when there is one.
        """
        try:
            await self._introduce()
            is_taken = bool(await self._api.webhook())
        except CallError as error:
            trouble = trouble_of(error)
            if trouble is BAD_TOKEN:
                raise StartError([trouble.line]) from None
            _log.error(UNREACHABLE.line)
            return
        if is_taken:
            raise StartError([WEBHOOK.line])

    async def run(self, receiver: Receiver) -> None:
        """Hand over updates until cancelled."""
        troubles = telegram_troubles(self._clock)
        while self._me is None:
            try:
                await self._introduce()
            except CallError as error:
                await troubles.wait(error)
        poller = Poller(
            self._api,
            self._clock,
            self._me,
            lambda meanings: self._take(receiver, meanings),
            troubles,
        )
        self._start(self._menus.set_all())
        await poller.run()

    async def close(self) -> None:
        """End what is still done on the side."""
        for task in tuple(self._aside):
            task.cancel()
        if self._aside:
            await asyncio.wait(self._aside)

    @property
    def named(self) -> str:
        """The bot's name after " as "; empty before Telegram told it."""
        return f" as @{self._me.username}" if self._me else ""

    def private_link(self, payload: str = "") -> str:
        """Return an address that opens the private chat, and sends /start with a payload there.

        Empty before the bot knows its own name.
        """
        if self._me is None:
            return ""
        return f"https://t.me/{self._me.username}" + (f"?start={payload}" if payload else "")

    def split(self, reply: Reply) -> Sequence[Reply]:
        """Cut a reply where a message is full."""
        return split_reply(reply)

    def sink(self, place: Place, growth: Growth) -> ReplySink:
        """Return where an answer will grow."""
        return GrowingSink(
            self._way(place, growth),
            self._clock,
            draw=Preview(FULL).seen,
            instead=lambda way: self._instead(way, place, growth),
        )

    async def post(self, place: Place, reply: Reply, *, key: str) -> MessageRef | None:
        """Send a message."""
        del key  # the Bot API has no way to say that a message is the same
        return await self._outlet.post(place, reply)

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        """Put a reply in a message's place."""
        await self._outlet.edit(place, message, reply)

    async def delete(self, place: Place, message: MessageRef) -> bool:
        """Delete a member's message."""
        return await self._outlet.delete(place, message)

    async def seen(self, place: Place, message: MessageRef) -> None:
        """Put eyes under a message that waits its turn."""
        self._start(self._react(place, message))

    def is_unsealed(self, place: Place) -> bool:
        """No chat here is closed to the server, so none is worse than another."""
        del place
        return False

    async def open_private(self, identity: Identity) -> Place:
        """Return the chat that the person would begin: bots cannot begin one here."""
        return Place(NAME, identity.id)

    async def around(self, place: Place) -> Around:
        """Return what Telegram knows of a group. Raises FrontendError."""
        return await self._groups.around(place)

    async def is_admin(self, place: Place, identity: Identity) -> bool:
        """Return whether an account is an admin of a group. Raises FrontendError."""
        return await self._groups.is_admin(place, identity)

    async def leave(self, place: Place) -> None:
        """Leave a group. Raises FrontendError."""
        await self._groups.leave(place)

    def has_topics(self, place: Place) -> bool:
        """Return whether a new topic can be opened there."""
        return self._has_topics and place.is_private

    async def open_topic(self, place: Place, title: str) -> Place:
        """Open a topic; nobody sees it before it has a message. Raises FrontendError."""
        return await self._outlet.open_topic(place, title)

    async def _introduce(self) -> None:
        user = await self._api.me()
        self._me = Me(user.id, user.username or "")
        self._has_topics = bool(user.has_topics_enabled)
        # A server that knows messages for one alone (10.2) can stop drafts too (10.3), as far as
        # can be told: neither is in the public source of the server.
        self._can_draft = self._outlet.can_whisper = await self._api.has_method(PROBE)

    async def _take(self, receiver: Receiver, meanings: Sequence[Meaning]) -> None:
        """Hand over what came: in order within a place, and all places side by side."""
        places: dict[Place, list[Said]] = defaultdict(list)
        for each in meanings:
            match each:
                case Moved(_, old, new_chat):
                    await receiver.moved(old, new_chat)
                case Left(_, place):
                    await receiver.left(place)
                case Joined(update, place, by, name):
                    _ = await _handled(update, receiver.joined(place, by, name))
                case Said():
                    places[each.incoming.place].append(each)
        found = await asyncio.gather(
            *(self._take_in_order(receiver, said) for said in places.values()),
            return_exceptions=True,
        )
        for error in found:
            if isinstance(error, BaseException):
                raise error
        if self._menus.is_behind(each.chat for each in places if each.is_private):
            self._start(self._menus.catch_up())

    async def _take_in_order(self, receiver: Receiver, said: Sequence[Said]) -> None:
        for each in said:
            toast = await _handled(each.update, receiver.receive(each.incoming))
            if each.query:
                self._start(self._answer_press(each.query, toast or ""))

    async def _answer_press(self, query: str, toast: str) -> None:
        try:
            await self._api.answer_press(query, toast)
        except CallError as error:
            _log.info("a button's waiting was not ended: status %s", error.status)

    async def _react(self, place: Place, message: MessageRef) -> None:
        try:
            await self._outlet.react(place, message, _SEEN)
        except FrontendError as error:
            _log.info("a message was not marked as seen: %s", type(error).__name__)

    def _way(self, place: Place, growth: Growth) -> Way[Rendered]:
        wanted = growth.stream
        if wanted is Streaming.OFF:
            return Whole(self._outlet, place, growth)
        is_draft = wanted is Streaming.DRAFT or (wanted is Streaming.AUTO and self._can_draft)
        if is_draft and place.is_private and place.chat not in self._no_drafts:
            pace = self._draft_paces.setdefault(place.chat, DraftPace())
            return Draft(self._outlet, place, pace, next(self._drafts))
        return Edit(self._outlet, place, growth)

    def _instead(self, way: Way[Rendered], place: Place, growth: Growth) -> Way[Rendered]:
        """Return the next way; a chat that refused a draft is not asked again."""
        if isinstance(way, Draft):
            self._no_drafts.add(place.chat)
            return Edit(self._outlet, place, growth)
        return Whole(self._outlet, place, growth)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)


async def _handled(update: str, work: Awaitable[T]) -> T | None:
    """Wait for an update's end, and return what came of it. Raises StorageUnavailable."""
    try:
        return await work
    except StorageUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - one update must not stop all others
        _log.error("update %s failed and is left out: %s", update, type(error).__name__)
    return None
