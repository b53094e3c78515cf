"""Gemini over a socket, at a vendor as strict as Google."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Literal

import pytest

from bot.domain.chat import Adjustment, Finish, FinishReason, Message, Role, TextDelta
from bot.domain.errors import (
    Cut,
    InvalidKey,
    ModelUnavailable,
    NoCredit,
    NoPermission,
    Overloaded,
    ServerFault,
)
from bot.domain.models import Effort
from bot.domain.ports import Provider
from bot.domain.secret import Secret
from bot.domain.usage import Usage
from tests.simulators.asking import KEY, hear, hear_mended, request, vendor_at
from tests.simulators.behaviour import Behaviour
from tests.simulators.google_face import MODELS, GoogleFace
from tests.simulators.vendor_sim import VendorSim

TEXT = "Schlüssel \u2028 für 家の鍵 🏡🔑 and\x85more\u2029 text."
FLASH = "gemini-3.8-flash"


@pytest.fixture
async def sim() -> AsyncIterator[VendorSim]:
    """Google, with a list of many pages."""
    async with VendorSim(GoogleFace(page=3)) as server:
        yield server


@pytest.fixture
async def google(sim: VendorSim) -> AsyncIterator[Provider]:
    """The provider at it."""
    async with vendor_at(sim, "google") as made:
        yield made


@pytest.mark.parametrize("newline", ["lf", "crlf", "cr"])
@pytest.mark.parametrize("piece", [0, 1, 3, 64])
async def test_any_pieces_any_line_ends(
    sim: VendorSim, google: Provider, piece: int, newline: Literal["lf", "crlf", "cr"]
) -> None:
    """Cut within characters and line ends, with comments between: the same answer."""
    sim.queue.append(Behaviour(text=TEXT, piece=piece, newline=newline, keep_alives=3))
    heard = await hear(google, request(model=FLASH))
    assert heard.error is None
    assert heard.text == TEXT
    assert heard.finish == [Finish(FinishReason.STOP)]
    assert len(heard.usage) == 1


async def test_thinking_is_apart_and_counted(sim: VendorSim, google: Provider) -> None:
    """It is no part of the answer, and is billed with it."""
    sim.queue.append(Behaviour(text="Four words in all", reasoning="Well well"))
    heard = await hear(google, request(model=FLASH))
    assert heard.text == "Four words in all"
    assert heard.reasoning == "Well well"
    assert heard.usage == [Usage(input_tokens=7, output_tokens=6, reasoning_tokens=2)]


@pytest.mark.parametrize("effort", [None, *Effort])
@pytest.mark.parametrize("model", [row["name"].removeprefix("models/") for row in MODELS[:8]])
async def test_what_can_be_chosen_is_taken(
    sim: VendorSim, google: Provider, model: str, effort: Effort | None
) -> None:
    """Every depth of thinking, with everything else, at every model; nothing is to be kept."""
    asked = request(
        model=model, temperature=0.2, max_tokens=2_048, system="Be brief.", effort=effort
    )
    heard = await hear(google, asked)
    assert heard.error is None
    [seen] = sim.witness.asked
    assert seen.body["store"] is False
    assert seen.path == f"/v1beta/models/{model}:streamGenerateContent?alt=sse"
    assert seen.headers["x-goog-api-key"] == KEY.reveal()
    assert "authorization" not in seen.headers


async def test_a_conversation_that_begins_with_an_answer(google: Provider) -> None:
    """It is put into an order that the vendor takes."""
    said = [(Role.ASSISTANT, "a"), (Role.USER, "b"), (Role.USER, "c"), (Role.ASSISTANT, "")]
    messages = tuple(Message(role, text) for role, text in [*said, (Role.USER, "d")])
    heard = await hear(google, replace(request(model=FLASH), messages=messages))
    assert heard.text == "You asked: bcd"


def stream_of(*chunks: dict[str, Any]) -> Behaviour:
    """Return a stream of these very chunks."""
    body = "".join(f"data: {json.dumps(chunk)}\r\n\r\n" for chunk in chunks)
    return Behaviour(body=body, content_type="text/event-stream")


async def test_a_blocked_prompt_is_said_to_be(sim: VendorSim, google: Provider) -> None:
    """An answer of status 200 without a word in it is no silence."""
    block = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
    sim.queue.append(stream_of({**block, "usageMetadata": {"promptTokenCount": 9}}))
    heard = await hear(google, request(model=FLASH))
    assert heard.events == [Usage(input_tokens=9), Finish(FinishReason.FILTERED)]
    assert heard.error is None


@pytest.mark.parametrize(
    ("word", "reason"),
    [("SAFETY", FinishReason.FILTERED), ("CONTINUATION", FinishReason.LENGTH)],
)
async def test_other_ends(
    sim: VendorSim, google: Provider, word: str, reason: FinishReason
) -> None:
    """They keep what came."""
    sim.queue.append(Behaviour(text="So far", finish=word))
    heard = await hear(google, request(model=FLASH))
    assert heard.text == "So far"
    assert heard.finish == [Finish(reason)]


async def test_a_hiccup_of_the_model(sim: VendorSim, google: Provider) -> None:
    """It may be asked again, by the member's word."""
    sim.queue.append(Behaviour(text="So far", finish="MALFORMED_RESPONSE"))
    heard = await hear(google, request(model=FLASH))
    assert heard.text == "So far"
    assert type(heard.failure) is ServerFault
    assert len(heard.usage) == 1


@pytest.mark.parametrize("shape", ["lines", "array", "event"])
@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("piece", [0, 5])
async def test_an_error_within_the_stream(
    shape: Literal["lines", "array", "event"], after: int, piece: int
) -> None:
    """In every shape it is the error it says, what came stays, and nothing is sent again."""
    async with VendorSim(GoogleFace(shape=shape)) as sim, vendor_at(sim, "google") as google:
        sim.queue.append(Behaviour(tokens=5, error_after=after, piece=piece))
        heard = await hear(google, request(model=FLASH))
        assert heard.text == "word1 word2 "[: after * 6]
        assert type(heard.failure) is Overloaded
        assert not heard.failure.is_unsent
        assert "overloaded" in heard.failure.said
        assert len(sim.witness.asked) == 1


async def test_a_cut(sim: VendorSim, google: Provider) -> None:
    """What came stays; the count of the prompt alone is no count of it."""
    sim.queue.append(Behaviour(tokens=5, cut_after=3))
    heard = await hear(google, request(model=FLASH))
    assert heard.text == "word1 word2 word3 "
    assert type(heard.failure) is Cut
    assert not heard.usage


@pytest.mark.parametrize(
    "act",
    [{"is_open_end": True}, {"is_whole": True}, {"content_type": "text/plain"}],
    ids=["the last event not closed", "one JSON", "another media type"],
)
async def test_forms_of_an_answer(
    sim: VendorSim, google: Provider, act: dict[str, object]
) -> None:
    """Each is read."""
    sim.queue.append(Behaviour(text=TEXT, **act))  # type: ignore[arg-type]  # the table's own
    heard = await hear(google, request(model=FLASH))
    assert heard.error is None
    assert heard.text == TEXT
    assert len(heard.usage) == 1


async def test_a_json_array_of_chunks(sim: VendorSim, google: Provider) -> None:
    """It comes where something on the way drops the query."""
    chunks = [{"candidates": [{"content": {"parts": [{"text": text}]}}]} for text in "ab"]
    sim.queue.append(Behaviour(body=json.dumps(chunks)))
    heard = await hear(google, request(model=FLASH))
    assert [event for event in heard.events if isinstance(event, TextDelta)] == [TextDelta("ab")]


async def test_all_pages_of_the_list(sim: VendorSim, google: Provider) -> None:
    """Chat models only, the newest first, and the newest flash to begin with."""
    models = await google.list_models(KEY)
    assert [model.id for model in models] == [
        "gemini-4-argon", "gemini-3.8-flash", "gemini-3.5-flash-lite", "gemini-3.1-pro-preview",
        "gemini-2.5-pro", "gemini-2.5-flash", "gemini-flash-latest", "gemma-3-27b-it",
    ]  # fmt: skip
    assert [model.id for model in models if model.is_default] == ["gemini-3.8-flash"]
    assert models[0].label == "Gemini 4 Argon"
    assert models[0].context_tokens == 1_048_576
    asked = [seen.path.partition("?")[2] for seen in sim.witness.seen]
    assert asked == [
        "pageSize=1000", *(f"pageSize=1000&pageToken=at-{start}" for start in (3, 6, 9)),
    ]  # fmt: skip


async def test_a_list_without_end(sim: VendorSim, google: Provider) -> None:
    """A token that leads back to itself is not followed for ever."""
    sim.default = Behaviour(body='{"models": [], "nextPageToken": "a&b"}')
    assert list(await google.list_models(KEY)) == []
    assert 1 < len(sim.witness.seen) < 50
    assert sim.witness.seen[-1].path.endswith("pageToken=a%26b")


@pytest.mark.parametrize("body", ["[]", "<html>", '{"models": 5}'])
async def test_what_is_no_list(sim: VendorSim, google: Provider, body: str) -> None:
    """It is the vendor's fault."""
    sim.default = Behaviour(body=body)
    with pytest.raises(ServerFault):
        await google.list_models(KEY)


async def test_the_check_costs_nothing_and_shows_no_key(sim: VendorSim, google: Provider) -> None:
    """One row of the list; the key is in its header and nowhere else."""
    await google.check_key(KEY)
    [seen] = sim.witness.seen
    assert (seen.method, seen.path) == ("GET", "/v1beta/models?pageSize=1")
    assert [name for name, value in seen.headers.items() if KEY.reveal() in value] == [
        "x-goog-api-key"
    ]


async def test_a_bad_key_is_a_400(google: Provider) -> None:
    """It is a bad key all the same."""
    with pytest.raises(InvalidKey):
        await google.check_key(Secret("bad"))


async def test_a_key_without_credit_passes_the_check(google: Provider) -> None:
    """The list is free; the first question tells."""
    await google.check_key(Secret("poor"))
    error = (await hear(google, request(model=FLASH), Secret("poor"))).failure
    assert type(error) is NoCredit
    assert error.is_unsent


async def test_a_key_for_other_services(google: Provider) -> None:
    """It is valid, and may not."""
    with pytest.raises(NoPermission):
        await google.check_key(Secret("barred"))


@pytest.mark.parametrize("model", ["gpt-6", "../../v1/keys", "a?b=1#c", "é/\ud83d", " "])
async def test_any_id_may_be_typed(sim: VendorSim, google: Provider, model: str) -> None:
    """It is asked for as a model, and there is none."""
    heard = await hear(google, request(model=model))
    assert type(heard.failure) is ModelUnavailable
    [seen] = sim.witness.asked
    assert seen.path.startswith("/v1beta/models/")
    assert seen.path.count("/") == 3


@pytest.mark.parametrize(
    ("refuses", "adjustment"),
    [
        ("temperature", Adjustment.DROP_TEMPERATURE),
        ("max_tokens", Adjustment.DROP_MAX_TOKENS),
        ("system", Adjustment.SYSTEM_IN_USER),
        ("thinking", Adjustment.DROP_EFFORT),
    ],
)
async def test_what_is_refused_is_named_and_mended(
    sim: VendorSim, google: Provider, refuses: str, adjustment: Adjustment
) -> None:
    """One request, one refusal, billed nothing; with the change named, it goes through."""
    sim.default = Behaviour(refuses=refuses)
    asked = request(model="gemini-2.5-pro", temperature=0.4, max_tokens=3_000, system="Be brief.")
    await hear_mended(sim, google, asked, adjustment)
