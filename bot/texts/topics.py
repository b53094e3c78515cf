"""Conversations in topics of their own."""

from typing import Final

from bot.domain.events import Button, Reply, Rows
from bot.texts.format import quote
from bot.texts.layout import cancel
from bot.texts.prefixes import command

THREAD_GONE: Final = "The topic is gone, so the answer is here:"
THREAD_CLOSED: Final = "I cannot write in that thread, so the answer is here:"
UNTITLED: Final = "New conversation"


def _choices(title: str) -> Rows:
    carried = f":{title}" if title else ""
    here = Button("Here", f"new:here{carried}")
    return ((here, Button("New topic", f"new:topic{carried}")), (cancel("new"),))


def here_or_topic(title: str) -> Reply:
    """Where shall it begin? `title` is short enough for an action, or empty."""
    what = quote(title, 40) if title else "New conversation"
    return Reply(text=f"{what} here, or in a topic of its own?", buttons=_choices(title))


def topic_opened(title: str) -> Reply:
    """It is open, and goes on there."""
    return Reply(text=f"The topic {quote(title or UNTITLED, 60)} is open. Write there to begin.")


def topic_refused(title: str) -> Reply:
    """The messenger opened none."""
    return Reply(
        text="**No topic could be opened.** Nothing changed. Try again, or begin here.",
        buttons=_choices(title),
    )


def first_in_topic() -> Reply:
    """The first message in a topic, which is not seen without one."""
    return Reply(text="New conversation. Write something to begin.")


def afresh(where: str, title: str, undo: str | None) -> Reply:
    """A new conversation in the same topic or thread; without `undo` nothing was said in it."""
    named = f" as {quote(title, 40)}" if title else ""
    head = f"This {where} starts afresh{named}."
    if undo is None:
        return Reply(text=f"{head} Write something to begin.")
    return Reply(
        text=f"{head} What was here is in {command('sessions')}.",
        buttons=((Button("Undo", undo),),),
    )


def not_begun() -> Reply:
    """It was not wanted after all."""
    return Reply(text="This conversation goes on.")
