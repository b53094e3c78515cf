"""The Messages dialect of Anthropic.

Checked against the types of its SDK 2.14: how deeply a model thinks is `output_config.effort`;
whether it thinks is `thinking.type`, where "adaptive" lets the model decide and "disabled" or
"between_tools" is off, one or the other by model. A list leaves retired models out by itself.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from adapters.providers.anthropic_events import MessageReader
from adapters.providers.capabilities import traits_of
from adapters.providers.dialect import Call, Dialect, Headers
from adapters.providers.fields import decode, moment, part, size
from adapters.providers.lists import Page
from adapters.providers.params import params_of
from adapters.providers.refusals import Asked
from bot.domain.chat import Adjustment, ChatRequest, Message, Role
from bot.domain.errors import ServerFault
from bot.domain.models import Effort, Model, Traits

# The newer one refuses a temperature on every model, the older one takes it where the model does.
VERSION: Final = "2026-10-21"
SAMPLING_VERSION: Final = "2023-06-01"
# What every model takes, for those of which nothing is known.
_PLAIN_MAX_TOKENS: Final = 8_192


class Anthropic(Dialect):
    """Anthropic, or a gateway that speaks as it does."""

    def write(self, request: ChatRequest) -> Call:
        """Return the question: see the base."""
        traits = self.traits(request.model)
        body = build_body(request, traits, self._quirks.adjustments) | self._quirks.body
        version = SAMPLING_VERSION if "temperature" in body else VERSION
        return Call(path="messages", body=body, headers={"anthropic-version": version})

    def reader(self, asked: Asked) -> MessageReader:
        """Return what reads one answer: see the base."""
        return MessageReader(asked)

    def get_headers(self) -> Headers:
        """Return the version, which free calls must name too: see the base."""
        return {"anthropic-version": VERSION}

    def read_page(self, body: bytes, asked: Asked) -> Page:
        """Return the models on one page: see the base."""
        return read_page(body, asked)


def build_body(
    request: ChatRequest, traits: Traits, known: frozenset[Adjustment] = frozenset()
) -> dict[str, Any]:
    """Return a question, with every adjustment made. Pure."""
    params = params_of(request, traits, known)
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": _max_tokens(request, traits),
        "stream": True,
        # Its mark moves on with the conversation; where a prompt is too short it is passed over.
        "cache_control": {"type": "ephemeral"},
        "messages": _messages(request.messages, params.preface),
    }
    if params.system:
        body["system"] = params.system
    if request.user:
        body["metadata"] = {"user_id": request.user}
    if params.temperature is not None:
        body["temperature"] = params.temperature
    if params.effort is not None:
        body.update(_thinking(params.effort, traits, is_off=request.effort is Effort.OFF))
    return body


def _max_tokens(request: ChatRequest, traits: Traits) -> int:
    """Return the longest answer, which must be named; thinking is part of it.

    The list knows the model's own limit better than our table does.
    """
    most = request.most_tokens or traits.most_tokens
    limit = request.max_tokens or most or _PLAIN_MAX_TOKENS
    if Adjustment.DROP_MAX_TOKENS in request.adjustments:
        limit = min(limit, _PLAIN_MAX_TOKENS)
    return min(limit, most) if most else limit


def _thinking(word: str, traits: Traits, *, is_off: bool) -> dict[str, Any]:
    """Return the fields for a depth of thinking, or for none of it."""
    if is_off:
        return {"thinking": {"type": word}}
    depth: dict[str, Any] = {"output_config": {"effort": word}}
    # Effort alone does not make a model think that does not do so by itself.
    return depth if traits.thinks else depth | {"thinking": {"type": "adaptive"}}


def _messages(history: Sequence[Message], preface: str) -> list[dict[str, Any]]:
    """Return turns that alternate, from the user's first to the user's last.

    Empty texts are refused, and an answer at the end would be taken for a beginning to go on from.
    """
    turns: list[dict[str, Any]] = []
    for message in history:
        blocks = _blocks(message)
        if not blocks:
            continue
        if turns and turns[-1]["role"] == message.role.value:
            turns[-1]["content"] += blocks
        elif turns or message.role is Role.USER:
            turns.append({"role": message.role.value, "content": blocks})
    if turns and turns[-1]["role"] != Role.USER.value:
        turns.pop()
    if turns and preface:
        turns[0]["content"].insert(0, _text(preface))
    return turns


def _blocks(message: Message) -> list[dict[str, Any]]:
    """Return what a message consists of; the place for images and files."""
    return [_text(message.text)] if message.text.strip() else []


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def read_page(body: bytes, asked: Asked) -> Page:
    """Return the models on a page; the next one begins after its last id. Pure.

    Raises ServerFault on no list.
    """
    said = decode(body)
    rows = said.get("data") if isinstance(said, dict) else None
    if not isinstance(rows, list):
        raise ServerFault(asked.provider)
    models = [_model(row, asked.provider) for row in rows if _is_there(row)]
    last = said.get("last_id")
    has_more = said.get("has_more") is True and isinstance(last, str)
    return Page(models, f"after_id={quote(last, safe='')}" if has_more else "")


def _is_there(row: Any) -> bool:  # noqa: ANN401  (the vendor's JSON)
    """Return whether a row is a model that answers; only `lifecycle` tells, a date may pass."""
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row["id"]:
        return False
    return row.get("type", "model") == "model" and row.get("lifecycle") != "retired"


def _model(row: dict[str, Any], provider: str) -> Model:
    name = row.get("display_name")
    released = moment(row.get("created_at"))
    return Model(
        id=row["id"],
        name=name if isinstance(name, str) else "",
        context_tokens=size(row, "max_input_tokens"),
        max_output_tokens=size(row, "max_tokens"),
        efforts=_efforts(row.get("capabilities"), traits_of(provider, row["id"])),
        released_at=None if _is_epoch(released) else released,
        retires_at=moment(row.get("retires_at")),
    )


def _is_epoch(at: datetime | None) -> bool:
    """Return whether a date is the one that stands for an unknown one."""
    return at is not None and at.timestamp() <= 0


def _efforts(said: Any, traits: Traits) -> tuple[Effort, ...] | None:  # noqa: ANN401  (the vendor's JSON)
    """Return the depths of thinking that the list and our table agree on; None: it says nothing.

    A depth without a word of ours could be shown and not sent.
    """
    if not isinstance(said, dict) or "thinking" not in said or "effort" not in said:
        return None
    types, depths = part(part(said, "thinking"), "types"), part(said, "effort")
    can_choose = _has(types, "adaptive") or traits.thinks
    return tuple(
        effort
        for effort, word in traits.efforts.items()
        if (_has(types, word) if effort is Effort.OFF else can_choose and _has(depths, word))
    )


def _has(abilities: Mapping[str, Any], name: str) -> bool:
    one = abilities.get(name)
    return isinstance(one, dict) and one.get("supported") is True
