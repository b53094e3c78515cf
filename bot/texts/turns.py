"""How a question ends: footers, errors, stops, restarts."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from bot.domain.chat import Turn
from bot.domain.events import Button, Reply, ReplyKind, Rows
from bot.domain.usage import Usage
from bot.texts.format import cost, day, escape, quote, tokens
from bot.texts.layout import button
from bot.texts.prefixes import command
from bot.texts.stamps import mark

SENT_AGAIN = "(sent again)"
LATE = "Late: I was restarted."
PRIVATE = "This is a private bot."

STOP: Rows = ((Button("Stop", "stop:now"),),)

_ADD = Button("Add a key", "addkey:start")
_WHAT = Button("What is a key?", "addkey:what")


def ask_again(turn: Turn, label: str = "Ask again") -> Button:
    """Return the button that runs the turn again, once."""
    return Button(label, f"retry:again:{turn.id}:{turn.attempt}")


def leave_it(turn: Turn, label: str = "Leave it") -> Button:
    """Return the button that lets an ended turn be."""
    return Button(label, f"retry:drop:{turn.id}")


def spent(usage: Usage, usd: Decimal | None, *, is_free: bool) -> str:
    """Say what an answer used: cost where it is known, tokens where it is not or is nothing."""
    total = f"{tokens(usage.input_tokens + usage.output_tokens)} tokens"
    if usd is None:
        return f"{total}{' (estimated)' if usage.is_estimated else ''}, cost unknown"
    price = cost(
        usd,
        is_estimated=usage.is_estimated,
        is_reported=usage.cost_usd is not None,
        is_free=is_free,
    )
    return f"{total}, {price}" if is_free else price


def footer(model: str, used: str, *, is_second: bool = False, is_once: bool = False) -> str:
    """The short line under an answer.

    `is_second`: it takes the place of an earlier one; `is_once`: of a model for this answer only.
    """
    named = f"{model} for this answer only" if is_once else model
    line = f"{named}, {used}" if used else named
    if is_once:
        return line
    return f"Second answer, {line}" if is_second else line


def cut_by_limit(limit: int | None, used: str, *, is_left_out: bool = False) -> str:
    """The footer of an answer that reached its longest length.

    `is_left_out`: the company refused the limit, so whose it was is not known.
    """
    where = f"your limit of {tokens(limit)} tokens" if limit else "the model's longest answer"
    if is_left_out:
        where = "the longest answer allowed"
    return f"Cut at {where}, {used}"


def keep_model(action: str) -> Rows:
    """Go on with the model of this answer."""
    return ((Button("Keep this model", action),),)


def retires(model: str, at: datetime, now: datetime) -> str:
    """The last line of an answer whose model ends soon."""
    that = day(at, now)
    ends = that if that == "today" else f"on {that}"
    return f"{escape(model)} ends {ends}."


def successor(label: str, action: str) -> Rows:
    """What goes on under an answer whose model ends soon."""
    return ((button(f"Use {label}", action),), (Button("Keep it", "model:stay"),))


def raise_limit(turn: Turn) -> Button:
    """Let answers get longer than this one might."""
    return Button("Raise limit", f"maxtokens:raise:{mark(turn.choices.max_tokens)}")


def limit_buttons(turn: Turn, *, may_raise: bool) -> Rows:
    """What goes on after a cut at the limit."""
    more = (raise_limit(turn),) if may_raise else ()
    return ((Button("Continue", f"retry:continue:{turn.id}"), *more),)


def stopped(turn: Turn, text: str, used: str) -> Reply:
    """A stopped answer: what was written, and what it cost."""
    paid = (
        f"Stopped. What was written is paid, {used}" if used else "Stopped. Nothing was charged."
    )
    return Reply(
        text=text or "Stopped before the first word.",
        footer=paid,
        buttons=((ask_again(turn, "Retry"),),),
        kind=ReplyKind.ANSWER,
    )


def cut(turn: Turn, provider: str, text: str) -> Reply:
    """An answer whose connection broke."""
    return Reply(
        text=text,
        footer=f"The connection to {provider} broke here. This part may be charged.",
        buttons=((ask_again(turn), Button("Continue", f"retry:continue:{turn.id}")),),
        kind=ReplyKind.ANSWER,
    )


def broken_off(text: str, said: Reply) -> Reply:
    """An answer that ended within the text for a reason that has its own words."""
    return Reply(text=f"{text}\n\n{said.text}", buttons=said.buttons, kind=ReplyKind.ANSWER)


def interrupted(turn: Turn, model: str, partial: str) -> Reply:
    """A question that was running when the process ended."""
    if partial:
        return Reply(
            text=partial,
            footer="Cut by a restart. This part may be charged.",
            buttons=((ask_again(turn), leave_it(turn, "Keep it")),),
            kind=ReplyKind.ANSWER,
        )
    return Reply(
        text=f"**I was restarted while asking {escape(model)}** {quote(turn.question, 40)}."
        " It may have been charged, so I did not ask again.",
        buttons=((ask_again(turn), leave_it(turn)),),
        kind=ReplyKind.ANSWER,
    )


def restored(turn: Turn) -> Reply:
    """A question that was open in a backup that was restored."""
    return Reply(
        text=f"**This server was restored from a backup.** {quote(turn.question, 40)} was not"
        " answered. It may have been charged before, so I did not ask again.",
        buttons=((ask_again(turn), leave_it(turn)),),
        kind=ReplyKind.ANSWER,
    )


def no_key() -> Reply:
    """The member has no key for anything."""
    return Reply(
        text="**You have no key yet**, so nobody could answer. Your message is kept;"
        " add a key and I answer it.",
        buttons=((_ADD, _WHAT),),
        kind=ReplyKind.ANSWER,
    )


def no_model() -> Reply:
    """The member has a key, and no model that one of their keys may use."""
    return Reply(
        text="**No model of your keys is chosen here**, so nobody could answer. Your message is"
        " kept; choose a model and I answer it.",
        buttons=((Button("Choose a model", "model:other"), _ADD),),
        kind=ReplyKind.ANSWER,
    )


def no_key_demo() -> Reply:
    """The same where the demo is on offer."""
    return Reply(
        text="**You have no key yet.** Your message is kept; add a key and I answer it."
        f" Try the demo: {command('addkey')} demo demo",
        buttons=((_ADD, _WHAT),),
        kind=ReplyKind.ANSWER,
    )


def key_unreadable(turn: Turn, provider: str) -> Reply:
    """The stored key does not authenticate, or was stored for another host."""
    return Reply(
        text=f"**Your {escape(provider)} key cannot be used.** It was changed in storage, or"
        " stored for another address. Your message is kept, nothing was charged. Add the key"
        " again.",
        buttons=(
            (
                Button("Replace key", f"keys:replace:{turn.choices.provider}"),
                ask_again(turn, "Try again"),
            ),
        ),
        kind=ReplyKind.ANSWER,
    )


def outgrown() -> str:
    """The last line of the first answer for which old messages were left out."""
    return "This conversation no longer fits whole. From now on the oldest messages are left out."


def no_temperature(model: str, *, is_thinking: bool = False) -> str:
    """The last line of the first answer for which the temperature was left out.

    `is_thinking`: it would be taken if the model did not think.
    """
    if is_thinking:
        return f"{escape(model)} takes no temperature while it thinks; I left it out."
    return f"{escape(model)} takes no temperature; I left it out."


def no_effort(model: str) -> str:
    """The last line of the first answer for which the choice of reasoning was left out."""
    return f"{escape(model)} does not take this reasoning setting; I left it out."


def no_max_tokens(model: str) -> str:
    """The last line of the first answer for which the longest answer was left out."""
    return f"{escape(model)} takes no longest answer; I left it out."


def backlog(count: int) -> Reply:
    """Many messages wait."""
    return Reply(
        text=f"{count} of your messages are waiting; I answer them one by one.",
        buttons=((Button("Only the last", "retry:last"), Button("Stop all", "retry:dropall")),),
    )


def inbox_full(limit: int) -> Reply:
    """A message that was not taken."""
    return Reply(
        text=f"**I did not keep this message.** {limit} of yours are waiting already. Nothing was"
        " charged. Send it again when they are answered, or stop them.",
        buttons=((Button("Only the last", "retry:last"), Button("Stop all", "retry:dropall")),),
        kind=ReplyKind.ANSWER,
    )


def broken(reference: str) -> Reply:
    """Our own fault; the reference is in the log."""
    return Reply(
        text=f"**Something broke on my side.** Nothing was charged. Reference {reference}."
        " Try again; if it stays, tell the person who runs this server.",
        kind=ReplyKind.ANSWER,
    )


def broken_turn(turn: Turn, reference: str) -> Reply:
    """Our own fault within a question."""
    return Reply(
        text=f"**Something broke on my side.** Your message is kept. Reference {reference}.",
        buttons=((ask_again(turn, "Try again"),),),
        kind=ReplyKind.ANSWER,
    )


def storage_unavailable(*, redelivers: bool) -> Reply:
    """Nothing can be stored, so nothing was taken; some messengers hand it over again."""
    later = "Send it again later."
    if redelivers:
        later = "The messenger keeps your message, and I take it as soon as I can."
    return Reply(
        text="**I cannot store anything now**, so I did not take your message. The disk of this"
        f" server may be full. Nothing was charged. {later}",
        kind=ReplyKind.ANSWER,
    )


def storage_waits() -> Reply:
    """What was taken cannot go on until something can be stored again."""
    return Reply(
        text="**I cannot store anything now**, so this takes longer. The disk of this server may"
        " be full. What you sent is kept; I go on as soon as it can be stored.",
        kind=ReplyKind.ANSWER,
    )


def key_lost() -> Reply:
    """A key was being saved when the process ended."""
    return Reply(
        text="**I was restarted before I could save your key.** Nothing was stored. Send the key"
        " again.",
        buttons=((_ADD,),),
        kind=ReplyKind.ANSWER,
    )


def stranger(identity: str) -> Reply:
    """The one line for somebody who is not let in."""
    return Reply(
        text=f"{PRIVATE} To get in, ask the person who runs it and give them this id:"
        f" {escape(identity)}",
        buttons=((Button("Copy id", copy=identity),),),
    )


def unknown_command(name: str, near: Sequence[str]) -> Reply:
    """A command nobody declared."""
    hint = (
        f" Did you mean {command(near[0])}?"
        if near
        else f" Send {command('help')} for what I know."
    )
    buttons = [Button(f"Use {command(near[0])}", f"help:use:{near[0]}")] if near else []
    return Reply(
        text=f"I do not know {command(escape(name[:32]))}.{hint} It was sent to nobody.",
        buttons=((*buttons, Button("Help", "help:main")),),
    )


def old_button() -> Reply:
    """A button that no command takes any more."""
    return Reply(
        text=f"This choice is old and does nothing any more. Send {command('help')} for what"
        " I know."
    )
