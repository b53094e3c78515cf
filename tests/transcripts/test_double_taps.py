"""A button tapped twice does once what it does, and brings no second message."""

from collections import deque
from dataclasses import fields
from typing import Final

import pytest

from bot.domain.events import Button, Press
from tests.fakes.frontend import Shown
from tests.transcripts.menus import DEEPEST, MENUS, PLACE, opened, tap
from tests.transcripts.script import read_step
from tests.transcripts.stage import Stage

# What every update adds to, whatever it does.
_TRACES: Final = frozenset(
    {"clock", "last_id", "seen", "inbox", "outbox", "messages", "made_by", "frontend"}
)
_ENDS: Final = (
    "anthropic> One two three (cut at the limit)",
    "anthropic>  (cut at the limit)",  # before the first word
    "anthropic! bad_request",
    "anthropic! empty",
    "anthropic! model",
    "anthropic! rate",
    "anthropic! server",
)


def _kept(stage: Stage) -> dict[str, str]:
    """Return all that is stored, but for the traces of updates and messages themselves."""
    state = stage.stores._state
    names = [each.name for each in fields(state) if each.name not in _TRACES]
    return {name: repr(getattr(state, name)) for name in names}


async def _tap_twice(stage: Stage, shown: Shown, button: Button) -> tuple[list[Shown], bool]:
    """Tap, and tap again where the button was; return what the second tap showed."""
    await tap(stage, shown, button)
    await stage.stores.settings.session(PLACE, await stage.member("alice"))  # as reading does
    after_one, before = _kept(stage), len(stage.frontend.shown)
    await stage.receive("alice", Press(button.action), shown.message)
    return stage.frontend.shown[before:], _kept(stage) == after_one


@pytest.mark.parametrize("menu", MENUS)
async def test_a_second_tap_changes_nothing_more(menu: str) -> None:
    """It may change the same message again, and nothing else; nothing that is stored differs."""
    seen: set[str] = set()
    paths: deque[tuple[Button, ...]] = deque([()])
    while paths:
        path = paths.popleft()
        stage = await opened(menu)
        try:
            shown = stage.frontend.shown[-1]
            for button in path[:-1]:
                shown = await tap(stage, shown, button)
            if path:
                again, is_same = await _tap_twice(stage, shown, path[-1])
                where = f"{menu} {' '.join(f'[{button.label}]' for button in path)}"
                assert is_same, f"{where} acts twice"
                assert all(each.message == shown.message for each in again), where
                shown = stage.frontend.shown[-1]
        finally:
            await stage.close()
        for button in (each for row in shown.reply.buttons for each in row if each.action):
            if button.action not in seen and len(path) < DEEPEST:
                seen.add(button.action)
                paths.append((*path, button))
    assert seen


async def _ended(end: str) -> Stage:
    """Return a stage on which a question of Alice's just ended so, under a limit of 500 tokens."""
    stage = Stage("buttons")
    await stage.open()
    for line in (
        "alice> /addkey anthropic sk-ant-api03-canary-0000000abcd",
        "alice> /maxtokens 500",
    ):
        await _play(stage, line)
    await _play(stage, "alice> Count to a thousand.", end)
    return stage


async def _play(stage: Stage, line: str, *answers: str) -> None:
    step, *prepared = (read_step(each) for each in (line, *answers))
    assert step is not None
    await stage.play(step, [each for each in prepared if each is not None])


@pytest.mark.parametrize("end", _ENDS)
async def test_a_second_tap_under_an_answer_asks_nobody(end: str) -> None:
    """What is under an answer, or in its place, asks and changes once."""
    stage = await _ended(end)
    rows = stage.frontend.shown[-1].reply.buttons
    await stage.close()
    actions = [button.action for row in rows for button in row if button.action]
    assert actions
    for action in actions:
        stage = await _ended(end)
        company, message = stage.companies["anthropic"], stage.frontend.shown[-1].message
        try:
            await stage.receive("alice", Press(action), message)
            once, asked = _kept(stage), len(company.asked)
            await stage.receive("alice", Press(action), message)
            assert (_kept(stage), len(company.asked)) == (once, asked), f"{action} acts twice"
        finally:
            await stage.close()
