"""Every request judged, and what was shown and charged for it."""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from tests.isolation.people import KEY, Tag
from tests.isolation.rules import Rules, asked_in
from tests.isolation.talk import Told
from tests.isolation.world import World

_EVER: Final = datetime(2020, 1, 1, tzinfo=UTC)


class Trouble(logging.Handler):
    """Notes what is logged as a fault, and any key."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a line, and at what it was made of."""
        text = f"{record.getMessage()} {record.args!r}"
        if record.levelno >= logging.ERROR or record.exc_info or KEY.search(text):
            self.found.append(f"{record.name}: {KEY.sub('a key', text)}")


class Verdict:
    """Looks at what was asked since the last time, and forgets it; sums stay."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.requests = 0
        self.broken: list[str] = []
        self._paid: Counter[tuple[str, str]] = Counter()  # by member and place
        self._asked: Counter[Tag] = Counter()

    async def look(self, told: Told) -> None:
        """Judge every request that has come, and where things were shown."""
        rules = Rules(self._world.town, await self._world.labels(), told.gone)
        for vendor, sim in self._world.sims.items():
            for seen in sim.witness.seen:
                self.broken.extend(rules.broken(vendor, seen))
                if seen.is_chat and (asked := asked_in(seen)):
                    self.requests += 1
                    self._asked[asked] += 1
                    self._paid[asked.writer, asked.place] += 1
            sim.witness.seen.clear()
        for found in (self._world.screen.misplaced, told.lost):
            self.broken += found
            found.clear()

    async def end(self, told: Told) -> None:
        """Judge whether each question was answered as often as it was asked, and every bill."""
        for tag in told.asked:
            self.broken.extend(self._answers(tag, told.retried.get(tag, 0)))
        for name in self._world.town.people:
            self.broken += await self._bill(name)

    def _answers(self, tag: Tag, retried: int) -> Iterator[str]:
        answers, asked = self._world.screen.answers[tag], self._asked[tag]
        if answers != asked:
            yield f"{tag} was asked {asked} times and answered {answers} times"
        is_alone = tag.place == tag.writer  # in a group others may begin anew before a retry
        if not 1 <= asked <= 1 + retried or (is_alone and asked != 1 + retried):
            yield f"{tag} was asked {asked} times, wanted again {retried} times"

    async def _bill(self, name: str) -> list[str]:
        stores, member = self._world.stores, self._world.ids[name]
        spent = await stores.settings.spent(member)
        paid = sum(count for (who, _), count in self._paid.items() if who == name)
        wrong = []
        if spent.answers != paid or spent.is_estimated or spent.unknown:
            wrong.append(f"{name} is charged for {spent.answers} answers, not {paid}")
        for place, group in self._world.groups.items():
            there, mine = await stores.groups.spent(member, group, since=_EVER), self._paid
            if there.answers != mine[name, place]:
                wrong.append(f"{name} is charged for {there.answers} answers in {place}")
        return wrong
