"""Removing a key."""

from collections.abc import Sequence

from bot.domain.events import Button, Reply, Rows
from bot.domain.keys import KeyInfo
from bot.domain.models import ProviderSpec
from bot.texts.format import escape
from bot.texts.heldkeys import Held
from bot.texts.keys import YOUR_KEYS, choices
from bot.texts.layout import ADD_KEY, button, cancel, pairs


def which_to_remove(mine: Sequence[Held]) -> Reply:
    """Choose the key to remove; those that do not fit are in the list."""
    offered = choices(mine, "removekey:ask")
    last = (YOUR_KEYS, cancel("removekey")) if len(offered) < len(mine) else (cancel("removekey"),)
    return Reply(text="Which key shall I remove?", buttons=(*pairs(offered), last))


def confirm_removal(of: Held, stamped: str) -> Reply:
    """Asked before a key is removed."""
    name = escape(of.company)
    return Reply(
        text=f"**Remove the {name} key {escape(of.info.mask)}?** It is erased from this server."
        f" At {name} it stays valid until you delete it there.",
        buttons=(
            (
                Button("Remove key", f"removekey:do:{of.ref}:{stamped}", is_danger=True),
                Button("Keep it", f"removekey:keep:{of.ref}"),
            ),
        ),
    )


def kept(of: Held) -> Reply:
    """The removal was not wanted."""
    return Reply(text=f"{escape(of.company)} key {escape(of.info.mask)} is kept.")


def removed(spec: ProviderSpec | None, name: str, *, model: str, has_more: bool) -> Reply:
    """A company's only key is gone. `model`: what answers now, empty if nothing was chosen."""
    if not has_more:
        then = " I cannot answer until you add a key."
    else:
        then = f" Answers now come from {escape(model)}." if model else ""
    after = (YOUR_KEYS,) if has_more else (ADD_KEY,)
    return Reply(
        text=f"{escape(name)} key removed.{then}", buttons=(*_delete_there(spec, name), after)
    )


def removed_one(spec: ProviderSpec | None, of: Held, follows: KeyInfo) -> Reply:
    """One of a company's keys is gone; `follows` is the one in use there now."""
    name = escape(of.company)
    now, mask = ("now" if of.info.is_active else "still"), escape(follows.mask)
    return Reply(
        text=f"{name} key {escape(of.info.mask)} removed. {name} is {now} asked with {mask}.",
        buttons=(*_delete_there(spec, of.company), (YOUR_KEYS,)),
    )


def removed_choose(spec: ProviderSpec | None, name: str) -> Reply:
    """The key is gone, and which model answers instead is not known."""
    return Reply(
        text=f"{escape(name)} key removed. Its model went with it; choose another.",
        buttons=(
            *_delete_there(spec, name),
            (Button("Choose a model", "model:menu"), YOUR_KEYS),
        ),
    )


def _delete_there(spec: ProviderSpec | None, name: str) -> Rows:
    if spec is None or not spec.key_page:
        return ()
    label = button(f"Delete at {name}", "").label
    return ((Button(label, url=spec.key_page),),)
