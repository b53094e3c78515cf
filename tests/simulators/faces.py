"""Every vendor the simulator can play, by the name of its wire dialect."""

from collections.abc import Callable, Mapping
from typing import Final

from adapters.providers.catalogue import Row
from bot.domain.chat import Adjustment
from bot.domain.models import KeyNeed
from tests.simulators.anthropic_face import AnthropicFace
from tests.simulators.chat_face import ChatFace
from tests.simulators.deepseek_face import DeepSeekFace
from tests.simulators.face import Face
from tests.simulators.google_face import GoogleFace
from tests.simulators.responses_face import ResponsesFace

FACES: Final[Mapping[str, Callable[[], Face]]] = {
    "openai_chat": ChatFace,
    "openai_responses": ResponsesFace,
    "deepseek": DeepSeekFace,
    "google": GoogleFace,
    "anthropic": AnthropicFace,
}
# The field that a vendor refuses if its row has the adjustment.
_REFUSED: Final[Mapping[Adjustment, str]] = {
    Adjustment.DROP_STREAM_OPTIONS: "stream_options",
    Adjustment.MAX_COMPLETION_TOKENS: "max_tokens",
}


def face_of(row: Row) -> Face:
    """Return the vendor of a catalogue row: strict, and taking what its quirks send."""
    if row.dialect != "openai_chat":
        return FACES[row.dialect]()
    quirks = row.quirks
    extra = {*quirks.body, quirks.user, quirks.effort.partition(".")[0]} - {""}
    barred = {_REFUSED[each] for each in quirks.adjustments & _REFUSED.keys()}
    return ChatFace(
        extra=frozenset(extra),
        barred=frozenset(barred),
        header="" if quirks.auth == "bearer" else quirks.auth,
        is_open=row.key_need is KeyNeed.OPTIONAL,
    )
