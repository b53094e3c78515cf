"""What the catalogue's rows put on the wire: over real sockets, at vendors as strict as theirs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import msgspec
import pytest

from adapters.providers.catalogue import Row, rows
from adapters.providers.registry import provider_of
from adapters.shared.http import HttpClient
from bot.domain.chat import Adjustment
from bot.domain.errors import InvalidKey, ParameterRefused
from bot.domain.keys import Balance, KeyHealth, KeyReport
from bot.domain.models import Effort, KeyNeed
from bot.domain.ports import Provider
from bot.domain.secret import Secret
from tests.simulators.asking import KEY, hear, request, vendor_at
from tests.simulators.behaviour import Behaviour
from tests.simulators.chat_face import ChatFace
from tests.simulators.faces import face_of
from tests.simulators.vendor_sim import VendorSim

CHAT = {row.id: row for row in rows() if row.dialect == "openai_chat" and not row.is_demo}
KEYLESS = [row.id for row in CHAT.values() if row.key_need is KeyNeed.OPTIONAL]
ELSEWHERE = [row.id for row in CHAT.values() if "://" in row.quirks.check]
OPEN_LISTS = [row.id for row in CHAT.values() if not row.quirks.check]
KEY_HEADERS = {"authorization", "api-key", "x-api-key", "x-goog-api-key"}


@asynccontextmanager
async def vendor(name: str) -> AsyncIterator[tuple[VendorSim, Provider]]:
    """Give a vendor of the catalogue, and who plays it."""
    async with VendorSim(face_of(CHAT[name])) as sim, vendor_at(sim, name) as provider:
        yield sim, provider


@pytest.mark.parametrize("name", CHAT)
async def test_a_question_has_what_the_row_says(name: str) -> None:
    """One key, where the vendor looks for it and nowhere else; and the row's own fields."""
    quirks = CHAT[name].quirks
    async with vendor(name) as (sim, provider):
        asked = request(
            temperature=0.4, max_tokens=2_000, system="Be brief.", user="u", conversation="c"
        )
        heard = await hear(provider, asked)
        [seen] = sim.witness.asked
    assert heard.error is None
    clear = KEY.reveal()
    header = "authorization" if quirks.auth == "bearer" else quirks.auth
    assert {each for each, value in seen.headers.items() if clear in value} == {header}
    assert seen.headers.keys() & KEY_HEADERS == {header}
    assert clear not in seen.path
    for field, value in quirks.body.items():
        assert seen.body[field] == value
    is_renamed = Adjustment.MAX_COMPLETION_TOKENS in quirks.adjustments
    assert seen.body["max_completion_tokens" if is_renamed else "max_tokens"] == 2_000
    has_options = Adjustment.DROP_STREAM_OPTIONS not in quirks.adjustments
    assert ("stream_options" in seen.body) is has_options
    assert seen.body["temperature"] == 0.4


@pytest.mark.parametrize("name", ["azure", "cohere"])
async def test_who_plays_a_vendor_is_as_strict(name: str) -> None:
    """Without what its row knows of it, the same question is refused: the test above can fail."""
    plain = msgspec.structs.replace(CHAT[name].quirks, adjustments=frozenset())
    row = msgspec.structs.replace(CHAT[name], quirks=plain)
    http = HttpClient()
    async with VendorSim(face_of(CHAT[name])) as sim:
        heard = await hear(provider_of(http, row, base_url=sim.url), request(max_tokens=2_000))
        await http.close()
    assert isinstance(heard.failure, ParameterRefused)


@pytest.mark.parametrize("name", KEYLESS)
async def test_without_a_key_nothing_is_sent_as_one(name: str) -> None:
    """The server is looked at, its models are listed, and it answers."""
    async with vendor(name) as (sim, provider):
        assert await provider.check_key(Secret("")) == KeyReport()
        assert await provider.list_models(Secret(""))
        assert (await hear(provider, request(), Secret(""))).error is None
        assert len(sim.witness.seen) == 3
        assert not any(seen.headers.keys() & KEY_HEADERS for seen in sim.witness.seen)


async def test_a_server_at_home_that_wants_a_key_after_all() -> None:
    """It is not taken for one that needs none."""
    async with VendorSim(ChatFace()) as sim, vendor_at(sim, "vllm") as provider:
        with pytest.raises(InvalidKey):
            await provider.check_key(Secret(""))
        assert await provider.check_key(KEY) == KeyReport()


@pytest.mark.parametrize("name", OPEN_LISTS)
async def test_a_list_that_anybody_may_read_proves_no_key(name: str) -> None:
    """Nobody is asked, and the key is not called good."""
    async with vendor(name) as (sim, provider):
        assert await provider.check_key(KEY) == KeyReport(health=KeyHealth.UNCHECKED)
        assert sim.witness.seen == []


@pytest.mark.parametrize("name", ELSEWHERE)
async def test_a_moved_vendor_is_asked_nowhere_else(name: str) -> None:
    """A check with an address of its own is left out; the list is asked for where it was moved."""
    async with vendor(name) as (sim, provider):
        assert await provider.check_key(KEY) == KeyReport(health=KeyHealth.UNCHECKED)
        assert await provider.list_models(KEY)
        assert [seen.path for seen in sim.witness.seen] == ["/v1/models"]


@pytest.mark.parametrize("name", ELSEWHERE)
async def test_a_vendor_in_its_place_is_checked_at_its_other_address(name: str) -> None:
    """With the key in the same header; and a key it does not know is rejected."""
    async with VendorSim(face_of(CHAT[name])) as sim, VendorSim() as other:
        check = f"http://127.0.0.1:{other.port}/who"
        row = _at(CHAT[name], sim.url, check=check)
        http = HttpClient()
        provider = provider_of(http, row)
        assert await provider.check_key(KEY) == KeyReport()
        with pytest.raises(InvalidKey):
            await provider.check_key(Secret("bad"))
        await http.close()
        assert [seen.path for seen in other.witness.seen] == ["/who", "/who"]
        assert other.witness.seen[0].key == KEY
        assert sim.witness.seen == []


def _at(row: Row, url: str, *, check: str) -> Row:
    quirks = msgspec.structs.replace(row.quirks, check=check)
    return msgspec.structs.replace(row, base_url=url, quirks=quirks)


@pytest.mark.parametrize(
    ("said", "report"),
    [
        (
            {"data": {"limit_remaining": 12.5, "usage": 3}},
            KeyReport(balances=(Balance(Decimal("12.5")),)),
        ),
        ({"data": {"limit_remaining": None, "is_free_tier": False}}, KeyReport()),
        ({"data": {"limit_remaining": "NaN"}}, KeyReport()),
        (
            {"data": {"limit_remaining": 0}},
            KeyReport(health=KeyHealth.NO_CREDIT, balances=(Balance(Decimal(0)),)),
        ),
    ],
)
async def test_openrouter_says_what_is_left(said: object, report: KeyReport) -> None:
    """A key without a limit has no balance of its own."""
    async with vendor("openrouter") as (sim, provider):
        sim.models = said
        assert await provider.check_key(KEY) == report
        assert [seen.path for seen in sim.witness.seen] == ["/v1/key"]


async def test_openrouter_keeps_its_switch_beside_an_effort() -> None:
    """One field does not replace the other, nor stay for the next question."""
    async with vendor("openrouter") as (sim, provider):
        await hear(provider, request(effort=Effort.OFF))
        await hear(provider, request())
        first, second = (seen.body for seen in sim.witness.asked)
    assert first["reasoning"] == {"effort": "none"}
    assert first["provider"] == second["provider"] == {"data_collection": "deny"}
    assert "reasoning" not in second


@pytest.mark.parametrize("name", ["groq", "cerebras", "together", "fireworks"])
async def test_gpt_oss_is_told_how_long_to_think(name: str) -> None:
    """In its own words; a model that has no such setting is told nothing, and none is told off."""
    async with vendor(name) as (sim, provider):
        await hear(provider, request(model="openai/gpt-oss-120b", effort=Effort.HIGH))
        await hear(provider, request(model="openai/gpt-oss-120b", effort=Effort.OFF))
        await hear(provider, request(model="llama-4", effort=Effort.HIGH))
        told = [seen.body.get("reasoning_effort") for seen in sim.witness.asked]
    assert told == ["high", None, None]


async def test_xai_counts_thinking_apart() -> None:
    """It is billed with the answer, so it counts with it."""
    used = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "completion_tokens_details": {"reasoning_tokens": 100},
    }
    async with vendor("xai") as (sim, provider):
        sim.queue.append(Behaviour(usage=used))
        [usage] = (await hear(provider, request())).usage
    assert (usage.output_tokens, usage.reasoning_tokens) == (105, 100)


async def test_xais_400_about_a_key_is_an_invalid_key() -> None:
    """Its status says something else."""
    body = (
        '{"code": "Client specified an invalid argument", "error": "Incorrect API key provided"}'
    )
    async with vendor("xai") as (sim, provider):
        sim.queue.append(Behaviour(status=400, body=body))
        with pytest.raises(InvalidKey):
            await provider.check_key(KEY)
        assert [seen.path for seen in sim.witness.seen] == ["/v1/api-key"]


async def test_azures_models_are_typed_by_name() -> None:
    """Its list holds what is not deployed, so nobody is asked for it; the key is checked by it."""
    async with vendor("azure") as (sim, provider):
        assert await provider.list_models(KEY) == ()
        assert sim.witness.seen == []
        assert await provider.check_key(KEY) == KeyReport()
        assert (await hear(provider, request(model="my-deployment"))).error is None


async def test_a_window_that_a_list_does_not_say_is_the_rows() -> None:
    """Ollama cuts what is longer without a word."""
    async with vendor("ollama") as (sim, provider):
        sim.models = {"data": [{"id": "gemma3:4b"}]}
        [model] = await provider.list_models(Secret(""))
        assert model.context_tokens == 4_096
        assert provider.traits("typed-by-hand").context_tokens == 4_096
