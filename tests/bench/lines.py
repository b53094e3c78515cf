"""The questions of the bench, and the one right answer of each: both sides know them."""

import json
from typing import Final

MODEL: Final = "bench-1"
KEY: Final = "demo-key"
# Awkward ones on purpose: a reader that is fast and wrong must not look good.
WORDS: Final = (
    "The", " kettle", " hums", " softly", ",", " and", " the", " house", " is", " quiet", ".",
    " Καλημέρα", " κόσμε", " 世界", "。", " 家の鍵", " 🏡", "🔑", " naïve", ' "quoted"',
    " back\\slash", "\u2028", " tab\there", "\n\n", " - item", " **bold**", " `code`", " 100", "%",
    " </p>", " data:", " x",
)  # fmt: skip

# Plain text at both ends: a right answer must not be a matter of trimming.
OPENING: Final = "Yes:"
CLOSING: Final = "."


def question(number: int, *, tokens: int, rate: float) -> str:
    """Return question `number`: it tells the server how long and how fast to answer.

    `rate` is in tokens per second, 0 for all at once.
    """
    return f"#{number} {tokens} {rate:g}"


def read_question(text: str) -> tuple[int, int, float]:
    """Return the number, tokens and rate of a question; ValueError if it is none."""
    number, tokens, rate = text.removeprefix("#").split()
    return int(number), int(tokens), float(rate)


def words(number: int, tokens: int) -> list[int]:
    """Return which words answer question `number`, in order."""
    return [(number * 13 + index * 7 + index // 32) % len(WORDS) for index in range(tokens)]


def answer(number: int, tokens: int) -> str:
    """Return the one right answer."""
    return OPENING + "".join(WORDS[word] for word in words(number, tokens)) + CLOSING


def request_body(text: str) -> bytes:
    """Return the request as the bare loops send it."""
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": text}],
        "max_tokens": 4096,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    return json.dumps(body).encode()


def delta(text: str) -> bytes:
    """Return one token's event."""
    return _event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})


def ending(tokens: int) -> bytes:
    """Return what comes after the last token: the finish, the usage, the end mark."""
    usage = {"prompt_tokens": 20, "completion_tokens": tokens, "total_tokens": 20 + tokens}
    return b"".join(
        (
            _event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
            _event({"choices": [], "usage": usage}),
            b"data: [DONE]\n\n",
        )
    )


def _event(fields: dict[str, object]) -> bytes:
    frame = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1_764_000_000,
        "model": MODEL,
        "system_fingerprint": "fp_bench",
        **fields,
    }
    return b"data: " + json.dumps(frame, ensure_ascii=False).encode() + b"\n\n"
