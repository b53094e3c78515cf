"""A device that is entered: its keys published, its identity looked after, ready to sync."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from adapters.matrix.account import Account
from adapters.matrix.api import MatrixApi
from adapters.matrix.crypto.machine import Machine
from adapters.matrix.crypto.opening import Opening
from adapters.matrix.crypto.sealing import Sealing
from adapters.matrix.device import Device, Devices
from adapters.matrix.rooms import Rooms
from adapters.matrix.syncing import Round, Syncer
from adapters.matrix.trust.identities import signed_devices
from adapters.matrix.trust.trust import DeviceLost, OwnDevice, Trust
from adapters.matrix.verification.carrier import Carrier
from adapters.matrix.verification.verifier import Verifier
from bot.domain.ports import Clock, Keepsakes

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Connection:
    """What belongs to one device, and ends with it."""

    device: Device
    machine: Machine
    trust: Trust
    verifier: Verifier
    sealing: Sealing
    opening: Opening
    syncer: Syncer


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """Makes connections of one account, one after another."""

    account: Account
    api: MatrixApi
    devices: Devices
    rooms: Rooms
    keepsakes: Keepsakes
    clock: Clock
    operators: Callable[[], Sequence[str]]
    take: Callable[[Round], Awaitable[None]]

    async def connect(self) -> Connection:
        """Enter as the bot's device, or as a new one. Raises CallError and StartError."""
        device, machine = await self.devices.enter()
        try:
            return await self._connected(device, machine)
        except DeviceLost:
            machine.close()
            device, machine = await self.devices.renew(kept_token=device.token.reveal())
            return await self._connected(device, machine)

    async def _connected(self, device: Device, machine: Machine) -> Connection:
        sealing = Sealing(self.api, machine, self.rooms, self.clock, readers=signed_devices)
        await sealing.keep_up()
        me = OwnDevice(device.user, device.id, machine.keys, machine.sign)
        trust = Trust(self.api, self.keepsakes, me, password=self.account.password)
        if line := (await trust.establish()).line:
            _log.error(line)
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
        carrier = Carrier(self.api, sealing, self.rooms)
        verifier = Verifier(trust, self.api, carrier, self.clock, operators=self.operators)
        return Connection(device, machine, trust, verifier, sealing, opening, syncer)
