"""Every menu there is, opened by somebody who has something of everything."""

from typing import Final

from bot.domain.chat import Place
from bot.domain.events import Button, Press
from tests.fakes.frontend import Shown
from tests.transcripts.script import read_step
from tests.transcripts.stage import Stage

PLACE: Final = Place("fake", "alice")
_GIVEN: Final = (
    "alice> /addkey anthropic sk-ant-api03-canary-0000000abcd",
    "alice> /addkey openai sk-proj-canary-00000007Qx2",
    "alice> /keys",
    "→ [OpenAI]",
    "→ [Add another]",
    "alice> sk-proj-canary-0000000work",
    "alice> What can I cook with eggs?",
    "bob> /start",
    "alice> /new Trip to Porto",
    "alice> Which tram goes to the river?",
)
MENUS: Final = (
    "/start",
    "/help",
    "/settings",
    "/model",
    "/temp",
    "/maxtokens",
    "/reasoning",
    "/system",
    "/stream",
    "/keys",
    "/addkey",
    "/removekey",
    "/sessions",
    "/usage",
    "/costs",
    "/costs gpt-4",
    "/privacy",
    "/undo",
    "/invite",
    "/members",
    "/members bob",
    "/link",
)
DEEPEST: Final = 4


async def opened(menu: str) -> Stage:
    """Return a stage on which Alice has much, and has just asked for a menu."""
    stage = Stage("buttons")
    await stage.open()
    for line in (*_GIVEN, f"alice> {menu}"):
        step = read_step(line)
        assert step is not None
        await stage.play(step, ())
    return stage


async def tap(stage: Stage, shown: Shown, button: Button) -> Shown:
    """Tap a button and return what it changed or brought."""
    before = len(stage.frontend.shown)
    await stage.receive("alice", Press(button.action), shown.message)
    said = [each for each in stage.frontend.shown[before:] if each.place == PLACE]
    assert said, f"[{button.label}] {button.action} says nothing"
    return said[-1]
