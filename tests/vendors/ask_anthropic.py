"""What Anthropic's own SDK sees of a server: `python ask_anthropic.py BASE_URL` prints one JSON.

It runs in an environment of its own, with nothing of this project in it. BASE_URL is the one the
bot is given, which ends in the version; the SDK adds that itself.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import anthropic

KEY = "sk-canary-sdk-0001"
MODEL = "claude-sonnet-5-5"
OLDER = "claude-haiku-4-5"
HI = [{"role": "user", "content": "hi"}]


def ask(base_url: str) -> dict[str, Any]:
    """Return everything that was seen."""
    root = base_url.rstrip("/").removesuffix("/v1")

    def client(key: str = KEY, **headers: str) -> anthropic.Anthropic:
        return anthropic.Anthropic(
            api_key=key,
            base_url=root,
            max_retries=0,
            default_headers=headers or None,
            _strict_response_validation=True,  # else the SDK takes any field of any type
        )

    ours = client()
    older = client(**{"anthropic-version": "2023-06-01"})

    def create(who: Any = ours, model: str = MODEL, **more: object) -> Any:  # noqa: ANN401
        fields = {"model": model, "max_tokens": 4_096, "messages": HI, **more}
        return who.messages.create(**fields)

    return {
        "stream": _streamed(ours, "hi"),
        "thinking": _streamed(ours, "[sim reasoning=Well]hi"),
        "create": _message(create()),
        "with a temperature": _message(
            create(older, OLDER, extra_body={"temperature": 0.5}, system="Be brief.")
        ),
        "effort": _message(create(output_config={"effort": "low"}, metadata={"user_id": "m-1"})),
        "off": _message(create(thinking={"type": "between_tools"})),
        "cached": _message(create(cache_control={"type": "ephemeral"})),
        "models": [model.id for model in ours.models.list(limit=2)],
        "lifecycles": sorted({model.lifecycle for model in ours.models.list()}),
        "names": [model.display_name for model in ours.models.list(limit=1_000)],
        "efforts": {
            model.id: [
                level
                for level in ("low", "medium", "high")
                if model.capabilities and getattr(model.capabilities.effort, level).supported
            ]
            for model in ours.models.list()
        },
        "errors": {
            "bad": _error(lambda: create(client("bad"))),
            "poor": _error(lambda: create(client("poor"))),
            "barred": _error(lambda: create(client("barred"))),
            "bad, list": _error(client("bad").models.list),
            "poor, list": _error(client("poor").models.list),
            "temperature, by default": _error(
                lambda: create(model=OLDER, extra_body={"temperature": 0.5})
            ),
            "temperature, newer model": _error(
                lambda: create(older, extra_body={"temperature": 0.5})
            ),
            "no such model": _error(lambda: create(model="claude-nobody-1")),
            "too many tokens": _error(lambda: create(model=OLDER, max_tokens=64_001, stream=True)),
            "empty text": _error(lambda: create(messages=[{"role": "user", "content": ""}])),
            "prefill": _error(
                lambda: create(messages=[*HI, {"role": "assistant", "content": "I"}])
            ),
            "budget": _error(lambda: create(thinking={"type": "enabled", "budget_tokens": 2_048})),
            "off where it cannot be": _error(lambda: create(thinking={"type": "disabled"})),
            "within the stream": _error(lambda: _streamed(ours, "[sim error_after=1]one two")),
            "busy": _error(lambda: _streamed(ours, "[sim status=529]")),
            "limit": _error(lambda: _streamed(ours, "[sim status=429]")),
        },
    }


def _streamed(client: anthropic.Anthropic, question: str) -> dict[str, Any]:
    kinds: list[str] = []
    messages = [{"role": "user", "content": question}]
    with client.messages.stream(model=MODEL, max_tokens=4_096, messages=messages) as stream:
        for event in stream:
            if event.type not in kinds:
                kinds.append(event.type)
        return {**_message(stream.get_final_message()), "kinds": kinds}


def _message(message: Any) -> dict[str, Any]:  # noqa: ANN401
    blocks = message.content
    return {
        "text": "".join(block.text for block in blocks if block.type == "text"),
        "thinking": "".join(block.thinking for block in blocks if block.type == "thinking"),
        "stop_reason": message.stop_reason,
        "usage": message.usage.model_dump(exclude_none=True),
        "model": message.model,
        "role": message.role,
    }


def _error(call: Callable[[], object]) -> dict[str, Any]:
    try:
        call()
    except anthropic.APIStatusError as error:
        return {"class": type(error).__name__, "type": error.type, "said": error.api_message}
    return {"class": ""}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(ask(sys.argv[1])) + "\n")
