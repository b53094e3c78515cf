"""Who I am, what I know, who can read what."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from bot.domain.events import Button, Reply
from bot.texts.format import cut, escape, quote
from bot.texts.layout import ADD_KEY, WHAT_IS_A_KEY, back, close
from bot.texts.prefixes import command


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A command as help shows it."""

    name: str
    usage: str
    help: str
    example: str = ""
    synonyms: tuple[str, ...] = ()


def welcome(name: str, operator: str, *, has_demo: bool) -> Reply:
    """Somebody who has no key yet. `operator` is empty when it is the reader."""
    where = f"{escape(cut(operator, 30))}'s server" if operator else "this server"
    trust = f", so you need to trust {escape(cut(operator, 30))} with it" if operator else ""
    demo = f"\nOr try the demo, without a key: {command('addkey')} demo demo" if has_demo else ""
    return Reply(
        text=f"Hello {escape(cut(name, 30))}. I bring AI models into this chat.\nYou use your own"
        " API key and pay the AI company directly, nothing on top.\nYour key is stored encrypted"
        f" on {where} and never shown{trust}.\nNext, add a key. It takes two minutes.{demo}",
        buttons=((ADD_KEY, WHAT_IS_A_KEY),),
    )


def ready(model: str, title: str) -> Reply:
    """Somebody who is set up: model, last conversation, next step."""
    last = f"\nYour last conversation is {quote(title, 60)}." if title else ""
    answers = (
        f"Your model is **{escape(model)}**."
        if model
        else f"Choose a model with {command('model')}."
    )
    return Reply(
        text=f"Welcome back. {answers}{last}\nWrite something, and I answer.",
        buttons=((Button("Model", "model:menu"), Button("Help", "help:main")),),
    )


def help_page(lines: Sequence[Line], *, has_reactions: bool, remembers: bool) -> Reply:
    """The few commands that matter, and the signs that stand for some of them."""
    shown = [f"{command(line.name)} {line.help}" for line in lines]
    pin = ", 📌 to remember" if remembers else ""
    reactions = [f"React 🛑 to stop, 🔁 to retry{pin}."] if has_reactions else []
    return Reply(
        text="\n".join(
            ("**Write to me, and I answer.** The rest is optional:", *shown, *reactions)
        ),
        buttons=((Button("All commands", "help:all"), Button("Privacy", "privacy:main")),),
    )


def help_group() -> Reply:
    """Three lines, for a group."""
    return Reply(
        text=f"Ask me with {command('ask')}, or reply to one of my messages.\nEach question is"
        " paid with the asker's own key.\nWrite to me in private for everything else."
    )


def all_commands(lines: Sequence[Line]) -> Reply:
    """Every command."""
    shown = [f"{command(_typed(line))}: {line.help}" for line in lines]
    return Reply(
        text="\n".join(("**All commands**", *shown)),
        buttons=((back("help:main"), close("help")),),
    )


def _typed(line: Line) -> str:
    return escape(f"{line.name} {line.usage}") if line.usage else line.name


def one_command(line: Line) -> Reply:
    """One command in full."""
    text = [f"**{command(_typed(line))}**", f"{line.help[:1].upper()}{line.help[1:]}."]
    if line.example:
        text.append(f"Example: {command(escape(line.example))}")
    if line.synonyms:
        text.append(f"Also: {', '.join(map(command, line.synonyms))}")
    return Reply(
        text="\n".join(text),
        buttons=(
            (Button(f"Use {command(line.name)}", f"help:use:{line.name}"),),
            (back("help:all"), close("help")),
        ),
    )


def closed() -> Reply:
    """What stays of help."""
    return Reply(text=f"Write to me, and I answer. {command('help')} shows the rest.")


class Carrier(Enum):
    """What brings a member's words, and what it can read of them."""

    TERMINAL = auto()
    MESSENGER = auto()
    SEALED = auto()
    UNSEALED = auto()


def _carried(messenger: str, carrier: Carrier) -> str:
    match carrier:
        case Carrier.TERMINAL:
            return "This terminal: what you type stays on this computer."
        case Carrier.MESSENGER:
            return f"{escape(messenger)}: everything you type here, as with any bot."
        case Carrier.SEALED:
            return "Your homeserver: when you write, not what."
        case Carrier.UNSEALED:
            return "Your homeserver: everything you type here, as this room is not encrypted."


def privacy(
    *, company: str, messenger: str, carrier: Carrier, operator: str, is_operator: bool
) -> Reply:
    """Who can read what. `company` answers now; empty: no model is chosen."""
    reads = f"{escape(company)}, or whose model you use" if company else "Whose model you use"
    who = (
        "You run" if is_operator else f"{escape(operator)} runs" if operator else "Its owner runs"
    )
    return Reply(
        text="**Who can read what**\n"
        f"{reads}: your messages to me, the conversation so far, your instructions.\n"
        f"{_carried(messenger, carrier)}\n"
        f"This server: keeps keys and conversations encrypted. {who} it and could read them while"
        " it is running.\n"
        "People in a group: your questions there and my answers. Not your key, settings or"
        " costs.\n"
        "Nobody else; no statistics leave this server. Kept until you delete it.",
        buttons=(
            (Button("Your keys", "keys:list"), Button("Conversations", "sessions:list:0")),
            (close("privacy"),),
        ),
    )


def privacy_group() -> Reply:
    """Two lines, for a group."""
    return Reply(
        text="The company whose model answers reads the questions to me here. Nobody sees keys,"
        f" settings or costs.\nSend me {command('privacy')} in a private chat for the rest."
    )


def privacy_closed() -> Reply:
    """What stays of it."""
    return Reply(text=f"**Who can read what:** {command('privacy')} says it again.")
