"""What OpenAI's own SDK sees of a Chat Completions server: `python ask_openai_chat.py BASE_URL`.

Stands alone: it needs openai and nothing of this project, and prints one JSON.
"""

import json
import sys
from collections.abc import Callable

import openai

KEY = "sk-canary-sdk-0001"


def client_of(base_url: str, key: str = KEY, *, is_strict: bool = True) -> openai.OpenAI:
    """Return a client that asks once; a strict one refuses what does not fit its types."""
    return openai.OpenAI(
        api_key=key, base_url=base_url, max_retries=0, _strict_response_validation=is_strict
    )


def fields(model: str, text: str) -> dict[str, object]:
    """Return a question with all that Hearthkey sends."""
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": text},
    ]
    return {"model": model, "messages": messages, "max_tokens": 4096, "temperature": 0.2}


def streamed(client: openai.OpenAI, model: str, text: str) -> dict[str, object]:
    """Return the answer to a streamed question."""
    answer, thought, finish, usage = "", "", None, None
    for chunk in client.chat.completions.create(
        **fields(model, text), stream=True, stream_options={"include_usage": True}
    ):
        usage = chunk.usage or usage
        for choice in chunk.choices:
            answer += choice.delta.content or ""
            thought += getattr(choice.delta, "reasoning_content", None) or ""
            finish = choice.finish_reason or finish
    count = usage.model_dump(exclude_none=True) if usage else None
    return {"text": answer, "thought": thought, "finish": finish, "usage": count}


def whole(client: openai.OpenAI, model: str, text: str) -> dict[str, object]:
    """Return the answer to a question that wants one piece."""
    said = client.chat.completions.create(**fields(model, text))
    choice = said.choices[0]
    return {"text": choice.message.content, "finish": choice.finish_reason}


def failure(ask: Callable[..., object], *arguments: object) -> dict[str, object]:
    """Return how the SDK names a refusal."""
    try:
        ask(*arguments)
    except openai.APIStatusError as error:
        return {"class": type(error).__name__, "status": error.status_code}
    except openai.APIError as error:
        return {"class": type(error).__name__}
    return {}


def main(base_url: str) -> dict[str, object]:
    """Ask everything there is to ask."""
    client = client_of(base_url)
    # Lists of compatible vendors leave out fields that OpenAI's own has.
    models = [model.id for model in client_of(base_url, is_strict=False).models.list()]
    return {
        "stream": streamed(client, models[0], "who are you?"),
        "whole": whole(client, models[0], "who are you?"),
        "thinking": streamed(client, models[0], "hi [sim reasoning=Well]"),
        "cut": streamed(client, models[0], "hi [sim finish=length]"),
        "models": models,
        "keys": {
            key: failure(whole, client_of(base_url, key), models[0], "hi")
            for key in ("bad", "poor", "barred")
        },
        "broken": failure(streamed, client, models[0], "hi [sim error_after=2 tokens=5]"),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1]), indent=2) + "\n")
