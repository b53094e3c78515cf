"""Models as Anthropic lists them, and what each refuses."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

Row = dict[str, Any]
_PAGE: Final = 20
_LEVELS: Final = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What models of a generation take. `thinking`: the types a request may name."""

    samples: bool = False
    thinking: frozenset[str]
    efforts: frozenset[str] = frozenset(_LEVELS)
    most_tokens: int = 128_000
    most_input: int = 1_000_000
    thinks: bool = True

    def capabilities(self) -> Row:
        """Return them as the list tells them: every key, none about sampling."""
        types = ("adaptive", "between_tools", "disabled", "enabled")
        efforts = {level: _support(level in self.efforts) for level in _LEVELS}
        always = dict.fromkeys(("batch", "citations", "image_input", "pdf_input"), _support())
        return {
            **always,
            "code_execution": _support(),
            "structured_outputs": _support(),
            "context_management": {"supported": False},
            "server_tools": {
                "supported": True, "code_execution": _support(), "web_search": _support(),
            },
            "effort": {"supported": bool(self.efforts), **efforts},
            "thinking": {
                "supported": True,
                "types": {name: _support(name in self.thinking) for name in types},
            },
        }  # fmt: skip


def _support(is_supported: bool = True) -> dict[str, bool]:
    return {"supported": is_supported}


_BUDGET: Final = frozenset({"enabled", "disabled"})
_EITHER: Final = frozenset({"adaptive", "disabled"})
_WITHOUT_XHIGH: Final = frozenset(_LEVELS) - {"xhigh"}
# The first pattern that an id matches counts; one that none matches is no model.
FAMILIES: Final[Mapping[str, Family]] = {
    r"claude-(haiku|sonnet)-4-5": Family(
        samples=True, thinking=_BUDGET, efforts=frozenset(), most_tokens=64_000,
        most_input=200_000, thinks=False,
    ),
    r"claude-opus-4-5": Family(
        samples=True, thinking=_BUDGET, efforts=frozenset({"low", "medium", "high"}),
        most_tokens=64_000, most_input=200_000, thinks=False,
    ),
    r"claude-(opus|sonnet)-4-6": Family(
        samples=True, thinking=_EITHER | _BUDGET, efforts=_WITHOUT_XHIGH, thinks=False,
    ),
    r"claude-opus-4-[78]": Family(thinking=_EITHER, thinks=False),
    r"claude-sonnet-5-5": Family(thinking=frozenset({"adaptive", "between_tools"})),
    r"claude-(sonnet-5$|opus-5$|haiku-5-5)": Family(thinking=_EITHER),
    r"claude-(opus-5-5|fable-|mythos-)|sim-": Family(thinking=frozenset({"adaptive"})),
}  # fmt: skip


def family_of(model: str) -> Family | None:
    """Return what a model takes; None: there is no such model."""
    return next((one for form, one in FAMILIES.items() if re.match(form, model)), None)


def _row(model: str, name: str, created: str, **fields: object) -> Row:
    family = family_of(model)
    assert family is not None
    return {
        "type": "model",
        "id": model,
        "display_name": name,
        "created_at": f"{created}T00:00:00Z",
        "line": model.split("-")[1],
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
        "max_input_tokens": family.most_input,
        "max_tokens": family.most_tokens,
        "capabilities": family.capabilities(),
        **fields,
    }


MODELS: Final = (
    _row("claude-haiku-5-5", "Claude Haiku 5.5", "2026-11-02"),
    _row("claude-sonnet-5-5", "Claude Sonnet 5.5", "2026-10-21"),
    _row("claude-opus-5-5", "Claude Opus 5.5", "2026-09-15"),
    _row("claude-sonnet-5", "Claude Sonnet 5", "2026-06-02"),
    _row("claude-opus-4-6", "Claude Opus 4.6", "2026-02-04"),
    _row("claude-haiku-4-5-20251001", "Claude Haiku 4.5", "2025-10-01"),
    _row(
        "claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", "2025-09-29", lifecycle="deprecated",
        deprecated_at="2026-08-20T00:00:00Z", retires_at="2026-11-30T00:00:00Z",
    ),
    _row(
        "claude-mythos-preview", "Claude Mythos Preview", "1970-01-01", lifecycle="retired",
        deprecated_at="2026-05-01T00:00:00Z", retires_at="2026-06-30T00:00:00Z",
    ),
)  # fmt: skip


def page_of(path: str, rows: Sequence[Row] = MODELS) -> Row:
    """Return the page of a list that a request's query asks for."""
    asked = parse_qs(urlsplit(path).query)
    stages = asked.get("lifecycle", asked.get("lifecycle[]", ["active", "deprecated"]))
    rows = [row for row in rows if row.get("lifecycle", "active") in stages]
    ids = [row["id"] for row in rows]
    after = asked.get("after_id", [""])[0]
    start = ids.index(after) + 1 if after in ids else 0
    page = rows[start : start + limit_of(path)]
    return {
        "data": page,
        "has_more": start + len(page) < len(rows),
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
    }


def limit_of(path: str) -> int:
    """Return how many rows a page may have; 0: what was asked for is no such number."""
    said = parse_qs(urlsplit(path).query).get("limit", [str(_PAGE)])[0]
    return int(said) if said.isascii() and said.isdigit() and int(said) <= 1_000 else 0
