"""Lists of models: what is a list, what chats, and what a field must be to be believed."""

from dataclasses import replace

import pytest

from adapters.providers.catalogue import Quirks
from adapters.providers.openai_models import read_models
from bot.domain.errors import ServerFault
from bot.domain.models import Effort, Model
from tests.unit.lists import ASKED, NOW, flat, listed


@pytest.mark.parametrize(
    ("said", "efforts"),
    [
        ({"mandatory": True}, (Effort.LOW, Effort.MEDIUM, Effort.HIGH)),
        ({"mandatory": False, "supported_efforts": None}, tuple(Effort)),
        ({"mandatory": False, "supported_efforts": ["max", None]}, (Effort.OFF,)),
        (None, None),
        ("yes", None),
    ],
)
def test_depths_of_thinking(said: object, efforts: tuple[Effort, ...] | None) -> None:
    """Without a list of words all are taken; what says nothing leaves it unknown."""
    assert listed({"data": [{"id": "a", "reasoning": said}]})[0].efforts == efforts


@pytest.mark.parametrize("said", [5, {}, {"year": 2027}, {"year": 2027, "month": 13, "day": 1}])
def test_a_day_that_is_none(said: object) -> None:
    """It is no reason to drop the model."""
    assert listed({"data": [{"id": "a", "deprecationDate": said}]})[0].retires_at is None


def test_a_price_in_no_known_unit_stays_unknown() -> None:
    """A number that may be for a token or for a million is no price."""
    said = {"data": [{"id": "a", "pricing": {"prompt": "0.1", "completion": "0.2"}}]}
    assert listed(said)[0].price is None
    assert listed(said, Quirks(price_tokens=1_000_000))[0].price == flat("0.1", "0.2")


@pytest.mark.parametrize(
    "pricing",
    [
        None,
        [],
        {},
        {"prompt": "0.1"},
        {"prompt": "0.1", "completion": "-1"},
        {"prompt": "0.1", "completion": "NaN"},
        {"prompt": "0.1", "completion": "cheap"},
        {"prompt": "0.1", "completion": True},
        {"prompt": "0.1", "completion": {"a": 1}},
    ],
)
def test_half_a_price_is_none(pricing: object) -> None:
    """Neither is what cannot be read."""
    said = {"data": [{"id": "a", "pricing": pricing}]}
    assert listed(said, Quirks(price_tokens=1))[0].price is None


LISTS: dict[str, tuple[object, list[Model]]] = {
    "plain": (
        {"object": "list", "data": [{"id": "a"}, {"id": "b"}]},
        [Model(id="a"), Model(id="b")],
    ),
    "a bare array": (
        [{"id": "a", "type": "chat", "display_name": "A", "context_length": 8_000}],
        [Model(id="a", name="A", context_tokens=8_000)],
    ),
    "under models": ({"models": [{"id": "a"}]}, [Model(id="a")]),
    "OpenRouter": (
        {
            "data": [
                {
                    "id": "x/a",
                    "name": "X: A",
                    "context_length": 200_000,
                    "top_provider": {"max_completion_tokens": 64_000},
                    "supported_parameters": ["max_tokens", "temperature"],
                },
                {"id": "x/b", "top_provider": {}, "supported_parameters": ["max_tokens"]},
            ]
        },
        [
            Model(
                id="x/a",
                name="X: A",
                context_tokens=200_000,
                max_output_tokens=64_000,
                takes_temperature=True,
                efforts=(),
            ),
            Model(id="x/b", takes_temperature=False, efforts=()),
        ],
    ),
    "vLLM": (
        {"data": [{"id": "a", "max_model_len": 4_096}]},
        [Model(id="a", context_tokens=4_096)],
    ),
    "Groq": (
        {
            "data": [
                {
                    "id": "a",
                    "active": True,
                    "context_window": 131_072,
                    "max_completion_tokens": 32_768,
                },
                {"id": "b", "active": False},
                {"id": "whisper-large-v3"},
                {"id": "llama-guard-4"},
            ]
        },
        [Model(id="a", context_tokens=131_072, max_output_tokens=32_768)],
    ),
    "not for chat": (
        {
            "data": [
                {"id": "text-embedding-3"},
                {"id": "gpt-4o-mini-tts"},
                {"id": "flux", "type": "image"},
                {"id": "ocr", "capabilities": {"completion_chat": False}},
                {"id": "good", "capabilities": {"completion_chat": True}},
            ]
        },
        [Model(id="good")],
    ),
    "rows that are none": (
        {"data": [1, {"owned_by": "x"}, {"id": ""}, {"id": 5}, {"id": "a"}]},
        [Model(id="a")],
    ),
    "sizes that are none": (
        {"data": [{"id": "a", "context_length": None, "max_output_tokens": True}]},
        [Model(id="a")],
    ),
    "none at all": ({"data": []}, []),
}


@pytest.mark.parametrize(("said", "expected"), LISTS.values(), ids=LISTS.keys())
def test_lists(said: object, expected: list[Model]) -> None:
    """Every shape of list, and only what can chat."""
    found = listed(said)
    assert [replace(model, is_default=False) for model in found] == expected
    assert sum(model.is_default for model in found) == (1 if found else 0)


def test_the_newest_comes_first_and_the_preferred_is_marked() -> None:
    """Those without a date keep the vendor's order behind the others."""
    rows = [{"id": name, "created": at} for name, at in zip("abcd", (0, 5, 9, 0), strict=True)]
    found = listed({"data": rows}, Quirks(prefers=("x", "b")))
    assert [model.id for model in found] == ["c", "b", "a", "d"]
    assert [model.id for model in found if model.is_default] == ["b"]


NO_LISTS = {
    "nothing": b"",
    "half": b"{",
    "no data": b"{}",
    "a number for data": b'{"data": 1}',
    "a number": b"7",
    "no UTF-8": b'"\xff"',
    "no bottom": b"[" * 100_000,
}


@pytest.mark.parametrize("body", NO_LISTS.values(), ids=NO_LISTS.keys())
def test_no_list_is_a_fault(body: bytes) -> None:
    """The vendor said yes and then nothing we can read."""
    with pytest.raises(ServerFault):
        read_models(body, ASKED, Quirks(), now=NOW)
