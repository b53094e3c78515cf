"""The Chat Completions dialect, which all OpenAI-compatible vendors speak."""

import contextlib
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from adapters.providers.catalogue import Quirks
from adapters.providers.dialect import Call, Dialect
from adapters.providers.lists import moment, ordered, size
from adapters.providers.openai_chunks import AnswerReader
from adapters.providers.refusals import Asked
from adapters.providers.reports import UNREADABLE
from bot.domain.chat import Adjustment, ChatRequest
from bot.domain.errors import ServerFault
from bot.domain.keys import Balance, KeyHealth, KeyReport
from bot.domain.models import Model

_NOT_CHAT: Final = re.compile(
    r"embed|whisper|\btts\b|-tts|transcri|moderation|rerank|guard|dall-e|image-gen|stable-diffusion",
    re.IGNORECASE,
)
_CHAT_TYPES: Final = frozenset({"chat", "language", "model", "llm", "vlm"})
_CONTEXT_NAMES: Final = ("context_length", "max_model_len", "max_context_length", "context_window")
_OUTPUT_NAMES: Final = ("max_output_tokens", "max_completion_tokens")


class OpenAIChat(Dialect):
    """A vendor that speaks Chat Completions."""

    def write(self, request: ChatRequest) -> Call:
        """Return the question: see the base."""
        word = self.traits(request.model).efforts.get(request.effort) if request.effort else None
        return Call(path="chat/completions", body=build_body(request, self._quirks, effort=word))

    def reader(self, asked: Asked) -> AnswerReader:
        """Return what reads one answer: see the base."""
        return AnswerReader(asked, is_reasoning_apart=self._quirks.is_reasoning_apart)

    def read_models(self, body: bytes, asked: Asked) -> Sequence[Model]:
        """Return the chat models in a list: see the base."""
        return read_models(body, asked, self._quirks)

    def read_check(self, body: bytes) -> KeyReport:
        """Return what is left, where the vendor says so: see the base."""
        return read_check(body, self._quirks.balance)


def build_body(
    request: ChatRequest, quirks: Quirks, *, effort: str | None = None
) -> dict[str, Any]:
    """Return a question, with every adjustment made; `effort` is the vendor's own word. Pure."""
    adjustments = request.adjustments | quirks.adjustments
    body: dict[str, Any] = {
        "model": request.model,
        "messages": _messages(request, is_system_in_user=Adjustment.SYSTEM_IN_USER in adjustments),
        "stream": True,
    }
    if Adjustment.DROP_STREAM_OPTIONS not in adjustments:
        body["stream_options"] = {"include_usage": True}
    if request.max_tokens is not None and Adjustment.DROP_MAX_TOKENS not in adjustments:
        is_renamed = Adjustment.MAX_COMPLETION_TOKENS in adjustments
        body["max_completion_tokens" if is_renamed else "max_tokens"] = request.max_tokens
    if request.temperature is not None and Adjustment.DROP_TEMPERATURE not in adjustments:
        body["temperature"] = min(1.0, max(0.0, request.temperature))
    if quirks.user and request.user:
        body[quirks.user] = request.user
    body.update(quirks.body)
    if effort is not None and quirks.effort and Adjustment.DROP_EFFORT not in adjustments:
        put(body, quirks.effort, effort)
    return body


def put(body: dict[str, Any], path: str, value: Any) -> None:  # noqa: ANN401  (any JSON)
    """Set a field that may lie within another: `reasoning.effort`."""
    *outer, last = path.split(".")
    for name in outer:
        body[name] = dict(body.get(name) or {})
        body = body[name]
    body[last] = value


def _messages(request: ChatRequest, *, is_system_in_user: bool) -> list[dict[str, str]]:
    messages = [
        {"role": message.role.value, "content": message.text} for message in request.messages
    ]
    if request.system and is_system_in_user:
        first = next((m for m in messages if m["role"] == "user"), None)
        if first is not None:
            first["content"] = f"{request.system}\n\n{first['content']}"
    elif request.system:
        messages.insert(0, {"role": "system", "content": request.system})
    return messages


def read_models(body: bytes, asked: Asked, quirks: Quirks) -> Sequence[Model]:
    """Return the chat models in a list, newest first. Raises ServerFault on no list. Pure."""
    said: Any = None
    with contextlib.suppress(*UNREADABLE):
        said = msgspec.json.decode(body)
    if isinstance(said, dict):
        said = said.get("data", said.get("models"))
    if not isinstance(said, list):
        raise ServerFault(asked.provider)
    models = [_model(row) for row in said if isinstance(row, dict) and _is_chat(row, quirks)]
    return ordered(models, quirks.prefers)


def read_check(body: bytes, balance: str) -> KeyReport:
    """Return the dollars left, where the vendor says how many. Pure."""
    said: Any = None
    with contextlib.suppress(*UNREADABLE):
        said = msgspec.json.decode(body)
    for name in balance.split("."):
        said = said.get(name) if isinstance(said, dict) else None
    if not isinstance(said, int | float | str) or isinstance(said, bool):
        return KeyReport()
    try:
        left = Decimal(str(said))
    except InvalidOperation:
        return KeyReport()
    health = KeyHealth.WORKS if left > 0 else KeyHealth.NO_CREDIT
    return KeyReport(health=health, balances=(Balance(left),))


def _is_chat(row: dict[str, Any], quirks: Quirks) -> bool:
    name, kind = row.get("id"), row.get("type")
    abilities = row.get("capabilities")
    if not isinstance(name, str) or not name or _NOT_CHAT.search(name):
        return False
    if quirks.not_chat and re.search(quirks.not_chat, name):
        return False
    if quirks.chat and not re.search(quirks.chat, name):
        return False
    if isinstance(kind, str) and kind not in _CHAT_TYPES:
        return False
    if isinstance(abilities, dict) and abilities.get("completion_chat") is False:
        return False
    return row.get("active") is not False


def _model(row: dict[str, Any]) -> Model:
    top = row.get("top_provider")
    taken = row.get("supported_parameters")
    names = (row.get("display_name"), row.get("name"))
    return Model(
        id=row["id"],
        name=next((name for name in names if isinstance(name, str)), ""),
        context_tokens=size(row, *_CONTEXT_NAMES),
        max_output_tokens=size(row, *_OUTPUT_NAMES)
        or (size(top, *_OUTPUT_NAMES) if isinstance(top, dict) else None),
        takes_temperature="temperature" in taken if isinstance(taken, list) else None,
        released_at=moment(row.get("created")),
    )
