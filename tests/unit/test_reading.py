"""What a line means: a table of named cases."""

from typing import Final

import pytest

from adapters.providers.registry import key_forms
from bot.domain.events import (
    Body,
    Button,
    Command,
    Edited,
    Press,
    Question,
    QuestionKind,
    Reacted,
    Redacted,
    SecretText,
    Text,
    Unreadable,
)
from bot.domain.secret import Secret
from bot.reading import Meaning, Use, read
from tests.fakes.clock import START
from tests.fakes.commands import Gate, table

COMMANDS: Final = table(Gate())
KEY: Final = "sk-proj-canary0123456789abcdef"
FOR_KEY: Final = Question(kind=QuestionKind.KEY, asked_at=START, action="addkey:key:acme")
FOR_TEXT: Final = Question(kind=QuestionKind.TEXT, asked_at=START, action="title:set:it")
MENU: Final = Question(
    kind=QuestionKind.MENU, asked_at=START, buttons=(Button("One", "pick:one"),)
)


def meant(
    body: Body,
    question: Question | None = None,
    choice: Press | None = None,
    *,
    is_answering: bool = False,
) -> Meaning | None:
    """Read a body with the small table."""
    return read(
        body, question, choice, is_answering=is_answering, commands=COMMANDS, forms=key_forms()
    )


def use(name: str, **rest: object) -> Use:
    """Return the use of a known command."""
    return Use(name=name, command=COMMANDS.get(name), **rest)  # type: ignore[arg-type]  # Use's own


@pytest.mark.parametrize(
    ("body", "question", "expected"),
    [
        (Text("hello"), None, Text("hello")),
        (Text("hello"), MENU, Text("hello")),
        (Text("cancel"), None, Text("cancel")),
        (Text("cancel"), MENU, Text("cancel")),
        (Command("ping", "x y"), None, use("ping", is_typed=True, args="x y")),
        (Command("nope", "x"), None, use("nope", is_typed=True, args="x")),
        (Command("ping"), FOR_KEY, use("ping", is_typed=True)),
        (Command("addkey"), None, use("addkey", is_typed=True)),
        (Command("addkey", "acme"), None, use("addkey", is_typed=True, args="acme")),
        (Press("pick:one"), None, use("pick", verb="one")),
        (Press("pick:one:a:b"), FOR_KEY, use("pick", verb="one", args="a:b")),
        (Press("gone:x"), None, use("gone", verb="x")),
        (Text("A title"), FOR_TEXT, use("title", verb="set", args="it", text="A title")),
        (Text(" Cancel "), FOR_TEXT, use("title", verb="cancel")),
        (Text("cancel"), FOR_KEY, use("addkey", verb="cancel")),
    ],
    ids=[
        "text",
        "text-with-menu-open",
        "cancel-without-question",
        "cancel-with-menu-open",
        "command",
        "unknown-command",
        "command-while-a-key-is-awaited",
        "addkey-alone",
        "addkey-company",
        "press",
        "press-with-argument",
        "press-of-an-unknown-command",
        "answer",
        "cancel-answer",
        "cancel-key",
    ],
)
def test_a_line_is_read(body: Body, question: Question | None, expected: Use | Text) -> None:
    """Each body means one thing beside the question that is open."""
    assert meant(body, question) == expected


@pytest.mark.parametrize(
    ("body", "question", "expected"),
    [
        (Text("some-odd-key"), FOR_KEY, use("addkey", verb="key", args="acme")),
        (Text(KEY), FOR_KEY, use("addkey", verb="key", args="acme")),
        (Text(KEY), None, use("addkey", verb="found")),
        (Text(f"is {KEY} good?"), None, use("addkey", verb="found", text="is good?")),
        (Text(KEY), FOR_TEXT, use("addkey", verb="found")),
        (Text(KEY), MENU, use("addkey", verb="found")),
        (Command("addkey", f"acme {KEY}"), None, use("addkey", is_typed=True, args="acme")),
        (Command("addkey", KEY), None, use("addkey", is_typed=True)),
        (Command("adkey", f"acme {KEY}"), None, use("addkey", verb="found")),
        (Command("ping", KEY), None, use("addkey", verb="found")),
        (SecretText(Command(""), Secret(KEY)), None, use("addkey", is_typed=True)),
        (
            SecretText(Command(""), Secret(KEY)),
            FOR_KEY,
            use("addkey", verb="key", args="acme"),
        ),
        (
            SecretText(Command("addkey", "acme"), Secret(KEY)),
            FOR_KEY,
            use("addkey", is_typed=True, args="acme"),
        ),
    ],
    ids=[
        "awaited-word",
        "awaited-key",
        "pasted",
        "pasted-in-a-question",
        "pasted-as-a-text-answer",
        "pasted-beside-a-menu",
        "after-addkey-and-company",
        "after-addkey",
        "after-a-misspelt-command",
        "after-another-command",
        "typed-unseen-unasked",
        "typed-unseen",
        "from-a-messenger-that-knows",
    ],
)
def test_a_key_is_a_secret_however_it_comes(
    body: Body, question: Question | None, expected: Use
) -> None:
    """It is in the secret and nowhere else of what was read."""
    found = meant(body, question)
    assert isinstance(found, Use)
    assert found.secret == Secret(KEY if KEY in _text_of(body) else _text_of(body))
    shown = (found.name, found.verb, found.args, found.text, found.is_typed)
    assert shown == (
        expected.name,
        expected.verb,
        expected.args,
        expected.text,
        expected.is_typed,
    )
    assert KEY not in repr(found)


def _text_of(body: Body) -> str:
    match body:
        case Text(text) | Edited(text):
            return text
        case Unreadable(_, words):
            return words
        case Command(_, args):
            return args
        case SecretText(_, secret):
            return secret.reveal()
        case Press(action):
            return action
        case Redacted() | Reacted():
            return ""


@pytest.mark.parametrize("word", ["stop", "Stop ", "cancel"])
def test_a_bare_word_ends_a_growing_answer_only(word: str) -> None:
    """Otherwise it is a message like any other."""
    assert meant(Text(word), is_answering=True) == use("stop", is_typed=True)
    assert meant(Text(word)) == Text(word)
    assert meant(Text(f"{word} it"), is_answering=True) == Text(f"{word} it")


def test_the_choice_of_an_open_menu_is_its_button() -> None:
    """A bare number was read against the menu before; it acts as the button does."""
    assert meant(Text("1"), MENU, Press("pick:one")) == use("pick", verb="one")


def test_a_choice_does_not_hide_a_command() -> None:
    """Only a bare number answers a menu."""
    assert meant(Command("ping"), MENU) == use("ping", is_typed=True)
