"""Reading the plain YAML that compose.yaml is written in, and refusing all other."""

import json
import re
from collections.abc import Sequence
from typing import TypeAlias, cast

Node: TypeAlias = "str | list[Node] | dict[str, Node] | None"
_Line: TypeAlias = tuple[int, str]

_KEY = re.compile(r"([A-Za-z_][\w-]*):(?: (.+))?")
# What a text without quotes would not be taken for itself, or not alone.
_SPECIAL = re.compile(r"[&*!|>'%@`{}#]|[^:]*: |- |.* #|.*:$")


def read_yaml(text: str) -> dict[str, Node]:
    """Return mappings, lists and texts (`true` and numbers too); ValueError for all else."""
    lines = [_line(line) for line in text.splitlines() if not re.fullmatch(r"\s*(#.*)?", line)]
    node, rest = _block(lines, 0)
    if rest or not isinstance(node, dict):
        msg = f"no mapping as a whole: {rest[:1]}"
        raise ValueError(msg)
    return node


def at(node: Node, *path: str) -> Node:
    """Return what is found on the way through mappings."""
    for key in path:
        assert isinstance(node, dict), key
        node = node[key]
    return node


def texts(node: Node, *path: str) -> list[str]:
    """Return a list of texts."""
    found = at(node, *path)
    assert isinstance(found, list)
    assert all(isinstance(each, str) for each in found)
    return cast("list[str]", found)


def table(node: Node, *path: str) -> dict[str, Node]:
    """Return a mapping."""
    found = at(node, *path)
    assert isinstance(found, dict)
    return found


def _line(line: str) -> _Line:
    content = line.strip(" ")
    if "\t" in line:
        msg = f"a tab: {line!r}"
        raise ValueError(msg)
    return len(line) - len(line.lstrip(" ")), content


def _block(lines: Sequence[_Line], indent: int) -> tuple[Node, Sequence[_Line]]:
    """Read what is indented by exactly `indent`; return it and the lines after it."""
    if lines[0][1].startswith("- "):
        return _list(lines, indent)
    found: dict[str, Node] = {}
    while lines and lines[0][0] == indent:
        match = _KEY.fullmatch(lines[0][1])
        if not match or match[1] in found:
            msg = f"no key, or one that is there already: {lines[0][1]!r}"
            raise ValueError(msg)
        lines = lines[1:]
        if match[2]:
            found[match[1]] = _scalar(match[2])
        elif lines and lines[0][0] > indent:
            found[match[1]], lines = _block(lines, lines[0][0])
        else:
            found[match[1]] = None
    return found, lines


def _list(lines: Sequence[_Line], indent: int) -> tuple[Node, Sequence[_Line]]:
    found: list[Node] = []
    while lines and lines[0][0] == indent and lines[0][1].startswith("- "):
        found.append(_scalar(lines[0][1].removeprefix("- ")))
        lines = lines[1:]
    return found, lines


def _scalar(text: str) -> Node:
    if text.startswith(('"', "[")):
        return cast("Node", json.loads(text))
    if _SPECIAL.match(text):
        msg = f"needs quotes: {text!r}"
        raise ValueError(msg)
    return text
