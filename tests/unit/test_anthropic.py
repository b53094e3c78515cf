"""The Messages dialect, pure parts: questions, lists, and what models take."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.providers.anthropic import SAMPLING_VERSION, VERSION, build_body, read_page
from adapters.providers.capabilities import traits_of
from adapters.providers.catalogue import rows
from adapters.providers.dialect import Call, encode
from adapters.providers.lists import marked, newest_first
from adapters.providers.refusals import Asked
from adapters.providers.registry import DIALECTS, provider_of
from adapters.shared.http import HttpClient
from bot.domain import errors
from bot.domain.chat import Adjustment, ChatRequest, Message, Role
from bot.domain.models import Effort, Model, TemperatureUse
from tests.simulators.anthropic_models import MODELS, family_of, page_of
from tests.simulators.anthropic_rules import wrong, wrong_for

ASKED = Asked(provider="anthropic", model="m")
NEWEST, MIDDLE, OLDER = "claude-sonnet-5-5", "claude-opus-4-6", "claude-haiku-4-5"
[ROW] = [row for row in rows() if row.id == "anthropic"]
HI = (Message(Role.USER, "hi"),)


def call_of(model: str = NEWEST, **fields: Any) -> Call:  # noqa: ANN401
    """Return a question as it goes over the wire."""
    provider = provider_of(HttpClient(), ROW)
    assert isinstance(provider, DIALECTS["anthropic"])
    return provider.write(ChatRequest(model=model, **{"messages": HI, **fields}))


def body_of(model: str = NEWEST, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a question as the vendor reads it."""
    body: dict[str, Any] = json.loads(encode(call_of(model, **fields).body))
    return body


def texts(*said: str) -> list[dict[str, str]]:
    """Return a content of texts."""
    return [{"type": "text", "text": text} for text in said]


def test_a_question() -> None:
    """Instructions, the member's opaque id, caching; the history in turns."""
    history = (*HI, Message(Role.ASSISTANT, "Hello."), Message(Role.USER, "Why?"))
    call = call_of(messages=history, system="Be brief.", max_tokens=500, user="m-1")
    assert call.path == "messages"
    assert call.headers == {"anthropic-version": VERSION}
    assert call.body == {
        "model": NEWEST,
        "max_tokens": 500,
        "stream": True,
        "cache_control": {"type": "ephemeral"},
        "system": "Be brief.",
        "metadata": {"user_id": "m-1"},
        "messages": [
            {"role": "user", "content": texts("hi")},
            {"role": "assistant", "content": texts("Hello.")},
            {"role": "user", "content": texts("Why?")},
        ],
    }


def test_a_bare_question() -> None:
    """What was not chosen is not sent, but for the limit, which must be."""
    assert body_of() == {
        "model": NEWEST,
        "max_tokens": 128_000,
        "stream": True,
        "cache_control": {"type": "ephemeral"},
        "messages": [{"role": "user", "content": texts("hi")}],
    }


U, A = Role.USER, Role.ASSISTANT
HISTORIES: dict[str, tuple[list[tuple[Role, str]], list[tuple[str, list[str]]]]] = {
    "one after the other": (
        [(U, "a"), (A, "b"), (U, "c")],
        [("user", ["a"]), ("assistant", ["b"]), ("user", ["c"])],
    ),
    "two of a kind": ([(U, "a"), (U, "b")], [("user", ["a", "b"])]),
    "an empty one": ([(U, "a"), (A, ""), (U, "b")], [("user", ["a", "b"])]),
    "a blank one": (
        [(U, "a"), (A, "b"), (A, " \n"), (U, "c")],
        [("user", ["a"]), ("assistant", ["b"]), ("user", ["c"])],
    ),
    "an answer first": ([(A, "a"), (U, "b")], [("user", ["b"])]),
    "an answer last": ([(U, "a"), (A, "b")], [("user", ["a"])]),
    "an empty one last": ([(U, "a"), (A, "b"), (U, " ")], [("user", ["a"])]),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_histories(name: str) -> None:
    """Turns alternate, none is empty, the first and the last are the user's."""
    said, expected = HISTORIES[name]
    messages = tuple(Message(role, text) for role, text in said)
    found = body_of(messages=messages)["messages"]
    assert [(m["role"], [part["text"] for part in m["content"]]) for m in found] == expected


def test_instructions_in_the_first_message() -> None:
    """Where they are refused on their own, the first question carries them."""
    moved = frozenset({Adjustment.SYSTEM_IN_USER})
    body = body_of(system="Be brief.", adjustments=moved)
    assert "system" not in body
    assert body["messages"] == [{"role": "user", "content": texts("Be brief.", "hi")}]


def test_blank_instructions_are_none() -> None:
    """The vendor refuses an empty text there as well."""
    assert "system" not in body_of(system=" \n")


# The member's limit, the model's own as its list says, the model; what is sent.
LIMITS: dict[str, tuple[int | None, int | None, str, frozenset[Adjustment], int]] = {
    "the member's": (500, None, NEWEST, frozenset(), 500),
    "above the model's": (100_000, None, OLDER, frozenset(), 64_000),
    "above the list's": (100_000, 32_000, NEWEST, frozenset(), 32_000),
    "none: the list's": (None, 200_000, NEWEST, frozenset(), 200_000),
    "none: the table's": (None, None, OLDER, frozenset(), 64_000),
    "refused": (20_000, None, NEWEST, frozenset({Adjustment.DROP_MAX_TOKENS}), 8_192),
    "refused, and small": (500, None, NEWEST, frozenset({Adjustment.DROP_MAX_TOKENS}), 500),
}


@pytest.mark.parametrize("name", LIMITS)
def test_the_longest_answer(name: str) -> None:
    """One is always sent, and never more than the model takes."""
    mine, most, model, adjustments, sent = LIMITS[name]
    body = body_of(model, max_tokens=mine, most_tokens=most, adjustments=adjustments)
    assert body["max_tokens"] == sent


def test_a_model_of_which_nothing_is_known() -> None:
    """Another vendor's behind a gateway: a limit that every model takes."""
    request = ChatRequest(model="x", messages=HI)
    assert build_body(request, traits_of("nobody", "x"))["max_tokens"] == 8_192


# Model, temperature, effort, adjustments; what is sent, under which version.
TEMPERATURES: dict[str, tuple[str, float, Effort | None, set[Adjustment], float | None]] = {
    "older": (OLDER, 0.3, None, set(), 0.3),
    "older, dated": ("claude-sonnet-4-5-20250929", 0.3, None, set(), 0.3),
    "above what it takes": (OLDER, 1.7, None, set(), 1.0),
    "below": (OLDER, -1.0, None, set(), 0.0),
    "older, refused": (OLDER, 0.3, None, {Adjustment.DROP_TEMPERATURE}, None),
    "middle, not thinking": (MIDDLE, 0.3, None, set(), 0.3),
    "middle, told not to": (MIDDLE, 0.3, Effort.OFF, set(), 0.3),
    "middle, thinking": (MIDDLE, 0.3, Effort.LOW, set(), None),
    "newer": ("claude-opus-4-7", 0.3, None, set(), None),
    "newest": (NEWEST, 0.3, None, set(), None),
    "still to come": ("claude-nova-7", 0.3, None, set(), None),
}


@pytest.mark.parametrize("name", TEMPERATURES)
def test_temperature_and_version(name: str) -> None:
    """One that has an effect goes under the version that takes one, everything else without."""
    model, temperature, effort, dropped, sent = TEMPERATURES[name]
    call = call_of(model, temperature=temperature, effort=effort, adjustments=frozenset(dropped))
    assert call.body.get("temperature") == sent
    version = VERSION if sent is None else SAMPLING_VERSION
    assert call.headers == {"anthropic-version": version}


def test_no_temperature_no_older_version() -> None:
    """An older model without one is asked like every other."""
    assert call_of(OLDER).headers == {"anthropic-version": VERSION}


ADAPTIVE = {"type": "adaptive"}
EFFORTS: dict[str, tuple[str, Effort, dict[str, Any]]] = {
    "thinks by itself": (NEWEST, Effort.LOW, {"output_config": {"effort": "low"}}),
    "always thinks": ("claude-fable-5-2", Effort.HIGH, {"output_config": {"effort": "high"}}),
    "thinks when told to": (
        MIDDLE,
        Effort.MEDIUM,
        {"output_config": {"effort": "medium"}, "thinking": ADAPTIVE},
    ),
    "off, 5.5": (NEWEST, Effort.OFF, {"thinking": {"type": "between_tools"}}),
    "off, 5": ("claude-sonnet-5", Effort.OFF, {"thinking": {"type": "disabled"}}),
    "off, 5, dated": ("claude-opus-5-20260301", Effort.OFF, {"thinking": {"type": "disabled"}}),
    "off, haiku": ("claude-haiku-5-5", Effort.OFF, {"thinking": {"type": "disabled"}}),
    "off, 4.6": (MIDDLE, Effort.OFF, {"thinking": {"type": "disabled"}}),
    "off, where it cannot be": ("claude-opus-5-5", Effort.OFF, {}),
    "off, still to come": ("claude-nova-7", Effort.OFF, {}),
    "where there is none": (OLDER, Effort.LOW, {}),
}


@pytest.mark.parametrize("name", EFFORTS)
def test_depths_of_thinking(name: str) -> None:
    """Each has the model's own words; one it does not have is not sent, nor one it refused."""
    model, effort, fields = EFFORTS[name]
    bare = body_of(model)
    assert body_of(model, effort=effort) == bare | fields
    dropped = frozenset({Adjustment.DROP_EFFORT})
    assert body_of(model, effort=effort, adjustments=dropped) == bare


@pytest.mark.parametrize(
    "model", [row["id"] for row in MODELS] + ["claude-opus-4-7", "claude-opus-5"]
)
def test_the_vendor_takes_every_choice(model: str) -> None:
    """Whatever is chosen, for whichever model, nothing in the question is wrong."""
    family = family_of(model)
    assert family is not None
    for effort in (None, *Effort):
        for temperature in (None, 0.3):
            for limit in (None, 4_096, 10_000_000):
                call = call_of(model, effort=effort, temperature=temperature, max_tokens=limit)
                version = str(call.headers["anthropic-version"])
                assert wrong(call.body, version) == ""
                assert wrong_for(family, call.body) == ""


def page(*listed: dict[str, Any], **fields: object) -> bytes:
    """Return a page of a list."""
    return json.dumps({"data": listed, **fields}).encode()


def test_a_model_of_the_list() -> None:
    """Name, limits, dates and depths of thinking are the list's; of a temperature it is silent."""
    said = page_of("/v1/models")["data"]
    models, after = read_page(page(*said, has_more=False, last_id="x"), ASKED)
    by_id = {model.id: model for model in models}
    assert after == ""
    assert by_id["claude-sonnet-4-5-20250929"] == Model(
        id="claude-sonnet-4-5-20250929",
        name="Claude Sonnet 4.5",
        context_tokens=200_000,
        max_output_tokens=64_000,
        efforts=(),
        released_at=datetime(2025, 9, 29, tzinfo=UTC),
        retires_at=datetime(2026, 11, 30, tzinfo=UTC),
    )
    levels = (Effort.LOW, Effort.MEDIUM, Effort.HIGH)
    assert by_id[NEWEST].efforts == (Effort.OFF, *levels)
    assert by_id["claude-opus-5-5"].efforts == levels
    assert by_id[MIDDLE].efforts == (Effort.OFF, *levels)


def test_what_a_list_leaves_open() -> None:
    """An id alone is enough; a date of 1970 is none; what it does not say, the table does."""
    models, _ = read_page(page({"id": NEWEST, "created_at": "1970-01-01T00:00:00Z"}), ASKED)
    assert models == [Model(id=NEWEST)]


def test_a_depth_needs_list_and_table() -> None:
    """One that the list denies is not offered, nor one for which we have no word."""
    capabilities = family_of(NEWEST).capabilities()  # type: ignore[union-attr]  # it is there
    capabilities["effort"]["low"]["supported"] = False
    capabilities["thinking"]["types"]["between_tools"]["supported"] = False
    [model], _ = read_page(page({"id": NEWEST, "capabilities": capabilities}), ASKED)
    assert model.efforts == (Effort.MEDIUM, Effort.HIGH)
    [model], _ = read_page(page({"id": "claude-nova-7", "capabilities": capabilities}), ASKED)
    assert model.efforts == (Effort.MEDIUM, Effort.HIGH)


def test_a_depth_needs_thinking_that_can_be_turned_on() -> None:
    """Where a model thinks only when told to, and the list says it cannot, there is but off."""
    capabilities = family_of(MIDDLE).capabilities()  # type: ignore[union-attr]  # it is there
    capabilities["thinking"]["types"]["adaptive"]["supported"] = False
    [model], _ = read_page(page({"id": MIDDLE, "capabilities": capabilities}), ASKED)
    assert model.efforts == (Effort.OFF,)


def test_models_that_are_gone() -> None:
    """What is retired is left out; one whose date has passed may still answer."""
    overdue = {"id": "a", "lifecycle": "deprecated", "retires_at": "2020-01-01T00:00:00Z"}
    retired = {"id": "b", "lifecycle": "retired", "retires_at": "2020-01-01T00:00:00Z"}
    other = {"id": "c", "type": "voice"}
    models, _ = read_page(page(overdue, retired, other, {"type": "model"}), ASKED)
    assert [model.id for model in models] == ["a"]


def test_the_model_to_begin_with() -> None:
    """The newest Sonnet that stays."""
    models, _ = read_page(page(*page_of("/v1/models")["data"]), ASKED)
    default = [
        model.id for model in marked(newest_first(models), ROW.quirks.prefers) if model.is_default
    ]
    assert default == [NEWEST]


@pytest.mark.parametrize(
    ("fields", "after"),
    [
        ({"has_more": True, "last_id": "a&b"}, "after_id=a%26b"),
        ({"has_more": False, "last_id": "a"}, ""),
        ({"last_id": "a"}, ""),
        ({"has_more": True, "last_id": None}, ""),
        ({"has_more": True}, ""),
    ],
)
def test_the_next_page(fields: dict[str, Any], after: str) -> None:
    """There is one where the list says so and names where it begins."""
    assert read_page(page({"id": "a"}, **fields), ASKED).following == after


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": {}}', b"<html>"])
def test_no_list(body: bytes) -> None:
    """It is the vendor's fault."""
    with pytest.raises(errors.ServerFault):
        read_page(body, ASKED)


TRAITS = {
    "claude-haiku-4-5-20251001": (TemperatureUse.ALWAYS, False, 64_000),
    "claude-opus-4-5": (TemperatureUse.ALWAYS, False, 64_000),
    "claude-sonnet-4-6": (TemperatureUse.UNLESS_THINKING, False, 128_000),
    "claude-opus-4-8": (TemperatureUse.NEVER, False, 128_000),
    "claude-sonnet-5": (TemperatureUse.NEVER, True, 128_000),
    "claude-sonnet-5-5": (TemperatureUse.NEVER, True, 128_000),
    "claude-haiku-5-5": (TemperatureUse.NEVER, True, 128_000),
    "claude-mythos-5-2": (TemperatureUse.NEVER, True, 128_000),
    "claude-sonnet-6": (TemperatureUse.NEVER, True, 128_000),
    "claude-sonnet-5-7": (TemperatureUse.NEVER, True, 128_000),
}


@pytest.mark.parametrize("model", TRAITS)
def test_what_models_take(model: str) -> None:
    """By id; one that is newer than the table is taken for its like."""
    traits = traits_of("anthropic", model)
    assert (traits.temperature, traits.thinks, traits.most_tokens) == TRAITS[model]
    floor = 4_096 if traits.thinks else 300
    assert traits.fitted(300, None) == floor


def test_only_the_limit_of_the_list_counts_where_both_are_known() -> None:
    """A model that grew since the table was written may use what it has."""
    request = ChatRequest(model=OLDER, messages=HI, max_tokens=90_000, most_tokens=96_000)
    body = build_body(request, traits_of("anthropic", OLDER))
    assert body["max_tokens"] == 90_000
    smaller = replace(request, most_tokens=16_000)
    assert build_body(smaller, traits_of("anthropic", OLDER))["max_tokens"] == 16_000
