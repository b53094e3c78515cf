"""A verification under way: what it says is sent in order, and somebody waits for its end."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar, final

from adapters.matrix.trust.ports import VerificationTransport
from adapters.matrix.verification import wire
from adapters.matrix.verification.machine import Verification
from adapters.matrix.verification.wire import Message
from adapters.matrix.wire import CallError
from bot.domain.ports import Clock

T = TypeVar("T")

LONGEST_S: Final = 600.0


async def first(work: Coroutine[Any, Any, T], *rivals: Coroutine[Any, Any, Any]) -> T | None:
    """Return what work comes to; None, and it is cancelled, if a rival ends before it."""
    loop = asyncio.get_running_loop()
    working = loop.create_task(work)
    tasks = [working, *(loop.create_task(each) for each in rivals)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        ended = working if working.done() else next(each for each in tasks if each.done())
        result = ended.result()
        return result if ended is working else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@final
class Flow:
    """A verification, where it goes and how long it may take.

    `transaction` names it. `room` is where it takes place; without one it goes to the devices
    `targets`, of which all but the one that takes it are told so. `is_broken`: a message of ours
    could not be sent, so it was given up.
    """

    def __init__(
        self,
        verification: Verification,
        transport: VerificationTransport,
        clock: Clock,
        *,
        user: str,
        transaction: str,
        room: str | None,
        targets: Sequence[str] = (),
    ) -> None:
        """Begin the ten minutes."""
        self.verification = verification
        self.user = user
        self.transaction = transaction
        self.room = room
        self.is_broken = False
        self._targets = list(targets)
        self._transport = transport
        self._clock = clock
        self._until = clock.monotonic() + LONGEST_S
        self._changed = asyncio.Condition()

    @property
    def address(self) -> tuple[str, str, str | None]:
        """Return what its messages are told by: user, transaction, room."""
        return self.user, self.transaction, self.room

    async def apply(self, step: Callable[[], list[Message]]) -> None:
        """Take a step of the verification and send what it says, before any other step."""
        async with self._changed:
            try:
                await self._send(step())
            except CallError:
                self.is_broken = True
                self.verification.cancel(wire.USER)
            self._changed.notify_all()

    async def receive(self, kind: str, content: object) -> None:
        """Take a message of the other account's."""
        await self.apply(lambda: self.verification.receive(kind, content))

    async def cancel(self, code: str) -> None:
        """End it, if it has not ended."""
        await self.apply(lambda: self.verification.cancel(code))

    async def reached(self, holds: Callable[[Verification], bool]) -> bool:
        """Wait until something holds; return True. It may be over and never hold: see `during`."""
        async with self._changed:
            return await self._changed.wait_for(lambda: holds(self.verification))

    async def during(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Return what work comes to; None if the verification, or its time, ends before it."""
        over = self.reached(lambda verification: verification.is_over)
        return await first(work, over, self._expire())

    async def _expire(self) -> None:
        await self._clock.sleep(max(0.0, self._until - self._clock.monotonic()))
        await self.cancel(wire.TIMEOUT)

    async def _send(self, messages: Sequence[Message]) -> None:
        await self._settle_device()
        for message in messages:
            await self._send_one(message)

    async def _send_one(self, message: Message) -> None:
        if self.room is not None:
            await self._transport.send_in_room(self.room, message.kind, message.content)
            return
        for device in self._targets:
            await self._to_device(device, message)

    async def _settle_device(self) -> None:
        """Tell the devices that were asked too that one took it, or that nobody does."""
        verification, taken = self.verification, self.verification.other
        if taken is not None:
            others = [each for each in self._targets if each != taken.device]
            self._targets, code = [taken.device], wire.ACCEPTED
        elif verification.is_theirs and verification.is_over:
            others, self._targets, code = self._targets, [], wire.USER
        else:
            return
        for device in others if self.room is None else ():
            await self._to_device(device, wire.cancellation(code, self.transaction, in_room=False))

    async def _to_device(self, device: str, message: Message) -> None:
        await self._transport.send_to_device(self.user, device, message.kind, message.content)
