"""A typed line as what it means. Pure."""

import re
from collections.abc import Container
from dataclasses import dataclass

from bot.domain.events import Command, SecretText, Text
from bot.domain.secret import Secret

_COMMAND = re.compile(r"/(\w{1,32})(?:\s+(.*))?", re.DOTALL)
_COMPANY = re.compile(r"(?!bearer$)[a-z]{1,20}", re.IGNORECASE)
_UNTYPABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MENTION = re.compile(
    r"(?:@(?:bot|hearthkey)|hearthkey)(?!\w)[:,]?(.*)", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandHint:
    """What a frontend knows of a command: its help, and whether its argument is a secret."""

    name: str
    usage: str = ""
    help: str = ""
    has_secret: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """Be somebody else, or go into a room; without a name, back to the private chat."""

    name: str
    is_room: bool


LEAVING = (
    CommandHint(name="exit", help="Leave the console."),
    CommandHint(name="quit", help="Leave the console."),
)
MOVING = (
    CommandHint(name="as", usage="NAME", help="Be somebody else, to try a group."),
    CommandHint(name="in", usage="[ROOM]", help="Go into a room, or back to the private chat."),
)


def clean(line: str) -> str:
    """Return the line without what nobody types: controls, NUL, halves of characters."""
    text = line.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATE.sub("\ufffd", _UNTYPABLE.sub("", text)).strip()


def is_leaving(line: str) -> bool:
    """Whether the line ends the console itself."""
    return clean(line).lower() in {f"/{hint.name}" for hint in LEAVING}


def read_move(line: str) -> Move | None:
    """Return where a line leads within the console; None if it is for the bot or for others."""
    match read_line(line, ()):
        case Command("as", name):
            return Move(name, is_room=False)
        case Command("in", room):
            return Move(room, is_room=True)
        case _:
            return None


def read_mention(line: str) -> str | None:
    """Return what follows the name of the bot; None if the line does not begin with it."""
    found = _MENTION.fullmatch(clean(line))
    return None if found is None else found[1].strip()


def read_line(line: str, secret_commands: Container[str]) -> Text | Command | SecretText | None:
    """Return what a line says, None if it says nothing.

    A word after a slash is a command (`/etc/hosts` is not); those of `secret_commands` hold a
    secret.
    """
    text = clean(line)
    if not text:
        return None
    if (found := _COMMAND.fullmatch(text)) is None:
        return Text(text)
    name, args = found[1].lower(), (found[2] or "").strip()
    return split_secret(name, args) if name in secret_commands else Command(name, args)


def read_secret(line: str, secret_commands: Container[str]) -> Text | Command | SecretText | None:
    """Return the answer to a question for a key; a command is a command there too."""
    body = read_line(line, secret_commands)
    return SecretText(Command(""), Secret(body.text)) if isinstance(body, Text) else body


def split_secret(name: str, args: str) -> Command | SecretText:
    """Part what may be stored of a command from what may not.

    `/addkey` takes a company first: a word of letters only, or it is held for a part of the
    secret. One such word alone is a company without a key. `Bearer`, quotes and `NAME=` are left
    for the command to take off.
    """
    if not args:
        return Command(name)
    first, *rest = args.split(maxsplit=1)
    if name != "addkey" or not _COMPANY.fullmatch(first):
        return SecretText(Command(name), Secret(args))
    return SecretText(Command(name, first), Secret(rest[0])) if rest else Command(name, first)
