"""Who may come in, for those who decide it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.events import Button, Reply, Rows
from bot.domain.people import Standing
from bot.texts.format import amount, cut, cut_middle, day, escape, listing, quote
from bot.texts.invitations import INVITE
from bot.texts.layout import PAIRED, back, button, close, page_of, pager, pairs, span

PAGE: Final = 8
DELETE_AFTER_DAYS: Final = 7
_NAME: Final = 30
_ACCOUNT: Final = 60
_LIST: Final = "members:list:0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A person as operators see them. `may_come`: they are let in, by whatever decides that.

    `is_named`: as an operator in the settings, so nothing is decided about them here. `is_self`:
    the reader.
    """

    id: str
    name: str
    accounts: tuple[str, ...]
    since: datetime
    standing: Standing
    may_come: bool
    is_operator: bool
    is_named: bool
    is_self: bool
    erase_at: datetime | None = None


def called(name: str, account: str) -> str:
    """Return what somebody is called, or their account where that is not known."""
    return cut(name, _NAME) or cut_middle(account, _NAME)


def _name(of: Shown) -> str:
    return called(of.name, of.accounts[0])


def _state(of: Shown) -> str:
    if of.standing is Standing.BLOCKED:
        return "blocked"
    if of.standing is Standing.REMOVED:
        return "removed"
    if of.is_operator:
        return "operator"
    return "" if of.may_come else "may not come in"


def members(everybody: Sequence[Shown], now: datetime, *, page: int, out: int) -> Reply:
    """One page of everybody; `out` is how many invitations can still be used."""
    shown, at, pages = page_of(everybody, page, PAGE)
    lines = [_line(each, now) for each in shown]
    waiting = [f"{amount(out, 'invitation')} can still be used."] if out else []
    return Reply(
        text="\n".join((f"**Members**{span(at, PAGE, len(everybody))}", *lines, *waiting)),
        buttons=(*_choices(shown), *pager("members:list", at, pages), (INVITE, close("members"))),
    )


def _line(of: Shown, now: datetime) -> str:
    facts = [
        escape(_name(of)),
        "you" if of.is_self else "",
        _state(of),
        f"since {day(of.since, now)}",
    ]
    return ", ".join(filter(None, facts))


def _choices(shown: Sequence[Shown]) -> Rows:
    """Offer people by name; those who are called the same by their accounts."""
    names = Counter(_name(each) for each in shown)
    return pairs(
        button(
            _name(each) if names[_name(each)] == 1 else each.accounts[0],
            f"members:show:{each.id}",
            most=PAIRED,
        )
        for each in shown
    )


def found(shown: Sequence[Shown], text: str, now: datetime) -> Reply:
    """Several fit what was typed."""
    lines = [_line(each, now) for each in shown[:PAGE]]
    return Reply(
        text="\n".join((f"**Members called {quote(text, 30)}**", *lines)),
        buttons=(*_choices(shown[:PAGE]), (back(_LIST),)),
    )


def nobody(text: str, near: Sequence[str]) -> Reply:
    """Nobody fits what was typed."""
    names = listing([escape(cut(each, _NAME)) for each in near[:3]], last="or")
    nearest = f" Near it: {names}." if names else ""
    return Reply(
        text=f"Nobody here is called {quote(text, 30)}.{nearest}",
        buttons=((Button("All members", _LIST), close("members")),),
    )


def closed(count: int) -> Reply:
    """What stays of the list."""
    return Reply(text=f"**Members:** {count}.")


def person(of: Shown, now: datetime) -> Reply:
    """One person, and what can be decided about them."""
    accounts = listing([escape(cut_middle(each, _ACCOUNT)) for each in of.accounts[:4]])
    more = len(of.accounts) - 4
    many = f" and {more} more" if more > 0 else ""
    lines = [f"**{escape(_name(of))}**", f"{accounts}{many}", f"Here since {day(of.since, now)}."]
    lines += [_standing(of)]
    if of.erase_at is not None:
        lines.append(f"Their data is deleted on {day(of.erase_at, now)}.")
    return Reply(text="\n".join(lines), buttons=_decisions(of))


def _standing(of: Shown) -> str:
    if of.is_named:
        return "An operator, named so in my configuration under operators; change it there."
    if of.standing is Standing.BLOCKED:
        return "Blocked: nothing they send is answered, and no invitation lets them in."
    if of.standing is Standing.REMOVED:
        return "Removed: they may come back with a new invitation."
    if of.is_operator:
        return "An operator: they decide who may come in."
    return "They may come in." if of.may_come else "They may not come in without an invitation."


def _decisions(of: Shown) -> Rows:
    leave = back(_LIST)
    if of.is_named or of.is_self:
        return ((leave,),)
    block = Button("Block", f"members:askblock:{of.id}", is_danger=True)
    if of.standing is Standing.BLOCKED:
        return ((Button("Unblock", f"members:admit:{of.id}"), *_data(of)), (leave,))
    if of.standing is Standing.REMOVED:
        admit = Button("Let back in", f"members:admit:{of.id}")
        return ((admit, *_data(of)), (block, leave))
    remove = Button("Remove", f"members:ask:{of.id}", is_danger=True)
    if of.is_operator:
        demote = Button("Make member", f"members:askmember:{of.id}")
        return ((remove, demote), (block, leave))
    promote = Button("Make operator", f"members:askoperator:{of.id}")
    return ((remove, promote), (block, leave))


def _data(of: Shown) -> tuple[Button, ...]:
    if of.erase_at is not None:
        return (Button("Keep the data", f"members:keepdata:{of.id}"),)
    return (Button("Delete data", f"members:erase:{of.id}", is_danger=True),)


def confirm_removal(name: str, member: str, stamped: str) -> Reply:
    """Asked before somebody is removed."""
    return Reply(
        text=f"**Remove {escape(name)}?** What I am answering them is ended, and they can write to"
        " me no more. Their data stays until you delete it.",
        buttons=(
            (Button("Remove member", f"members:remove:{member}:{stamped}", is_danger=True),),
            (Button("Keep it", f"members:show:{member}"),),
        ),
    )


def confirm_block(name: str, member: str, stamped: str) -> Reply:
    """Asked before somebody is blocked."""
    return Reply(
        text=f"**Block {escape(name)}?** What I am answering them is ended, nothing they send is"
        " answered, and no invitation lets them in again.",
        buttons=(
            (Button("Block member", f"members:block:{member}:{stamped}", is_danger=True),),
            (Button("Keep it", f"members:show:{member}"),),
        ),
    )


def ask_operator(name: str, member: str, stamped: str) -> Reply:
    """Asked before somebody is made an operator."""
    return Reply(
        text=f"**Make {escape(name)} an operator?** They decide then, as you do, who may come in"
        " and in which groups I speak.",
        buttons=(
            (Button("Make operator", f"members:operator:{member}:{stamped}"),),
            (Button("Keep it", f"members:show:{member}"),),
        ),
    )


def ask_member(name: str, member: str, stamped: str) -> Reply:
    """Asked before an operator is made an ordinary member."""
    return Reply(
        text=f"**Make {escape(name)} an ordinary member?** They decide no more who may come in.",
        buttons=(
            (Button("Make member", f"members:member:{member}:{stamped}"),),
            (Button("Keep it", f"members:show:{member}"),),
        ),
    )


def removed(name: str, member: str, undo: str) -> Reply:
    """Somebody may not come in any more. `undo` brings back how it was."""
    return _gone(
        f"{escape(name)} is removed. They can come back with a new invitation.", member, undo
    )


def blocked(name: str, member: str, undo: str) -> Reply:
    """Somebody is answered no more."""
    return _gone(f"{escape(name)} is blocked. They are not told.", member, undo)


def _gone(text: str, member: str, undo: str) -> Reply:
    delete = Button(f"Delete data in {DELETE_AFTER_DAYS} days", f"members:erase:{member}")
    return Reply(text=text, buttons=((delete,), (Button("Undo", undo),)))


def back_again(name: str) -> Reply:
    """Somebody may come in again."""
    return Reply(text=f"{escape(name)} may come in again.", buttons=((back(_LIST),),))


def erased_later(name: str, member: str, at: datetime, now: datetime) -> Reply:
    """What is kept of somebody goes on a day."""
    return Reply(
        text=f"What is kept of {escape(name)} is deleted on {day(at, now)}.",
        buttons=((Button("Keep the data", f"members:keepdata:{member}"),),),
    )


def not_erased(name: str, member: str) -> Reply:
    """It stays after all."""
    return Reply(
        text=f"What is kept of {escape(name)} stays.",
        buttons=((Button("Delete data in 7 days", f"members:erase:{member}"),),),
    )


def made_operator(name: str, undo: str) -> Reply:
    """Somebody decides now, too."""
    return Reply(text=f"{escape(name)} is an operator now.", buttons=((Button("Undo", undo),),))


def made_member(name: str, undo: str) -> Reply:
    """Somebody decides no more."""
    return Reply(
        text=f"{escape(name)} is an ordinary member now.", buttons=((Button("Undo", undo),),)
    )


def you_operate(by: str) -> Reply:
    """Tell somebody that they were made an operator."""
    from_whom = escape(cut(by, _NAME)) or "An operator"
    return Reply(text=f"{from_whom} made you an operator: you decide, too, who may use me.")


def not_here(name: str) -> Reply:
    """An operator of the settings, about whom nothing is decided here."""
    return Reply(
        text=f"{escape(name)} is named in my configuration under operators. Change it there.",
        buttons=((back(_LIST),),),
    )


def not_yourself() -> Reply:
    """An operator would put themself out."""
    return Reply(
        text="You cannot put yourself out. Let another operator do it.",
        buttons=((back(_LIST),),),
    )


def gone() -> Reply:
    """Nobody has that id any more, or it was decided otherwise meanwhile."""
    return Reply(
        text="This has changed since, so I left it as it is.",
        buttons=((Button("All members", _LIST),),),
    )
