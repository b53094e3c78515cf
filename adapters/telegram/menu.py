"""The command menu that Telegram shows, per scope. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_MOST_IN_PRIVATE: Final = 12
_MOST_IN_GROUPS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """A command, in the menu's order."""

    name: str
    help: str
    is_for_groups: bool = False


def scopes(entries: Sequence[MenuEntry]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Return each scope (Bot API, BotCommandScope) with its commands and what they do."""
    groups = [each for each in entries if each.is_for_groups]
    yield "all_private_chats", _listed(entries[:_MOST_IN_PRIVATE])
    yield "all_group_chats", _listed(groups[:_MOST_IN_GROUPS])


def _listed(entries: Sequence[MenuEntry]) -> list[tuple[str, str]]:
    return [(each.name, each.help) for each in entries]
