"""What Google's own SDK sees at a base URL: `python ask_google.py BASE_URL` prints one JSON.

Stands alone: it needs google-genai and nothing of this project, and runs where that is installed.
"""

import json
import sys
from collections.abc import Callable

from google import genai
from google.genai import errors, types

MODEL = "gemini-2.5-flash"
KEY = "canary-google-sdk"


def client_of(base_url: str, key: str = KEY) -> genai.Client:
    """Return a client that asks the host once and never again by itself."""
    host, _, version = base_url.rstrip("/").rpartition("/")
    return genai.Client(
        api_key=key,
        http_options=types.HttpOptions(
            base_url=host,
            api_version=version,
            retry_options=types.HttpRetryOptions(attempts=1),
        ),
    )


def config_of() -> types.GenerateContentConfig:
    """Return settings with all that Hearthkey sends."""
    return types.GenerateContentConfig(
        system_instruction="Be brief.",
        temperature=0.5,
        max_output_tokens=4096,
        thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=1024),
        store=False,
    )


def conversation(text: str) -> list[types.Content]:
    """Return a question with what was said before it."""
    return [
        types.Content(role="user", parts=[types.Part(text="one")]),
        types.Content(role="model", parts=[types.Part(text="two")]),
        types.Content(role="user", parts=[types.Part(text=text)]),
    ]


def streamed(client: genai.Client, text: str, **asked: object) -> dict[str, object]:
    """Return the answer to a streamed question."""
    answer, thought, usage, finish = "", "", None, None
    asked = {"model": MODEL, "config": config_of(), **asked}
    for chunk in client.models.generate_content_stream(contents=conversation(text), **asked):
        usage = chunk.usage_metadata or usage
        candidate = (chunk.candidates or [None])[0]
        if candidate is None:
            continue
        finish = candidate.finish_reason or finish
        for part in (candidate.content.parts if candidate.content else None) or []:
            if part.thought:
                thought += part.text or ""
            else:
                answer += part.text or ""
    return {"text": answer, "thought": thought, "usage": counts(usage), "finish": word(finish)}


def whole(client: genai.Client, text: str) -> dict[str, object]:
    """Return the answer to a question that wants one piece."""
    said = client.models.generate_content(
        model=MODEL, contents=conversation(text), config=config_of()
    )
    finish = said.candidates[0].finish_reason
    return {"text": said.text, "usage": counts(said.usage_metadata), "finish": word(finish)}


def counts(usage: types.GenerateContentResponseUsageMetadata | None) -> dict[str, object]:
    """Return a count's numbers by the names they have on the wire."""
    return {} if usage is None else usage.model_dump(by_alias=True, exclude_none=True)


def word(reason: types.FinishReason | None) -> str | None:
    """Return the bare word of a finish reason."""
    return None if reason is None else reason.value


def names(client: genai.Client) -> list[str | None]:
    """Return the ids of all models, page by page."""
    pager = client.models.list(config={"page_size": 3})
    return [model.name for model in pager]


def failure(
    ask: Callable[..., object], *arguments: object, **fields: object
) -> dict[str, object] | None:
    """Return how the SDK names a refusal: class, status, word and reasons; None: there is none."""
    try:
        ask(*arguments, **fields)
    except errors.APIError as error:
        details = (error.details or {}).get("error", {}).get("details", [])
        return {
            "class": type(error).__name__,
            "code": error.code,
            "status": error.status,
            "reasons": [each["reason"] for each in details if "reason" in each],
        }
    return None


def main(base_url: str) -> dict[str, object]:
    """Ask everything there is to ask."""
    client = client_of(base_url)
    both = types.ThinkingConfig(thinking_level="LOW", thinking_budget=0)
    wrong = types.GenerateContentConfig(thinking_config=both)
    return {
        "stream": streamed(client, "who are you?"),
        "whole": whole(client, "who are you?"),
        "models": names(client),
        "keys": {
            key: failure(streamed, client_of(base_url, key), "hi")
            for key in ("bad", "poor", "barred")
        },
        "list_by_key": {
            key: failure(names, client_of(base_url, key)) for key in ("bad", "poor", "barred")
        },
        "unknown_model": failure(streamed, client, "hi", model="no-such-model"),
        "wrong_thinking": failure(streamed, client, "hi", config=wrong),
        "broken_stream": failure(streamed, client, "hi [sim error_after=2 tokens=5]"),
        "thinking": streamed(client, "hi [sim reasoning=Well]"),
        "filtered": streamed(client, "hi [sim finish=SAFETY]"),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1]), indent=2) + "\n")
