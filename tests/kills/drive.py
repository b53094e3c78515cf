"""Runs stories that are cut by kills, each in a folder of its own, and has them judged."""

import itertools
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from tests.kills.messengers import MESSENGERS
from tests.kills.noting import noted
from tests.kills.order import Order
from tests.kills.outside import Outside
from tests.kills.story import SLOW, WITNESS, Kind, Story, new_story
from tests.kills.vendor import Vendor, vendor
from tests.kills.verdict import judge
from tests.kills.witness import Chat
from tests.simulators.process import ROOT

_LEAST_LIFE_S: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """Where a process is killed, or when."""

    point: str = ""
    number: int = 0
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class End:
    """How a story ended: what was broken, in words, and how often it was killed.

    `stale`: messages that were begun just before a kill, so that nobody could know of them.
    """

    broken: Sequence[str]
    kills: int
    stale: int = 0


class Drive:
    """A vendor, simulated messengers and a nursery that outlive every application."""

    def __init__(
        self, vendor: Vendor, outside: Mapping[str, Outside], nursery: subprocess.Popen[str]
    ) -> None:
        """Use all of them while they live; `outside` is by messenger."""
        self._vendor = vendor
        self._outside = outside
        self._nursery = nursery

    def hits(self, folder: Path, kind: Kind) -> Counter[str]:
        """Live a story to its end; return how often each point was passed."""
        end = self.story(folder, (), kind)
        if end.broken:
            raise AssertionError(end.broken)
        return Counter(json.loads((folder / "hits").read_text()))

    def story(self, folder: Path, deaths: Sequence[Death], kind: Kind) -> End:
        """Live a story with deaths, then once more to its end, and judge it."""
        folder.mkdir()
        story = new_story(kind)
        Chat(folder).send(story.updates(MESSENGERS[kind.messenger].removal()))
        order = self._order(folder, story)
        kills = 0
        for death in deaths:
            ended = self._live(replace(order, **asdict(death)))
            if ended not in {"killed", "ended"}:
                return End([f"it {ended} before its death: see {folder / 'log'}"], kills)
            kills += ended == "killed"
        ended = self._live(order)
        if ended != "ended":
            return End([f"it {ended} after {kills} kills: see {folder / 'log'}"], kills)
        return self._judged(folder, story, order, kills)

    def stories(
        self, folder: Path, seed: int, most_deaths: int = 3
    ) -> Iterator[tuple[Path, str, End]]:
        """Live stories with deaths at random times, on and on, each in a folder inside `folder`.

        With each come its folder and the words that bring it back.
        """
        chance = random.Random(seed)
        for number in itertools.count(1):
            kind = _kind(chance, chance.choice(sorted(self._outside)))
            deaths = _deaths(chance, most_deaths, kind)
            here = folder / str(number)
            where = f"seed {seed}, story {number}, {kind}, {deaths}"
            yield here, where, self.story(here, deaths, kind)

    def _order(self, folder: Path, story: Story) -> Order:
        kind = story.kind
        return Order(
            folder=str(folder),
            url=self._vendor.url,
            messenger=kind.messenger,
            grows=kind.grows,
            there=self._outside[kind.messenger].begin(story),
        )

    def _judged(self, folder: Path, story: Story, order: Order, kills: int) -> End:
        messenger, asked = story.kind.messenger, self._vendor.asked(story)
        screen = self._outside[messenger].screen(folder, order.there, asked)
        sends_once = MESSENGERS[messenger].sends_once
        broken = judge(folder, story, screen.shown, asked, kills=kills, sends_once=sends_once)
        unseemly = screen.broken(story.key, noted(folder), kills)
        return End([*broken, *unseemly], kills, len(screen.stale))

    def _live(self, order: Order) -> str:
        if self._nursery.stdin is None or self._nursery.stdout is None:
            raise RuntimeError("the nursery has no pipes")
        self._nursery.stdin.write(f"{order.dump()}\n")
        self._nursery.stdin.flush()
        return self._nursery.stdout.readline().strip() or "was not born"


@contextmanager
def drive(folder: Path, *messengers: str) -> Iterator[Drive]:
    """Start a vendor and these messengers, which write into `folder`, and a nursery; end all."""
    with ExitStack() as stack:
        there = stack.enter_context(vendor(folder))
        outside = {
            name: stack.enter_context(MESSENGERS[name].outside(folder))
            for name in messengers or (WITNESS,)
        }
        nursery = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "tests.kills.nursery"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
        )
        yield Drive(there, outside, nursery)


def deaths_at(hits: Counter[str]) -> Sequence[Death]:
    """Return a death at every hit of every point."""
    return [
        Death(point=point, number=number)
        for point, times in sorted(hits.items())
        for number in range(1, times + 1)
    ]


def around_calls(
    hits: Counter[str], side: str, one_sided: Collection[str] = ("commit",)
) -> Counter[str]:
    """Return the points before and after every call, and on one `side` of those that are named.

    Nothing outside happens at the other points, nor between a commit and what comes next.
    """
    calls = Counter(hits)
    for name in hits:
        kind, _, what = name.partition(" ")
        is_other_side = what in one_sided and kind != side
        if kind in {"as", "at"} or what == "headers left" or is_other_side:
            del calls[name]
    return calls


def _kind(chance: random.Random, messenger: str) -> Kind:
    """Return any kind of story, at a vendor that leaves time for a kill."""
    grows, in_a_burst, has_fault = (chance.random() < 0.5 for _ in range(3))
    return Kind(
        grows=grows, messenger=messenger, in_a_burst=in_a_burst, has_fault=has_fault, rate=SLOW
    )


def _deaths(chance: random.Random, most: int, kind: Kind) -> Sequence[Death]:
    """Return deaths at random times of a life, some of them in the start after another."""
    life_s = MESSENGERS[kind.messenger].life_s
    lives = (chance.uniform(_LEAST_LIFE_S, life_s) for _ in range(chance.randint(1, most)))
    return [Death(after_s=round(life_s, 4)) for life_s in lives]
