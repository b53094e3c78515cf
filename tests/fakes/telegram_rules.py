"""What Telegram refuses or changes, checked strictly: a second opinion on what is sent.

Written from the server's published behaviour, without the code under test.
"""

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from adapters.shared.text.entities import Entity, Rendered

_TYPES = {
    *("bold", "italic", "strikethrough", "code", "pre", "text_link"),
    *("blockquote", "expandable_blockquote"),
}
_ALONE = {"code", "pre"}
_QUOTES = {"blockquote", "expandable_blockquote"}
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\u2028\u2029]")
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BIDI = {"\u202a": "\u202c", "\u202b": "\u202c", "\u202d": "\u202c", "\u202e": "\u202c"} | {
    "\u2066": "\u2069",
    "\u2067": "\u2069",
    "\u2068": "\u2069",
}


class Refused(AssertionError):
    """The server would refuse it, or show something else."""


def check(shown: Rendered, *, limit: int = 4_096, most_entities: int = 100) -> None:
    """Raise Refused unless this is a message as it will be shown."""
    check_shape(shown)
    data = shown.text.encode("utf-16-le")
    _must(len(data) // 2 <= limit, "too many units")
    _must(len(shown.text) <= limit, "too many code points")
    _must(len(shown.text.encode()) <= 32_768, "too many bytes")
    _must(len(shown.entities) <= most_entities, "too many entities")


def check_shape(shown: Rendered) -> None:
    """Raise Refused unless all but the length is right."""
    text = shown.text
    _must(
        bool(text.strip(" \n\u200b\u200c\u200d\u200e\u200f\u00a0\ufeff\u202e")),
        "text must be non-empty",
    )
    _must(not _CONTROLS.search(text), "control character")
    _must(text == text.rstrip(), "space at the end")
    starts_with_code = bool(shown.entities) and any(
        each.offset == 0 and each.type in _ALONE for each in shown.entities
    )
    _must(starts_with_code or text == text.lstrip(), "space at the beginning")
    for line in text.split("\n") if _TURNS.search(text) else ():
        _check_bidi(line)
    _check_entities(text, shown.entities)
    json.loads(msgspec.json.encode(shown.entities))


def check_keyboard(rows: Sequence[Sequence[dict[str, Any]]]) -> None:
    """Raise ValueError unless the server takes these buttons."""
    for button in (button for row in rows for button in row):
        kinds = button.keys() - {"text", "style"}
        if len(kinds) != 1 or not button["text"]:
            raise ValueError(button)
        if not 0 < len(button.get("callback_data", "x").encode()) <= 64:
            raise ValueError(button)
        if "url" in button and not _is_link(button["url"]):
            raise ValueError(button)
        if not 0 < len(button.get("copy_text", {"text": "x"})["text"]) <= 256:
            raise ValueError(button)


def _check_entities(text: str, entities: Sequence[Entity]) -> None:
    data = text.encode("utf-16-le")
    order = [(each.offset, -each.length) for each in entities]
    _must(order == sorted(order), "not in order")
    for each in entities:
        _must(each.type in _TYPES, each.type)
        _must(each.offset >= 0 and each.length > 0, "empty entity, or before the text")
        _must(2 * each.end <= len(data), "entity past the end")
        _must(bool(_covered(data, each).strip()), "entity of space")
        _must((each.type == "text_link") is bool(each.url), "address of what is no link")
        _must(not each.url or _is_link(each.url), f"link {each.url}")
        _must(not each.language or each.type == "pre", "language of what is no code")
    _check_nesting(entities)


def _covered(data: bytes, entity: Entity) -> str:
    try:
        return data[2 * entity.offset : 2 * entity.end].decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise Refused("an edge within a character") from error


def _check_nesting(entities: Sequence[Entity]) -> None:
    outer: list[Entity] = []
    for each in entities:
        while outer and outer[-1].end <= each.offset:
            outer.pop()
        for other in outer:
            _must(each.end <= other.end, "entities that cross")
            _must(each.type != other.type, "an entity within its like")
            _must(other.type not in _ALONE, "an entity within code")
            _must(each.type not in _ALONE or other.type in _QUOTES, "code within a style")
            _must(each.type not in _QUOTES, "a quote within something")
        outer.append(each)


def _is_link(url: str) -> bool:
    if not url.isascii() or re.search(r"[\s\x00-\x1f\x7f]", url):
        return False
    parts = urlsplit(url)
    if parts.scheme.lower() not in {"http", "https"} or "@" in parts.netloc:
        return False
    try:
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    if not re.fullmatch(r"[a-z0-9_.:-]+", host) or port == 0:
        return False
    return ":" in host or "." in host.strip(".")


def _check_bidi(line: str) -> None:
    opened: list[str] = []
    for char in line:
        if char in _BIDI:
            opened.append(_BIDI[char])
        elif char in _BIDI.values():
            _must(bool(opened) and opened.pop() == char, "direction closed, not opened")
    _must(not opened, "direction opened, not closed")


def _must(holds: bool, what: str) -> None:
    if not holds:
        raise Refused(what)


def said_of(shown: Rendered) -> list[str]:
    """Return what is said of which words, in order: `bold: words`, with address or language."""
    data = shown.text.encode("utf-16-le")
    return [
        " ".join(filter(None, (f"{each.type}: {_covered(data, each)}", each.url, each.language)))
        for each in shown.entities
    ]
