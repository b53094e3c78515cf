"""Google's list of models: which of them chat, and which are the newest. Pure."""

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from adapters.providers.fields import decode, size
from adapters.providers.lists import Page
from adapters.providers.refusals import Asked
from bot.domain.errors import ServerFault
from bot.domain.models import Model

_NOT_CHAT: Final = re.compile(
    r"embedding|aqa|imagen|veo|lyria|tts|image|nano-banana|live|native-audio|robotics"
    r"|computer-use|deep-research|transcribe|omni|learnlm"
)
_VERSION: Final = re.compile(r"^gemini-(\d{1,4})(?:\.(\d{1,4}))?(?![\d.])")
_TRIAL: Final = re.compile(r"preview|exp")


def read_page(body: bytes, asked: Asked) -> Page:
    """Return the chat models on one page of the list. Raises ServerFault on no list."""
    said = decode(body)
    # An empty list leaves `models` out, as all of Google's empty fields.
    rows = said.get("models", []) if isinstance(said, dict) and "error" not in said else None
    if not isinstance(rows, list):
        raise ServerFault(asked.provider)
    found = (_model(row) for row in rows if isinstance(row, dict))
    token = said.get("nextPageToken")
    following = f"pageToken={quote(token, safe='')}" if token and isinstance(token, str) else ""
    return Page([model for model in found if model is not None], following)


def by_version(models: Sequence[Model]) -> Sequence[Model]:
    """Return the models, the highest version first: the list has no dates.

    Within a version, those on trial are last. Names without a version, which are aliases of
    models that are listed too, and those of other families come after all.
    """
    return sorted(models, key=_rank)


def _rank(model: Model) -> tuple[int, int, int, bool]:
    if (found := _VERSION.search(model.id)) is None:
        return (1 if model.id.startswith("gemini") else 2, 0, 0, False)
    return (0, -int(found[1]), -int(found[2] or 0), bool(_TRIAL.search(model.id)))


def _model(row: dict[str, Any]) -> Model | None:
    name, label = row.get("name"), row.get("displayName")
    methods = row.get("supportedGenerationMethods")
    if not isinstance(name, str) or not isinstance(methods, list):
        return None
    model = name.removeprefix("models/")
    if not model or "generateContent" not in methods or _NOT_CHAT.search(model):
        return None
    return Model(
        id=model,
        name=label if isinstance(label, str) else "",
        context_tokens=size(row, "inputTokenLimit"),
        max_output_tokens=size(row, "outputTokenLimit"),
        takes_temperature=True if row.get("maxTemperature") else None,
        efforts=() if row.get("thinking") is False else None,
    )
