"""One person with several accounts: linking them, and taking them apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.chat import Identity
from bot.domain.events import Button, Reply
from bot.texts.format import cut_middle, escape, listing, quote
from bot.texts.layout import ALONE, cancel, close, column
from bot.texts.prefixes import command

_NAME: Final = 30


@dataclass(frozen=True, slots=True)
class Account:
    """A linked account; `mark` names it in buttons."""

    identity: Identity
    mark: str


def _messenger(identity: Identity) -> str:
    return escape(identity.frontend.title())


def _short(identity: Identity) -> str:
    return escape(cut_middle(str(identity), 60))


def begun(code: str, linked: Sequence[Account], elsewhere: Sequence[str]) -> Reply:
    """A code for another account. `elsewhere`: the other messengers there are."""
    names = listing([escape(each.title()) for each in elsewhere[:3]], last="or")
    where = f"on {names}" if names else "from your other account"
    ours = f"\nLinked now: {_listed(linked)}." if linked else ""
    manage = (Button("Unlink", "link:list"),) if linked else ()
    return Reply(
        text="Link another account of yours: same keys, conversations and usage in both.\n"
        f"Open a private chat with me {where}. Send this there within 10 minutes:"
        f" `{command(f'link {code}')}`\nNever give this code to anybody.{ours}",
        buttons=((Button("New code", "link:new"), *manage), (cancel("link"),)),
    )


def _listed(linked: Sequence[Account]) -> str:
    shown = [_short(each.identity) for each in linked[:3]]
    return listing([*shown, f"{len(linked) - 3} more"] if len(linked) > 3 else shown)


def accounts(linked: Sequence[Account]) -> Reply:
    """Linked accounts, to choose one from that is taken off."""
    choices = [
        Button(cut_middle(f"Unlink {each.identity.id}", ALONE), f"link:ask:{each.mark}")
        for each in linked[:6]
    ]
    return Reply(
        text=f"**Linked accounts:** {_listed(linked)}.",
        buttons=(*column(choices), (close("link"),)),
    )


def none_linked() -> Reply:
    """There is but one account."""
    return Reply(
        text="No account is linked to this one. "
        f"{command('link')} gives you a code to link another account of yours."
    )


def closed(count: int) -> Reply:
    """What stays of the list."""
    return Reply(text=f"**Linked accounts:** {count}.")


def cancelled() -> Reply:
    """The code, or the question, was given up."""
    return Reply(text="Nothing was linked. The code works no more.")


def not_valid() -> Reply:
    """Another code, one that is too old, or one that was used."""
    return Reply(
        text=f"That code is not valid any more. Send {command('link')} on the other messenger for"
        " a new one."
    )


def in_private(*, is_spoilt: bool) -> Reply:
    """A code where others read along."""
    gone = " That one no longer works." if is_spoilt else ""
    return Reply(text=f"Codes belong in a private chat.{gone}")


def linked_already() -> Reply:
    """Both are one person's."""
    return Reply(text="These accounts are linked already.")


def has_others() -> Reply:
    """The account that would join has linked accounts of its own."""
    return Reply(
        text="This account has linked accounts of its own. Unlink those first, or send"
        f" {command('link')} here and the code there."
    )


def ask_other(name: str, by: Identity, id_: str) -> Reply:
    """Asked of whoever brought the code: the first of two words."""
    called = f"{quote(name, _NAME)} on " if name else ""
    return Reply(
        text=f"**Link this account with {called}{_messenger(by)}?**\nThat is {escape(str(by))}.\n"
        "What you have here can then be used and read from there. Do it only if that account is"
        " yours.",
        buttons=((Button("Link accounts", f"link:join:{id_}"),), (cancel("link"),)),
    )


def asked(by: Identity) -> Reply:
    """The other side has to say yes, too."""
    return Reply(
        text=f"Now confirm it there: I have asked you on {_messenger(by)}. It waits 10 minutes."
    )


def not_reached(by: Identity) -> Reply:
    """The other side cannot be asked."""
    return Reply(text=f"I cannot write to you on {_messenger(by)} now. Try again from there.")


def ask_owner(other: Identity, id_: str) -> Reply:
    """Asked of whoever made the code: the second of two words."""
    return Reply(
        text=f"**Link another account with this one?**\nThat is {escape(str(other))} on"
        f" {_messenger(other)}.\nIt can then use and read all that is yours here. Do it only if"
        " that account is yours.",
        buttons=(
            (Button("Link accounts", f"link:accept:{id_}"),),
            (Button("Not mine", f"link:refuse:{id_}"),),
        ),
    )


def refused() -> Reply:
    """The other account is not theirs."""
    return Reply(text="Nothing was linked. That code works no more; give codes to nobody.")


def refused_there() -> Reply:
    """Tell the account that brought the code."""
    return Reply(text="The other side did not agree. Nothing was linked.")


def linked(other: Identity, mark: str, *, has_twice: bool) -> Reply:
    """Said where the code was made. `has_twice`: both had a key from one company."""
    kept = " Where both had a key from one company, this account's is used; the other is kept."
    keys = kept if has_twice else ""
    return Reply(
        text=f"Linked: {_short(other)}.{keys}",
        buttons=((Button("Unlink", f"link:ask:{mark}"),),),
    )


def linked_there(by: Identity, mark: str) -> Reply:
    """Said on the account that joined."""
    return Reply(
        text=f"Linked with {_short(by)}. Keys, conversations and usage are the same in both now.",
        buttons=((Button("Not me, unlink", f"link:notme:{mark}"),),),
    )


def confirm_unlink(identity: Identity, mark: str, stamped: str) -> Reply:
    """Asked before an account is taken off."""
    return Reply(
        text=f"**Unlink {_short(identity)}?** Each account keeps what was made with it. Answers"
        " that are being written are ended.",
        buttons=(
            (Button("Unlink account", f"link:off:{mark}:{stamped}", is_danger=True),),
            (Button("Keep it", "link:list"),),
        ),
    )


def unlinked(identity: Identity) -> Reply:
    """An account is on its own again."""
    return Reply(text=f"Unlinked: {_short(identity)}. Each account has its own again.")


def unlinked_there() -> Reply:
    """Said on the account that is on its own again."""
    return Reply(text="This account is not linked any more. It has again what was made with it.")


def not_linked() -> Reply:
    """It was taken off before."""
    return Reply(text="That account is not linked any more.")
