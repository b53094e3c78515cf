"""Every button of every menu leads somewhere, and from every menu there is a way back."""

from collections import deque
from typing import Final

import pytest

from bot.domain.events import Button, Press
from bot.texts.layout import back
from bot.texts.stamps import stamp
from tests.fakes.frontend import Shown
from tests.transcripts.menus import DEEPEST, MENUS, PLACE, opened, tap

_WAYS_OUT: Final = frozenset(
    {back("").label, "Close", "Cancel", "Done", "Keep it", "Keep my data"}
)
_DEAD: Final = ("This choice is old and does nothing", "Something broke on my side")


async def _follow(menu: str, path: tuple[Button, ...]) -> Shown:
    stage = await opened(menu)
    try:
        shown = stage.frontend.shown[-1]
        for button in path:
            shown = await tap(stage, shown, button)
        return shown
    finally:
        await stage.close()


@pytest.mark.parametrize("menu", MENUS)
async def test_every_button_is_answered(menu: str) -> None:
    """Walking a menu to its ends, no tap is dead, and whatever offers choices can be left."""
    seen: set[str] = set()
    paths: deque[tuple[Button, ...]] = deque([()])
    while paths:
        path = paths.popleft()
        shown = await _follow(menu, path)
        where = " ".join(f"[{button.label}]" for button in path)
        assert not any(dead in shown.reply.text for dead in _DEAD), f"{menu} {where}"
        buttons = [button for row in shown.reply.buttons for button in row if button.action]
        if len(buttons) > 2:
            labels = {button.label for button in buttons}
            assert labels & _WAYS_OUT or path == (), f"{menu} {where} has no way back"
        for button in buttons:
            if button.action not in seen and len(path) < DEEPEST:
                seen.add(button.action)
                paths.append((*path, button))
    assert seen


@pytest.mark.parametrize(
    "action",
    [
        "model:use:nobody:nothing",
        "model:use:#000000000000",
        "model:try:nobody:x",
        "model:list:nobody:0",
        "model:list:openai:99",
        "model:undo:zzzzzz",
        "model:default:",
        "keys:show:nobody",
        "keys:check:nobody",
        "keys:renew:nobody",
        "keys:renew:openai#999999",
        "keys:show:openai#999999",
        "keys:show:openai#x",
        "keys:show:#",
        "keys:use:anthropic",
        "keys:use:openai#999999",
        "keys:rename:openai#999999",
        "keys:name:openai#999999",
        "keys:name:openai",
        "keys:unname:openai#999999",
        "removekey:ask:nobody",
        "removekey:ask:openai",
        "removekey:ask:openai#999999",
        "removekey:do:openai:!!",
        "removekey:do:openai#999999:zz",
        "removekey:do::",
        "removekey:keep:nobody",
        "removekey:keep:openai#999999",
        "addkey:pick:nobody",
        "addkey:pick:openai+",
        "addkey:pick:openai#999999",
        "addkey:key:openai+",
        "addkey:for:openai+",
        "addkey:again:openai#x",
        "addkey:keep:+",
        "addkey:for:openai",
        "addkey:keep:nobody",
        "addkey:which",
        "addkey:ask",
        "addkey:askrest",
        "addkey:key:openai",
        "addkey:more:99",
        "addkey:found",
        "addkey:anyway:nobody",
        "addkey:anyway:openai#x",
        "addkey:sealed:",
        "addkey:sealed:nobody",
        "sessions:open:999999",
        "sessions:open:x",
        "sessions:go:999999",
        "sessions:rename:999999",
        "sessions:name:x",
        "sessions:delete:999999",
        "sessions:erase:999999:zz",
        "sessions:keep:999999",
        "sessions:list:99",
        "new:undo:999999",
        "retry:again:999999:1",
        "retry:again:x",
        "retry:reacted:x",
        "retry:with:1",
        "retry:with:999999:1:openai:x",
        "retry:waiting:999999",
        "retry:drop:1",
        "retry:plain:999999:1",
        "retry:plain:x",
        "retry:undoplain:zzzzzz",
        "retry:details:999999:1",
        "model:instead:999999:1:anthropic:claude-haiku-5-5",
        "model:instead:x",
        "model:switch:nobody:nothing",
        "undo:redo:999999:zz",
        "temp:set:7",
        "temp:set:hot",
        "temp:undo:zzzzzz",
        "maxtokens:set:many",
        "maxtokens:undodefault:zzzzzz",
        "settings:cost:on",
        "help:use:nobody",
        "usage:nothing",
        "sessions:open:99999999999999999999999999",
        "retry:again:99999999999999999999999999:1",
        "retry:again:²:1",
        "keys:list:-1",
        "model:list:openai:²",
        "nobody:nothing",
        "",
        ":",
    ],
)
async def test_a_strange_button_does_no_harm(action: str) -> None:
    """Whatever an old or forged action says, it is answered and changes no key and no session."""
    stage = await opened("/settings")
    try:
        shown = stage.frontend.shown[-1]
        member = (await stage.stores.settings.member(stage.who("alice"), "A", is_operator=True)).id
        keys = await stage.stores.keys.keys(member)
        sessions = await stage.stores.settings.sessions(member, PLACE)
        after = await tap(stage, shown, Button("strange", action))
        assert "Something broke" not in after.reply.text
        assert await stage.stores.keys.keys(member) == keys
        assert await stage.stores.settings.sessions(member, PLACE) == sessions
    finally:
        await stage.close()


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("keys:show:openai", "**OpenAI** sk-…work"),
        ("keys:check:openai", "**OpenAI** sk-…work: works."),
        ("keys:renew:openai", "**OpenAI key**"),
        ("removekey:ask:openai", "Which key shall I remove?"),
        ("removekey:keep:openai", "OpenAI key sk-…work is kept."),
        ("removekey:do:openai:{}", "This question is old. Nothing changed."),
        ("removekey:do:anthropic:{}", "Anthropic key removed."),
    ],
)
async def test_a_button_from_before_there_were_several_keys(action: str, words: str) -> None:
    """It names the company alone: that means the key in use there, and never which to erase."""
    stage = await opened("/keys")
    try:
        fresh = action.format(stamp(stage.clock.now()))
        after = await tap(stage, stage.frontend.shown[-1], Button("old", fresh))
        assert after.reply.text.startswith(words)
    finally:
        await stage.close()


async def test_nobody_else_can_use_a_button() -> None:
    """Another person's tap acts on what is theirs, never on whose button it is."""
    stage = await opened("/sessions")
    try:
        shown = stage.frontend.shown[-1]
        buttons = [button for row in shown.reply.buttons for button in row]
        alice = (await stage.stores.settings.member(stage.who("alice"), "A", is_operator=True)).id
        before = await stage.stores.settings.sessions(alice, PLACE)
        assert buttons
        for button in buttons:
            number = button.action.rpartition(":")[2]
            for verb in ("open", "go", "delete", "erase", "rename"):
                await stage.receive("bob", Press(f"sessions:{verb}:{number}"), shown.message)
        theirs = [each.reply.text for each in stage.frontend.shown if each.place.chat == "bob"]
        assert theirs
        assert not any("eggs" in text or "Porto" in text for text in theirs)
        assert await stage.stores.settings.sessions(alice, PLACE) == before
    finally:
        await stage.close()
