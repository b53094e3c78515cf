"""A message as the Markdown it was written in, for scripts that people read. Pure."""

from collections.abc import Mapping
from typing import Any, Final

_SIGNS: Final = {"bold": "**", "italic": "_", "strikethrough": "~~", "code": "`"}


def as_markdown(shown: Mapping[str, Any]) -> str:
    """Return text and entities as Markdown; quotes and blocks of code as they are written."""
    units = str(shown["text"]).encode("utf-16-le")
    marks: dict[int, list[str]] = {}
    for entity in shown["entities"]:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        before, after = _signs(entity)
        marks.setdefault(start, []).append(before)
        marks.setdefault(end, []).insert(0, after)
    found, at = "", 0
    for cut in sorted(marks):
        found += units[at * 2 : cut * 2].decode("utf-16-le") + "".join(marks[cut])
        at = cut
    return found + units[at * 2 :].decode("utf-16-le")


def _signs(entity: Mapping[str, Any]) -> tuple[str, str]:
    kind = entity["type"]
    if kind == "pre":
        return f"```{entity.get('language', '')}\n", "\n```"
    if kind == "text_link":
        return "[", f"]({entity['url']})"
    if kind in {"blockquote", "expandable_blockquote"}:
        return "> ", ""
    sign = _SIGNS.get(kind, "")
    return sign, sign
