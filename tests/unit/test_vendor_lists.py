"""Lists of models: each vendor's own shape, in the fields its API documents."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from adapters.providers.catalogue import rows
from bot.domain.models import Effort, Model
from bot.domain.prices import Period, Price, Rates, Tier
from tests.unit.lists import flat, listed

BORN = datetime(2026, 6, 1, tzinfo=UTC)
BORN_S = int(BORN.timestamp())
QUIRKS = {row.id: row.quirks for row in rows()}


VENDORS: dict[str, tuple[object, list[Model]]] = {
    "openrouter": (
        {
            "data": [
                {
                    "id": "moonshotai/kimi-k3",
                    "name": "MoonshotAI: Kimi K3",
                    "created": BORN_S,
                    "context_length": 262_144,
                    "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
                    "top_provider": {"context_length": 262_144, "max_completion_tokens": 65_536},
                    "supported_parameters": ["max_tokens", "reasoning", "temperature"],
                    "reasoning": {"mandatory": False, "supported_efforts": ["high", "low", "max"]},
                    "pricing": {
                        "prompt": "0.000003",
                        "completion": "0.000015",
                        "input_cache_read": "0.0000003",
                        "input_cache_write": "0",
                        "request": "0",
                    },
                    "expiration_date": "2026-12-31",
                },
                {
                    "id": "openai/gpt-6-sol",
                    "name": "OpenAI: GPT-6 Sol",
                    "context_length": 400_000,
                    "supported_parameters": ["max_tokens", "reasoning"],
                    "reasoning": {"mandatory": True, "supported_efforts": ["high", "medium"]},
                    "pricing": {"prompt": "0.0000001", "completion": "0.0000005"},
                    "expiration_date": None,
                },
                {
                    "id": "someone/chatty:free",
                    "context_length": 8_192,
                    "supported_parameters": ["temperature"],
                    "pricing": {"prompt": "0", "completion": "0", "input_cache_read": "0"},
                },
                {
                    "id": "openrouter/auto",
                    "context_length": 2_000_000,
                    "pricing": {"prompt": "-1", "completion": "-1"},
                },
                {
                    "id": "someone/painter",
                    "architecture": {"output_modalities": ["image"]},
                },
                {"id": "someone/gone", "expiration_date": "2026-11-01"},
            ]
        },
        [
            Model(
                id="moonshotai/kimi-k3",
                name="MoonshotAI: Kimi K3",
                context_tokens=262_144,
                max_output_tokens=65_536,
                takes_temperature=True,
                efforts=(Effort.OFF, Effort.LOW, Effort.HIGH),
                released_at=BORN,
                retires_at=datetime(2026, 12, 31, tzinfo=UTC),
                price=flat("3", "15", "0.3"),
            ),
            Model(
                id="openai/gpt-6-sol",
                name="OpenAI: GPT-6 Sol",
                context_tokens=400_000,
                takes_temperature=False,
                efforts=(Effort.MEDIUM, Effort.HIGH),
                price=flat("0.1", "0.5"),
            ),
            Model(
                id="someone/chatty:free",
                context_tokens=8_192,
                takes_temperature=True,
                efforts=(),
                price=flat("0", "0", "0"),
            ),
            Model(id="openrouter/auto", context_tokens=2_000_000),
        ],
    ),
    "mistral": (
        {
            "object": "list",
            "data": [
                {
                    "id": "mistral-medium-latest",
                    "type": "base",
                    "created": BORN_S,
                    "name": "mistral-medium-2610",
                    "aliases": ["mistral-medium-2610", "mistral-medium"],
                    "max_context_length": 262_144,
                    "capabilities": {"completion_chat": True, "vision": True},
                    "deprecation": None,
                },
                {
                    "id": "mistral-medium-2610",
                    "type": "base",
                    "created": BORN_S,
                    "aliases": ["mistral-medium-latest", "mistral-medium"],
                    "capabilities": {"completion_chat": True},
                },
                {
                    "id": "magistral-small-2509",
                    "type": "base",
                    "max_context_length": 131_072,
                    "capabilities": {"completion_chat": True},
                    "deprecation": "2027-01-31T12:00:00Z",
                },
                {"id": "mistral-ocr-4", "capabilities": {"completion_chat": False}},
                {"id": "mistral-embed", "capabilities": {"completion_chat": False}},
            ],
        },
        [
            Model(
                id="mistral-medium-latest",
                name="mistral-medium-2610",
                context_tokens=262_144,
                released_at=BORN,
            ),
            Model(
                id="magistral-small-2509",
                context_tokens=131_072,
                retires_at=datetime(2027, 1, 31, 12, tzinfo=UTC),
            ),
        ],
    ),
    "groq": (
        {
            "object": "list",
            "data": [
                {
                    "id": "openai/gpt-oss-120b",
                    "created": BORN_S,
                    "active": True,
                    "context_window": 131_072,
                    "max_completion_tokens": 65_536,
                },
                {"id": "gone-70b", "active": False, "context_window": 8_192},
                {"id": "whisper-large-v3-turbo", "active": True, "context_window": 448},
                {"id": "openai/gpt-oss-safeguard-20b", "active": True},
                {"id": "canopylabs/orpheus-tts", "active": True},
            ],
        },
        [
            Model(
                id="openai/gpt-oss-120b",
                context_tokens=131_072,
                max_output_tokens=65_536,
                released_at=BORN,
            )
        ],
    ),
    "xai": (
        {
            "models": [
                {
                    "id": "grok-4.7",
                    "created": BORN_S,
                    "input_modalities": ["text", "image"],
                    "output_modalities": ["text"],
                    "prompt_text_token_price": 20_000,
                    "cached_prompt_text_token_price": 5_000,
                    "completion_text_token_price": 60_000,
                    "aliases": ["grok-4.7-latest"],
                }
            ]
        },
        [
            Model(
                id="grok-4.7",
                released_at=BORN,
                price=Price(
                    (
                        Period(
                            rates=Rates(
                                input=Decimal(2), output=Decimal(6), cache_read=Decimal("0.5")
                            ),
                            tiers=(
                                Tier(
                                    above=199_999,
                                    rates=Rates(
                                        input=Decimal(4), output=Decimal(12), cache_read=Decimal(1)
                                    ),
                                ),
                            ),
                        ),
                    )
                ),
            )
        ],
    ),
    "together": (
        [
            {
                "id": "openai/gpt-oss-120b",
                "object": "model",
                "created": BORN_S,
                "type": "chat",
                "display_name": "GPT-OSS 120B",
                "context_length": 131_072,
                "pricing": {"hourly": 0, "input": 0.15, "output": 0.6, "base": 0, "finetune": 0},
            },
            {"id": "black-forest-labs/FLUX.2", "type": "image", "pricing": {"input": 0}},
            {"id": "someone/base-8b", "type": "language", "pricing": {"input": 0.2}},
        ],
        [
            Model(
                id="openai/gpt-oss-120b",
                name="GPT-OSS 120B",
                context_tokens=131_072,
                released_at=BORN,
                price=flat("0.15", "0.6"),
            ),
        ],
    ),
    "fireworks": (
        {
            "models": [
                {
                    "name": "accounts/fireworks/models/glm-5p3",
                    "displayName": "GLM 5.3",
                    "createTime": "2026-06-01T00:00:00Z",
                    "contextLength": 202_752,
                    "supportsServerless": True,
                },
                {
                    "name": "accounts/fireworks/models/older",
                    "kind": "HF_BASE_MODEL",
                    "deprecationDate": {"year": 2027, "month": 1, "day": 31},
                },
                {
                    "name": "accounts/fireworks/models/gone",
                    "deprecationDate": {"year": 2026, "month": 1, "day": 31},
                },
                {"name": "accounts/fireworks/models/painter", "kind": "FLUMINA_BASE_MODEL"},
                {"name": "accounts/fireworks/models/flux-1-schnell-fp8", "displayName": "FLUX.1"},
            ],
            "nextPageToken": "",
            "totalSize": 2,
        },
        [
            Model(
                id="accounts/fireworks/models/glm-5p3",
                name="GLM 5.3",
                context_tokens=202_752,
                released_at=BORN,
            ),
            Model(
                id="accounts/fireworks/models/older",
                name="accounts/fireworks/models/older",
                retires_at=datetime(2027, 1, 31, tzinfo=UTC),
            ),
        ],
    ),
    "cohere": (
        {
            "models": [
                {
                    "name": "command-a-03-2025",
                    "endpoints": ["generate", "chat"],
                    "context_length": 288_000,
                    "is_deprecated": False,
                    "features": ["tools"],
                },
                {"name": "command-light", "endpoints": ["chat"], "is_deprecated": True},
                {"name": "classifier", "endpoints": ["classify"], "context_length": 512},
            ]
        },
        [Model(id="command-a-03-2025", name="command-a-03-2025", context_tokens=288_000)],
    ),
    "huggingface": (
        {
            "object": "list",
            "data": [
                {
                    "id": "zai-org/GLM-5.3",
                    "object": "model",
                    "created": BORN_S,
                    "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
                    "providers": [
                        {
                            "provider": "novita",
                            "status": "live",
                            "context_length": 204_800,
                            "pricing": {"input": 0.6, "output": 2.2},
                        },
                        {"provider": "other", "status": "live", "context_length": 131_072},
                        {"provider": "mute", "status": "live"},
                    ],
                }
            ],
        },
        [Model(id="zai-org/GLM-5.3", context_tokens=131_072, released_at=BORN)],
    ),
    "qwen": (
        {
            "data": [
                {"id": "qwen3.7-plus"},
                {"id": "qwen-image-edit"},
                {"id": "qwen3-asr-flash"},
                {"id": "wan2.6-t2v"},
                {"id": "text-embedding-v4"},
            ]
        },
        [Model(id="qwen3.7-plus")],
    ),
    "ollama": (
        {
            "object": "list",
            "data": [{"id": "gemma3:4b", "created": BORN_S, "owned_by": "library"}],
        },
        [Model(id="gemma3:4b", context_tokens=4_096, released_at=BORN)],
    ),
    "lmstudio": (
        {
            "object": "list",
            "data": [
                {"id": "qwen3.5-9b", "object": "model", "owned_by": "organization_owner"},
                {"id": "text-embedding-nomic-embed-text-v1.5", "object": "model"},
            ],
        },
        [Model(id="qwen3.5-9b")],
    ),
    "llamacpp": (
        {
            "models": [{"name": "gemma.gguf", "model": "gemma.gguf", "type": "model"}],
            "object": "list",
            "data": [
                {"id": "gemma.gguf", "created": BORN_S, "meta": {"n_ctx_train": 131_072}},
            ],
        },
        [Model(id="gemma.gguf", released_at=BORN)],
    ),
    "vllm": (
        {
            "object": "list",
            "data": [{"id": "home-model", "created": BORN_S, "max_model_len": 32_768}],
        },
        [Model(id="home-model", context_tokens=32_768, released_at=BORN)],
    ),
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendors_own_list(vendor: str) -> None:
    """Read with the quirks of its row: what it says is known, and nothing else."""
    said, expected = VENDORS[vendor]
    found = listed(said, QUIRKS[vendor])
    assert [replace(model, is_default=False) for model in found] == expected
