"""Keys: looking, checking, naming, choosing."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.events import Button, Reply, Rows
from bot.domain.keys import Balance, KeyHealth, KeyInfo
from bot.texts.format import balances, cut, day, escape, listing, quote
from bot.texts.heldkeys import Held
from bot.texts.layout import (
    ADD_KEY,
    PAIRED,
    WHAT_IS_A_KEY,
    back,
    button,
    cancel,
    close,
    page_of,
    pager,
    pairs,
)
from bot.texts.prefixes import command

YOUR_KEYS = Button("Your keys", "keys:list")
_PAGE = 8
_LIST_PAGE = 6
_STATES = {
    KeyHealth.WORKS: "works",
    KeyHealth.UNCHECKED: "not checked yet",
    KeyHealth.REJECTED: "not accepted",
    KeyHealth.NO_CREDIT: "no credit",
}


def health(info: KeyInfo, now: datetime) -> str:
    """Say what is known of a key, and since when or of when."""
    state = _STATES[info.health]
    if info.health is KeyHealth.WORKS:
        return f"{state}, used {day(info.used_at, now)}" if info.used_at else state
    is_old = info.health in {KeyHealth.REJECTED, KeyHealth.NO_CREDIT}
    return f"{state} since {day(info.since, now)}" if is_old else state


def no_keys() -> Reply:
    """There is nothing in the list."""
    return Reply(
        text="You have no keys yet. With one, I can ask an AI company for you.",
        buttons=((ADD_KEY, WHAT_IS_A_KEY), (close("keys"),)),
    )


def keys(mine: Sequence[Held], page: int, now: datetime) -> Reply:
    """The list: company, name, mask, state; a button each."""
    shown, at, pages = page_of(mine, page, _LIST_PAGE)
    rows = [f"{each.line}: {health(each.info, now)}" for each in shown]
    return Reply(
        text="\n".join(("**Your keys**", *rows)),
        buttons=(
            *pairs(choices(shown, "keys:show")),
            *pager("keys:list", at, pages),
            (ADD_KEY, close("keys")),
        ),
    )


def choices(shown: Sequence[Held], verb: str) -> list[Button]:
    """Return a button for each key."""
    return [button(each.label, f"{verb}:{each.ref}", most=PAIRED) for each in shown[:_PAGE]]


def key(of: Held, now: datetime) -> Reply:
    """One key."""
    info = of.info
    facts = [f"Added {day(info.added_at, now)}"]
    if info.used_at:
        facts.append(f"last used {day(info.used_at, now)}")
    if info.checked_at:
        facts.append(f"last check {day(info.checked_at, now)}")
    lines = [f"{of.title} {escape(info.mask)}", f"{', '.join(facts)}: {_STATES[info.health]}."]
    use: Rows = ()
    if not of.is_single:
        lines.append("It is in use." if info.is_active else "Another key is in use there.")
    if not info.is_active:
        use = ((Button("Use this key", f"keys:use:{of.ref}"),),)
    return Reply(
        text="\n".join(lines),
        buttons=(
            (
                Button("Check now", f"keys:check:{of.ref}"),
                Button("Replace", f"keys:renew:{of.ref}"),
            ),
            *use,
            (
                Button("Add another", f"addkey:pick:{info.provider}+"),
                Button("Rename", f"keys:rename:{of.ref}"),
            ),
            (Button("Remove", f"removekey:ask:{of.ref}", is_danger=True), back("keys:list")),
        ),
    )


def checked(of: Held, found: KeyHealth, left: Sequence[Balance]) -> Reply:
    """What a check said just now."""
    lines = [f"{of.title} {escape(of.info.mask)}: {_found(found, escape(of.company))}"]
    if left:
        lines.append(balances(left))
    return Reply(text="\n".join(lines), buttons=_after_check(of))


def _found(found: KeyHealth, name: str) -> str:
    match found:
        case KeyHealth.WORKS:
            return "works.\nChecked just now; nothing was charged."
        case KeyHealth.UNCHECKED:
            return f"cannot be checked.\n{name} has no free check; the next answer will tell."
        case KeyHealth.REJECTED:
            return "not accepted.\nIt may be deleted or expired there. Replace it."
        case KeyHealth.NO_CREDIT:
            return f"no credit.\nAdd credit at {name}, then try again."


def unreadable(of: Held) -> Reply:
    """The stored key does not open."""
    return Reply(
        text=f"**Your {escape(of.company)} key cannot be used.** It was changed in storage, or"
        " stored for another address. Nothing was charged. Add the key again.",
        buttons=_after_check(of),
    )


def check_missed(of: Held) -> Reply:
    """A check that did not get through."""
    return Reply(
        text=f"**Cannot reach {escape(of.company)} from this host.** The key"
        f" {escape(of.info.mask)} is kept and was not checked. Try again later.",
        buttons=_after_check(of),
    )


def _after_check(of: Held) -> Rows:
    return (
        (
            Button("Check again", f"keys:check:{of.ref}"),
            Button("Replace", f"keys:renew:{of.ref}"),
        ),
        (back("keys:list"),),
    )


def in_use(of: Held, before: KeyInfo | None) -> Reply:
    """Another key of the company is used from now on; `before` is the one until now."""
    name = escape(of.company)
    return Reply(
        text=f"{name} is asked with {escape(of.info.mask)} now.",
        buttons=(*use_again(before), (YOUR_KEYS,)),
    )


def use_again(before: KeyInfo | None) -> Rows:
    """Go back to a key that was used until now."""
    if before is None:
        return ()
    action = f"keys:use:{before.provider}#{before.id}"
    return ((button(f"Use {before.mask} again", action),),)


def ask_name(of: Held, most: int) -> Reply:
    """Waits for a key's name."""
    now = f"\nNow it is {quote(of.info.name, most)}." if of.info.name else ""
    return Reply(
        text=f"Send a name for the {escape(of.company)} key {escape(of.info.mask)}, up to {most}"
        f" characters. For example: work{now}",
        buttons=((cancel("keys"),),),
    )


def bad_name(most: int) -> Reply:
    """A name that is none; the question stays open."""
    return Reply(
        text=f"A name has 1 to {most} characters on one line. Nothing changed. Send a shorter one,"
        " for example: work",
        buttons=((cancel("keys"),),),
    )


def renamed(of: Held, title: str) -> Reply:
    """It has another name; an empty one was taken away."""
    key_is = f"The {escape(of.company)} key {escape(of.info.mask)}"
    text = f"{key_is} is called {quote(title, 20)} now." if title else f"{key_is} has no name now."
    again = [Button("Rename again", f"keys:rename:{of.ref}")]
    if title:
        again.append(Button("Take name away", f"keys:unname:{of.ref}"))
    return Reply(text=text, buttons=(tuple(again), (YOUR_KEYS,)))


def not_renamed() -> Reply:
    """The name stays."""
    return Reply(text="The key's name stays as it is.", buttons=((YOUR_KEYS,),))


def not_yours(name: str, mine: Sequence[Held], *, verb: str) -> Reply:
    """No key from that company; `verb` leads on with those there are."""
    return Reply(
        text=f"You have no {escape(cut(name, 30))} key. Your keys: {_companies(mine)}.",
        buttons=(*pairs(choices(mine, verb)), (close("keys"),)),
    )


def gone_already(name: str, *, has_others: bool = False) -> Reply:
    """The key of a button is not there any more."""
    if has_others:
        text = f"That {escape(name)} key is gone already; you have another one there."
    else:
        text = f"You have no {escape(name)} key any more."
    return Reply(text=text, buttons=((YOUR_KEYS,),))


def closed(mine: Sequence[Held]) -> Reply:
    """What stays of the list."""
    if not mine:
        return Reply(text=f"You have no keys yet. {command('addkey')} adds one.")
    return Reply(text=f"**Your keys:** {_companies(mine)}.")


def _companies(mine: Sequence[Held]) -> str:
    """Write which companies the keys are from, and how many of each."""
    counts: dict[str, int] = {}
    for each in mine:
        counts[each.company] = counts.get(each.company, 0) + 1
    return listing(
        [
            f"{escape(name)} ({number} keys)" if number > 1 else escape(name)
            for name, number in counts.items()
        ]
    )
