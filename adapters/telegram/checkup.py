"""Telegram, looked at beside a running bot: updates are never asked for, which would take them."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from adapters.shared.clockcheck import clock_finding
from adapters.shared.http import HttpClient
from adapters.shared.transport import HttpFault, Timeouts
from adapters.telegram.account import Account, switches
from bot.domain.findings import Finding, ok, problem, warning
from bot.domain.ports import Clock
from bot.domain.secret import Secret

T = TypeVar("T")

PUBLIC_BASE: Final = "https://api.telegram.org"
_TIMEOUTS: Final = Timeouts(connect_s=5.0, write_s=5.0, read_s=10.0, total_s=15.0)
_HEADERS: Final = {"content-type": "application/json"}
_MANY_WAITING: Final = 100


class _Reply(msgspec.Struct):
    """Any answer (Bot API, "Making requests")."""

    ok: bool
    result: msgspec.Raw = msgspec.Raw(b"null")
    description: str = ""


class _Webhook(msgspec.Struct):
    """Where updates go instead, and how many wait (Bot API, WebhookInfo)."""

    url: str = ""
    pending_update_count: int = 0
    last_error_message: str = ""

    @property
    def host(self) -> str:
        """Return the host alone: the path of a webhook is often its password."""
        return _host(self.url)


class _NoAnswer(Exception):
    """A call that gave no result, told as a finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.subject)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer and when it began to come."""

    status: int
    date: str
    body: bytes
    took_s: float
    at: datetime


class TelegramCheckup:
    """Checks of one bot. No finding holds the token, a whole address or a proxy's password."""

    def __init__(
        self,
        token: Secret,
        http: HttpClient,
        clock: Clock,
        *,
        base: str = PUBLIC_BASE,
        proxy: str | None = None,
    ) -> None:
        """Take the client, which somebody else closes; no I/O."""
        self._token = token
        self._http = http
        self._clock = clock
        self._base = base
        self._proxy = proxy

    async def findings(self, *, is_running: bool) -> AsyncIterator[Finding]:
        """Look at everything; `is_running`: whether the bot takes messages now."""
        try:
            answer = await self._call("getMe")
            yield ok("connection", f"{self._there} answers in {answer.took_s:.2f} s{self._way}")
            yield clock_finding(answer.date, answer.at, "Telegram")
            me = self._result(answer, Account)
            yield ok("token", f"accepted, the bot is @{me.username}")
            for finding in switches(me):
                yield finding
            webhook = self._result(await self._call("getWebhookInfo"), _Webhook)
            yield _webhook_finding(webhook)
            yield _waiting(webhook, is_running=is_running)
        except _NoAnswer as told:
            yield told.finding

    async def drop_webhook(self) -> AsyncIterator[Finding]:
        """Say where a webhook leads, then remove it; what waits at Telegram stays there."""
        try:
            webhook = self._result(await self._call("getWebhookInfo"), _Webhook)
            if not webhook.url:
                yield ok("webhook", "none is set, so there is nothing to remove")
                return
            waiting = webhook.pending_update_count
            yield ok("webhook", f"it leads to {webhook.host}; {waiting} updates wait and are kept")
            dropped = await self._call("deleteWebhook", {"drop_pending_updates": False})
            self._result(dropped, bool)
            yield ok("webhook", "removed; the bot gets its messages now")
        except _NoAnswer as told:
            yield told.finding

    @property
    def _there(self) -> str:
        return _host(self._base)

    @property
    def _way(self) -> str:
        return f" through the proxy {_host(self._proxy)}" if self._proxy else ""

    async def _call(self, method: str, parameters: Mapping[str, Any] | None = None) -> _Answer:
        began = self._clock.monotonic()
        url = f"{self._base}/bot{self._token.reveal()}/{method}"
        try:
            async with self._http.stream_post(
                url,
                headers=_HEADERS,
                body=msgspec.json.encode(parameters or {}),
                proxy=self._proxy,
                timeouts=_TIMEOUTS,
            ) as stream:
                at, took_s = self._clock.now(), self._clock.monotonic() - began
                date = stream.headers.get("date", "")
                return _Answer(stream.status, date, await stream.read_all(), took_s, at)
        except HttpFault as fault:
            told = problem(
                "connection",
                f"{self._there} does not answer{self._way}: {fault.reason}",
                self._way_out(fault),
            )
        raise _NoAnswer(told)

    def _way_out(self, fault: HttpFault) -> str:
        if fault.reason == "no secure connection":
            return "see that this host's clock is right and its CA certificates are installed"
        if self._proxy:
            return "see to that proxy, or to HEARTHKEY_TELEGRAM_PROXY"
        if self._base != PUBLIC_BASE:
            return "see to that Bot API server, or to HEARTHKEY_TELEGRAM_API_BASE"
        return (
            "see to this host's network, name service and firewall; where Telegram is blocked,"
            " set HEARTHKEY_TELEGRAM_PROXY"
        )

    def _result(self, answer: _Answer, kind: type[T]) -> T:
        with contextlib.suppress(msgspec.DecodeError):
            reply = msgspec.json.decode(answer.body, type=_Reply)
            if not reply.ok:
                raise _NoAnswer(_refused(answer.status, reply.description))
            return msgspec.json.decode(reply.result, type=kind)
        raise _NoAnswer(
            problem(
                "connection",
                f"what answers at {self._there}{self._way} is no Bot API (status {answer.status})",
                "see to HEARTHKEY_TELEGRAM_API_BASE and HEARTHKEY_TELEGRAM_PROXY",
            )
        )


def _refused(status: int, said: str) -> Finding:
    if status in {401, 404}:
        mend = (
            "get the right one from @BotFather with /token and put it into"
            " HEARTHKEY_TELEGRAM_TOKEN"
        )
        return problem("token", "Telegram does not accept it", mend)
    if said.lower() == "logged out":
        mend = "set HEARTHKEY_TELEGRAM_API_BASE to it, or wait ten minutes and start the bot"
        return problem("token", "the bot has moved to a Bot API server of its own", mend)
    found = f"Telegram refused the call (status {status})"
    return problem("connection", found, "wait a few minutes and run doctor again")


def _webhook_finding(webhook: _Webhook) -> Finding:
    if not webhook.url:
        return ok("webhook", "none, as it should be")
    failed = webhook.last_error_message
    last = f" (its last failure: {failed})" if failed else ""
    found = f"messages go to {webhook.host} and not to this bot{last}"
    return problem("webhook", found, "hearthkey doctor --drop-webhook")


def _waiting(webhook: _Webhook, *, is_running: bool) -> Finding:
    count = webhook.pending_update_count
    found = f"{count} wait at Telegram, which keeps them for 24 hours"
    if is_running and count >= _MANY_WAITING:
        return warning("updates", f"{found}, though the bot runs", "look in the bot's log")
    return ok("updates", found)


def _host(url: str) -> str:
    """Return an address without user, password, path and query."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname or 'an unreadable address'}{port}"
