"""Letting people in: invitations that are made, sent, brought and withdrawn."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import quote as quoted

from bot.domain.events import Button, Reply
from bot.texts.format import amount, cut, day, escape, listing
from bot.texts.layout import ADD_KEY, WHAT_IS_A_KEY, back, button, pairs
from bot.texts.prefixes import command

INVITE: Final = Button("Invite someone", "invite:start")
LIFETIMES: Final = (1, 3, 7, 30)
_NAME: Final = 30
_TELEGRAM: Final = "https://t.me/"
_SHARE: Final = "https://t.me/share/url?url="


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An invitation as its maker sends it on. `link` is empty where there is none.

    `code` is what is typed where no link leads, which is on the messengers of `elsewhere`.
    """

    id: str
    code: str
    link: str
    until: datetime
    elsewhere: tuple[str, ...] = ()


def invitation(sent: Sent, now: datetime) -> Reply:
    """One that can be used by whoever gets it."""
    until = f"Invitation for one person, until {day(sent.until, now)}."
    typed = command(f"start {sent.code}")
    if not sent.link:
        return Reply(
            text=f"{until} They open a chat with me and send this:\n`{typed}`",
            buttons=(_managing(sent.id), (_done(sent.id),)),
        )
    there = listing([name.title() for name in sent.elsewhere])
    also = f"\nOn {escape(there)} they send me this: `{typed}`" if there else ""
    share = (Button("Share", url=f"{_SHARE}{quoted(sent.link, safe='')}"),)
    on_top = share if sent.link.startswith(_TELEGRAM) else ()
    return Reply(
        text=f"{until} Send them this link:\n{sent.link}{also}",
        buttons=(
            (*on_top, Button("QR code", f"invite:qr:{sent.id}")),
            _managing(sent.id),
            (_done(sent.id),),
        ),
    )


def _managing(id_: str) -> tuple[Button, ...]:
    return (
        Button("Other lifetime", f"invite:life:{id_}"),
        Button("Withdraw", f"invite:withdraw:{id_}"),
    )


def _done(id_: str) -> Button:
    return Button("Done", f"invite:close:{id_}")


def closed(shown: Reply) -> Reply:
    """An invitation as it stays: to be sent on, with nothing more to choose."""
    return replace(shown, buttons=())


def qr_code(drawn: str, id_: str) -> Reply:
    """The link, drawn to be scanned from this screen."""
    return Reply(
        text=f"Let them scan this with their camera.\n```\n{drawn}\n```",
        buttons=((back(f"invite:show:{id_}"),),),
    )


def no_qr_code(id_: str) -> Reply:
    """The link is too long to be drawn on a phone."""
    return Reply(
        text="This link is too long to be drawn on a phone. Send it as it is.",
        buttons=((back(f"invite:show:{id_}"),),),
    )


def lifetimes(id_: str, until: datetime, now: datetime) -> Reply:
    """Choose how long it lasts, from now on."""
    choices = (button(amount(each, "day"), f"invite:days:{id_}:{each}") for each in LIFETIMES)
    return Reply(
        text=f"The invitation lasts until {day(until, now)}. How long from now on?",
        buttons=(*pairs(choices), (back(f"invite:show:{id_}"),)),
    )


def misfit() -> Reply:
    """A number of days that there is not."""
    return Reply(text=f"Invitations last 1 to 30 days. Example: {command('invite 3')}")


def withdrawn(id_: str) -> Reply:
    """Nobody gets in by it any more."""
    return Reply(text="Withdrawn. Nobody gets in with that invitation.", buttons=_new(id_))


def not_out(id_: str) -> Reply:
    """The maker asks for one that was used meanwhile, or is too old."""
    return Reply(text="That invitation was used, withdrawn or has expired.", buttons=_new(id_))


def _new(id_: str) -> tuple[tuple[Button, ...], ...]:
    return ((Button("New invitation", f"invite:start:{id_}"),),)


def over() -> Reply:
    """Somebody comes with one that does not work, or works no more."""
    return Reply(
        text="This invitation has been used or has expired. Ask the person who sent it for a new"
        " one."
    )


def again() -> Reply:
    """It was brought just before a restart, which forgot it."""
    return Reply(text="I was restarted just now. Open the invitation once more.")


def in_private() -> Reply:
    """One was brought to a group."""
    return Reply(text="Invitations belong in a private chat. This one still works there.")


def welcome(name: str, inviter: str, operator: str) -> Reply:
    """Somebody came in. `operator`: whose server this is, if that is known."""
    host = escape(cut(operator or inviter, _NAME))
    where, trust = (
        (f"{host}'s server", f", so you need to trust {host} with it")
        if host
        else ("this server", "")
    )
    who = f"{escape(cut(inviter, _NAME))} invited you" if inviter else "You were invited"
    return Reply(
        text=f"Hello {escape(cut(name, _NAME))}. {who}: I bring AI models into this chat.\n"
        "You use your own API key and pay the AI company directly, nothing on top.\n"
        f"Your key is stored encrypted on {where} and never shown{trust}.\n"
        "Next, add a key. It takes two minutes.",
        buttons=((ADD_KEY, WHAT_IS_A_KEY),),
    )


def joined(name: str, identity: str, ask: str) -> Reply:
    """Tell the inviter who came; `ask` removes them."""
    label = button(f"Not {cut(name, 12)}? Remove", ask).label
    return Reply(
        text=f"{escape(cut(name, _NAME))} joined with your invitation ({escape(identity)}).",
        buttons=((Button(label, ask),),),
    )
