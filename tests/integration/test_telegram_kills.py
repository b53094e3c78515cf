"""The bot on Telegram, killed before and after every call, and at random: nothing lost or doubled.

The simulated Bot API and the vendor are processes of their own, which outlive every kill.
"""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.kills.drive import Drive, deaths_at, drive, random_deaths, random_kind
from tests.kills.story import SLOW, TELEGRAM, Kind

SHARDS: Final = 8
SEED: Final = 20261126
RANDOM_KILLS: Final = 13
DRAFTS: Final = Kind(messenger=TELEGRAM, grows=False, rate=SLOW)
EDITS: Final = Kind(messenger=TELEGRAM, grows=True, rate=SLOW)
_CALLS: Final = frozenset({"getme", "getupdates", "sendmessage", "deletemessage"})


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drive]:
    """A vendor, a Bot API and a nursery for all stories of this worker."""
    with drive(tmp_path_factory.mktemp("drive")) as there:
        yield there


@pytest.mark.parametrize(
    ("kind", "grows_by"),
    [(DRAFTS, "sendmessagedraft"), (EDITS, "editmessagetext")],
    ids=["drafts", "edits"],
)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_kill_around_any_call_loses_doubles_and_bills_nothing(
    lives: Drive, tmp_path: Path, shard: int, kind: Kind, grows_by: str
) -> None:
    """Whatever Telegram was about to be told, or just had been, the next start puts it right."""
    hits = lives.hits(tmp_path / "whole", kind)
    assert {f"after {each}" for each in (*_CALLS, grows_by)} <= hits.keys()
    assert hits[f"after {grows_by}"] > 4
    every = deaths_at(_around(hits))
    mine = every[shard::SHARDS]
    kills = stale = 0
    for number, death in enumerate(mine):
        end = lives.story(tmp_path / str(number), (death,), kind)
        assert not end.broken, (death, end.broken)
        kills += end.kills
        stale += end.stale
    assert len(every) > 200
    assert kills >= len(mine) * 0.8  # how much arrives, or is committed, at once varies
    assert stale <= kills * 0.1


def _around(hits: Counter[str]) -> Counter[str]:
    """Return the points beside what happens outside; between the others nothing does."""
    return Counter(
        {
            name: times
            for name, times in hits.items()
            if not name.startswith("at ") and name != "as headers leave"
        }
    )


@pytest.mark.parametrize("shard", range(SHARDS))
def test_kills_at_random_times_lose_double_and_bill_nothing(
    lives: Drive, tmp_path: Path, shard: int
) -> None:
    """Most stories are cut more than once; the seed on failure brings the times back."""
    chance = random.Random(SEED + shard)
    kills = number = 0
    while kills < RANDOM_KILLS:
        number += 1
        kind = random_kind(chance, TELEGRAM)
        deaths = random_deaths(chance, chance.randint(1, 3), kind)
        end = lives.story(tmp_path / str(number), deaths, kind)
        assert not end.broken, (SEED + shard, number, kind, deaths, end.broken)
        kills += end.kills
