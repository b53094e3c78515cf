"""Keys: adding, looking, removing (conversation.md 2.2 and 2.3)."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.events import Button, Reply, Rows
from bot.domain.keys import KeyHealth, KeyInfo
from bot.domain.models import ProviderSpec
from bot.texts.format import cut, day, escape, listing
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

YOUR_KEYS = Button("Your keys", "keys:list")
_PAGE = 8


def health(info: KeyInfo, now: datetime) -> str:
    """Say what is known of a key, in words."""
    since = info.checked_at or info.added_at
    match info.health:
        case KeyHealth.WORKS:
            return f"works, used {day(info.used_at, now)}" if info.used_at else "works"
        case KeyHealth.UNCHECKED:
            return "not checked yet"
        case KeyHealth.REJECTED:
            return f"not accepted since {day(since, now)}"
        case KeyHealth.NO_CREDIT:
            return f"no credit since {day(since, now)}"


def no_keys() -> Reply:
    """There is nothing in the list."""
    return Reply(
        text="You have no keys yet. With one, I can ask an AI company for you.",
        buttons=((ADD_KEY, WHAT_IS_A_KEY), (close("keys"),)),
    )


def keys(lines: Sequence[tuple[str, KeyInfo]], page: int, now: datetime) -> Reply:
    """The list: company, mask, state; a button each."""
    shown, at, pages = page_of(lines, page, _PAGE - 2)
    rows = [f"{escape(name)} {escape(info.mask)}: {health(info, now)}" for name, info in shown]
    choices = (button(name, f"keys:show:{info.provider}", most=PAIRED) for name, info in shown)
    return Reply(
        text="\n".join(("**Your keys**", *rows)),
        buttons=(
            *pairs(choices),
            *pager("keys:list", at, pages),
            (ADD_KEY, close("keys")),
        ),
    )


def key(name: str, info: KeyInfo, now: datetime) -> Reply:
    """One key."""
    facts = [f"Added {day(info.added_at, now)}"]
    if info.used_at:
        facts.append(f"last used {day(info.used_at, now)}")
    if info.checked_at:
        facts.append(f"last check {day(info.checked_at, now)}")
    of = info.provider
    return Reply(
        text=f"**{escape(name)}** {escape(info.mask)}\n{', '.join(facts)}: {_state(info)}.",
        buttons=(
            (Button("Check now", f"keys:check:{of}"), Button("Replace", f"keys:renew:{of}")),
            (Button("Remove", f"removekey:ask:{of}", is_danger=True), back("keys:list")),
        ),
    )


def _state(info: KeyInfo) -> str:
    match info.health:
        case KeyHealth.WORKS:
            return "works"
        case KeyHealth.UNCHECKED:
            return "not checked yet"
        case KeyHealth.REJECTED:
            return "not accepted"
        case KeyHealth.NO_CREDIT:
            return "no credit"


def checked(name: str, mask: str, provider: str, found: KeyHealth) -> Reply:
    """What a check said just now."""
    head = f"**{escape(name)}** {escape(mask)}"
    match found:
        case KeyHealth.REJECTED:
            text = f"{head}: not accepted.\nIt may be deleted or expired there. Replace it."
        case KeyHealth.NO_CREDIT:
            text = f"{head}: no credit.\nAdd credit at {escape(name)}, then try again."
        case _:
            text = f"{head}: works.\nChecked just now; nothing was charged."
    return Reply(text=text, buttons=_after_check(provider))


def unreadable(name: str, provider: str) -> Reply:
    """The stored key does not open."""
    return Reply(
        text=f"**Your {escape(name)} key cannot be used.** It was changed in storage, or stored"
        " for another address. Nothing was charged. Add the key again.",
        buttons=_after_check(provider),
    )


def check_missed(name: str, provider: str, mask: str) -> Reply:
    """A check that did not get through."""
    return Reply(
        text=f"**Cannot reach {escape(name)} from this host.** The key {escape(mask)} is kept and"
        " was not checked. Try again later.",
        buttons=_after_check(provider),
    )


def _after_check(provider: str) -> Rows:
    return (
        (
            Button("Check again", f"keys:check:{provider}"),
            Button("Replace", f"keys:renew:{provider}"),
        ),
        (back("keys:list"),),
    )


def not_yours(name: str, mine: Sequence[tuple[str, str]], *, verb: str) -> Reply:
    """No key from that company. `mine`: names and ids of those there are; `verb` leads on."""
    names = listing([escape(each) for each, _ in mine], last="and")
    choices = (button(each, f"{verb}:{of}", most=PAIRED) for each, of in mine[:_PAGE])
    return Reply(
        text=f"You have no {escape(cut(name, 30))} key. Your keys: {names}.",
        buttons=(*pairs(choices), (close("keys"),)),
    )


def which_to_remove(mine: Sequence[tuple[str, str]]) -> Reply:
    """Choose the key to remove."""
    choices = (button(each, f"removekey:ask:{of}", most=PAIRED) for each, of in mine[:_PAGE])
    return Reply(
        text="Which key shall I remove?", buttons=(*pairs(choices), (cancel("removekey"),))
    )


def confirm_removal(name: str, info: KeyInfo, stamped: str) -> Reply:
    """Asked before a key is removed."""
    of = info.provider
    return Reply(
        text=f"**Remove the {escape(name)} key {escape(info.mask)}?** It is erased from this"
        f" server. At {escape(name)} it stays valid until you delete it there.",
        buttons=(
            (
                Button("Remove key", f"removekey:do:{of}:{stamped}", is_danger=True),
                Button("Keep it", f"removekey:keep:{of}"),
            ),
        ),
    )


def kept(name: str, mask: str) -> Reply:
    """The removal was not wanted."""
    return Reply(text=f"{escape(name)} key {escape(mask)} is kept.")


def removed(spec: ProviderSpec | None, name: str, *, model: str, has_more: bool) -> Reply:
    """The key is gone. `model`: what answers now, empty if nothing new was chosen."""
    if not has_more:
        then = " I cannot answer until you add a key."
    else:
        then = f" Answers now come from {escape(model)}." if model else ""
    link: Rows = ()
    if spec and spec.key_page:
        link = ((Button(f"Delete at {name}"[:28], url=spec.key_page),),)
    after = (YOUR_KEYS,) if has_more else (ADD_KEY,)
    return Reply(text=f"{escape(name)} key removed.{then}", buttons=(*link, after))


def removed_choose(spec: ProviderSpec | None, name: str) -> Reply:
    """The key is gone, and which model answers instead is not known."""
    base = removed(spec, name, model="", has_more=True)
    return Reply(
        text=f"{escape(name)} key removed. Its model went with it; choose another.",
        buttons=(*base.buttons[:-1], (Button("Choose a model", "model:menu"), YOUR_KEYS)),
    )


def gone_already(name: str) -> Reply:
    """A second tap on Remove."""
    return Reply(text=f"You have no {escape(name)} key any more.", buttons=((YOUR_KEYS,),))


def closed(names: Sequence[str]) -> Reply:
    """What stays of the list."""
    if not names:
        return Reply(text="You have no keys yet. /addkey adds one.")
    return Reply(text=f"**Your keys:** {listing([escape(each) for each in names])}.")
