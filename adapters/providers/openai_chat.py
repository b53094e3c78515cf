"""The Chat Completions dialect, which all OpenAI-compatible vendors speak."""

import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec

from adapters.providers.dialect import Line, Quirks, Vendor, content_type, lost
from adapters.providers.openai_chunks import AnswerReader
from adapters.providers.refusals import Asked, begun
from adapters.providers.reports import UNREADABLE
from adapters.shared.http import HttpClient, HttpStream
from adapters.shared.transport import HttpFault
from bot.domain.chat import Adjustment, ChatRequest, Event, Model, ProviderSpec
from bot.domain.errors import BadRequest, ServerFault
from bot.domain.secret import Secret

_NOT_CHAT: Final = re.compile(
    r"embed|whisper|\btts\b|-tts|transcri|moderation|rerank|guard|dall-e|image-gen|stable-diffusion",
    re.IGNORECASE,
)
_CHAT_TYPES: Final = frozenset({"chat", "language", "model", "llm", "vlm"})
_CONTEXT_NAMES: Final = ("context_length", "max_model_len", "max_context_length", "context_window")
_OUTPUT_NAMES: Final = ("max_output_tokens", "max_completion_tokens")


class OpenAIChat:
    """A vendor that speaks Chat Completions."""

    def __init__(self, http: HttpClient, vendor: Vendor) -> None:
        """Take the pool and the vendor's row; does no I/O."""
        self._line = Line(http, vendor)
        self._spec = vendor.spec
        self._quirks = vendor.quirks

    @property
    def spec(self) -> ProviderSpec:
        """Return the vendor's row."""
        return self._spec

    async def stream(self, request: ChatRequest, key: Secret) -> AsyncIterator[Event]:
        """Make one request and yield its events: see the port."""
        asked = Asked(provider=self._spec.id, model=request.model, key=key, request=request)
        body = build_body(request, self._quirks)
        async with self._line.post("/chat/completions", body, asked) as answer:
            reader = AnswerReader(asked)
            try:
                if _is_whole(answer, asked):
                    for event in reader.whole(await answer.read_all()):
                        yield event
                while reader.is_open and (chunk := await answer.read()):
                    for event in reader.feed(chunk):
                        yield event
            except HttpFault as fault:
                reader.broke(lost(fault, asked, has_begun=True))
            for event in reader.end():
                yield event
            if reader.failure is not None:
                raise reader.failure
            await answer.settle()

    async def check_key(self, key: Secret) -> None:
        """Ask the vendor's free call whether it takes the key: see the port."""
        await self._line.get(self._quirks.check_path, Asked(provider=self._spec.id, key=key))

    async def list_models(self, key: Secret) -> Sequence[Model]:
        """Return the chat models of the key, the vendor's default first: see the port."""
        asked = Asked(provider=self._spec.id, key=key)
        return read_models(
            await self._line.get(self._quirks.models_path, asked),
            asked,
            default=self._quirks.default_model,
        )


def build_body(request: ChatRequest, quirks: Quirks) -> bytes:
    """Return the JSON of a question, with every adjustment made. Pure."""
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
    body.update(quirks.body)
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:  # half a surrogate pair: no text, but no reason to fail either
        return msgspec.json.encode(_mended(body))


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


def _mended(value: Any) -> Any:  # noqa: ANN401  (any JSON)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {name: _mended(item) for name, item in value.items()}
    return value


def _is_whole(answer: HttpStream, asked: Asked) -> bool:
    """Return whether the answer is one JSON; BadRequest if it is a page for a browser."""
    kind = content_type(answer.headers)
    if kind == "text/html":
        said = "a web page came instead of an API's answer"
        raise begun(BadRequest(asked.provider, model=asked.model, said=said))
    return kind == "application/json"


def read_models(body: bytes, asked: Asked, *, default: str = "") -> Sequence[Model]:
    """Return the chat models in a list, `default` first. Raises ServerFault on no list. Pure."""
    said: Any = None
    with contextlib.suppress(*UNREADABLE):
        said = msgspec.json.decode(body)
    if isinstance(said, dict):
        said = said.get("data", said.get("models"))
    if not isinstance(said, list):
        raise ServerFault(asked.provider)
    models = [_model(row) for row in said if isinstance(row, dict) and _is_chat(row)]
    return sorted(models, key=lambda model: model.id != default)


def _is_chat(row: dict[str, Any]) -> bool:
    name, kind = row.get("id"), row.get("type")
    abilities = row.get("capabilities")
    if not isinstance(name, str) or not name or _NOT_CHAT.search(name):
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
        context_tokens=_size(row, _CONTEXT_NAMES),
        max_output_tokens=_size(row, _OUTPUT_NAMES)
        or (_size(top, _OUTPUT_NAMES) if isinstance(top, dict) else None),
        takes_temperature="temperature" in taken if isinstance(taken, list) else None,
    )


def _size(row: dict[str, Any], names: Sequence[str]) -> int | None:
    for name in names:
        size = row.get(name)
        if isinstance(size, int) and not isinstance(size, bool) and size > 0:
            return size
    return None
