"""What an operator and a group's admins read: whether the bot speaks there, and when."""

from collections.abc import Sequence
from typing import Final

from bot.domain.events import Button, Reply
from bot.domain.groups import When
from bot.texts.format import amount, escape, quote, tokens
from bot.texts.groups import called, titled
from bot.texts.layout import button, close, pairs
from bot.texts.prefixes import command

_EACH: Final = "the asker's own"
_WHEN: Final = {
    When.MENTION: "when somebody names me, replies to me, or uses {ask}",
    When.ALWAYS: "to everything that members write",
    When.COMMANDS: "to commands only, such as {ask}",
}


def hello(*, hears_all: bool, when: When = When.MENTION) -> Reply:
    """The rules, as the bot begins in a group."""
    ways = [f"Ask me with {command('ask')}"]
    if when is not When.COMMANDS:
        ways += ["name me", "reply to one of my messages"] if hears_all else []
        ways += [] if hears_all else ["reply to one of my messages"]
    return Reply(
        text=f"Hello. {', '.join(ways[:-1])}{' or ' if len(ways) > 1 else ''}{ways[-1]}.\n"
        "Each question is paid with the asker's own key. Keys, costs and settings are never"
        " shown here.\nWhat is not addressed to me I neither keep nor send on."
    )


def is_mute() -> Reply:
    """The operator writes in a group that is not allowed."""
    return Reply(text=f"I am mute here until you send {command('allow')}.")


def added(name: str, title: str, people: int | None, group: int) -> Reply:
    """Tell the operator that a member added the bot to a group."""
    size = f", {amount(people, 'person', 'people')}" if people else ""
    return Reply(
        text=f"{called(name)} added me to {titled(title)}{size}. I am mute there until you allow"
        " it.",
        buttons=(
            (Button("Allow", f"allow:yes:{group}"), Button("Leave", f"allow:leave:{group}")),
        ),
    )


def members_only() -> Reply:
    """The last words in a group to which a stranger added the bot."""
    return Reply(text="I only join groups that my operator allows.")


def declined(title: str) -> Reply:
    """Tell the operator of a group that was left at once."""
    return Reply(
        text=f"A stranger added me to {titled(title)}; I left. To have me there, add me yourself."
    )


def allowed(title: str, group: int) -> Reply:
    """A group was allowed by a button in private."""
    return Reply(
        text=f"I answer in {titled(title)} from now on.",
        buttons=((Button("Undo", f"allow:no:{group}"),),),
    )


def allowed_here(group: int, *, hears_all: bool, when: When) -> Reply:
    """A group was allowed in it."""
    said = hello(hears_all=hears_all, when=when)
    return Reply(text=said.text, buttons=((Button("Undo", f"allow:no:{group}"),),))


def allowed_already() -> Reply:
    """It needs no second word."""
    return Reply(text="This group is allowed already.")


def not_allowed(group: int) -> Reply:
    """A group is mute again."""
    return Reply(
        text="I am mute in that group again.",
        buttons=((Button("Allow", f"allow:yes:{group}"),),),
    )


def gone(title: str) -> Reply:
    """The bot left a group."""
    return Reply(text=f"I left {titled(title)}.")


def not_left(title: str, group: int) -> Reply:
    """The messenger did not let the bot leave."""
    return Reply(
        text=f"I could not leave {titled(title)}. I stay mute there. Remove me there, or try"
        " again.",
        buttons=((Button("Try again", f"allow:leave:{group}"),),),
    )


def no_such_group() -> Reply:
    """A group that is not known, or a room that does not exist."""
    return Reply(text=f"I know no such group. Send {command('allow')} in the group itself.")


def answers(when: When, *, hears_all: bool) -> Reply:
    """When the bot answers in a group, and what reaches it there."""
    reach = (
        "Everything that is written here reaches me; what is not for me I do not keep."
        if hears_all
        else "Only commands and replies to me reach me here; the operator can change that."
    )
    return Reply(
        text=f"**I answer {_when(when)}.** {reach}",
        buttons=(
            tuple(
                button(each.value.title(), f"answer:set:{each.value}", is_chosen=each is when)
                for each in (When.MENTION, When.ALWAYS)
            ),
            (
                button("Commands", f"answer:set:{When.COMMANDS}", is_chosen=when is When.COMMANDS),
                close("answer"),
            ),
        ),
    )


def answers_set(when: When, before: When, *, hears_all: bool) -> Reply:
    """When the bot answers was changed."""
    unheard = (
        ""
        if hears_all or when is When.COMMANDS
        else " Only commands and replies to me reach me here yet; the operator can change that."
    )
    undo = (Button("Undo", f"answer:set:{before}"),) if before is not when else ()
    return Reply(
        text=f"I answer {_when(when)} from now on.{unheard}", buttons=(undo,) if undo else ()
    )


def answers_misfit(when: When) -> Reply:
    """No such way of answering."""
    return Reply(
        text="Choose mention, always or commands. Example:"
        f" {command('answer mention')}. It stays {when}."
    )


def history(now: int, steps: Sequence[int]) -> Reply:
    """How much of what was said in a group goes along with each question."""
    choices = pairs(
        button(_history(each), f"answer:most:{each}", is_chosen=each == now, most=17)
        for each in steps
    )
    return Reply(
        text=f"**Earlier messages: {_history(now)}** at most go along with each question here."
        " Its asker pays for them, and may take fewer.",
        buttons=(*choices, (close("answer"),)),
    )


def history_set(now: int, before: int) -> Reply:
    """It was changed."""
    undo = ((Button("Undo", f"answer:most:{before}"),),) if now != before else ()
    return Reply(
        text=f"Earlier messages: {_history(now)} at most go along with each question here.",
        buttons=undo,
    )


def _history(most: int) -> str:
    return f"{tokens(most)} tokens" if most else "none"


def answers_closed(when: When) -> Reply:
    """What stays of the menu."""
    return Reply(text=f"I answer {_when(when)}.")


def _when(when: When) -> str:
    return _WHEN[when].format(ask=command("ask"))


def panel(model: str, instructions: str, when: When, history: int) -> Reply:
    """The settings of a group, for its admins."""
    quoted = quote(instructions, 60) if instructions else "none"
    return Reply(
        text="**Settings of this group**\n"
        f"Model: {escape(model) if model else _EACH}\n"
        f"Instructions: {quoted}\n"
        f"I answer {_when(when)}.\n"
        f"Earlier messages: up to {tokens(history)} tokens go along with a question.",
        buttons=(
            (Button("Model", "model:menu"), Button("Instructions", "system:menu")),
            (Button("When I answer", "answer:menu"), Button("Earlier messages", "answer:history")),
            (Button("Done", "settings:close"),),
        ),
    )
