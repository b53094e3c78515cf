"""The Messages dialect over a socket, against a vendor as strict as Anthropic."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.chat import Adjustment, Finish, FinishReason
from bot.domain.errors import (
    BadRequest,
    Cut,
    InvalidKey,
    ModelUnavailable,
    NoCredit,
    NoPermission,
    Overloaded,
    ParameterRefused,
    ProviderError,
    RegionBlocked,
    ServerFault,
    TooLong,
)
from bot.domain.keys import KeyHealth
from bot.domain.models import Effort
from bot.domain.ports import Provider
from bot.domain.secret import Secret
from bot.domain.usage import Usage
from tests.simulators.anthropic_face import AnthropicFace
from tests.simulators.asking import KEY, Heard, hear, hear_mended, request, vendor_at
from tests.simulators.behaviour import Behaviour
from tests.simulators.vendor_sim import VendorSim

TEXT = "Schlüssel \u2028 für 家の鍵 🏡🔑 and\x85more\u2029 text."
NEWEST, MIDDLE, OLDER = "claude-sonnet-5-5", "claude-opus-4-6", "claude-haiku-4-5"


@pytest.fixture
async def sim() -> AsyncIterator[VendorSim]:
    """Anthropic."""
    async with VendorSim(AnthropicFace()) as server:
        yield server


@pytest.fixture
async def provider(sim: VendorSim) -> AsyncIterator[Provider]:
    """The catalogue's row, moved there."""
    async with vendor_at(sim, "anthropic") as made:
        yield made


async def ask(provider: Provider, text: str = "hi", model: str = NEWEST, **fields: Any) -> Heard:  # noqa: ANN401
    """Ask once."""
    return await hear(provider, request(text, model=model, **fields))


@pytest.mark.parametrize("newline", ["lf", "crlf", "cr"])
@pytest.mark.parametrize("piece", [0, 1, 3, 64])
async def test_any_pieces_any_line_ends(
    sim: VendorSim, provider: Provider, piece: int, newline: str
) -> None:
    """Cut within characters and line ends, with comments between: the same answer."""
    fields = {"text": TEXT, "piece": piece, "newline": newline, "keep_alives": 2}
    sim.queue.append(Behaviour(reasoning="Well well", **fields))  # type: ignore[arg-type]  # the table's own
    heard = await ask(provider)
    assert heard.error is None
    assert heard.text == TEXT
    assert heard.reasoning == "Well well"
    assert heard.finish == [Finish(FinishReason.STOP)]


FORMS: dict[str, dict[str, Any]] = {
    "no end mark": {"has_done": False},
    "no end but the mark": {"has_end": False},
    "the last event not closed": {"is_open_end": True},
    "one JSON": {"is_whole": True},
    "no media type": {"content_type": "application/octet-stream"},
    "thinking in front": {"reasoning": "Well well"},
    "one JSON with thinking": {"reasoning": "Well well", "is_whole": True},
}


@pytest.mark.parametrize("act", FORMS.values(), ids=FORMS.keys())
async def test_forms_of_an_answer(sim: VendorSim, provider: Provider, act: dict[str, Any]) -> None:
    """Answer, thinking, count and end are told apart in each."""
    sim.queue.append(Behaviour(text=TEXT, **act))
    heard = await ask(provider)
    assert heard.error is None
    assert heard.text == TEXT
    assert heard.reasoning == act.get("reasoning", "")
    [usage] = heard.usage
    assert usage.input_tokens == 7
    assert usage.is_estimated is ("has_end" in act)
    assert heard.events[-1] == Finish(FinishReason.STOP)


async def test_what_was_cached_is_counted_apart(sim: VendorSim, provider: Provider) -> None:
    """The vendor's input leaves it out; ours has it in."""
    said = {
        "input_tokens": 20,
        "cache_creation_input_tokens": 300,
        "cache_read_input_tokens": 4_000,
        "output_tokens": 50,
        "output_tokens_details": {"thinking_tokens": 30},
    }
    sim.queue.append(Behaviour(usage=said))
    assert (await ask(provider)).usage == [
        Usage(
            input_tokens=4_320,
            output_tokens=50,
            cache_read_tokens=4_000,
            cache_write_tokens=300,
            reasoning_tokens=30,
        )
    ]


async def test_a_vendor_that_does_not_count(sim: VendorSim, provider: Provider) -> None:
    """It answers all the same."""
    sim.queue.append(Behaviour(has_usage=False))
    heard = await ask(provider)
    assert heard.error is None
    assert heard.usage == []


@pytest.mark.parametrize("is_whole", [False, True])
async def test_a_refusal_is_an_end(sim: VendorSim, provider: Provider, is_whole: bool) -> None:
    """It comes with a 200, has its own word, and is counted."""
    sim.queue.append(Behaviour(finish="refusal", text="I", is_whole=is_whole))
    heard = await ask(provider)
    assert heard.error is None
    assert heard.finish == [Finish(FinishReason.FILTERED)]
    assert len(heard.usage) == 1


async def test_an_answer_at_its_limit(sim: VendorSim, provider: Provider) -> None:
    """It ends with the word for it."""
    sim.queue.append(Behaviour(finish="max_tokens"))
    assert (await ask(provider)).finish == [Finish(FinishReason.LENGTH)]


BREAKS: dict[str, tuple[dict[str, Any], type[ProviderError]]] = {
    "an error": ({"error_after": 2}, ServerFault),
    "overload": ({"error_after": 2, "error": {"type": "overloaded_error"}}, Overloaded),
    "a cut": ({"cut_after": 2}, Cut),
    "a cut at the end": ({"tokens": 2, "cut_after": 3}, Cut),
}


@pytest.mark.parametrize("name", BREAKS)
async def test_breaks_within_an_answer(sim: VendorSim, provider: Provider, name: str) -> None:
    """What came stays, what it cost is known or estimated, nothing is sent again."""
    act, leaf = BREAKS[name]
    sim.queue.append(Behaviour(text="one two three", reasoning="Well", **act))
    heard = await ask(provider)
    assert type(heard.failure) is leaf
    assert not heard.failure.is_unsent
    assert heard.text.startswith(("one", "word1"))
    [usage] = heard.usage
    assert usage.input_tokens == 7
    assert usage.is_estimated
    assert not heard.finish
    assert len(sim.witness.asked) == 1


async def test_the_version_follows_the_temperature(sim: VendorSim, provider: Provider) -> None:
    """An older model hears it; a newer one is asked without, and never refuses."""
    for model in (OLDER, MIDDLE, NEWEST):
        assert (await ask(provider, model=model, temperature=0.4)).error is None
    heard = await ask(provider, model=MIDDLE, temperature=0.4, effort=Effort.HIGH)
    assert heard.error is None
    sent = [
        (seen.body.get("temperature"), seen.headers["anthropic-version"])
        for seen in sim.witness.asked
    ]
    old, new = (0.4, "2023-06-01"), (None, "2026-10-21")
    assert sent == [old, old, new, new]


@pytest.mark.parametrize(
    ("refuses", "adjustment"),
    [
        ("temperature", Adjustment.DROP_TEMPERATURE),
        ("thinking", Adjustment.DROP_EFFORT),
        ("output_config", Adjustment.DROP_EFFORT),
    ],
)
async def test_what_is_refused_is_named_and_mended(
    sim: VendorSim, provider: Provider, refuses: str, adjustment: Adjustment
) -> None:
    """One request, one refusal, billed nothing; with the change named, it goes through."""
    sim.default = Behaviour(refuses=refuses)
    is_warm = refuses == "temperature"
    asked = request(
        model=OLDER if is_warm else MIDDLE, temperature=0.4, effort=None if is_warm else Effort.LOW
    )
    await hear_mended(sim, provider, asked, adjustment)


async def test_a_limit_that_is_refused_is_lowered(sim: VendorSim, provider: Provider) -> None:
    """The vendor must be told one: after a refusal it is one that every model takes."""
    asked = request(model=OLDER, max_tokens=64_001, most_tokens=70_000)
    error = (await hear(provider, asked)).failure
    assert isinstance(error, ParameterRefused)
    mended = replace(asked, adjustments=frozenset({error.adjustment}))
    assert (await hear(provider, mended)).error is None
    assert sim.witness.asked[-1].body["max_tokens"] == 8_192


async def test_a_model_that_is_not_there(provider: Provider) -> None:
    """It is named as such by the vendor itself."""
    heard = await ask(provider, model="claude-nobody-1")
    assert type(heard.failure) is ModelUnavailable
    assert heard.failure.said == "model: claude-nobody-1"


@pytest.mark.parametrize(
    ("status", "leaf"), [(413, TooLong), (400, BadRequest), (500, ServerFault), (529, Overloaded)]
)
async def test_failing_statuses(
    sim: VendorSim, provider: Provider, status: int, leaf: type[ProviderError]
) -> None:
    """Each has its leaf, and the vendor's own words."""
    sim.queue.append(Behaviour(status=status))
    heard = await ask(provider)
    assert type(heard.failure) is leaf
    assert heard.failure.said


async def test_all_pages_of_the_list(sim: VendorSim, provider: Provider) -> None:
    """However many there are, with an id that needs quoting at the edge; the newest first."""
    sim.models = [
        {"type": "model", "id": f"claude-n-{n}&limit=1", "created_at": f"20{n % 100:02}-01-01"}
        for n in range(2_500)
    ]
    models = await provider.list_models(KEY)
    assert len({model.id for model in models}) == 2_500
    assert len(sim.witness.seen) == 3
    assert models[0].released_at
    assert models[0].released_at.year == 2_099
    assert len([model for model in models if model.is_default]) == 1


async def test_a_list_without_an_end(sim: VendorSim, provider: Provider) -> None:
    """A server that always has more, or the same page again, is asked a few times at most."""
    same = {"data": [{"id": "a"}], "has_more": True, "last_id": "a"}
    sim.models = same
    await provider.list_models(KEY)
    assert len(sim.witness.seen) == 2
    sim.queue.extend(
        Behaviour(body=json.dumps({**same, "last_id": str(number)})) for number in range(50)
    )
    assert [model.id for model in await provider.list_models(KEY)] == ["a"]
    assert len(sim.witness.seen) == 12


async def test_the_models_of_the_list(provider: Provider) -> None:
    """What is retired is left out; the newest Sonnet is the one to begin with."""
    models = await provider.list_models(KEY)
    assert [model.id for model in models if model.is_default] == [NEWEST]
    assert "claude-mythos-preview" not in [model.id for model in models]


async def test_a_key_without_credit_passes_the_check(sim: VendorSim, provider: Provider) -> None:
    """Only the first question tells."""
    poor = Secret("poor")
    assert (await provider.check_key(poor)).health is KeyHealth.WORKS
    assert await provider.list_models(poor)
    assert type((await hear(provider, request(model=NEWEST), poor)).failure) is NoCredit
    assert not sim.witness.billed


@pytest.mark.parametrize(("key", "leaf"), [("bad", InvalidKey), ("barred", NoPermission)])
async def test_keys_that_will_not_do(
    provider: Provider, key: str, leaf: type[ProviderError]
) -> None:
    """Refused by the check already, in its own way."""
    with pytest.raises(leaf):
        await provider.check_key(Secret(key))


async def test_the_edge_that_lets_nobody_in(sim: VendorSim, provider: Provider) -> None:
    """It answers for the vendor, without a request's id: no key is at fault."""
    said = {"error": {"type": "forbidden", "message": "Request not allowed"}}
    sim.default = Behaviour(status=403, body=json.dumps(said))
    with pytest.raises(RegionBlocked):
        await provider.check_key(KEY)
    assert type((await ask(provider)).failure) is RegionBlocked


async def test_the_key_stands_in_one_header(sim: VendorSim, provider: Provider) -> None:
    """Every call carries it there and nowhere else, and names the version."""
    await provider.check_key(KEY)
    await provider.list_models(KEY)
    await ask(provider)
    assert [seen.path for seen in sim.witness.seen] == [
        "/v1/models?limit=1",
        "/v1/models?limit=1000",
        "/v1/messages",
    ]
    for seen in sim.witness.seen:
        assert [name for name, value in seen.headers.items() if KEY.reveal() in value] == [
            "x-api-key"
        ]
        assert seen.headers["anthropic-version"] == "2026-10-21"
        assert KEY.reveal() not in json.dumps(seen.body)
