"""The tables in the docs, made from the code: `python -m tests.docs.tables` writes them anew."""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from adapters.providers.catalogue import Row, configurable, rows
from bot.cli import _parser
from bot.commands import COMMANDS
from bot.commands.spec import Command, Where, Who
from bot.config.options import OPTIONS, Option, options_of
from bot.domain.chat import Adjustment
from bot.domain.models import KeyNeed

ROOT: Final = Path(__file__).parents[2]
EACH: Final = "<provider>"
_ADJUSTED: Final = {
    Adjustment.DROP_TEMPERATURE: "no temperature",
    Adjustment.DROP_MAX_TOKENS: "no limit of length",
    Adjustment.MAX_COMPLETION_TOKENS: "the limit is sent as `max_completion_tokens`",
    Adjustment.DROP_STREAM_OPTIONS: "no `stream_options`",
    Adjustment.SYSTEM_IN_USER: "instructions go into the first message",
    Adjustment.DROP_EFFORT: "no depth of thinking",
}

_WHERE: Final = {
    Where.PRIVATE: "private chat",
    Where.GROUP: "groups",
    Where.ANYWHERE: "anywhere",
}
_WHO: Final = {
    Who.EVERYBODY: "",
    Who.ADMINS: "; in groups their admins",
    Who.OPERATORS: "; operators",
}


def settings_table() -> str:
    """Return every setting that has one name, as a Markdown table."""
    return _settings(option for option in OPTIONS if not option.is_key)


def key_table() -> str:
    """Return the master key's settings."""
    return _settings(option for option in OPTIONS if option.is_key)


def provider_table() -> str:
    """Return the settings that each provider of the catalogue has, written once for all."""
    return _settings(options_of([EACH]), has_help=False)


def provider_ids() -> str:
    """Return what may stand for `<PROVIDER>`."""
    ids = ", ".join(f"`{each.upper()}`" for each in configurable())
    return f"`{EACH.upper()}` is one of {ids}."


def vendor_table() -> str:
    """Return the vendors of the catalogue, and how each differs from the rest."""
    header = ("id", "name", "key page", "how a key is checked", "what is special")
    return _table(header, [_vendor_row(row) for row in rows() if not row.is_demo])


def command_table() -> str:
    """Return every command, those of the short menu first and in its order."""
    ordered = sorted(COMMANDS, key=lambda each: (each.menu == 0, each.menu, each.name))
    header = ("command", "what it does", "also", "where")
    return _table(header, [_command_row(command) for command in ordered])


def host_table() -> str:
    """Return what can be typed on the host."""
    return _table(("on the host", "what it does"), _host_rows("hearthkey", _parser()))


TABLES: Final[dict[str, Callable[[], str]]] = {
    "settings": settings_table,
    "master-key": key_table,
    "providers": provider_table,
    "provider-ids": provider_ids,
    "vendors": vendor_table,
    "commands": command_table,
    "host": host_table,
}
PAGES: Final = {
    "docs/configuration.md": ("settings", "providers", "provider-ids", "master-key"),
    "docs/providers.md": ("vendors",),
    "docs/commands.md": ("commands", "host"),
}


def with_table(page: str, name: str) -> str:
    """Return a page with its table `name` made anew; ValueError if it has no place for it."""
    begin, end = f"<!-- {name}: from the code -->", f"<!-- {name}: end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if len(pattern.findall(page)) != 1:
        raise ValueError(name)
    table = f"{begin}\n\n{TABLES[name]()}\n\n{end}"
    return pattern.sub(lambda _: table, page)


def fresh(path: str) -> str:
    """Return a page with all its tables made anew."""
    page = (ROOT / path).read_text()
    for name in PAGES[path]:
        page = with_table(page, name)
    return page


def _settings(options: Iterable[Option[object]], *, has_help: bool = True) -> str:
    rows = []
    for option in options:
        names = f"`{option.variable}`" + (" or `…_FILE`" if option.is_secret else "")
        example = "" if option.example == "…" else f" Example: `{option.example}`"
        help_text = f"{option.help}{example}" if has_help else option.help
        rows.append((names, help_text, option.allowed, option.default))
    return _table(("setting", "what it is for", "allowed", "default"), rows)


def _command_row(command: Command) -> tuple[str, ...]:
    usage = f"`/{command.name} {command.usage}".rstrip() + "`"
    also = " ".join(f"`/{alias}`" for alias in command.aliases)
    return usage, command.help, also, f"{_WHERE[command.where]}{_WHO[command.who]}"


def _host_rows(typed: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action._choices_actions:
                task = action.choices[each.dest]
                if not any(isinstance(more, argparse._SubParsersAction) for more in task._actions):
                    yield f"`{typed} {each.dest}`", each.help or ""
                yield from _host_rows(f"{typed} {each.dest}", task)
        elif "--help" not in action.option_strings:
            option = f"{action.option_strings[0]} {action.metavar or ''}".rstrip()
            yield f"`{typed} {option}`", action.help or ""


def _vendor_row(row: Row) -> tuple[str, ...]:
    names = ", ".join(f"`{each}`" for each in (row.id, *row.aliases))
    page = f"[{urlsplit(row.key_page).netloc}]({row.key_page})" if row.key_page else "none"
    return names, row.name, page, _check(row), "; ".join(_special(row))


def _check(row: Row) -> str:
    if not row.quirks.check:
        return "not at all: the first answer tells"
    if row.quirks.check == "models":
        return "its list of models"
    said = f"`{row.quirks.check.partition('?')[0]}`"
    return f"{said}, which also says what is left" if row.quirks.balance else said


def _special(row: Row) -> Iterator[str]:
    quirks = row.quirks
    if not row.is_listed:
        yield f"only with `HEARTHKEY_{row.id.upper()}_BASE_URL`"
    if row.key_need is KeyNeed.OPTIONAL:
        yield "asks for no key unless it was told to"
    if not quirks.models:
        yield "a model is typed by name"
    if quirks.price_tokens:
        yield "the list's own prices count"
    if quirks.context_tokens:
        yield f"a window of {quirks.context_tokens:,} tokens is assumed"
    if quirks.body:
        yield f"sent along: `{json.dumps(quirks.body)}`"
    for each in sorted(quirks.adjustments):
        yield _ADJUSTED[each]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    escaped = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def main() -> int:
    """Write every page whose tables have changed."""
    for path in PAGES:
        page = fresh(path)
        if (ROOT / path).read_text() != page:
            (ROOT / path).write_text(page)
            sys.stdout.write(f"written: {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
