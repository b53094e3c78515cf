"""What the server checks of a text, its entities and its buttons. Pure.

Written after the open-source Bot API server and TDLib (`fix_formatted_text`, `get_link_entity`,
`InlineKeyboardButton`).
"""

import ipaddress
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from tests.simulators.telegram.refusals import bad_request

MOST_CHARACTERS: Final = 4_096
MOST_BYTES: Final = 32_768
MOST_FORMATS: Final = 100
_KINDS: Final = frozenset(
    {
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
        "blockquote",
        "expandable_blockquote",
        "date_time",
    }
)
_AUTOMATIC: Final = frozenset({"mention", "hashtag", "bot_command", "url", "email"})
_QUOTES: Final = frozenset({"blockquote", "expandable_blockquote"})
_FIRST: Final = frozenset({*_QUOTES, "code", "pre", "text_link", "text_mention"})
_SCHEMES: Final = frozenset({"http", "https", "tg", "ton", "tonsite"})
_OTHER_SCHEME: Final = re.compile(r"(?!tg:|ton:)[a-z][a-z0-9+.-]*:(?![0-9])", re.IGNORECASE)
_STYLES: Final = frozenset({"primary", "success", "danger"})
_DATA_BYTES: Final = 64
Entity = dict[str, Any]


def check_text(text: str, entities: Sequence[Entity]) -> tuple[str, list[Entity], int]:
    """Return the text as it is kept, its entities, and how many of them were dropped."""
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise bad_request("text is too long")
    if any(0xD800 <= ord(sign) < 0xE000 for sign in text):
        raise bad_request("strings must be encoded in UTF-8")
    for each in entities:
        _check_entity(text, each)
    kept, shifted = _trimmed(text.replace("\0", ""), entities)
    if not kept:
        raise bad_request("message text is empty")
    if len(kept) > MOST_CHARACTERS:
        raise bad_request("message is too long")
    _check_nesting(shifted)
    ordered = [each for each in shifted if each["type"] in _FIRST]
    ordered += [each for each in shifted if each["type"] not in _FIRST]
    within = ordered[:MOST_FORMATS]
    within.sort(key=lambda each: (each["offset"], -each["length"]))
    return kept, within, len(ordered) - len(within)


def _check_entity(text: str, entity: Entity) -> None:
    kind = entity.get("type")
    if kind not in _KINDS | _AUTOMATIC:
        raise bad_request(f'unsupported type "{kind}" of the entity')
    start, length = entity.get("offset"), entity.get("length")
    if not isinstance(start, int) or not isinstance(length, int):
        raise bad_request("can't parse MessageEntity: Field offset must be a Number")
    units = _units(text)
    if start < 0 or length < 0 or start + length > len(units) // 2:
        raise bad_request("entity is out of the text")
    for at in (start, start + length):
        if at * 2 < len(units) and 0xDC <= units[at * 2 + 1] < 0xE0:
            raise bad_request("entity begins or ends in the middle of a UTF-16 surrogate pair")
    if kind == "text_link":
        check_link(str(entity.get("url", "")))


def check_link(url: str) -> None:
    """Raise for an address that the server does not take as a link's."""
    if "://" not in url and _OTHER_SCHEME.match(url):
        raise bad_request("Unsupported URL protocol")
    lowered = url if "://" in url or url.lower().startswith(("tg:", "ton:")) else f"http://{url}"
    try:
        parts = urlsplit(lowered)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise bad_request("Wrong HTTP URL") from None
    if parts.scheme.lower() not in _SCHEMES:
        raise bad_request("Unsupported URL protocol")
    if parts.scheme.lower() in {"http", "https"} and not _is_host(host, parts.netloc):
        raise bad_request("Wrong HTTP URL")


def _is_host(host: str, netloc: str) -> bool:
    if "[" in netloc:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return False
        return True
    return "." in host.strip(".") and re.search(r"[\s<>\"]", host) is None


def _trimmed(text: str, entities: Sequence[Entity]) -> tuple[str, list[Entity]]:
    """Trim both ends and shift, but keep space at the beginning that an entity starts with."""
    kept = text.rstrip()
    start = len(kept) - len(kept.lstrip())
    first = min((each["offset"] for each in entities), default=None)
    if first is not None:
        start = min(start, first)
    end = len(_units(kept[start:])) // 2
    shifted = []
    for each in entities:
        begins = max(0, each["offset"] - start)
        length = min(each["offset"] - start + each["length"], end) - begins
        if length > 0:
            shifted.append({**each, "offset": begins, "length": length})
    return kept[start:], shifted


def _check_nesting(entities: Sequence[Entity]) -> None:
    """Raise where the real server would repair: what it repairs is a mistake of ours."""
    for at, one in enumerate(entities):
        for other in entities[at + 1 :]:
            if _apart(one, other):
                continue
            if not (_within(one, other) or _within(other, one)):
                raise bad_request("SIM: entities overlap")
            kinds = {one["type"], other["type"]}
            if kinds & {"code", "pre"} and not kinds & _QUOTES:
                raise bad_request("SIM: code within another entity")
            if kinds <= _QUOTES:
                raise bad_request("SIM: a quote within a quote")


def _apart(one: Entity, other: Entity) -> bool:
    return bool(
        one["offset"] + one["length"] <= other["offset"]
        or other["offset"] + other["length"] <= one["offset"]
    )


def _within(inner: Entity, outer: Entity) -> bool:
    return bool(
        inner["offset"] >= outer["offset"]
        and inner["offset"] + inner["length"] <= outer["offset"] + outer["length"]
    )


def check_markup(markup: dict[str, Any] | None) -> list[list[dict[str, Any]]]:
    """Return an inline keyboard's rows."""
    if not markup:
        return []
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list):
        raise bad_request("object expected as reply markup")
    if sum(map(len, rows)) > 100 or any(len(row) > 8 for row in rows):
        raise bad_request("reply markup is too long")
    for button in (button for row in rows for button in row):
        _check_button(button)
    return rows


def _check_button(button: dict[str, Any]) -> None:
    if not str(button.get("text", "")).strip():
        raise bad_request("inline keyboard button text must be non-empty")
    kinds = [each for each in ("callback_data", "url", "copy_text", "web_app") if each in button]
    if len(kinds) != 1:
        raise bad_request("text buttons are unallowed in the inline keyboard")
    data = str(button.get("callback_data", "x"))
    if not 0 < len(data.encode()) <= _DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button:
        check_link(str(button["url"]))
    if not 0 < len(str(button.get("copy_text", {}).get("text", "x"))) <= 256:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if button.get("style", "primary") not in _STYLES:
        raise bad_request("invalid button style specified")


def units(text: str) -> int:
    """Return a text's length in UTF-16 units."""
    return len(_units(text)) // 2


def _units(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")
