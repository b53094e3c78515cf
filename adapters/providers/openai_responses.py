"""OpenAI's Responses dialect.

Some of its models are asked in no other way, and only here is everything that is stored left to
the one who asks: `store` is false, and the conversation comes along each time.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from adapters.providers.dialect import Call, Dialect
from adapters.providers.fields import moment
from adapters.providers.lists import Page, read_rows
from adapters.providers.openai_events import ResponseReader
from adapters.providers.params import params_of
from adapters.providers.refusals import Asked
from bot.domain.chat import Adjustment, ChatRequest, Message
from bot.domain.models import Model, Traits

_LEAST_TOKENS: Final = 16  # fewer are refused
_SNAPSHOT: Final = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_CHAT: Final = re.compile(r"^(?:gpt-|chatgpt-|chat-latest|o[1-9]|ft:)")
_NOT_CHAT: Final = re.compile(
    r"audio|realtime|live|transcribe|tts|image|embedding|moderation|search-preview|search-api"
    r"|instruct|computer-use|deep-research|whisper|dall-e|sora|davinci|babbage|cyber|rosalind"
    r"|daybreak|-law"
)


class OpenAIResponses(Dialect):
    """OpenAI itself."""

    def write(self, request: ChatRequest) -> Call:
        """Return the question: see the base."""
        body = build_body(request, self.traits(request.model), self._quirks.adjustments)
        return Call(path="responses", body=body | self._quirks.body)

    def reader(self, asked: Asked) -> ResponseReader:
        """Return what reads one answer: see the base."""
        return ResponseReader(asked)

    def read_page(self, body: bytes, asked: Asked) -> Page:
        """Return the chat models in the list, which is one page: see the base."""
        now = datetime.now(UTC)
        found = models_of(read_rows(body, asked, "data"))
        return Page([each for each in found if not each.retires_at or each.retires_at > now])


def build_body(
    request: ChatRequest, traits: Traits, known: frozenset[Adjustment] = frozenset()
) -> dict[str, Any]:
    """Return a question, with every adjustment made. Pure."""
    params = params_of(request, traits, known)
    body: dict[str, Any] = {
        "model": request.model,
        "input": _input(request.messages, params.preface),
        "stream": True,
        "store": False,
    }
    if params.system:
        body["instructions"] = params.system
    if params.max_tokens is not None:
        body["max_output_tokens"] = max(_LEAST_TOKENS, params.max_tokens)
    if params.temperature is not None:
        body["temperature"] = params.temperature
    if params.effort is not None:
        body["reasoning"] = {"effort": params.effort}
    if Adjustment.DROP_STREAM_OPTIONS not in request.adjustments | known:
        # What it leaves out is padding against a reader of the encrypted line, at twice the bytes.
        body["stream_options"] = {"include_obfuscation": False}
    if request.conversation:
        body["prompt_cache_key"] = request.conversation
    if request.user:
        body["safety_identifier"] = request.user
    return body


def _input(messages: Sequence[Message], preface: str) -> list[dict[str, Any]]:
    said = [_item(message) for message in messages]
    if preface and said:
        said[0]["content"] = f"{preface}\n\n{said[0]['content']}"
    return said


def _item(message: Message) -> dict[str, Any]:
    return {"role": message.role.value, "content": message.text}


def models_of(rows: Sequence[dict[str, Any]]) -> Sequence[Model]:
    """Return what chats, without dated snapshots of what is there by its own name. Pure."""
    ids = {row.get("id") for row in rows}
    return [
        Model(
            id=row["id"],
            released_at=moment(row.get("created")),
            retires_at=moment(row.get("shutdown_date")),
        )
        for row in rows
        if _is_chat(row.get("id")) and _SNAPSHOT.sub("", row["id"]) not in ids - {row["id"]}
    ]


def _is_chat(name: object) -> bool:
    if not isinstance(name, str) or not _CHAT.search(name):
        return False
    return _NOT_CHAT.search(name) is None
