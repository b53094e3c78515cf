"""What is said where others read along."""

from dataclasses import replace
from typing import Final

from bot.domain.events import Button, Reply, ReplyKind, Rows
from bot.texts.format import cut, escape, quote
from bot.texts.keymessage import still_there
from bot.texts.prefixes import command

NAME_CHARS: Final = 30
TITLE_CHARS: Final = 30
OLD_CHOICE: Final = "This choice is old. Send the command again."
# What may stand under a message that others read: the rest is the asker's own affair.
_FOR_GROUPS: Final = frozenset({"retry", "stop", "undo", "new"})
_NOT_THERE: Final = frozenset({"plain", "details"})


def called(name: str) -> str:
    """Return a name as it may stand in a text."""
    return escape(cut(name, NAME_CHARS)) or "Somebody"


def titled(title: str) -> str:
    """Return a group's title as a quotation."""
    return quote(title, TITLE_CHARS) if title else "a group without a name"


def operators_only(name: str) -> Reply:
    """A command that only the operator may use."""
    return Reply(text=f"Only the operator can use {command(name)}.")


def not_yours(name: str) -> str:
    """The small words for whoever presses another's button; empty: their name is not known."""
    who = cut(name, NAME_CHARS) if name else "the person I wrote to"
    return f"Only {who} can use this button."


def private_only(name: str, link: str = "", *, is_direct: bool = False) -> Reply:
    """A personal command in a group, where the private chat cannot be reached.

    `is_direct`: such a chat is called a direct one there, and whoever wants one opens it.
    """
    where = "Write to me in a direct chat." if is_direct else "Send it to me in a private chat."
    return Reply(text=f"{command(name)} is private. {where}", buttons=private_chat(link))


def sent_privately(link: str = "") -> Reply:
    """A personal command in a group: the answer is in the private chat."""
    return Reply(text="That is private. I sent it to you.", buttons=private_chat(link))


def own_settings(link: str = "") -> Reply:
    """A setting that is the asker's own, typed in a group."""
    return Reply(
        text="Your own settings apply here; change them in private, and make them the default.",
        buttons=private_chat(link),
    )


def only_in_groups(name: str) -> Reply:
    """A group's command in a private chat."""
    return Reply(text=f"{command(name)} is for groups. Send it in the group it is about.")


def admins_choose(name: str, link: str = "") -> Reply:
    """A group's own setting, and the sender is not one of its admins."""
    return Reply(text=f"{command(name)} is for this group's admins.", buttons=private_chat(link))


def admins_choose_model(label: str, link: str = "") -> Reply:
    """The same of its model; `label` is empty where they chose none."""
    if not label:
        return Reply(
            text="Admins choose this group's model. They chose none yet, so yours is used.",
            buttons=private_chat(link),
        )
    return Reply(
        text=f"Admins choose this group's model, now {escape(label)}. Where you have no key for"
        " it, yours is used.",
        buttons=private_chat(link),
    )


def key_posted(name: str, link: str = "", *, tap: str, is_deleted: bool) -> Reply:
    """A key where others read along: it is lost, and must be said to be.

    `tap` is what whoever wrote it taps to delete it.
    """
    left = "" if is_deleted else f"\n{still_there(tap)}"
    return Reply(
        text=f"{called(name)}, a key was posted here, so treat it as public. I"
        f" stored nothing.{left}\nDelete that key at its company now, then add a new one in"
        " private.",
        buttons=private_chat(link),
    )


def private_chat(link: str) -> Rows:
    """Lead to the private chat, where there is an address of it."""
    return ((Button("Open private chat", url=link),),) if link else ()


def ask_what() -> Reply:
    """`/ask` without a question."""
    return Reply(
        text=f"Write your question after it. Example: {command('ask')} what goes with leeks?"
    )


def no_key(name: str, link: str = "") -> Reply:
    """Somebody without a key asked in a group."""
    how = "Add one in private." if link else "Write to me in private to add one."
    return Reply(
        text=f"{called(name)}, you have no key yet, so nobody was charged. {how}",
        buttons=private_chat(link),
        kind=ReplyKind.ANSWER,
    )


def no_model(name: str, link: str = "") -> Reply:
    """Somebody asked in a group, with a key and no model of it chosen."""
    return Reply(
        text=f"{called(name)}, no model of your keys is chosen. Choose one in private, with"
        f" {command('model')}.",
        buttons=private_chat(link),
        kind=ReplyKind.ANSWER,
    )


def consent_first(
    name: str,
    link: str = "",
    *,
    is_dearer: bool = False,
    is_stopped: bool = False,
    is_reached: bool = True,
) -> Reply:
    """A key is new to a group, was stopped there, or its model got dearer: that is asked first.

    `is_reached`: the private chat is there to ask in.
    """
    why = "this group's model has changed." if is_dearer else "your key is new to this group."
    if is_stopped:
        why = "your key is not used here."
    how = "" if link else " I wrote to you there."
    if not is_reached:
        how = " I could not reach you there: write to me in private, then ask here again."
    return Reply(
        text=f"{called(name)}, one tap in private first: {why}{how}",
        buttons=private_chat(link),
        kind=ReplyKind.ANSWER,
    )


def wrote_why(name: str, link: str = "") -> Reply:
    """Something about a member's money, key or limit went wrong."""
    return Reply(
        text=f"{called(name)}, that did not work. I wrote you why.",
        buttons=private_chat(link),
        kind=ReplyKind.ANSWER,
    )


def wrote_nothing(name: str, link: str = "") -> Reply:
    """The same, and the private chat cannot be reached."""
    return Reply(
        text=f"{called(name)}, that did not work. It is about your key; write to me in private,"
        " and ask there to see why.",
        buttons=private_chat(link),
        kind=ReplyKind.ANSWER,
    )


def footer(model: str, name: str, *, is_once: bool, is_cut: bool) -> str:
    """The line under an answer; `model` is empty where it is the group's own.

    `is_once`: it was asked for this answer only; `is_cut`: at the longest answer, and whose limit
    that was is private.
    """
    whose = cut(name, NAME_CHARS) or "the asker"
    of = f"{model} for this answer only" if is_once else f"{model}, {whose}'s own model"
    return ". ".join(
        filter(None, ("Cut at the longest answer" if is_cut else "", of if model else ""))
    )


def stopped(said: Reply) -> Reply:
    """A stopped answer, without what it cost: that it is paid, or is not, may be read."""
    return replace(said, footer=f"{said.footer.partition(',')[0].rstrip('.')}.")


def fit(rows: Rows) -> Rows:
    """Return the buttons that may stand under an answer in a group."""
    kept = (tuple(each for each in row if _is_for_groups(each)) for row in rows)
    return tuple(row for row in kept if row)


def _is_for_groups(each: Button) -> bool:
    name, _, rest = each.action.partition(":")
    return name in _FOR_GROUPS and rest.partition(":")[0] not in _NOT_THERE


def begun(name: str, title: str, undo: str) -> Reply:
    """Somebody began a new conversation for all."""
    what = f"the conversation {quote(title, TITLE_CHARS)}" if title else "a new conversation"
    return Reply(
        text=f"{called(name)} began {what}. What was said before is left out from now on.",
        buttons=((Button("Undo", undo),),),
    )
