"""The command menu that Telegram shows, per scope. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from telegram import (
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)

Listed = list[tuple[str, str]]
_MOST_IN_PRIVATE: Final = 12
_MOST_IN_GROUPS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """A command, in the order of the menu in private.

    `in_groups` is its place in the menu of groups (0: it is not in that), `is_for_operators`
    that only operators find it, in their own chats.
    """

    name: str
    help: str
    in_groups: int = 0
    is_in_private: bool = True
    is_for_operators: bool = False


def scopes(entries: Sequence[MenuEntry]) -> Iterator[tuple[BotCommandScope, Listed]]:
    """Return each scope that all share, with its commands and what they do."""
    groups = sorted((each for each in entries if each.in_groups), key=lambda each: each.in_groups)
    yield BotCommandScopeAllPrivateChats(), _listed(_private(entries))
    yield BotCommandScopeAllGroupChats(), _listed(groups[:_MOST_IN_GROUPS])


def for_operators(entries: Sequence[MenuEntry]) -> Listed:
    """Return what operators find in their own chats: what is theirs, then what all have."""
    theirs = [each for each in entries if each.is_for_operators]
    return _listed([*theirs, *_private(entries)])


def _private(entries: Sequence[MenuEntry]) -> Sequence[MenuEntry]:
    found = [each for each in entries if each.is_in_private and not each.is_for_operators]
    return found[:_MOST_IN_PRIVATE]


def _listed(entries: Sequence[MenuEntry]) -> Listed:
    return [(each.name, each.help) for each in entries]
