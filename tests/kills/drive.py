"""Runs stories that are cut by kills, each in a folder of its own, and has them judged."""

import itertools
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from tests.kills.botapi import BotApi, botapi
from tests.kills.child import Order
from tests.kills.story import SLOW, TELEGRAM, WITNESS, Kind, Story, new_story
from tests.kills.telegram import NOTED
from tests.kills.vendor import Vendor, vendor
from tests.kills.verdict import judge, screen
from tests.kills.witness import Chat, Journal
from tests.simulators.process import ROOT

LIFE_S: Final = {WITNESS: 0.4, TELEGRAM: 0.8}  # about as long as a whole story takes
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
    """A vendor, a Bot API and a nursery that outlive every application."""

    def __init__(self, vendor: Vendor, api: BotApi, nursery: subprocess.Popen[str]) -> None:
        """Use all of them while they live."""
        self._vendor = vendor
        self._api = api
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
        Chat(folder).send(story.updates())
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
        return self._judged(folder, story, order.since, kills)

    def stories(
        self, folder: Path, seed: int, messengers: Sequence[str] = (WITNESS,), most_deaths: int = 3
    ) -> Iterator[tuple[Path, str, End]]:
        """Live stories with deaths at random times, on and on, each in a folder inside `folder`.

        With each come its folder and the words that bring it back.
        """
        chance = random.Random(seed)
        for number in itertools.count(1):
            kind = _kind(chance, chance.choice(messengers))
            deaths = _deaths(chance, most_deaths, kind)
            here = folder / str(number)
            where = f"seed {seed}, story {number}, {kind}, {deaths}"
            yield here, where, self.story(here, deaths, kind)

    def _order(self, folder: Path, story: Story) -> Order:
        order = Order(folder=str(folder), url=self._vendor.url, grows=story.kind.grows)
        if story.kind.messenger != TELEGRAM:
            return order
        since = self._api.begin(story)
        return replace(order, api=self._api.url, person=story.person, since=since)

    def _judged(self, folder: Path, story: Story, since: int, kills: int) -> End:
        asked = self._vendor.asked(story)
        if story.kind.messenger != TELEGRAM:
            shown = screen(Chat(folder))
            return End(judge(folder, story, shown, asked, kills=kills), kills)
        phone = self._api.phone(story, since)
        broken = judge(folder, story, phone.shown(), asked, kills=kills)
        noted = {int(line["message"]) for line in Journal(folder / NOTED).lines()}
        unseemly = phone.broken(story.key, noted, kills)
        return End([*broken, *unseemly], kills, len(phone.stale()))

    def _live(self, order: Order) -> str:
        if self._nursery.stdin is None or self._nursery.stdout is None:
            raise RuntimeError("the nursery has no pipes")
        self._nursery.stdin.write(f"{json.dumps(asdict(order))}\n")
        self._nursery.stdin.flush()
        return self._nursery.stdout.readline().strip() or "was not born"


@contextmanager
def drive(folder: Path) -> Iterator[Drive]:
    """Start a vendor and a Bot API, which write into `folder`, and a nursery; end all of them."""
    with (
        vendor(folder) as there,
        botapi(folder) as api,
        subprocess.Popen(
            [sys.executable, "-m", "tests.kills.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        ) as nursery,
    ):
        yield Drive(there, api, nursery)


def deaths_at(hits: Counter[str]) -> Sequence[Death]:
    """Return a death at every hit of every point."""
    return [
        Death(point=point, number=number)
        for point, times in sorted(hits.items())
        for number in range(1, times + 1)
    ]


def _kind(chance: random.Random, messenger: str) -> Kind:
    """Return any kind of story, at a vendor that leaves time for a kill."""
    grows, in_a_burst, has_fault = (chance.random() < 0.5 for _ in range(3))
    return Kind(
        grows=grows, messenger=messenger, in_a_burst=in_a_burst, has_fault=has_fault, rate=SLOW
    )


def _deaths(chance: random.Random, most: int, kind: Kind) -> Sequence[Death]:
    """Return deaths at random times of a life, some of them in the start after another."""
    life_s = LIFE_S[kind.messenger]
    lives = (chance.uniform(_LEAST_LIFE_S, life_s) for _ in range(chance.randint(1, most)))
    return [Death(after_s=round(life_s, 4)) for life_s in lives]
