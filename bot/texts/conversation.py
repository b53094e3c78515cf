"""New, earlier, stopped, retried and taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.chat import Session, Turn
from bot.domain.events import Button, Reply
from bot.texts.format import amount, count, cut, escape, quote, when
from bot.texts.layout import (
    ADD_KEY,
    ALONE,
    back,
    button,
    cancel,
    close,
    column,
    pager,
    span,
)
from bot.texts.model import Option
from bot.texts.prefixes import command

PAGE = 5
_NEW = Button("New", "sessions:new")
_LIST = Button("All conversations", "sessions:list:0")


def title(session: Session) -> str:
    """A conversation's name, also while it has none."""
    return session.title or "Untitled"


def begun(undo: str) -> Reply:
    """A new conversation; the settings are the defaults."""
    return Reply(
        text=f"New conversation. The last one is in {command('sessions')}.",
        buttons=((Button("Undo", undo),),),
    )


def begun_named(name: str, undo: str) -> Reply:
    """A new conversation with a title."""
    return Reply(
        text=f"New conversation {quote(name, 60)}. The last one is in {command('sessions')}.",
        buttons=((Button("Undo", undo),),),
    )


def empty_already() -> Reply:
    """There is nothing to leave behind."""
    return Reply(text="This conversation is empty already. Write something to begin.")


def named(name: str) -> Reply:
    """The empty conversation got its title."""
    return Reply(text=f"It is called {quote(name, 60)} now. Write something to begin.")


def title_too_long(length: int, most: int) -> Reply:
    """A title beyond the limit."""
    return Reply(
        text=f"A title can have {most} characters, this has {count(length)}. Nothing changed."
        f" Example: {command('new')} Trip to Porto"
    )


def back_in(session_title: str) -> Reply:
    """An earlier conversation goes on, or a new one was undone."""
    return Reply(text=f"Back in {quote(session_title, 60)}. Write to go on.")


def sessions(
    shown: Sequence[Session],
    *,
    here: int,
    page: int,
    total: int,
    now: datetime,
    frontend: str = "",
    matching: str = "",
) -> Reply:
    """One page of earlier conversations; what is not from `frontend` names its messenger."""
    pages = max(1, -(-total // PAGE))
    found = f" with {quote(matching, 30)}" if matching else ""
    choices = []
    for each in shown:
        is_here = each.id == here
        seen = "now" if is_here else when(each.last_at, now)
        if frontend not in {"", each.place.frontend}:
            seen = _elsewhere(each, seen)
        room = ALONE - len(seen) - 2 - (2 if is_here else 0)
        label = f"{cut(title(each), room)}, {seen}"
        choices.append(button(label, f"sessions:open:{each.id}", is_chosen=is_here))
    return Reply(
        text=f"**Your conversations**{found}{span(page, PAGE, total)}",
        buttons=(
            *column(choices),
            *(() if matching else pager("sessions:list", page, pages)),
            (_NEW, close("sessions")),
        ),
    )


def _elsewhere(of: Session, seen: str) -> str:
    """Name the messenger of one from elsewhere, and its day where a title still fits beside."""
    messenger = of.place.frontend.title()
    whole = f"{messenger}, {seen}"
    return whole if len(whole) <= ALONE // 2 + 2 else messenger


def no_sessions() -> Reply:
    """There are none."""
    return Reply(
        text="You have no earlier conversations. Write something to start one.",
        buttons=((close("sessions"),),),
    )


def no_session_matches(text: str) -> Reply:
    """No title has these words."""
    return Reply(
        text=f"No conversation matches {quote(text, 40)}.",
        buttons=((_LIST,), (close("sessions"),)),
    )


def sessions_closed(total: int) -> Reply:
    """What stays of the list."""
    return Reply(text=f"**Your conversations:** {total or 'none yet'}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is told of one conversation."""

    session: Session
    model: str
    cost: str
    question: str
    is_here: bool


def session(about: About) -> Reply:
    """One conversation."""
    of = about.session
    facts = [amount(of.messages, "message")]
    if about.model:
        facts.append(escape(about.model))
    facts.append(about.cost)
    last = f"\nLast question: {quote(about.question, 80)}" if about.question else ""
    go_on = () if about.is_here else (Button("Continue here", f"sessions:go:{of.id}"),)
    return Reply(
        text=f"**{escape(title(of))}**\n{', '.join(facts)}{last}",
        buttons=(
            (*go_on, Button("Rename", f"sessions:rename:{of.id}")),
            (
                Button("Delete", f"sessions:delete:{of.id}", is_danger=True),
                back("sessions:list:0"),
            ),
        ),
    )


def ask_title(session_title: str, most: int) -> Reply:
    """Waits for another title."""
    return Reply(
        text=f"Send the new title, up to {most} characters."
        f"\nNow it is {quote(session_title, 60)}.",
        buttons=((cancel("sessions"),),),
    )


def renamed(name: str) -> Reply:
    """It has another title."""
    return Reply(text=f"Renamed to {quote(name, 60)}.", buttons=((_LIST,),))


def not_renamed() -> Reply:
    """The title stays."""
    return Reply(text="The title stays as it is.", buttons=((_LIST,),))


def confirm_deletion(of: Session, stamped: str) -> Reply:
    """Asked before a conversation is erased."""
    verb = "is" if of.messages == 1 else "are"
    return Reply(
        text=f"**Delete the conversation {quote(title(of), 60)}?**"
        f" {amount(of.messages, 'message')} {verb} erased for good. Its cost stays in"
        f" {command('usage')}.",
        buttons=(
            (Button("Delete conversation", f"sessions:erase:{of.id}:{stamped}", is_danger=True),),
            (Button("Keep it", f"sessions:keep:{of.id}"),),
        ),
    )


def deleted(session_title: str) -> Reply:
    """It is gone."""
    return Reply(
        text=f"Deleted {quote(session_title, 60)}. Its cost stays in {command('usage')}.",
        buttons=((_LIST,),),
    )


def kept(session_title: str) -> Reply:
    """The deletion was not wanted."""
    return Reply(text=f"{quote(session_title, 60)} is kept.", buttons=((_LIST,),))


def gone() -> Reply:
    """A conversation that is not there any more."""
    return Reply(text="That conversation is not there any more.", buttons=((_LIST,),))


def nothing_running() -> Reply:
    """Nothing to stop."""
    return Reply(text="Nothing is running here.")


def nothing_to_retry() -> Reply:
    """No question yet."""
    return Reply(text="Nothing to answer again yet. Send a message first.")


def still_running() -> Reply:
    """The last question is being answered."""
    return Reply(text=f"I am still answering your last message. {command('stop')} ends it.")


def still_waiting() -> Reply:
    """The last question waits for a key."""
    return Reply(
        text="Your last message waits for a key. Add one and I answer it.", buttons=((ADD_KEY,),)
    )


def which_to_retry(text: str, options: Sequence[Option]) -> Reply:
    """Several models fit a Retry."""
    return Reply(
        text=f"Several of your models match {quote(text, 40)}. Which one shall answer again?",
        buttons=(*column(option.button for option in options), (cancel("retry"),)),
    )


def retry_no_model(text: str) -> Reply:
    """No model fits a Retry."""
    return Reply(
        text=f"No model of yours matches {quote(text, 40)}. Nothing was asked again.",
        buttons=((Button("All models", "model:menu"), cancel("retry")),),
    )


def asked_already() -> Reply:
    """A second tap, or a question that changed meanwhile."""
    return Reply(text="That was asked again already, or has changed since. I asked nobody now.")


def left() -> Reply:
    """An unanswered question stays so."""
    return Reply(text="Left as it is. Nothing was asked again.")


def not_retried() -> Reply:
    """The choice of a model for a Retry was ended."""
    return Reply(text="Nothing was asked again.")


def only_the_last(question: str) -> Reply:
    """Waiting messages were dropped but for the last."""
    return Reply(text=f"I answer only {quote(question, 60)} now. The others were sent to nobody.")


def none_waits() -> Reply:
    """Waiting messages were dropped."""
    return Reply(text="Stopped. The messages that were waiting were sent to nobody.")


def nothing_to_take_back() -> Reply:
    """No question to undo."""
    return Reply(text="Nothing to take back in this conversation.")


def taken_back(turn: Turn, redo: str) -> Reply:
    """A question and its answer left the history."""
    answer = " and my answer" if turn.answer else ""
    them = "them" if turn.answer else "it"
    paid = f"the cost stays in {command('usage')}" if turn.attempt else "nothing was charged"
    return Reply(
        text=f"Taken back: {quote(turn.question, 60)}{answer}. The model no longer sees {them};"
        f" {paid}.",
        buttons=((Button("Redo", redo),),),
    )


def put_back(question: str) -> Reply:
    """It is part of the history again."""
    return Reply(text=f"Put back: {quote(question, 60)}. The model sees it again.")


def too_old_to_redo() -> Reply:
    """Redo is offered for ten minutes."""
    return Reply(text="That was over 10 minutes ago, so it stays taken back. Ask it again.")
