"""Every command, a file per noun. `spec` says what one is."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from bot.commands import (
    about,
    addkey,
    allow,
    ask,
    claim,
    conversation,
    costs,
    groups,
    invite,
    keys,
    link,
    members,
    model,
    reasoning,
    removekey,
    settings,
    streaming,
    tuning,
    turns,
    usage,
)
from bot.commands.near import near_names
from bot.commands.spec import Command

_MODULES: Final = (
    about,
    addkey,
    allow,
    ask,
    claim,
    conversation,
    costs,
    groups,
    invite,
    keys,
    link,
    members,
    model,
    reasoning,
    removekey,
    settings,
    streaming,
    tuning,
    turns,
    usage,
)


def collect(rows: Iterable[Command]) -> Mapping[str, Command]:
    """Return the commands by name and alias; ValueError if two claim the same."""
    found: dict[str, Command] = {}
    for row in sorted(rows, key=lambda each: each.name):
        for name in (row.name, *row.aliases):
            if name in found:
                raise ValueError(name)
            found[name] = row
    return MappingProxyType(found)


COMMANDS: Final[tuple[Command, ...]] = tuple(row for each in _MODULES for row in each.COMMANDS)
_BY_NAME: Final = collect(COMMANDS)


def by_name() -> Mapping[str, Command]:
    """Return every command by its name and its aliases."""
    return _BY_NAME


def nearest(name: str) -> tuple[str, ...]:
    """Return the commands' own names most like an unknown one, best first."""
    near = near_names(name, _BY_NAME)
    return tuple(dict.fromkeys(_BY_NAME[each].name for each in near))
