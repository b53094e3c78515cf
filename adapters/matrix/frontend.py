"""Matrix as a messenger: takes what is said, shows what is replied."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from adapters.matrix.account import Account
from adapters.matrix.api import MatrixApi
from adapters.matrix.connection import Connection, Connector
from adapters.matrix.device import Device, Devices
from adapters.matrix.groups import Groups
from adapters.matrix.hearing import Hearing
from adapters.matrix.membership import Membership
from adapters.matrix.outlet import Outlet
from adapters.matrix.pacing import Pacing
from adapters.matrix.preview import Preview
from adapters.matrix.render import split_reply
from adapters.matrix.rooms import NAME, Rooms
from adapters.matrix.seen import Seen
from adapters.matrix.syncing import Round
from adapters.matrix.tools import tools
from adapters.matrix.translate import Me
from adapters.matrix.troubles import UNKNOWN_TOKEN, matrix_troubles, trouble_of
from adapters.matrix.ways import Growing, Whole
from adapters.matrix.wire import CallError, Json, Wire
from adapters.shared.http import HttpClient
from adapters.shared.sink import GrowingSink
from bot.domain.chat import Identity, Place, Streaming
from bot.domain.errors import FrontendError, StartError, StorageUnavailable
from bot.domain.events import MessageRef, Reply
from bot.domain.ports import (
    Abilities,
    Around,
    Clock,
    Growth,
    Keepsakes,
    Receiver,
    ReplySink,
    Tool,
)

_log = logging.getLogger(__name__)
_SEEN: Final = "\N{EYES}"
_AWAIT_S: Final = 20.0


class MatrixFrontend:
    """One account. `run` owns the connection, and reconnects."""

    name = NAME
    abilities = Abilities(
        prefix="!",
        can_edit=True,
        can_delete=True,
        can_react=True,
        sends_once=True,
        redelivers=True,
        threads_hang=True,
        seals=True,
        opens_private=True,
        delete_label="Remove",
    )

    def __init__(
        self,
        account: Account,
        *,
        http: HttpClient,
        clock: Clock,
        keepsakes: Keepsakes,
        folder: Path,
        is_restored: bool = False,
        operators: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """Take the account and the client, which somebody else closes; no I/O.

        `folder` is for the device's own store, and need not exist. `operators` are the accounts
        on Matrix that may verify the bot.
        """
        self._account = account
        self._clock = clock
        self._is_restored = is_restored
        self._api = MatrixApi(Wire(http, account.homeserver))
        self._rooms = Rooms()
        self._connector = Connector(
            account=account,
            api=self._api,
            devices=Devices(account, self._api, keepsakes, folder),
            rooms=self._rooms,
            keepsakes=keepsakes,
            clock=clock,
            operators=operators,
            take=self._take,
        )
        self._seen = Seen()
        self._outlet = Outlet(self._api, self._rooms, self._seen, Pacing(clock))
        self._membership = Membership(self._api, self._rooms, clock, account.user)
        self._groups = Groups(self._rooms, self._outlet, self._membership, account.user)
        self._hearing = Hearing(self._api, self._rooms, self._seen, clock, Me(account.user))
        self._connection: Connection | None = None
        self._receiver: Receiver | None = None
        self._verifying: asyncio.Task[None] | None = None
        self._aside: set[asyncio.Task[None]] = set()

    async def check(self) -> None:
        """Log in; raises StartError where a start is of no use.

        No network is no such reason: `run` connects when there is one.
        """
        try:
            await self._connect()
        except CallError as error:
            _log.error(trouble_of(error).line)

    async def run(self, receiver: Receiver) -> None:
        """Hand over what is said until cancelled; what fails is tried again, ever more slowly."""
        self._receiver = receiver
        troubles = matrix_troubles(self._clock)
        while True:
            try:
                connection = self._connection or await self._connect()
                await connection.syncer.round()
            except (CallError, StorageUnavailable, StartError) as error:
                if isinstance(error, CallError) and error.code == UNKNOWN_TOKEN:
                    self._disconnect()
                await troubles.wait(error)
            else:
                troubles.end()

    async def close(self) -> None:
        """End what is still done on the side."""
        for task in tuple(self._aside):
            task.cancel()
        if self._aside:
            await asyncio.wait(self._aside)
        await self._hearing.close()
        self._disconnect()

    @property
    def named(self) -> str:
        """The bot's name after " as "."""
        return f" as {self._account.user}"

    @property
    def device(self) -> Device | None:
        """The device it is connected as; None: it is not connected."""
        return self._connection.device if self._connection else None

    @property
    def tools(self) -> Mapping[str, Tool]:
        """What an operator can do with it from the host."""
        return tools(lambda: self._connection)

    def private_link(self, payload: str = "") -> str:
        """Name no address: a chat begins with an invitation of the account."""
        del payload
        return ""

    def split(self, reply: Reply) -> Sequence[Reply]:
        """Cut a reply where a message is full."""
        return split_reply(reply)

    def sink(self, place: Place, growth: Growth) -> ReplySink:
        """Return where an answer will grow."""
        is_whole = growth.stream is Streaming.OFF
        way = (Whole if is_whole else Growing)(self._outlet, place, growth, self._account.user)
        return GrowingSink[Json](
            way,
            self._clock,
            draw=Preview().show,
            instead=lambda _: Whole(self._outlet, place, growth, self._account.user),
        )

    async def post(self, place: Place, reply: Reply, *, key: str) -> MessageRef | None:
        """Send a message; the server knows by `key` that it is the same."""
        return await self._outlet.post(place, reply, txn=key)

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        """Put a reply in a message's place."""
        await self._outlet.edit(place, message, reply)

    async def delete(self, place: Place, message: MessageRef) -> bool:
        """Redact a member's message."""
        return await self._outlet.delete(place, message)

    async def seen(self, place: Place, message: MessageRef) -> None:
        """Put eyes under a message that waits its turn."""
        _ = self._start(self._react(place, message))

    def is_unsealed(self, place: Place) -> bool:
        """Return whether the room is not encrypted."""
        room = self._rooms.find(place.chat)
        return room is None or not room.is_encrypted

    async def open_private(self, identity: Identity) -> Place:
        """Open an encrypted chat with an account, or return the one there is."""
        place, is_new = await self._groups.open_private(identity.id)
        if is_new:
            _ = self._start(self._membership.note_direct(identity.id, place.chat))
        return place

    async def around(self, place: Place) -> Around:
        """Return what is known of a room."""
        return self._groups.around(place)

    async def is_admin(self, place: Place, identity: Identity) -> bool:
        """Return whether an account has the power to change a room."""
        return self._groups.is_admin(place, identity.id)

    async def leave(self, place: Place) -> None:
        """Leave a room."""
        await self._groups.leave(place)

    def has_topics(self, place: Place) -> bool:
        """Open none: people begin threads, on a message."""
        del place
        return False

    async def open_topic(self, place: Place, title: str) -> Place:
        """Open none."""
        del place, title
        raise FrontendError

    async def _connect(self) -> Connection:
        self._disconnect()
        if self._is_restored:
            await self._connector.devices.forget()
            self._is_restored = False
        self._connection = await self._connector.connect()
        self._verifying = self._start(self._connection.verifier.run())
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._outlet.sealing = None
            self._connection.machine.close()
            self._connection = None
        if self._verifying is not None:
            self._verifying.cancel()

    async def _take(self, round_: Round) -> None:
        """Hand over what came, in order within a room, and all rooms side by side."""
        connection, receiver = self._connection, self._receiver
        if connection is None or receiver is None:
            raise CallError(0)
        self._outlet.sealing = connection.sealing
        await self._membership.follow(round_, receiver)
        if round_.entered:
            await self._awaited(self._membership.tell(round_.entered, receiver))
        await self._hearing.take(round_, connection.opening, connection.verifier, receiver)
        if round_.invites:
            # The server tells of them once, so they are answered before it is told to go on.
            await self._awaited(self._membership.answer(round_.invites, receiver))
        for room, of in self._membership.to_follow():
            _ = self._start(self._membership.join(room, of))
        for room in self._membership.to_leave():
            _ = self._start(self._membership.leave(room))
        for room in self._membership.to_forget():
            _ = self._start(self._membership.forget(room))

    async def _awaited(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for what calls the server, but not so long that nothing is heard any more."""
        task = self._start(work)
        await asyncio.wait((task,), timeout=_AWAIT_S)
        if task.done():
            task.result()

    async def _react(self, place: Place, message: MessageRef) -> None:
        try:
            await self._outlet.react(place, message, _SEEN)
        except FrontendError as error:
            _log.info("a message was not marked as seen: %s", type(error).__name__)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)
        return task
