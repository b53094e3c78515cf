"""Google's Gemini dialect: `streamGenerateContent` of the Gemini API.

Neither the OpenAI-compatible route, which some keys do not open, nor Interactions, which keep
what was said.
"""

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from adapters.providers.dialect import Call, Dialect
from adapters.providers.google_chunks import GoogleReader
from adapters.providers.google_lists import by_version, read_page
from adapters.providers.lists import Page
from adapters.providers.params import Params, params_of
from adapters.providers.refusals import Asked
from bot.domain.chat import Adjustment, ChatRequest, Message, Role
from bot.domain.models import Model, Traits

_BUDGET: Final = re.compile(r"-1|\d+")
_ROLES: Final = {Role.USER: "user", Role.ASSISTANT: "model"}
_Part = dict[str, Any]


class Google(Dialect):
    """A vendor that speaks Gemini's `generateContent`."""

    def write(self, request: ChatRequest) -> Call:
        """Return the question: see the base."""
        body = build_body(request, self.traits(request.model), self._quirks.adjustments)
        return Call(path=path_of(request.model), body=body | self._quirks.body)

    def reader(self, asked: Asked) -> GoogleReader:
        """Return what reads one answer: see the base."""
        return GoogleReader(asked)

    def read_page(self, body: bytes, asked: Asked) -> Page:
        """Return the chat models on one page: see the base."""
        return read_page(body, asked)

    def newest_first(self, models: Sequence[Model]) -> Sequence[Model]:
        """Return the models by version, since the list has no dates: see the base."""
        return by_version(models)


def path_of(model: str) -> str:
    """Return where a model is asked. A hand-typed id may hold anything: it stays one segment."""
    return f"models/{_segment(model.removeprefix('models/'))}:streamGenerateContent?alt=sse"


def build_body(
    request: ChatRequest, traits: Traits, known: frozenset[Adjustment] = frozenset()
) -> dict[str, Any]:
    """Return a question, with every adjustment made. Pure.

    `store` stands at the top of the body, not among the settings: google-genai 3.6.1 writes it
    there, for the Gemini API only. Without it new projects keep what was said for 55 days.
    """
    params = params_of(request, traits, known)
    body: dict[str, Any] = {
        "contents": _contents(request.messages, params.preface),
        "store": False,
    }
    if params.system:
        body["systemInstruction"] = {"parts": [{"text": params.system}]}
    config: dict[str, Any] = {}
    if params.max_tokens is not None:
        config["maxOutputTokens"] = params.max_tokens
    if params.temperature is not None:
        config["temperature"] = params.temperature
    if Adjustment.DROP_EFFORT not in request.adjustments | known:
        thinking = _thinking(params, is_thinking=traits.is_thinking(request.effort))
        config |= {"thinkingConfig": thinking} if thinking else {}
    if config:
        body["generationConfig"] = config
    return body


def _contents(messages: Sequence[Message], preface: str) -> list[dict[str, Any]]:
    """Return the turns: the first of them the user's, the roles in turn, no empty parts."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        parts, role = _parts(message), _ROLES[message.role]
        if not parts or (not turns and role == "model"):
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["parts"] += parts
        else:
            turns.append({"role": role, "parts": parts})
    if preface and turns:
        turns[0]["parts"].insert(0, {"text": f"{preface}\n\n"})
    return turns


def _parts(message: Message) -> list[_Part]:
    return [{"text": message.text}] if message.text else []


def _thinking(params: Params, *, is_thinking: bool) -> dict[str, Any]:
    """Return how long to think: a word of digits is a number of tokens, another a level.

    Vendors refuse both at once, and refuse to be asked for thoughts where there are none. What
    is thought is asked for so that a long silence does not look like a lost connection.
    """
    said: dict[str, Any] = {}
    word = params.effort
    if word is not None and _BUDGET.fullmatch(word):
        said["thinkingBudget"] = _budget(int(word), params.max_tokens)
    elif word is not None:
        said["thinkingLevel"] = word
    if is_thinking:
        said["includeThoughts"] = True
    return said


def _budget(tokens: int, max_tokens: int | None) -> int:
    """Return the tokens to think with: at most half of the answer's, which they count among."""
    return tokens if max_tokens is None else min(tokens, max(1, max_tokens // 2))


def _segment(text: str) -> str:
    return quote(text, safe="", errors="replace")
