"""Calls to one vendor's host. Every failure comes out as a ProviderError, without the key."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final
from urllib.parse import urljoin

import httpx

from adapters.providers.catalogue import Auth
from adapters.providers.refusals import Asked, error_of
from adapters.providers.reports import read_report
from adapters.shared.http import HttpAnswer, HttpClient, HttpStream
from adapters.shared.transport import FaultKind, HttpFault, Timeouts
from bot.domain.errors import Cut, InvalidKey, ProviderError, TimedOut, Unreachable
from bot.domain.models import KeyNeed
from bot.domain.secret import Secret

# A check or a list is short, and a person waits for it with a thumb in the air.
_QUICK: Final = Timeouts(read_s=20.0, total_s=30.0)
_MAX_ERROR_BYTES: Final = 64 * 1024
_SENDABLE_KEY: Final = re.compile(r"[\x21-\x7e]+")


class Line:
    """Calls to one vendor's host, each with the key it is given."""

    def __init__(
        self,
        http: HttpClient,
        *,
        base_url: str,
        proxy: str | None = None,
        auth: Auth = "bearer",
        key_need: KeyNeed = KeyNeed.REQUIRED,
    ) -> None:
        """Bind the pool to a vendor; does no I/O."""
        self._http = http
        self._base_url = base_url
        self._proxy = proxy
        self._auth: Auth = auth
        self._key_need = key_need

    def vet(self, asked: Asked) -> None:
        """Raise InvalidKey if the key can stand in no header; asks nobody."""
        self._key_header(asked)

    async def get(
        self, path: str, asked: Asked, *, headers: Mapping[str, str | Secret] | None = None
    ) -> bytes:
        """Return the body of a free call that was accepted. Raises ProviderError."""
        try:
            answer = await self._http.get(
                urljoin(self._base_url + "/", path),
                headers={**self._key_header(asked), **(headers or {})},
                proxy=self._proxy,
                timeouts=_QUICK,
            )
        except HttpFault as fault:
            raise lost(fault, asked) from fault
        if answer.status != 200:
            raise refused(answer, asked)
        return answer.body

    @asynccontextmanager
    async def post(
        self,
        path: str,
        body: bytes,
        asked: Asked,
        *,
        headers: Mapping[str, str | Secret] | None = None,
    ) -> AsyncIterator[HttpStream]:
        """Send a question once and hand out the stream of a 200. Raises ProviderError."""
        call = self._http.stream_post(
            f"{self._base_url}/{path}",
            headers={
                **self._key_header(asked),
                "content-type": "application/json",
                "accept": "text/event-stream, application/json",
                **(headers or {}),
            },
            body=body,
            proxy=self._proxy,
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

    def _key_header(self, asked: Asked) -> dict[str, str | Secret]:
        """Return the key as this vendor wants it; InvalidKey if it cannot stand in a header."""
        clear = asked.key.reveal()
        if not clear and self._key_need is KeyNeed.OPTIONAL:
            return {}
        if not _SENDABLE_KEY.fullmatch(clear):
            raise InvalidKey(asked.provider, model=asked.model, is_unsent=True)
        if self._auth == "bearer":
            return {"authorization": Secret(f"Bearer {clear}")}
        return {self._auth: Secret(clear)}


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
