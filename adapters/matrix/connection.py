"""A device that is entered: its keys published, its identity looked after, ready to sync."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from adapters.matrix.api import MatrixApi
from adapters.matrix.device import Device, Devices
from adapters.matrix.machine import Machine
from adapters.matrix.opening import Opening
from adapters.matrix.rooms import Rooms
from adapters.matrix.sealing import Sealing
from adapters.matrix.syncing import Round, Syncer
from adapters.matrix.trust import DeviceLost, Trust, signed_devices
from bot.domain.ports import Clock, Keepsakes


@dataclass(frozen=True, slots=True)
class Connection:
    """What belongs to one device, and ends with it."""

    device: Device
    machine: Machine
    sealing: Sealing
    opening: Opening
    syncer: Syncer


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """Makes connections of one account, one after another."""

    api: MatrixApi
    devices: Devices
    trust: Trust
    rooms: Rooms
    keepsakes: Keepsakes
    clock: Clock
    take: Callable[[Round], Awaitable[None]]

    async def connect(self, *, is_restored: bool) -> Connection:
        """Enter as the bot's device, or as a new one. Raises CallError and StartError."""
        device, machine = await self.devices.enter(is_restored=is_restored)
        try:
            return await self._connected(device, machine)
        except DeviceLost:
            machine.close()
            device, machine = await self.devices.renew(kept_token=device.token.reveal())
            return await self._connected(device, machine)

    async def _connected(self, device: Device, machine: Machine) -> Connection:
        sealing = Sealing(self.api, machine, self.rooms, self.clock, readers=signed_devices)
        await sealing.keep_up()
        await self.trust.establish(device, machine)
        opening = Opening(self.api, machine, self.keepsakes, self.clock)
        syncer = Syncer(
            self.api,
            machine=machine,
            rooms=self.rooms,
            opening=opening,
            sealing=sealing,
            keepsakes=self.keepsakes,
            clock=self.clock,
            take=self.take,
            me=device.user,
        )
        await syncer.load()
        return Connection(device, machine, sealing, opening, syncer)
