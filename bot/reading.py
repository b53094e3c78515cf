"""What a line means here and now: a message for the model, or the use of a command. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.commands.spec import Command
from bot.domain.events import (
    Body,
    Edited,
    Incoming,
    Press,
    Question,
    QuestionKind,
    Reacted,
    Redacted,
    SecretText,
    Text,
    Unreadable,
)
from bot.domain.events import Command as Typed
from bot.domain.keyforms import KeyForms
from bot.domain.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use of a command. `name` is as typed where `command` is None: nobody knows it."""

    name: str
    command: Command | None
    is_typed: bool = False
    verb: str = ""
    args: str = ""
    text: str = ""
    secret: Secret | None = None


_ASKED: Final = re.compile(r"[/!]ask\s+(?=\S)", re.IGNORECASE)
Meaning = Use | Text | Unreadable | Edited | Redacted


def as_asked(incoming: Incoming) -> Incoming:
    """Return `/ask` and a question as the question: it is a message for the model like any other.

    Of one in pieces the command is in the first; an edit of one is the edit of the question.
    """
    first = incoming.pieces[0]
    match first.body:
        case Typed("ask", args) if args:
            asked = replace(first, body=Text(args), is_addressed=True)
        case Edited(text) if (found := _ASKED.match(text)) is not None:
            return incoming.with_body(Edited(text[found.end() :]))
        case _:
            return incoming
    if not incoming.before:
        return asked
    return replace(incoming, before=(asked, *incoming.before[1:]), is_addressed=True)


def read(
    body: Body,
    question: Question | None,
    choice: Press | None,
    *,
    is_answering: bool,
    commands: Mapping[str, Command],
    forms: KeyForms,
    prefix: str = "/",
) -> Meaning | None:
    """Read a body against the open question; `choice` is its menu's reading of a bare number.

    `is_answering`: an answer to this member is growing here, so a plain "stop" ends it. None: it
    means nothing, as the edit of a command does; of a reaction only `Reactions` can tell.
    """
    meaning: Meaning | None
    match body:
        case Typed():
            meaning = _typed(body, commands, forms)
        case Press(action):
            meaning = pressed(action, commands)
        case SecretText():
            meaning = _secret(body, question, commands)
        case Unreadable(words=words):
            meaning = _found(words, commands, forms) or body
        case Edited():
            meaning = _edited(body, question, commands, forms, prefix)
        case Redacted():
            meaning = body
        case Reacted():
            meaning = None
        case Text():
            meaning = _text(
                body, question, choice, is_answering=is_answering, commands=commands, forms=forms
            )
    return meaning


def _text(
    body: Text,
    question: Question | None,
    choice: Press | None,
    *,
    is_answering: bool,
    commands: Mapping[str, Command],
    forms: KeyForms,
) -> Use | Text:
    if choice is not None:
        return pressed(choice.action, commands)
    word = body.text.strip().lower()
    if question is not None and question.kind is not QuestionKind.MENU:
        if word == "cancel":
            return pressed(cancelled(question), commands)
        if question.kind is QuestionKind.KEY:
            return pressed(question.action, commands, secret=Secret(body.text))
        if forms.find_key(body.text) is None:
            return pressed(question.action, commands, text=body.text)
    if is_answering and word in {"stop", "cancel"}:
        return Use(name="stop", command=commands.get("stop"), is_typed=True)
    return _found(body.text, commands, forms) or body


def _edited(
    body: Edited,
    question: Question | None,
    commands: Mapping[str, Command],
    forms: KeyForms,
    prefix: str,
) -> Use | Edited | None:
    """Read an edit: a key in it, or while one is awaited, is a secret as in a new message."""
    if question is not None and question.kind is QuestionKind.KEY:
        return pressed(question.action, commands, secret=Secret(body.text))
    if (found := _found(body.text, commands, forms)) is not None:
        return found
    return None if body.text.startswith(("/", prefix)) else body


def _found(
    text: str, commands: Mapping[str, Command], forms: KeyForms, *, is_question: bool = True
) -> Use | None:
    """Return what becomes of a text with a key in it; None if there is none."""
    found = forms.find_key(text)
    if found is None:
        return None
    key, rest = found
    return Use(
        name="addkey",
        command=commands.get("addkey"),
        verb="found",
        text=rest if is_question else "",
        secret=Secret(key),
    )


def _typed(body: Typed, commands: Mapping[str, Command], forms: KeyForms) -> Use:
    """Read a command; a key after it is a secret, whichever the command is."""
    command = commands.get(body.name)
    args, secret = body.args, None
    if command is not None and command.has_secret:
        args, key = forms.split_key(body.args)
        secret = Secret(key) if key else None
    elif (found := _found(body.args, commands, forms, is_question=False)) is not None:
        return found
    return Use(name=body.name, command=command, is_typed=True, args=args, secret=secret)


def _secret(body: SecretText, question: Question | None, commands: Mapping[str, Command]) -> Use:
    if body.command.name:
        name = body.command.name
        return Use(
            name=name,
            command=commands.get(name),
            is_typed=True,
            args=body.command.args,
            secret=body.secret,
        )
    if question is not None and question.kind is QuestionKind.KEY:
        return pressed(question.action, commands, secret=body.secret)
    return Use(name="addkey", command=commands.get("addkey"), is_typed=True, secret=body.secret)


def cancelled(question: Question) -> str:
    """Return the action of the button that gives up what is awaited."""
    return f"{question.action.partition(':')[0]}:cancel"


def pressed(
    action: str, commands: Mapping[str, Command], *, text: str = "", secret: Secret | None = None
) -> Use:
    """Read the action of a button, or of a question that `text` or `secret` answers."""
    name, _, rest = action.partition(":")
    verb, _, args = rest.partition(":")
    return Use(
        name=name, command=commands.get(name), verb=verb, args=args, text=text, secret=secret
    )


def name_of(meaning: Meaning) -> str:
    """Return what the log calls a meaning."""
    return meaning.name if isinstance(meaning, Use) else type(meaning).__name__.lower()


def storable(incoming: Incoming, meaning: Meaning) -> Incoming:
    """Return the update as it may be stored: where there is a secret, a body that says so."""
    if not isinstance(meaning, Use) or meaning.secret is None:
        return incoming
    if isinstance(incoming.body, SecretText):
        return incoming
    return incoming.with_body(SecretText(Typed(meaning.name, meaning.args), meaning.secret))
