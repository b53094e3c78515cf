"""The Chat Completions dialect, which all OpenAI-compatible vendors speak."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from adapters.providers.catalogue import Quirks
from adapters.providers.dialect import Call, Dialect
from adapters.providers.fields import amount, decode
from adapters.providers.lists import Page
from adapters.providers.openai_chunks import AnswerReader
from adapters.providers.openai_models import read_models
from adapters.providers.params import Params, params_of
from adapters.providers.refusals import Asked
from bot.domain.chat import Adjustment, ChatRequest, Message
from bot.domain.keys import Balance, KeyHealth, KeyReport
from bot.domain.models import Traits


class OpenAIChat(Dialect):
    """A vendor that speaks Chat Completions."""

    def traits(self, model: str) -> Traits:
        """Return what a model takes, its window as the row knows it included: see the base."""
        traits = super().traits(model)
        if traits.context_tokens is not None or self._quirks.context_tokens is None:
            return traits
        return replace(traits, context_tokens=self._quirks.context_tokens)

    def write(self, request: ChatRequest) -> Call:
        """Return the question: see the base."""
        body = build_body(request, self._quirks, self.traits(request.model))
        return Call(path="chat/completions", body=body)

    def reader(self, asked: Asked) -> AnswerReader:
        """Return what reads one answer: see the base."""
        return AnswerReader(asked, is_reasoning_apart=self._quirks.is_reasoning_apart)

    def read_page(self, body: bytes, asked: Asked) -> Page:
        """Return the chat models in the list, which is one page: see the base."""
        return Page(read_models(body, asked, self._quirks, now=datetime.now(UTC)))

    def read_check(self, body: bytes) -> KeyReport:
        """Return what is left, where the vendor says so: see the base."""
        return read_check(body, self._quirks.balance)


def build_body(request: ChatRequest, quirks: Quirks, traits: Traits) -> dict[str, Any]:
    """Return a question, with every adjustment made. Pure."""
    adjustments = request.adjustments | quirks.adjustments
    params = params_of(request, traits, quirks.adjustments)
    body: dict[str, Any] = {
        "model": request.model,
        "messages": _messages(request.messages, params),
        "stream": True,
    }
    if Adjustment.DROP_STREAM_OPTIONS not in adjustments:
        body["stream_options"] = {"include_usage": True}
    if params.max_tokens is not None:
        is_renamed = Adjustment.MAX_COMPLETION_TOKENS in adjustments
        body["max_completion_tokens" if is_renamed else "max_tokens"] = params.max_tokens
    if params.temperature is not None:
        body["temperature"] = params.temperature
    if quirks.user and request.user:
        body[quirks.user] = request.user
    body.update(quirks.body)
    if params.effort is not None and quirks.effort:
        _put(body, quirks.effort, params.effort)
    return body


def _put(body: dict[str, Any], path: str, value: Any) -> None:  # noqa: ANN401  (any JSON)
    """Set a field that may lie within another: `reasoning.effort`."""
    *outer, last = path.split(".")
    for name in outer:
        body[name] = dict(body.get(name) or {})
        body = body[name]
    body[last] = value


def _messages(history: Sequence[Message], params: Params) -> list[dict[str, str]]:
    messages = [{"role": message.role.value, "content": message.text} for message in history]
    first = next((m for m in messages if m["role"] == "user"), None)
    if params.preface and first is not None:
        first["content"] = f"{params.preface}\n\n{first['content']}"
    if params.system:
        messages.insert(0, {"role": "system", "content": params.system})
    return messages


def read_check(body: bytes, balance: str) -> KeyReport:
    """Return the dollars left, where the vendor says how many. Pure."""
    said = decode(body)
    for name in balance.split("."):
        said = said.get(name) if isinstance(said, dict) else None
    left = amount(said)
    if left is None:
        return KeyReport()
    health = KeyHealth.WORKS if left > 0 else KeyHealth.NO_CREDIT
    return KeyReport(health=health, balances=(Balance(left),))
