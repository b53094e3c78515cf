"""The member at a simulated messenger, who goes on over all lives of the application."""

from collections.abc import Sequence

from bot.domain.ports import Receiver
from tests.kills.line import Line, Row
from tests.kills.witness import KEY_LOST, Update


class Member:
    """Sends each update once over all lives, and a lost key as often as it is asked for."""

    def __init__(self, line: Line, updates: Sequence[Update], receiver: Receiver) -> None:
        """`receiver` tells when all is settled that the bot was told."""
        self._line = line
        self._updates = updates
        self._receiver = receiver
        self._key = next(self._words(each) for each in updates if each.kind == "secret")

    async def talk(self) -> None:
        """Go on where the last life was cut, to the end."""
        said = [row for row in await self._line.rows() if self._line.is_said(row)]
        sent = self._count(said)
        if sent and self._updates[sent - 1].is_alone:
            await self._settle(said[-1]["update"])
        if sent == 1:
            await self._mend()
        for update in self._updates[sent:]:
            number = await self._send(update)
            if update.is_alone:
                await self._settle(number)

    def _count(self, said: Sequence[Row]) -> int:
        """Return how many updates were sent; a key that was sent again is none of them."""
        again = sum(bool(row["words"] == self._key) for row in said) - 1
        return len(said) - max(0, again)

    async def _settle(self, number: int) -> None:
        """Wait until the bot has confirmed an update, and has done all that follows from it."""
        await self._line.await_confirmed(number)
        await self._receiver.settled(self._line.place)

    async def _mend(self) -> None:
        """Send the key again if it was lost: nothing else was said before it was saved."""
        rows = await self._line.rows()
        asked = [at for at, row in enumerate(rows) if KEY_LOST in self._line.shows(row)]
        given = [at for at, row in enumerate(rows) if row.get("words") == self._key]
        if asked and asked[-1] > given[-1]:
            await self._settle(await self._line.say(self._key))

    async def _send(self, update: Update) -> int:
        if update.kind == "press":
            return await self._line.press(update.text)
        return await self._line.say(self._words(update))

    def _words(self, update: Update) -> str:
        """Return what is typed."""
        if update.kind == "text":
            return update.text
        named = f"{self._line.prefix}{update.name}"
        return " ".join(filter(None, (named, update.text, update.secret)))
