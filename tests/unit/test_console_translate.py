"""What a line typed into the console means."""

import pytest

from adapters.console.translate import (
    Move,
    clean,
    is_leaving,
    read_line,
    read_mention,
    read_move,
    read_secret,
    split_secret,
)
from bot.domain.events import Command, SecretText, Text
from bot.domain.secret import Secret

LINES: dict[str, tuple[str, Text | Command | None]] = {
    "words": ("What about leeks?", Text("What about leeks?")),
    "nothing": ("  \t ", None),
    "only controls": ("\x00\x1b", None),
    "command": ("/model", Command("model")),
    "command with words": ("  /temp   0,4 ", Command("temp", "0,4")),
    "upper case": ("/TEMP 1", Command("temp", "1")),
    "args keep their case and lines": ("/system Be\nBRIEF", Command("system", "Be\nBRIEF")),
    "unknown letters": ("/größe 3", Command("größe", "3")),
    "a path is no command": ("/etc/hosts is empty", Text("/etc/hosts is empty")),
    "a slash alone": ("/ what", Text("/ what")),
    "a slash within": ("and /model", Text("and /model")),
    "a word too long": ("/" + "a" * 33, Text("/" + "a" * 33)),
    "several lines": ("a\r\nb\rc", Text("a\nb\nc")),
    "a tab is kept": ("a\tb", Text("a\tb")),
    "controls go": ("a\x00b\x1b[31mc\x7f\x9bd", Text("ab[31mcd")),
    "half a character": ("a\udc80", Text("a\ufffd")),
    "no secret, no secret command": ("/model demo demo-key", Command("model", "demo demo-key")),
}


@pytest.mark.parametrize(("line", "body"), LINES.values(), ids=LINES)
def test_lines(line: str, body: Text | Command | None) -> None:
    """Each line is read as this."""
    assert read_line(line, {"addkey", "unlock"}) == body


SECRETS: dict[str, tuple[str, str, Command | SecretText]] = {
    "nothing": ("addkey", "", Command("addkey")),
    "company": ("addkey", "Demo", Command("addkey", "Demo")),
    "company and key": (
        "addkey",
        "demo demo-key",
        SecretText(Command("addkey", "demo"), Secret("demo-key")),
    ),
    "company and a key of letters": (
        "addkey",
        "demo bad",
        SecretText(Command("addkey", "demo"), Secret("bad")),
    ),
    "key": ("addkey", "sk-canary-1", SecretText(Command("addkey"), Secret("sk-canary-1"))),
    "key of letters too long for a company": (
        "addkey",
        "a" * 21,
        SecretText(Command("addkey"), Secret("a" * 21)),
    ),
    "the words around a key are left": (
        "addkey",
        "demo Bearer 'sk-canary-1'",
        SecretText(Command("addkey", "demo"), Secret("Bearer 'sk-canary-1'")),
    ),
    "Bearer is no company": (
        "addkey",
        "bearer sk-canary-1",
        SecretText(Command("addkey"), Secret("bearer sk-canary-1")),
    ),
    "the key first": (
        "addkey",
        "sk-canary-1 demo",
        SecretText(Command("addkey"), Secret("sk-canary-1 demo")),
    ),
    "name and key": (
        "addkey",
        "DEMO_KEY=sk-canary-1",
        SecretText(Command("addkey"), Secret("DEMO_KEY=sk-canary-1")),
    ),
    "a passphrase is all of it": (
        "unlock",
        "correct horse",
        SecretText(Command("unlock"), Secret("correct horse")),
    ),
}


@pytest.mark.parametrize(("name", "args", "body"), SECRETS.values(), ids=SECRETS)
def test_secrets(name: str, args: str, body: Command | SecretText) -> None:
    """What is no company for certain is part of the secret."""
    assert split_secret(name, args) == body
    assert read_line(f"/{name} {args}", {"addkey", "unlock"}) == body


def test_what_is_typed_unseen_is_a_secret() -> None:
    """A slash or a word makes no difference there; an empty line is nothing."""
    assert read_secret(" demo-1 \n", {"addkey"}) == SecretText(Command(""), Secret("demo-1"))
    assert read_secret(" /model \n", {"addkey"}) == Command("model")
    assert read_secret(" \n", {"addkey"}) is None


@pytest.mark.parametrize(
    ("line", "leaves"),
    [("/exit", True), (" /QUIT ", True), ("/exit now", False), ("exit", False)],
)
def test_leaving(line: str, leaves: bool) -> None:
    """Only the two words alone leave."""
    assert is_leaving(line) is leaves


def test_clean_leaves_no_control_but_tab_and_newline() -> None:
    """Nothing below a space is left but those two."""
    every = "".join(map(chr, range(0xA0)))
    assert [char for char in clean(f"a{every}b") if ord(char) < 0x20] == ["\t", "\n", "\n"]


MOVES: dict[str, tuple[str, Move | None]] = {
    "somebody": ("/as bob", Move("bob", is_room=False)),
    "nobody": (" /AS ", Move("", is_room=False)),
    "a room": ("/in Club", Move("Club", is_room=True)),
    "back": ("/in", Move("", is_room=True)),
    "words": ("in club", None),
    "another command": ("/ask me", None),
}


@pytest.mark.parametrize(("line", "move"), MOVES.values(), ids=MOVES)
def test_moves(line: str, move: Move | None) -> None:
    """Two commands are the console's own."""
    assert read_move(line) == move


MENTIONS: dict[str, tuple[str, str | None]] = {
    "at the bot": ("@bot hi", "hi"),
    "by its name": ("@Hearthkey, hi\nthere", "hi\nthere"),
    "without a sign": (" hearthkey: hi", "hi"),
    "nothing else": ("@bot", ""),
    "another name": ("@bottle hi", None),
    "not first": ("hi @bot", None),
}


@pytest.mark.parametrize(("line", "rest"), MENTIONS.values(), ids=MENTIONS)
def test_mentions(line: str, rest: str | None) -> None:
    """A line is for the bot if it begins with its name."""
    assert read_mention(line) == rest
