"""What every wire dialect shares: a vendor's row, one question, one list, one check of a key.

A dialect fills in how a question is written, how the answer is read and what its list says.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from adapters.providers.capabilities import traits_of
from adapters.providers.catalogue import Quirks
from adapters.providers.line import Line, content_type, lost
from adapters.providers.lists import Page, marked, newest_first
from adapters.providers.reader import Reader
from adapters.providers.refusals import Asked, begun
from adapters.shared.http import HttpClient, HttpStream
from adapters.shared.transport import HttpFault
from bot.domain.chat import ChatRequest, Event
from bot.domain.errors import BadRequest
from bot.domain.keys import KeyHealth, KeyReport
from bot.domain.models import Model, ProviderSpec, Traits
from bot.domain.secret import Secret

Headers = Mapping[str, str | Secret]
NO_HEADERS: Final[Headers] = {}
_MOST_PAGES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """One vendor as its dialect sees it: the row, and where and through what it is reached.

    `is_moved`: the operator gave another base URL, so no other address of the vendor's own is
    called.
    """

    spec: ProviderSpec
    base_url: str = field(repr=False)
    proxy: str | None = field(default=None, repr=False)
    quirks: Quirks = field(default_factory=Quirks)
    is_moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One question as it goes over the wire: where to, below the base URL, and what."""

    path: str
    body: dict[str, Any]
    headers: Headers = field(default_factory=dict)


class Dialect(ABC):
    """A Provider, but for what differs between dialects."""

    def __init__(self, http: HttpClient, vendor: Vendor) -> None:
        """Take the pool and the vendor's row; does no I/O."""
        self._vendor = vendor
        self._quirks = vendor.quirks
        self._line = Line(
            http,
            base_url=vendor.base_url,
            proxy=vendor.proxy,
            auth=vendor.quirks.auth,
            key_need=vendor.spec.key_need,
        )

    @property
    def spec(self) -> ProviderSpec:
        """Return the vendor's row."""
        return self._vendor.spec

    def traits(self, model: str) -> Traits:
        """Return what a model takes, as far as its id tells: see the port."""
        return traits_of(self.spec.id, model)

    async def stream(self, request: ChatRequest, key: Secret) -> AsyncIterator[Event]:
        """Make one request and yield its events: see the port."""
        asked = Asked(provider=self.spec.id, model=request.model, key=key, request=request)
        call = self.write(request)
        reader = self.reader(asked)
        body = encode(call.body)
        async with self._line.post(call.path, body, asked, headers=call.headers) as answer:
            try:
                if _is_whole(answer, asked):
                    for event in reader.whole(await answer.read_all()):
                        yield event
                while reader.is_open and (chunk := await answer.read()):
                    for event in reader.feed(chunk):
                        yield event
            except HttpFault as fault:
                reader.broke(lost(fault, asked, has_begun=True))
            for event in reader.end():
                yield event
            if reader.failure is not None:
                raise reader.failure
            await answer.settle()

    async def check_key(self, key: Secret) -> KeyReport:
        """Ask the vendor's free call whether it takes the key: see the port."""
        asked = Asked(provider=self.spec.id, key=key)
        self._line.vet(asked)
        # Without a key there is none to prove, but whether the server is there can be told.
        where = self._quirks.check if key else self._quirks.models
        if not where or self._is_elsewhere(where):
            return KeyReport(health=KeyHealth.UNCHECKED)
        return self.read_check(await self._line.get(where, asked, headers=self.get_headers()))

    async def list_models(self, key: Secret) -> Sequence[Model]:
        """Return the chat models of the key, the newest first: see the port."""
        asked = Asked(provider=self.spec.id, key=key)
        where = self._quirks.models
        if not where:
            self._line.vet(asked)
            return ()
        if self._is_elsewhere(where):
            where = "models"
        found: dict[str, Model] = {}
        page = Page(())
        for _ in range(_MOST_PAGES):
            asks = _with_query(where, page.following)
            body = await self._line.get(asks, asked, headers=self.get_headers())
            before, page = page, self.read_page(body, asked)
            found |= {model.id: model for model in page.models}
            if page.following in {"", before.following}:
                break
        return marked(self.newest_first(tuple(found.values())), self._quirks.prefers)

    def _is_elsewhere(self, where: str) -> bool:
        """Whether an address is not at the base URL that the operator gave instead."""
        return self._vendor.is_moved and bool(urlsplit(where).netloc)

    def get_headers(self) -> Headers:
        """Return what free calls carry beside the key."""
        return NO_HEADERS

    @abstractmethod
    def write(self, request: ChatRequest) -> Call:
        """Return the question as this vendor wants it, with every adjustment made. Pure."""

    @abstractmethod
    def reader(self, asked: Asked) -> Reader:
        """Return what reads one answer. Pure."""

    @abstractmethod
    def read_page(self, body: bytes, asked: Asked) -> Page:
        """Return the chat models on a page of the list. Raises ServerFault on no list. Pure."""

    def newest_first(self, models: Sequence[Model]) -> Sequence[Model]:
        """Return the models of a list in the order of their age. Pure."""
        return newest_first(models)

    def read_check(self, body: bytes) -> KeyReport:  # noqa: ARG002  (for dialects that read it)
        """Return what the free call says of a key it took. Pure."""
        return KeyReport()


def _with_query(where: str, query: str) -> str:
    return f"{where}{'&' if '?' in where else '?'}{query}" if query else where


def encode(body: dict[str, Any]) -> bytes:
    """Return a question as JSON. Half a surrogate pair, which is no text, is replaced."""
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        return msgspec.json.encode(_mended(body))


def _mended(value: Any) -> Any:  # noqa: ANN401  (any JSON)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {name: _mended(item) for name, item in value.items()}
    return value


def _is_whole(answer: HttpStream, asked: Asked) -> bool:
    """Return whether the answer is one JSON; BadRequest if it is a page for a browser."""
    kind = content_type(answer.headers)
    if kind == "text/html":
        said = "a web page came instead of an API's answer"
        raise begun(BadRequest(asked.provider, model=asked.model, said=said))
    return kind == "application/json"
