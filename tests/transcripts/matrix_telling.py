"""What a phone shows of Matrix's messages, as the lines of a script."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from adapters.matrix.render import HINT
from adapters.matrix.rooms import NAME
from bot.domain.events import Reply
from bot.domain.menus import addresses, numbered
from tests.simulators.matrix.markdown import as_markdown
from tests.transcripts.telling import as_numbers, with_bangs

HOME: Final = "home.test"
_ACCOUNT: Final = re.compile(r"\bfake:(\w+)")
# What reads otherwise there: chats are encrypted, have no address, and answers grow in one way.
_THERE: Final = (
    (_ACCOUNT, rf"{NAME}:@\1:{HOME}"),
    (re.compile("Fake: everything.*"), "Your homeserver: when you write, not what."),
    (re.compile("Send it to me in a private chat"), "Write to me in a direct chat"),
    (re.compile(r"     Streaming: .*|     \[(Open private chat ↗|Copy id)\]"), ""),
    (re.compile(r"\[Streaming\] / "), ""),
    (re.compile("Fake"), "Matrix"),
)
_ROW: Final = re.compile(r"     (?:\[[^\]]+\](?: / | |$))+")
_BUTTON: Final = re.compile(r"\[[^\]]+\]")


def on_matrix(lines: Iterable[str]) -> list[str]:
    """Return lines as they read there: choices in a row, addresses after them."""
    there = [_there(line) for line in with_bangs(lines)]
    return as_numbers(_flat(line) if _ROW.fullmatch(line) else line for line in there if line)


def _there(line: str) -> str:
    """Return a line as it is there; empty: there is none."""
    for written, instead in _THERE:
        line = written.sub(instead, line)
    return line.rstrip()


def _flat(row: str) -> str:
    buttons = sorted(_BUTTON.findall(row), key=lambda each: each.endswith("↗]"))
    return f"     {' '.join(buttons)}"


def lines_there(content: Mapping[str, Any], reply: Reply) -> list[str]:
    """Return a message as a script has it: its text, its footer, its choices."""
    new = content.get("m.new_content", content)
    lines = as_markdown(new).splitlines()
    text = [line for line in lines if line != HINT]
    footer = [text.pop()] if reply.footer else []
    choices, links = numbered(reply.buttons), addresses(reply.buttons)
    assert (HINT in lines) == bool(choices)
    menu = text[len(text) - len(choices) - len(links) :]
    assert [line[0] for line in menu[: len(choices)]] == [number for number, _ in choices]
    labels = [f"[{line[2:]}]" for line in menu[: len(choices)]]
    labels += [f"[{line.rpartition(': ')[0]} ↗]" for line in menu[len(choices) :]]
    above = text[: len(text) - len(menu)]
    return [*above, *footer, *([" ".join(labels)] if labels else [])]
