"""An operator at the console who has made up their mind."""

import asyncio


class FakeDialogue:
    """Answers questions in order, and waits for ever when there is no answer left.

    `shown` holds every line and every question. `answer` gives one more, also to a question that
    waits already.
    """

    def __init__(self, *answers: str) -> None:
        self.shown: list[str] = []
        self.asked = 0
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._stirred = asyncio.Event()
        for each in answers:
            self.answer(each)

    def answer(self, line: str) -> None:
        """Type a line."""
        self._answers.put_nowait(line)

    async def say(self, line: str) -> None:
        self._show(line)

    async def ask(self, prompt: str) -> str:
        self._show(prompt)
        self.asked += 1
        return await self._answers.get()

    async def showed(self, part: str) -> None:
        """Wait until something that has this part was shown."""
        while part not in self.text:
            self._stirred.clear()
            await self._stirred.wait()

    @property
    def text(self) -> str:
        """Return all that was shown."""
        return "\n".join(self.shown)

    def _show(self, line: str) -> None:
        self.shown.append(line)
        self._stirred.set()
