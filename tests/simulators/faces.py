"""Every vendor the simulator can play, by the name of its wire dialect."""

from collections.abc import Callable, Mapping
from typing import Final

from adapters.providers.catalogue import Row
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


def face_of(row: Row) -> Face:
    """Return the vendor of a catalogue row: strict, and taking what its quirks send."""
    if row.dialect != "openai_chat":
        return FACES[row.dialect]()
    quirks = row.quirks
    extra = {*quirks.body, quirks.user, quirks.effort.partition(".")[0]} - {""}
    header = "" if quirks.auth == "bearer" else quirks.auth
    return ChatFace(extra=frozenset(extra), header=header)
