"""What is deployed, as the tests look at it."""

import re
from typing import Final

from adapters.providers.catalogue import configurable
from bot.cli import _parser
from bot.config.options import OPTIONS, PREFIX, options_of
from tests.docs.tables import ROOT

DEPLOY: Final = ROOT / "deploy"


def unknown_settings(names: set[str]) -> set[str]:
    """Return which of the variables that look like ours are no settings."""
    known = (*OPTIONS, *options_of(configurable()))
    variables = {option.variable for option in known}
    variables |= {f"{option.variable}_FILE" for option in known if option.is_secret}
    return {name for name in names if name.startswith(PREFIX)} - variables


def is_command(words: list[str]) -> bool:
    """Whether `hearthkey` takes these words."""
    if words[:1] != ["hearthkey"]:
        return False
    try:
        _parser().parse_args(words[1:])
    except SystemExit:
        return False
    return True


def read_unit(text: str) -> dict[str, list[str]]:
    """Return a unit's settings, each with all its values in their order."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def shell_lines(page: str) -> list[str]:
    """Return the lines of a page's blocks of shell."""
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]
