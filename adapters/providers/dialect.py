"""What every wire dialect shares: a vendor's row, calls to its host, and what failures mean."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from adapters.providers.refusals import Asked, error_of
from adapters.providers.reports import read_report
from adapters.shared.http import HttpAnswer, HttpClient, HttpStream
from adapters.shared.transport import FaultKind, HttpFault, Timeouts
from bot.domain.chat import Adjustment, ProviderSpec
from bot.domain.errors import Cut, InvalidKey, ProviderError, TimedOut, Unreachable
from bot.domain.secret import Secret

# A check or a list is short, and a person waits for it with a thumb in the air.
_QUICK: Final = Timeouts(read_s=20.0, total_s=30.0)
_MAX_ERROR_BYTES: Final = 64 * 1024
_SENDABLE_KEY: Final = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """How a vendor differs from the rest that speak its dialect.

    `check_path` is the free call that needs a key, `models_path` the list; both follow the base
    URL. `adjustments` are known before the vendor refuses; `body` goes along with every question.
    """

    check_path: str = "/models"
    models_path: str = "/models"
    default_model: str = ""
    adjustments: frozenset[Adjustment] = frozenset()
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """One vendor as its dialect sees it: the row, and where and through what it is reached."""

    spec: ProviderSpec
    base_url: str = field(repr=False)
    proxy: str | None = field(default=None, repr=False)
    quirks: Quirks = field(default_factory=Quirks)


class Line:
    """Calls to one vendor's host. Every failure comes out as a ProviderError, without the key."""

    def __init__(self, http: HttpClient, vendor: Vendor) -> None:
        """Bind the pool to a vendor; does no I/O."""
        self._http = http
        self._vendor = vendor

    async def get(self, path: str, asked: Asked) -> bytes:
        """Return the body of a free call that was accepted. Raises ProviderError."""
        try:
            answer = await self._http.get(
                self._vendor.base_url + path,
                headers={"authorization": bearer(asked)},
                proxy=self._vendor.proxy,
                timeouts=_QUICK,
            )
        except HttpFault as fault:
            raise lost(fault, asked) from fault
        if answer.status != 200:
            raise refused(answer, asked)
        return answer.body

    @asynccontextmanager
    async def post(self, path: str, body: bytes, asked: Asked) -> AsyncIterator[HttpStream]:
        """Send a question once and hand out the stream of a 200. Raises ProviderError."""
        headers: dict[str, str | Secret] = {
            "authorization": bearer(asked),
            "content-type": "application/json",
            "accept": "text/event-stream, application/json",
        }
        call = self._http.stream_post(
            self._vendor.base_url + path, headers=headers, body=body, proxy=self._vendor.proxy
        )
        async with AsyncExitStack() as stack:
            try:
                stream = await stack.enter_async_context(call)
            except HttpFault as fault:
                raise lost(fault, asked) from fault
            if stream.status != 200:
                said = await _error_body(stream)
                raise refused(HttpAnswer(stream.status, stream.headers, said), asked)
            yield stream


def bearer(asked: Asked) -> Secret:
    """Return the authorization header; InvalidKey if the key cannot stand in one."""
    clear = asked.key.reveal()
    if not _SENDABLE_KEY.fullmatch(clear):
        raise InvalidKey(asked.provider, model=asked.model, is_unsent=True)
    return Secret(f"Bearer {clear}")


def lost(fault: HttpFault, asked: Asked, *, has_begun: bool = False) -> ProviderError:
    """Return what a fault of the network means; `has_begun`: within an answer."""
    if fault.kind is FaultKind.SILENT:
        return TimedOut(asked.provider, model=asked.model, is_unsent=fault.is_unsent)
    if has_begun:
        return Cut(asked.provider, model=asked.model)
    return Unreachable(asked.provider, model=asked.model, is_unsent=fault.is_unsent)


def refused(answer: HttpAnswer, asked: Asked) -> ProviderError:
    """Return what a response of any status but 200 means."""
    return error_of(answer.status, answer.headers, read_report(answer.body), asked)


def content_type(headers: httpx.Headers) -> str:
    """Return the bare media type in lower case; empty if there is none."""
    value: str = headers.get("content-type", "")
    return value.partition(";")[0].strip().lower()


async def _error_body(stream: HttpStream) -> bytes:
    """Return the body of a refusal; the status says enough where it does not come."""
    try:
        return await stream.read_all(_MAX_ERROR_BYTES)
    except HttpFault:
        return b""
