"""What they say to each other and to the bot: questions, and the commands around them."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bot.domain.events import Command, Text
from tests.isolation.people import Tag
from tests.isolation.world import World

_TALKING: Final = 60
_LONGEST_S: Final = 60.0
_COMMANDS: Final = ("new", "retry", "undo", "model")
_OFTEN: Final = 0.5


@dataclass(slots=True)
class Voice:
    """One member in one place: how many of their questions are open, and the newest of them."""

    open: int = 0
    newest: Tag | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Told:
    """What is known of the talk so far, for the verdict.

    `lost`: what was said of questions that nobody answered. `retried`: how often a question was
    asked again. `gone`: which questions may be in no request of the same member there from a
    number on, as they took them back or began anew.
    """

    asked: list[Tag] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    retried: dict[Tag, int] = field(default_factory=dict)
    gone: dict[Tag, int] = field(default_factory=dict)
    commands: int = 0


class Talk:
    """Lets everybody talk at once, in an order that a seed decides."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._rng = random.Random(seed)
        self._voices = {pair: Voice() for pair in world.town.pairs}
        self._number = 0
        self.told = Told()

    async def go_on(self, turns: int) -> None:
        """Ask so many questions more, the first ones by everybody in every place."""
        queue = iter(self._queue(turns))
        async with asyncio.TaskGroup() as group:
            for _ in range(_TALKING):
                group.create_task(self._speak(queue))
        await self._world.settled()

    def _queue(self, turns: int) -> list[tuple[str, str]]:
        pairs = list(self._voices)
        self._rng.shuffle(pairs)
        more = self._rng.choices(pairs, k=max(0, turns - len(pairs)))
        return [*pairs, *more][:turns]

    async def _speak(self, queue: Iterator[tuple[str, str]]) -> None:
        for name, place in queue:
            voice = self._voices[name, place]
            async with voice.turn:  # what comes after a command was also sent after it
                if voice.open == 0 and voice.newest and self._rng.random() < _OFTEN:
                    await self._command(name, place, voice)
                voice.open += 1
                tag = await self._ask(name, place, voice)
            try:
                async with asyncio.timeout(_LONGEST_S):
                    await self._world.screen.answered(tag)
            except TimeoutError:
                stands = await self._world.stands(name, place)
                self.told.lost.append(f"{tag} has no answer; the newest there {stands}")
            voice.open -= 1

    async def _ask(self, name: str, place: str, voice: Voice) -> Tag:
        self._number += 1
        tag = voice.newest = Tag(place, name, self._number)
        self.told.asked.append(tag)
        await self._world.send(name, place, Text(tag.question))
        return tag

    async def _command(self, name: str, place: str, voice: Voice) -> None:
        """Do something before the next question, which waits for it in its lane."""
        what = self._rng.choice(_COMMANDS)
        args = self._model(name) if what == "model" else ""
        self.told.commands += 1
        if what == "retry" and voice.newest:
            self.told.retried[voice.newest] = self.told.retried.get(voice.newest, 0) + 1
        if what == "undo" and voice.newest:
            self.told.gone[voice.newest] = self._number
            voice.newest = None
        if what == "new" and name == place:
            mine = (tag for tag in self.told.asked if tag.place == place)
            self.told.gone |= {tag: self._number for tag in mine if tag not in self.told.gone}
            voice.newest = None
        await self._world.send(name, place, Command(what, args))

    def _model(self, name: str) -> str:
        vendor = self._rng.choice(self._world.town.people[name].vendors)
        return self._rng.choice(self._world.models[vendor])
