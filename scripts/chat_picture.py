"""Writes `docs/telegram.svg`, a chat with the bot over a simulated Bot API; run by `make picture`.

People, companies and time are those of the tests, so that the same code draws the same file.
"""

import asyncio
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot.access import Access
from bot.domain.chat import Identity
from bot.domain.usage import Usage
from scripts.phone import Bubble, draw
from tests.fakes.clock import FakeClock
from tests.fakes.provider import answer
from tests.fakes.telegram import ALICE, BOB, TelegramHouse
from tests.simulators.telegram.server import Simulator
from tests.simulators.telegram.state import Message

PICTURE: Final = Path(__file__).parents[1] / "docs" / "telegram.svg"
KEY: Final = "sk-ant-api03-canary-0000000abcd"
_ABOUT: Final = "A chat with Hearthkey on Telegram"
_QUESTION: Final = "Half my photos end in .JPG, half in .jpg. How do I make them all the same?"
_ANSWER: Final = """\
In the folder with the photos:

1. **Look first:** `ls *.JPG`
2. Rename; `-n` overwrites nothing:

```sh
for f in *.JPG; do
  mv -n "$f" "${f%.JPG}.jpg"
done
```
"""
_USED: Final = Usage(input_tokens=640, output_tokens=212)
# Telegram's own servers mark commands in what a bot says, after the bot has sent it.
_COMMAND: Final = re.compile(r"(?<!\S)/[a-z]+\b")


def main() -> int:
    """Write the picture."""
    PICTURE.write_text(asyncio.run(picture()), "utf-8")
    sys.stdout.write(f"{PICTURE.name} is drawn\n")
    return 0


async def picture() -> str:
    """Play the chat, and return the picture of it."""
    async with Simulator() as sim:
        sim.state.bot["first_name"] = "Hearthkey"
        sim.people.private(BOB, "Bob")
        house = TelegramHouse(sim, clock=FakeClock())
        owner = frozenset({Identity("telegram", str(ALICE))})
        house.access = Access(is_open=True, operators=owner, operator_name="Alice")
        await house.start()
        try:
            await _play(house)
        finally:
            await house.stop()
        return draw(sim.state.bot["first_name"], _bubbles(house.screen(BOB)), _ABOUT)


async def _play(house: TelegramHouse) -> None:
    """Let Bob find the bot, add a key and ask something."""
    house.companies["anthropic"].enqueue(*answer(_ANSWER, _USED))
    await house.ask("/start", BOB)
    await house.tap("Add a key", BOB)
    await house.settle(BOB)
    await house.ask(f"/addkey {KEY}", BOB)
    await house.ask(_QUESTION, BOB)


def _bubbles(screen: Sequence[Message]) -> list[Bubble]:
    return [_bubble(message) for message in screen]


def _bubble(message: Message) -> Bubble:
    commands = [
        {"type": "bot_command", "offset": found.start(), "length": len(found[0])}
        for found in _COMMAND.finditer(message.text if message.is_ours else "")
    ]
    rows = [[str(button["text"]) for button in row] for row in message.rows]
    return Bubble(message.text, [*message.entities, *commands], rows, message.is_ours)


if __name__ == "__main__":
    sys.exit(main())
