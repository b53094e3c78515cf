"""The way in for verifications: operators' requests wait for the console, one is under way."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, final

from adapters.matrix.trust.approval import Refused
from adapters.matrix.trust.identities import devices_of, identity_of
from adapters.matrix.trust.ports import TrustApi, VerificationTransport
from adapters.matrix.trust.signing import key_id
from adapters.matrix.trust.trust import Trust
from adapters.matrix.verification import wire
from adapters.matrix.verification.flow import Flow
from adapters.matrix.verification.machine import Verification
from adapters.matrix.verification.requests import Asked, Event, Requests, read_request
from adapters.matrix.verification.sas import Party, Peer
from adapters.matrix.wire import CallError
from bot.domain.ports import Clock

_log = logging.getLogger(__name__)
_MOST_QUEUED: Final = 100
_CANCEL: Final = f"{wire.PREFIX}cancel"
_WANTED: Final = (
    "an operator asks in Element to verify the bot by emoji; run on this host, within ten minutes:"
    " hearthkey matrix verify"
)
Wanted = Callable[[str, str | None], Awaitable[None]]


async def _nobody(user: str, room: str | None) -> None:
    """Tell nobody."""
    del user, room


@final
class Verifier:
    """Takes verification events, and holds at most one verification at a time.

    Only operators' requests are kept, and none is taken before somebody at the host's console
    does. Others who ask in a room are told no; others who ask the device get no answer, since
    they may be anybody on any server.
    """

    def __init__(
        self,
        trust: Trust,
        api: TrustApi,
        transport: VerificationTransport,
        clock: Clock,
        *,
        operators: Callable[[], Sequence[str]],
        wanted: Wanted = _nobody,
    ) -> None:
        """Take the way out; no I/O.

        `wanted` is told of an operator, and of the room, whose request waits for the console. It
        may raise CallError.
        """
        self.trust = trust
        self.requests = Requests(clock)
        self.busy = asyncio.Lock()
        self._api = api
        self._transport = transport
        self._clock = clock
        self._operators = operators
        self._wanted = wanted
        self._events: asyncio.Queue[Event] = asyncio.Queue(_MOST_QUEUED)
        self._flow: Flow | None = None
        self._opening = asyncio.Lock()

    @property
    def operators(self) -> Sequence[str]:
        """Return the operators' accounts."""
        return self._operators()

    def direct_room(self, user: str) -> str | None:
        """Return the direct chat with a user, if there is one."""
        return self._transport.direct_room(user)

    def take(
        self,
        sender: str,
        kind: str,
        content: object,
        room: str | None,
        event_id: str,
        *,
        sent_at: datetime | None = None,
    ) -> None:
        """Take an event that `is_verification`, each once and in order; never waits nor raises.

        `content` is whole, decrypted where it was encrypted, `m.relates_to` included: the key's
        promise is made over it. Element sends these events in clear, in encrypted rooms too.
        `room` None: it came to the device.
        """
        try:
            self._events.put_nowait(Event(sender, kind, content, room, event_id, sent_at))
        except asyncio.QueueFull:
            _log.warning("too many verification events at once; one is left out")

    async def run(self) -> None:
        """Handle what was taken, until cancelled."""
        while True:
            event = await self._events.get()
            async with self._opening:
                await self._handle(event)

    async def ask(self, user: str, room: str | None) -> Flow:
        """Ask a user in a room, or on all their devices. Raises Refused, CallError."""
        async with self._opening:
            peer = await self._peer(user)
            if room is None:
                return await self._ask_devices(peer)
            request = wire.room_request(self.trust.me.device, user)
            event_id = await self._transport.send_in_room(room, request.kind, request.content)
            self._flow = self._new_flow(peer, event_id, room)
            return self._flow

    async def answer(self, asked: Asked) -> Flow:
        """Take a request. Raises Refused, CallError."""
        async with self._opening:
            peer = await self._peer(asked.user)
            self.requests.withdraw(asked.user, asked.transaction, asked.room)
            flow = self._new_flow(peer, asked.transaction, asked.room, asked_by=asked.device)
            self._flow = flow
            await flow.apply(flow.verification.accept)
            return flow

    async def close(self, flow: Flow) -> None:
        """Let go of a verification; one that has not ended is cancelled."""
        self._flow = None
        await flow.cancel(wire.USER)

    async def _ask_devices(self, peer: Peer) -> Flow:
        if not peer.devices:
            msg = f"{peer.user} has no device that can encrypt"
            raise Refused(msg)
        transaction = secrets.token_urlsafe(16)
        self._flow = flow = self._new_flow(peer, transaction, None)
        sent_ms = round(self._clock.now().timestamp() * 1000)
        request = wire.device_request(self.trust.me.device, transaction, sent_ms)
        await flow.apply(lambda: [request])
        return flow

    def _new_flow(
        self, peer: Peer, transaction: str, room: str | None, *, asked_by: str = ""
    ) -> Flow:
        verification = Verification(
            self._party(), peer, transaction, in_room=room is not None, asked_by=asked_by
        )
        return Flow(
            verification,
            self._transport,
            self._clock,
            user=peer.user,
            transaction=transaction,
            room=room,
            targets=[asked_by] if asked_by else [*peer.devices],
        )

    def _party(self) -> Party:
        me, master = self.trust.me, self.trust.master
        if not master:
            raise Refused(self.trust.state.line)
        return Party(
            me.user, me.device, {key_id(me.device): me.keys.ed25519, key_id(master): master}
        )

    async def _peer(self, user: str) -> Peer:
        answer = await self._api.query_keys([user])
        identity = identity_of(answer, user)
        devices = {name: keys.ed25519 for name, keys in devices_of(answer, user).items()}
        return Peer(user, devices, identity.master if identity is not None else "")

    async def _handle(self, event: Event) -> None:
        if event.sender == self.trust.me.user:
            return
        if event.is_request:
            await self._on_request(event)
            return
        transaction = wire.transaction_of(event.content, in_room=event.room is not None)
        found = event.sender, transaction, event.room
        flow = self._flow
        if flow is not None and flow.address == found:
            await flow.receive(event.kind, event.content)
        elif event.kind == _CANCEL:
            self.requests.withdraw(*found)

    async def _on_request(self, event: Event) -> None:
        asked = read_request(event, self.trust.me.user, self._clock.now())
        if asked is None or (self._flow is not None and self._flow.address == asked.address):
            return
        is_operator = asked.user in self._operators()
        try:
            if is_operator and asked.can_do:
                await self._keep(asked)
            elif is_operator or asked.room is not None:
                await self._decline(asked, wire.UNKNOWN_METHOD if is_operator else wire.USER)
        except CallError as error:
            _log.warning("a request for verification was not answered: %s", error)

    async def _keep(self, asked: Asked) -> None:
        if not self.requests.keep(asked):
            _log.warning(_WANTED)
            await self._wanted(asked.user, asked.room)

    async def _decline(self, asked: Asked, code: str) -> None:
        in_room = asked.room is not None
        message = wire.cancellation(code, asked.transaction, in_room=in_room)
        if asked.room is not None:
            await self._transport.send_in_room(asked.room, message.kind, message.content)
            return
        await self._transport.send_to_device(
            asked.user, asked.device, message.kind, message.content
        )
