"""A message as the Markdown it was written in, for scripts that people read. Pure."""

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any, Final

_SIGNS: Final = {"strong": "**", "em": "_", "del": "~~", "code": "`"}
_BLOCKS: Final = frozenset({"p", "h3", "h4", "h5", "h6", "li", "ul", "ol", "hr"})


def as_markdown(content: Mapping[str, Any]) -> str:
    """Return what a phone shows of a message, as Markdown without empty lines."""
    html = content.get("formatted_body")
    if html is None:
        text = str(content["body"])
    else:
        reader = _Reader()
        reader.feed(str(html))
        reader.close()
        text = "".join(reader.found)
    return "\n".join(line for line in text.splitlines() if line.strip())


class _Reader(HTMLParser):
    """Collects the text, with a sign for a tag; each block begins on a line of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._lists: list[int | None] = []
        self._address = ""
        self._is_code = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"ol", "ul"}:
            self._lists.append(int(given.get("start") or 1) if tag == "ol" else None)
        elif tag == "li":
            self._item()
        elif tag == "a":
            self._address = given.get("href") or ""
            self.found.append("[")
        elif tag == "pre":
            self._is_code = True
            self.found.append("\n```")
        elif tag == "code" and self._is_code:
            self.found.append((given.get("class") or "").removeprefix("language-") + "\n")
        elif tag == "blockquote":
            self.found.append("\n> ")
        else:
            self.found.append("\n" if tag in {"br", *_BLOCKS} else _SIGNS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in {"ol", "ul"}:
            self._lists.pop()
            self.found.append("\n")
        elif tag == "a":
            self._link()
        elif tag == "pre":
            self._is_code = False
            self.found.append("```\n")
        elif not (tag == "code" and self._is_code):
            self.found.append("\n" if tag in _BLOCKS else _SIGNS.get(tag, ""))

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def _item(self) -> None:
        number = self._lists[-1]
        self.found.append("\n- " if number is None else f"\n{number}. ")
        if number is not None:
            self._lists[-1] = number + 1

    def _link(self) -> None:
        """Leave an address alone that is its own text."""
        at = len(self.found) - 1 - self.found[::-1].index("[")
        words = "".join(self.found[at + 1 :])
        del self.found[at:]
        is_bare = words.rstrip("/") == self._address.rstrip("/")
        self.found.append(words if is_bare else f"[{words}]({self._address})")
