"""Every fault at every dialect, through the whole application: words, state, re-sends, money."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

import pytest

from adapters.providers.prices import PriceTable
from adapters.providers.registry import build_providers
from adapters.shared.http import HttpClient
from adapters.shared.transport import Timeouts
from bot.access import Access
from bot.app import assemble
from bot.domain.chat import Identity, Place, Turn, TurnState
from bot.domain.events import Body, Command, Incoming, MessageRef, SecretText, Text
from bot.domain.ports import Spent
from bot.router import Router
from storage.memory import MemoryStores
from tests.fakes.frontend import FakeFrontend
from tests.integration.test_key_hosts import VENDORS
from tests.recorded import find
from tests.simulators.asking import KEY
from tests.simulators.behaviour import Behaviour
from tests.simulators.faces import face_of
from tests.simulators.vendor_sim import VendorSim

ALICE: Final = Identity("fake", "alice")
HOME: Final = Place("fake", "alice")
TIMEOUTS: Final = Timeouts(connect_s=0.5, write_s=0.2, read_s=0.25, total_s=5.0)
QUESTION: Final = "What goes with rice?"
OK: Final = Behaviour(tokens=5)
LENGTH: Final[Mapping[str, str]] = {
    "openai_chat": "length",
    "deepseek": "length",
    "openai_responses": "max_output_tokens",
    "anthropic": "max_tokens",
    "google": "MAX_TOKENS",
}
DECLINED: Final[Mapping[str, str]] = {
    "openai_chat": "content_filter",
    "deepseek": "content_filter",
    "openai_responses": "content_filter",
    "anthropic": "refusal",
    "google": "SAFETY",
}
NOT_CHARGED: Final = r"[Nn]othing was charged|is kept|Add credit"
MAY_BE_CHARGED: Final = r"may (have been|be) charged|What it used is paid"


class QuickClock:
    """The time of day, with pauses that are over at once: vendors ask for minutes."""

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait hardly at all."""
        await asyncio.sleep(min(seconds, 0.002))


@dataclass(slots=True)
class House:
    """The application with one member, who has a key and the vendor's default model."""

    router: Router
    stores: MemoryStores
    frontend: FakeFrontend
    sim: VendorSim
    updates: "count[int]"

    async def say(self, body: Body) -> None:
        """Hand over an update and wait until it is dealt with."""
        number = next(self.updates)
        incoming = Incoming(
            update=str(number),
            sender=ALICE,
            sender_name="Alice",
            place=HOME,
            body=body,
            sent_at=datetime.now(UTC),
            message=MessageRef(f"m{number}"),
        )
        await self.router.receive(incoming)
        async with asyncio.timeout(20):
            await self.router.settled(HOME)

    async def turn(self) -> Turn:
        """Return the one turn there is."""
        member = await self.stores.settings.member(ALICE, "Alice", is_operator=False)
        session = await self.stores.settings.session(HOME, member.id)
        turn = await self.stores.turns.last(session.id, member.id)
        assert turn is not None
        return turn

    async def spent(self) -> Spent:
        """Return what was counted."""
        member = await self.stores.settings.member(ALICE, "Alice", is_operator=False)
        return await self.stores.settings.spent(member.id)


@asynccontextmanager
async def house_at(dialect: str) -> AsyncIterator[House]:
    """Open it, at a vendor of this dialect."""
    row, clock = VENDORS[dialect], QuickClock()
    stores, frontend = MemoryStores(clock), FakeFrontend()
    http = HttpClient(timeouts=TIMEOUTS)
    async with VendorSim(face_of(row)) as sim:
        router = assemble(
            stores=stores,
            providers=build_providers(http, base_urls={row.id: sim.url}),
            frontends=[frontend],
            clock=clock,
            access=Access(allowed=frozenset({ALICE})),
            prices=PriceTable(),
        )
        await router.start()
        house = House(router, stores, frontend, sim, count(1))
        try:
            await house.say(SecretText(Command("addkey", row.id), KEY))
            assert "accepted" in frontend.texts[-1]
            yield house
        finally:
            await router.close()
            await http.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must come of a fault. `details`: the categories it may be told as."""

    says: str
    details: tuple[str, ...]
    asked: int = 1
    is_charged: bool = False
    state: TurnState = TurnState.FAILED


Acts = Callable[[str], list[Behaviour]]


def _recorded(category: str, *, headers: dict[str, str] | None = None) -> Acts:
    def acts(dialect: str) -> list[Behaviour]:
        it = find(dialect, category)
        return [Behaviour(status=it.status, body=it.body, headers=headers or {})]

    return acts


def _plain(*acts: Behaviour) -> Acts:
    return lambda _: list(acts)


def _then(first: Acts, *others: Behaviour) -> Acts:
    return lambda dialect: [*first(dialect), *others]


BEFORE: Final[Mapping[str, tuple[Acts, Expected]]] = {
    "a key nobody knows": (
        _recorded("invalid_key"),
        Expected(says="Invalid API key", details=("invalid_key",)),
    ),
    "no credit": (_recorded("money"), Expected(says="No credit left", details=("money",))),
    "too many requests, for minutes": (
        _recorded("rate", headers={"retry-after": "240"}),
        Expected(says=r"Rate limited until \d\d:\d\d", details=("rate",)),
    ),
    "too many requests, for a moment": (
        _then(_recorded("rate", headers={"retry-after": "1"}), OK),
        Expected(says="word5", details=("",), asked=2, is_charged=True, state=TurnState.ANSWERED),
    ),
    "a model that is gone": (
        _recorded("model"),
        Expected(says="not available to your key|has been retired", details=("model",)),
    ),
    "too long": (_recorded("too_long"), Expected(says="Too long for", details=("too_long",))),
    "overloaded": (
        lambda dialect: _recorded("overloaded")(dialect) * 3,
        Expected(says="is overloaded", details=("overloaded",), asked=3),
    ),
    "overloaded, then well": (
        _then(_recorded("overloaded"), OK),
        Expected(says="word5", details=("",), asked=2, is_charged=True, state=TurnState.ANSWERED),
    ),
    "a fault of its own": (
        _recorded("server"),
        Expected(says="fault on its side", details=("server",), is_charged=True),
    ),
    "a gateway's patience": (
        _plain(Behaviour(status=504)),
        Expected(says="No answer from", details=("timeout",), is_charged=True),
    ),
    "a bad gateway": (
        _plain(Behaviour(status=502, body="<html>", content_type="text/html")),
        Expected(says="fault on its side", details=("server",), is_charged=True),
    ),
    "a redirect": (
        _plain(Behaviour(status=307, headers={"location": "https://elsewhere.example/"})),
        Expected(says="refused the request", details=("bad_request",)),
    ),
    "a web page": (
        _plain(Behaviour(body="<html>", content_type="text/html")),
        Expected(says="refused the request", details=("bad_request",), is_charged=True),
    ),
    "a reset while it was read": (
        _plain(Behaviour(reset="headers")),
        Expected(says="broke before an answer", details=("network",), is_charged=True),
    ),
    "a reset when it was read": (
        _plain(Behaviour(reset="body")),
        Expected(says="broke before an answer", details=("network",), is_charged=True),
    ),
    "half of a whole answer": (
        _plain(Behaviour(body='{"half": [', content_type="application/json")),
        Expected(says="fault on its side", details=("server",), is_charged=True),
    ),
}

WITHIN: Final[Mapping[str, tuple[Acts, Expected]]] = {
    "a cut": (
        _plain(Behaviour(tokens=5, cut_after=2)),
        Expected(says="word2", details=("cut",), is_charged=True),
    ),
    "a cut at once": (
        _plain(Behaviour(tokens=5, cut_after=0)),
        Expected(says="broke before the first word", details=("cut",), is_charged=True),
    ),
    "an end without a mark": (
        _plain(Behaviour(tokens=5, has_end=False, has_done=False)),
        Expected(says="word5", details=("cut",), is_charged=True),
    ),
    "silence": (
        _plain(Behaviour(tokens=5, stall_after=2)),
        Expected(says="word2", details=("timeout",), is_charged=True),
    ),
    "silence at once": (
        _plain(Behaviour(tokens=5, stall_after=0)),
        Expected(says="No answer from", details=("timeout",), is_charged=True),
    ),
    "an error": (
        _plain(Behaviour(tokens=5, error_after=2)),
        Expected(says="word2", details=("server", "overloaded"), is_charged=True),
    ),
    "an error at once": (
        _plain(Behaviour(tokens=5, error_after=0)),
        Expected(
            says="fault on its side|is overloaded",
            details=("server", "overloaded"),
            is_charged=True,
        ),
    ),
    "a refusal": (
        lambda dialect: [Behaviour(tokens=2, finish=DECLINED[dialect])],
        Expected(says="declined to answer", details=("filtered",), is_charged=True),
    ),
    "no text, all of it thought": (
        lambda dialect: [Behaviour(text=" ", reasoning="hm", finish=LENGTH[dialect])],
        Expected(says="thinking used the whole length", details=("empty",), is_charged=True),
    ),
    "an end at the limit": (
        lambda dialect: [Behaviour(tokens=5, finish=LENGTH[dialect])],
        Expected(says="word5", details=("",), is_charged=True, state=TurnState.ANSWERED),
    ),
    "an answer in one piece": (
        _plain(Behaviour(tokens=5, is_whole=True)),
        Expected(says="word5", details=("",), is_charged=True, state=TurnState.ANSWERED),
    ),
    "a stream in crumbs": (
        _plain(Behaviour(tokens=5, piece=1, newline="crlf", keep_alives=3)),
        Expected(says="word5", details=("",), is_charged=True, state=TurnState.ANSWERED),
    ),
}
_FAULTS: Final = {**BEFORE, **WITHIN}


@pytest.mark.parametrize("fault", _FAULTS)
@pytest.mark.parametrize("dialect", VENDORS)
async def test_faults(dialect: str, fault: str) -> None:
    """What came stays, nothing possibly billed is sent twice, and the words say how it stands."""
    acts, expected = _FAULTS[fault]
    async with house_at(dialect) as house:
        house.sim.queue.extend(acts(dialect))
        await house.say(Text(QUESTION))
        turn, spent = await house.turn(), await house.spent()
        said = house.frontend.shown[-1].reply
        whole = f"{said.text}\n{said.footer}"
        assert (turn.state, turn.detail in expected.details) == (expected.state, True), turn.detail
        assert re.search(expected.says, whole), whole
        assert len(house.sim.witness.asked) == expected.asked
        assert turn.attempt == expected.asked
        assert spent.answers == int(expected.is_charged)
        if expected.state is TurnState.FAILED:
            assert re.search(MAY_BE_CHARGED if expected.is_charged else NOT_CHARGED, whole), whole
            assert said.buttons
        assert sum(seen.is_billed for seen in house.sim.witness.asked) <= 1
        assert KEY.reveal() not in repr(house.frontend.shown)


@pytest.mark.parametrize("dialect", VENDORS)
async def test_nobody_listens(dialect: str) -> None:
    """Tried again, as not a byte left; then it is said, and nothing was charged."""
    async with house_at(dialect) as house:
        await house.sim.close()
        await house.say(Text(QUESTION))
        turn = await house.turn()
        assert (turn.state, turn.detail, turn.attempt) == (TurnState.FAILED, "network", 3)
        assert "Cannot reach" in house.frontend.texts[-1]
        assert (await house.spent()).answers == 0


@pytest.mark.parametrize("dialect", VENDORS)
async def test_a_retry_is_one_more_request(dialect: str) -> None:
    """After a fault that may have been billed the member's word, and only that, asks again."""
    async with house_at(dialect) as house:
        house.sim.queue.append(Behaviour(status=500))
        await house.say(Text(QUESTION))
        await house.say(Command("retry"))
        turn = await house.turn()
        assert turn.state is TurnState.ANSWERED
        assert [seen.status for seen in house.sim.witness.asked] == [500, 200]
        assert turn.received_at - datetime.now(UTC) < timedelta(0)
