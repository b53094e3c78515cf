"""The homeserver, looked at beside a running bot: nobody is logged in, and nothing is synced."""

from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from adapters.matrix.account import Account
from adapters.matrix.troubles import (
    BAD_TOKEN,
    NO_DEVICE,
    NO_PASSWORD,
    NOT_MATRIX,
    TOO_OLD,
    WRONG_USER,
)
from adapters.matrix.versions import is_new_enough
from adapters.shared.clockcheck import clock_finding
from adapters.shared.http import HttpAnswer, HttpClient
from adapters.shared.transport import HttpFault, Timeouts
from bot.domain.findings import Finding, ok, problem
from bot.domain.ports import Clock
from bot.domain.secret import Secret

_TIMEOUTS: Final = Timeouts(connect_s=5.0, write_s=5.0, read_s=10.0, total_s=15.0)
_CLIENT: Final = "/_matrix/client"


class MatrixCheckup:
    """Checks of one account. No finding holds a token, a password, or more than a host's name."""

    def __init__(self, account: Account, http: HttpClient, clock: Clock) -> None:
        """Take the client, which somebody else closes; no I/O."""
        self._account = account
        self._http = http
        self._clock = clock
        self._root = account.homeserver.rstrip("/")

    async def findings(self) -> AsyncIterator[Finding]:
        """Look at everything."""
        began = self._clock.monotonic()
        try:
            answer = await self._get(f"{_CLIENT}/versions")
            took_s = self._clock.monotonic() - began
            versions = _json(answer).get("versions")
            if not isinstance(versions, list):
                yield problem("connection", f"{self._there}: {await self._mistaken()}")
                return
            yield ok("connection", f"{self._there} answers in {took_s:.2f} s")
            yield clock_finding(answer.headers.get("date", ""), self._clock.now(), self._there)
            if not is_new_enough(versions):
                yield problem("version", TOO_OLD.line)
            yield await self._entry()
        except HttpFault as fault:
            found = f"{self._there} does not answer: {fault.reason}"
            mend = "see to this host's network and HEARTHKEY_MATRIX_HOMESERVER"
            yield problem("connection", found, mend)

    async def _entry(self) -> Finding:
        """Say whether the bot gets in: a token is tried, a password would make a device."""
        token = self._account.access_token
        if token is None:
            flows = _json(await self._get(f"{_CLIENT}/v3/login")).get("flows")
            kinds = [each.get("type") for each in flows or () if isinstance(each, dict)]
            if "m.login.password" not in kinds:
                return problem("login", NO_PASSWORD.line)
            return ok("login", "by password, which is tried when the bot starts and not here")
        answer = await self._get(f"{_CLIENT}/v3/account/whoami", token)
        who = _json(answer)
        if answer.status != 200:
            return problem("login", BAD_TOKEN.line)
        if who.get("user_id") != self._account.user:
            return problem("login", WRONG_USER.line)
        if not who.get("device_id"):
            return problem("login", NO_DEVICE.line)
        return ok("login", f"the access token is accepted, the bot is {self._account.user}")

    async def _mistaken(self) -> str:
        """Say what is wrong with an address; where it names the right one, say that too."""
        named = _json(await self._get("/.well-known/matrix/client")).get("m.homeserver")
        base = named.get("base_url") if isinstance(named, dict) else None
        if not isinstance(base, str) or not urlsplit(base).hostname:
            return NOT_MATRIX.line
        return f"it is not the homeserver itself: set HEARTHKEY_MATRIX_HOMESERVER to {base}"

    @property
    def _there(self) -> str:
        parts = urlsplit(self._root)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.hostname or 'an unreadable address'}{port}"

    async def _get(self, path: str, token: Secret | None = None) -> HttpAnswer:
        headers = {"authorization": Secret(f"Bearer {token.reveal()}")} if token else {}
        return await self._http.get(f"{self._root}{path}", headers=headers, timeouts=_TIMEOUTS)


def _json(answer: HttpAnswer) -> dict[str, Any]:
    try:
        return msgspec.json.decode(answer.body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
