"""The tables of the docs, made from the code: `make fix` writes them, the tests compare them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from bot.commands import COMMANDS
from bot.commands.spec import Command, Where

ROOT: Final = Path(__file__).parents[2]


def commands() -> str:
    """Return docs/commands.md."""
    rows = "\n".join(_row(command) for command in sorted(COMMANDS, key=lambda each: each.name))
    return (
        "# Commands\n\n"
        "Made from the command table by `make fix`. Without an argument a command shows what is\n"
        "set, and changes nothing. Settings hold for this conversation; *Make default* makes them\n"
        "the rule for new ones.\n\n"
        "| Command | What it does | Also | Where |\n|---|---|---|---|\n"
        f"{rows}\n"
    )


def _row(command: Command) -> str:
    usage = f"`/{command.name} {command.usage}`" if command.usage else f"`/{command.name}`"
    also = ", ".join(f"`/{alias}`" for alias in command.aliases) or "–"
    where = "private" if command.where is Where.PRIVATE else "anywhere"
    return f"| {usage.replace('|', chr(92) + '|')} | {command.help} | {also} | {where} |"


TABLES: Final[Mapping[str, Callable[[], str]]] = {"docs/commands.md": commands}


def main() -> None:
    """Write every table."""
    for path, table in TABLES.items():
        (ROOT / path).write_text(table(), encoding="utf-8")


if __name__ == "__main__":
    main()
