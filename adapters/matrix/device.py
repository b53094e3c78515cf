"""The bot's device: logged in once, kept sealed, and made anew where its keys are lost."""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from adapters.matrix.account import Account
from adapters.matrix.api import MatrixApi
from adapters.matrix.crypto.machine import Machine
from adapters.matrix.crypto.store import OlmStore
from adapters.matrix.troubles import (
    BAD_PASSWORD,
    BAD_TOKEN,
    LOST_DEVICE,
    NO_DEVICE,
    NO_PASSWORD,
    NOT_MATRIX,
    TOO_OLD,
    UNKNOWN_TOKEN,
    WRONG_USER,
)
from adapters.matrix.versions import is_new_enough
from adapters.matrix.wire import CallError, text_in
from adapters.shared.troubles import Trouble
from bot.domain.errors import StartError
from bot.domain.ports import Keepsakes
from bot.domain.secret import Secret

_log = logging.getLogger(__name__)
_DEVICE: Final = "matrix/device"
_STORE_KEY: Final = "matrix/store-key"
_NAME: Final = "Hearthkey"
_PASSWORD_FLOW: Final = "m.login.password"  # noqa: S105 - the name of a way to log in


class _Kept(msgspec.Struct):
    homeserver: str
    user: str
    device: str
    token: str


@dataclass(frozen=True, slots=True)
class Device:
    """Who the bot is on its homeserver."""

    user: str
    id: str
    token: Secret


class Devices:
    """Finds the device of earlier runs, or makes one. Raises CallError and StartError.

    A StartError is for what the operator must mend; a CallError may go away by itself.
    """

    def __init__(
        self, account: Account, api: MatrixApi, keepsakes: Keepsakes, folder: Path
    ) -> None:
        """Use them all; `folder` is where the device's store is. No I/O."""
        self._account = account
        self._api = api
        self._keepsakes = keepsakes
        self._folder = folder

    async def forget(self) -> None:
        """Forget the device of a backup that was put back: it may be older than what is known."""
        await self._keepsakes.drop(_DEVICE)
        for store in self._folder.glob("*.db*"):
            store.unlink()

    async def enter(self) -> tuple[Device, Machine]:
        """Return the device, known to the server, and its machine."""
        await self._look_at_server()
        kept = await self._kept()
        found = await self._by_token(kept)
        if found is None and kept is not None:
            found = await self._as_before(kept)
        return found or await self.renew(kept_token=kept.token if kept else "")

    async def renew(self, *, kept_token: str = "") -> tuple[Device, Machine]:
        """Log in as a new device, and end the one whose token this is, if it still is one."""
        password = self._account.password
        if password is None:
            raise _start_error(LOST_DEVICE)
        self._api.token = None
        if _PASSWORD_FLOW not in await self._flows():
            raise _start_error(NO_PASSWORD)
        try:
            answer = await self._api.log_in(self._account.user, password, name=_NAME)
        except CallError as error:
            if error.status == 403:
                raise _start_error(BAD_PASSWORD) from None
            raise
        device = Device(
            text_in(answer, "user_id"),
            text_in(answer, "device_id"),
            Secret(text_in(answer, "access_token")),
        )
        _log.info("logged in to Matrix as a new device")
        await self._keep(device)
        if kept_token:
            await self._end(Secret(kept_token))
        self._api.token = device.token
        return device, await self._machine(device, is_new=True)

    async def _flows(self) -> Sequence[str]:
        try:
            return await self._api.login_flows()
        except CallError as error:
            if error.status == 404:  # so where logins are somebody else's
                return ()
            raise

    async def _look_at_server(self) -> None:
        try:
            versions = await self._api.versions()
        except CallError as error:
            if 400 <= error.status < 500 and error.status != 429:
                raise _start_error(NOT_MATRIX) from None
            raise
        if not is_new_enough(versions):
            raise _start_error(TOO_OLD if versions else NOT_MATRIX)

    async def _by_token(self, kept: _Kept | None) -> tuple[Device, Machine] | None:
        """Enter with the token of the settings; None where the password is to do it."""
        token = self._account.access_token
        if token is None:
            return None
        self._api.token = token
        try:
            who = await self._api.who_am_i()
        except CallError as error:
            if error.code != UNKNOWN_TOKEN:
                raise
            if self._account.password is None:
                raise _start_error(BAD_TOKEN) from None
            return None
        if who.get("user_id") != self._account.user:
            raise _start_error(WRONG_USER)
        if not isinstance(who.get("device_id"), str):
            raise _start_error(NO_DEVICE)
        device = Device(self._account.user, str(who["device_id"]), token)
        is_known = kept is not None and kept.device == device.id
        if is_known and not self._has_store(device.id):
            return await self.renew()
        await self._keep(device)
        return device, await self._machine(device, is_new=not is_known)

    async def _as_before(self, kept: _Kept) -> tuple[Device, Machine] | None:
        """Enter as the device of the last run, if all of it is still there."""
        device = Device(kept.user, kept.device, Secret(kept.token))
        if not self._has_store(device.id):
            return None
        self._api.token = device.token
        try:
            await self._api.who_am_i()
        except CallError as error:
            if error.code != UNKNOWN_TOKEN:
                raise
            return None
        return device, await self._machine(device)

    async def _end(self, token: Secret) -> None:
        """Log an older device out, so that nobody sends to it any more."""
        self._api.token = token
        try:
            await self._api.log_out()
        except CallError as error:
            _log.info("the device before this one was not logged out: %s", error)

    async def _kept(self) -> _Kept | None:
        kept = await self._keepsakes.get(_DEVICE)
        found = msgspec.json.decode(kept.reveal(), type=_Kept) if kept else None
        account = self._account
        is_same = found and (found.homeserver, found.user) == (account.homeserver, account.user)
        return found if is_same else None

    async def _keep(self, device: Device) -> None:
        kept = _Kept(self._account.homeserver, device.user, device.id, device.token.reveal())
        await self._keepsakes.put(_DEVICE, Secret(msgspec.json.encode(kept).decode()))

    def _has_store(self, device: str) -> bool:
        return (self._folder / f"{device}.db").exists()

    async def _machine(self, device: Device, *, is_new: bool = False) -> Machine:
        """Open the device's store, whose key is a random one that the vault keeps."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if is_new:
            for old in self._folder.glob("*.db*"):
                old.unlink()
        key = await self._keepsakes.get(_STORE_KEY)
        if key is None or is_new:
            key = Secret(secrets.token_urlsafe(32))
            await self._keepsakes.put(_STORE_KEY, key)
        return Machine(OlmStore(device.user, device.id, self._folder, key))


def _start_error(trouble: Trouble) -> StartError:
    return StartError([trouble.line])
