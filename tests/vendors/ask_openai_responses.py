"""What OpenAI's own SDK sees of a Responses server: `python ask_openai_responses.py BASE_URL`.

Stands alone: it needs openai and nothing of this project, and prints one JSON.
"""

import json
import sys
from collections.abc import Callable

import openai

KEY = "sk-canary-sdk-0001"
MODEL = "gpt-6.1-terra"


def client_of(base_url: str, key: str = KEY) -> openai.OpenAI:
    """Return a client that asks once, and refuses what does not fit its types."""
    return openai.OpenAI(
        api_key=key, base_url=base_url, max_retries=0, _strict_response_validation=True
    )


def fields(text: str) -> dict[str, object]:
    """Return a question with all that Hearthkey sends."""
    return {
        "model": MODEL,
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "two"},
            {"role": "user", "content": text},
        ],
        "store": False,
        "max_output_tokens": 4096,
        "reasoning": {"effort": "low"},
        "prompt_cache_key": "c",
        "safety_identifier": "u",
    }


def streamed(client: openai.OpenAI, text: str, **more: object) -> dict[str, object]:
    """Return the answer to a streamed question, and the numbers of its events."""
    answer, thought, numbers, types, last = "", "", [], [], None
    options = {"include_obfuscation": False}
    for event in client.responses.create(
        **{**fields(text), **more}, stream=True, stream_options=options
    ):
        numbers.append(event.sequence_number)
        types.append(event.type)
        if event.type in {"response.output_text.delta", "response.refusal.delta"}:
            answer += event.delta
        elif event.type == "response.reasoning_summary_text.delta":
            thought += event.delta
        last = event
    response = last.response
    reason = response.incomplete_details.reason if response.incomplete_details else None
    return {
        "text": answer,
        "thought": thought,
        "are_numbered": numbers == list(range(len(numbers))),
        "types": sorted(set(types)),
        "status": response.status,
        "reason": reason,
        "usage": response.usage.model_dump() if response.usage else None,
        "whole": response.output_text,
    }


def whole(client: openai.OpenAI, text: str) -> dict[str, object]:
    """Return the answer to a question that wants one piece."""
    said = client.responses.create(**fields(text))
    return {"text": said.output_text, "status": said.status, "usage": said.usage.model_dump()}


def models(client: openai.OpenAI) -> list[str]:
    """Return the ids of all models."""
    return [model.id for model in client.models.list()]


def failure(ask: Callable[..., object], *arguments: object, **more: object) -> dict[str, object]:
    """Return how the SDK names a refusal."""
    try:
        ask(*arguments, **more)
    except openai.APIStatusError as error:
        return {"class": type(error).__name__, "code": error.code, "param": error.param}
    except openai.APIError as error:
        return {"class": type(error).__name__, "code": error.code, "param": error.param}
    return {}


def main(base_url: str) -> dict[str, object]:
    """Ask everything there is to ask."""
    client = client_of(base_url)
    return {
        "stream": streamed(client, "who are you?"),
        "whole": whole(client, "who are you?"),
        "thinking": streamed(client, "hi [sim reasoning=Well]"),
        "refused": streamed(client, "hi [sim finish=refusal]"),
        "cut": streamed(client, "hi [sim finish=max_output_tokens]"),
        "models": models(client),
        "keys": {
            key: failure(whole, client_of(base_url, key), "hi")
            for key in ("bad", "poor", "barred")
        },
        "scoped": failure(models, client_of(base_url, "scoped")),
        "temperature": failure(streamed, client, "hi", temperature=0.2),
        "unknown": failure(streamed, client, "hi", extra_body={"nonsense": 1}),
        "broken": failure(streamed, client, "hi [sim error_after=2 tokens=5]"),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1]), indent=2) + "\n")
