"""What the simulator does with one request: settings, queued or written in the question."""

import re
from typing import Any, Final, Literal

import msgspec

_MAGIC: Final = re.compile(r"\[sim ([^\]]*)\]")


class Behaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request's script; the default is a right and prompt answer.

    `text` "" and `tokens` 0: the answer echoes the question. `rate` is in tokens per second, 0 as
    fast as can be. `piece` cuts the stream into pieces of that many bytes. The `…_after` count
    tokens; None never. `billed` None: as a vendor would, that is whenever the answer began.
    `is_held`: HTTP's own end never comes; `end_late_s`: it comes that much later.
    `refuses` names parameters that bring a 400 when they are sent. `error` is what goes into an
    error, None: the vendor's usual one. `finish` is the vendor's word for the end, "": its usual
    one. `newline` "": the one this vendor uses.
    """

    status: int = 200
    text: str = ""
    tokens: int = 0
    rate: float = 0.0
    billed: bool | None = None
    headers: dict[str, str] = {}
    body: str | None = None
    content_type: str = ""
    refuses: str = ""
    newline: Literal["", "lf", "crlf", "cr"] = ""
    piece: int = 0
    keep_alives: int = 0
    stall_after: int | None = None
    cut_after: int | None = None
    error_after: int | None = None
    error: dict[str, Any] | None = None
    reset: Literal["", "connect", "headers", "body"] = ""
    is_whole: bool = False
    has_done: bool = True
    has_end: bool = True
    is_open_end: bool = False
    is_held: bool = False
    end_late_s: float = 0.0
    reasoning: str = ""
    reasoning_field: Literal["reasoning_content", "reasoning", "think"] = "reasoning_content"
    finish: str = ""
    usage: dict[str, Any] | None = None
    has_usage: bool = True


def behaviour_of(fields: object) -> Behaviour:
    """Return the behaviour of decoded JSON, or of texts: `{"status": "500"}` will do."""
    return msgspec.convert(fields, Behaviour, strict=False)


def find_magic(*texts: str) -> Behaviour | None:
    """Return what a question or model name asks for: `[sim status=500 billed=1]`."""
    for text in texts:
        if found := _MAGIC.search(text):
            pairs = (pair.partition("=") for pair in found[1].split())
            return behaviour_of({name: value for name, _, value in pairs})
    return None


def answer_text(behaviour: Behaviour, question: str) -> str:
    """Return the text of the answer."""
    if behaviour.tokens:
        return " ".join(f"word{number}" for number in range(1, behaviour.tokens + 1))
    return behaviour.text or f"You asked: {_MAGIC.sub('', question).strip()}"


def answer_tokens(text: str) -> list[str]:
    """Return a text's tokens: a word each, with the space after it."""
    return re.findall(r"\S+\s*|\s+", text)
