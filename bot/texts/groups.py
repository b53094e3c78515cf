"""What is said where others read along."""

from typing import Final

from bot.domain.events import Button, Reply, Rows
from bot.texts.format import cut, escape
from bot.texts.keymessage import still_there
from bot.texts.prefixes import command

NAME_CHARS: Final = 30
OLD_CHOICE: Final = "This choice is old. Send the command again."


def not_yours(name: str) -> str:
    """The small words for whoever presses another's button; empty: their name is not known."""
    who = cut(name, NAME_CHARS) if name else "the person I wrote to"
    return f"Only {who} can use this button."


def private_only(name: str, link: str = "", *, is_direct: bool = False) -> Reply:
    """A personal command in a group. `link` opens the private chat, where there is one.

    `is_direct`: such a chat is called a direct one there, and whoever wants one opens it.
    """
    where = "Write to me in a direct chat." if is_direct else "Send it to me in a private chat."
    return Reply(text=f"{command(name)} is private. {where}", buttons=_private_chat(link))


def key_posted(name: str, link: str = "", *, tap: str, is_deleted: bool) -> Reply:
    """A key where others read along: it is lost, and must be said to be.

    `tap` is what whoever wrote it taps to delete it.
    """
    left = "" if is_deleted else f"\n{still_there(tap)}"
    return Reply(
        text=f"{escape(cut(name, NAME_CHARS))}, a key was posted here, so treat it as public. I"
        f" stored nothing.{left}\nDelete that key at its company now, then add a new one in"
        " private.",
        buttons=_private_chat(link),
    )


def _private_chat(link: str) -> Rows:
    return ((Button("Open private chat", url=link),),) if link else ()
