"""Claiming the bot: the code its server prints, and what becomes of it."""

from bot.domain.events import Reply
from bot.texts.format import cut, escape
from bot.texts.invitations import INVITE
from bot.texts.layout import ADD_KEY

_EXAMPLE = "It looks like ABCD-1234."
_MOST_NAME = 30


def printed(code: str, minutes: int, link: str | None) -> str:
    """Return what the host prints: to whoever can read this, the bot belongs."""
    line = f"Nobody owns this bot yet. Send it this code within {minutes} minutes: {code}"
    return f"{line}\nor open {link}" if link else line


def new_here() -> Reply:
    """Somebody wrote, and nobody owns the bot."""
    return Reply(
        text="I am new here, and nobody owns me yet.\nIf this is your server, send me the code it"
        f" has just printed. {_EXAMPLE}"
    )


def send_code() -> Reply:
    """The command without a code, or after a restart, which printed another one."""
    return Reply(text=f"Send me the code the server has printed. {_EXAMPLE}")


def not_the_code(left: int) -> Reply:
    """There are tries left."""
    tries = "1 try" if left == 1 else f"{left} tries"
    return Reply(
        text="That is not the code. It is in the last lines the server printed."
        f" {tries} left, then it prints a new one."
    )


def no_code(*, is_printed: bool) -> Reply:
    """The tries are used up; `is_printed`: there is another code already."""
    return Reply(text=f"That code does not work. {_another(is_printed=is_printed).capitalize()}")


def spoilt(*, is_printed: bool) -> Reply:
    """The code was shown to a group."""
    another = _another(is_printed=is_printed)
    return Reply(text=f"Codes belong in a private chat. That one no longer works; {another}")


def _another(*, is_printed: bool) -> str:
    if is_printed:
        return "the server has printed a new one."
    return "the server prints a new one within a minute."


def in_private() -> Reply:
    """The command in a group."""
    return Reply(text="Codes belong in a private chat.")


def claimed(name: str, *, is_open: bool, has_key: bool) -> Reply:
    """The bot has an operator."""
    if is_open:
        door = "Anybody can write to me, as access is open in my configuration."
    else:
        door = "Nobody gets in unless you invite them, no group unless you allow it."
    next_step = "" if has_key else "\nNext, add your own key."
    invite = () if is_open else ((INVITE,),)
    buttons = invite if has_key else ((ADD_KEY,), *invite)
    return Reply(
        text=f"Welcome, {escape(cut(name, _MOST_NAME))}. You are my operator: you decide who may"
        f" use me.\n{door}{next_step}",
        buttons=buttons,
    )


def too_late() -> Reply:
    """Somebody else's claim came first."""
    return Reply(text="That code is not valid any more. Somebody has claimed me with it.")


def is_yours() -> Reply:
    """The operator claims again."""
    return Reply(text="You are my operator already. A code is not needed any more.")


def is_owned(operator: str) -> Reply:
    """A member claims what another owns; an empty name is not known."""
    owner = escape(cut(operator, _MOST_NAME)) if operator else "Somebody"
    return Reply(text=f"{owner} owns me already and decides who may use me.")
