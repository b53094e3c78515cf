"""The real application over real stores, on a witness messenger, told where to die."""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Final

from adapters.providers.registry import build_providers
from adapters.shared import transport
from adapters.shared.http import HttpClient
from bot import checkpoints
from bot.access import Access
from bot.app import assemble
from bot.clock import SystemClock
from bot.domain.chat import ChatRequest, Event
from bot.domain.keys import KeyReport
from bot.domain.models import Model, ProviderSpec, Traits
from bot.domain.ports import Provider
from bot.domain.secret import Secret
from storage.folder import Facts
from storage.masterkey import find_master_key
from storage.stores import open_stores
from storage.vault import MasterKey
from tests.fakes.prices import FakePrices
from tests.kills.messenger import Life
from tests.kills.messengers import MESSENGERS
from tests.kills.noting import noting
from tests.kills.order import Order
from tests.kills.points import Points
from tests.kills.story import COMPANY
from tests.kills.witness import Chat

_LEFT_S: Final = 0.001
_CHECKPOINT_S: Final = 0.02  # so that a story of a second has some


class WatchedProvider:
    """A provider with points around each call, each event of a stream, and its end."""

    def __init__(self, inner: Provider, points: Points) -> None:
        """Watch `inner`."""
        self._inner = inner
        self._points = points

    @property
    def spec(self) -> ProviderSpec:
        """Return the vendor's row."""
        return self._inner.spec

    def traits(self, model: str) -> Traits:
        """Return what a model takes."""
        return self._inner.traits(model)

    async def stream(self, request: ChatRequest, key: Secret) -> AsyncIterator[Event]:
        """Pass on the events."""
        self._points.hit("before request")
        async with aclosing(self._inner.stream(request, key)) as events:  # type: ignore[type-var]  # every stream is a generator
            async for event in events:
                self._points.hit(f"at {type(event).__name__}")
                yield event
        self._points.hit("after request")

    async def check_key(self, key: Secret) -> KeyReport:
        """Pass on the call."""
        with self._points.around("check of a key"):
            return await self._inner.check_key(key)

    async def list_models(self, key: Secret) -> Sequence[Model]:
        """Pass on the call."""
        with self._points.around("list of models"):
            return await self._inner.list_models(key)


@contextmanager
def _watched_wire(points: Points) -> Iterator[None]:
    """Put points where a request's headers leave, and a moment after they left."""
    noted = transport._note_headers_sent

    async def note(*facts: object) -> None:
        points.hit("as headers leave")
        asyncio.get_running_loop().call_later(_LEFT_S, points.hit, "after headers left")
        await noted(*facts)  # type: ignore[arg-type]  # handed on as they came

    transport._note_headers_sent = note  # type: ignore[assignment]  # the same arguments
    try:
        yield
    finally:
        transport._note_headers_sent = noted


async def _run(order: Order, points: Points) -> None:
    folder = Path(order.folder)
    clock = SystemClock()

    def find_key(facts: Facts) -> MasterKey:
        return find_master_key({}, folder / "data", is_empty=facts.is_empty, salt=facts.salt).key

    stores = await open_stores(folder / "data", find_key, clock, probe=points.hit)
    http = HttpClient()
    providers = {
        name: WatchedProvider(provider, points)
        for name, provider in build_providers(http, endpoints={COMPANY: order.url}).items()
    }
    life = Life(
        order=order, chat=Chat(folder), points=points, stores=stores, http=http, clock=clock
    )
    chat = MESSENGERS[order.messenger].inside(life)
    await chat.open()
    router = assemble(
        stores=stores,
        providers=providers,
        frontends=(chat.frontend,),
        clock=clock,
        access=Access(allowed=frozenset({chat.member})),
        prices=FakePrices(),
    )
    await router.start()
    await chat.run(router)
    await router.close()
    await chat.close()
    await http.close()
    await stores.close()


def live(order: Order) -> None:
    """Live until everything is settled, and leave how often each point was passed."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    points = Points(order.point, order.number)
    checkpoints.CHECKPOINT_S = _CHECKPOINT_S  # type: ignore[misc]  # final but for here
    with (
        _watched_wire(points),
        noting(Path(order.folder)),
        MESSENGERS[order.messenger].staged(points, order),
    ):
        asyncio.run(_run(order, points))
    (Path(order.folder) / "hits").write_text(json.dumps(points.hits))


if __name__ == "__main__":
    live(Order.load(sys.argv[1]))
