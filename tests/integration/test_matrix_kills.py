"""The bot on Matrix, killed before and after every call, and at random: nothing lost or doubled.

The simulated homeserver and the vendor are processes of their own, which outlive every kill.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.kills.drive import Death, Drive, around_calls, deaths_at, drive
from tests.kills.story import FAST, MATRIX, SLOW, Kind

SHARDS: Final = 10
SEED: Final = 20261127
RANDOM_KILLS: Final = 10
EDITS: Final = Kind(messenger=MATRIX, grows=True, rate=SLOW // 2, later_rate=FAST)
WHOLE: Final = Kind(messenger=MATRIX, grows=False)
_CALLS: Final = frozenset(
    {
        *("versions", "login", "sync", "send", "redact", "receipt", "typing"),
        *("keys/upload", "keys/query", "keys/device_signing/upload", "keys/signatures/upload"),
    }
)
# What may come twice or never without harm; the other kind of story is killed on its other side.
_PASSING: Final = frozenset({"versions", "sync", "receipt", "typing", "commit"})
_STARTING: Final = 16  # commits of a first start, for the device and its identity


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drive]:
    """A vendor, a homeserver and a nursery for all stories of this worker."""
    with drive(tmp_path_factory.mktemp("drive"), MATRIX) as there:
        yield there


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_kill_while_an_answer_grows_loses_doubles_and_bills_nothing(
    lives: Drive, tmp_path: Path, shard: int
) -> None:
    """Whatever the homeserver was about to be told, or just had been, the next start mends it."""
    hits = lives.hits(tmp_path / "whole", EDITS)
    assert hits["after send"] > 11  # some of them while an answer grows
    del hits["before commit"], hits["after commit"]
    _live_and_die(lives, tmp_path, EDITS, around_calls(hits, "after", _PASSING), shard)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_kill_while_a_whole_answer_waits_loses_doubles_and_bills_nothing(
    lives: Drive, tmp_path: Path, shard: int
) -> None:
    """The same where answers come whole, and at commits between the calls."""
    hits = lives.hits(tmp_path / "whole", WHOLE)
    assert {f"after {each}" for each in _CALLS} <= hits.keys()
    _live_and_die(lives, tmp_path, WHOLE, around_calls(hits, "before", _PASSING), shard)


def _live_and_die(
    lives: Drive, folder: Path, kind: Kind, points: Counter[str], shard: int
) -> None:
    """Live a story with one death for each of this shard's points."""
    every = [each for each in deaths_at(points) if not _is_left_out(each)]
    mine = every[shard::SHARDS]
    kills = stale = 0
    for number, death in enumerate(mine):
        end = lives.story(folder / str(number), (death,), kind)
        assert not end.broken, (death, end.broken)
        kills += end.kills
        stale += end.stale
    assert len(every) > 80
    assert kills >= len(mine) * 0.8  # how much arrives, or is committed, at once varies
    assert stale <= kills * 0.3  # only a kill between a message and its note leaves one; of eleven


def _is_left_out(death: Death) -> bool:
    """Leave out every other commit of what is tried on the other messengers at each."""
    is_commit = death.point.endswith("commit")
    return is_commit and death.number > _STARTING and death.number % 2 == 0


@pytest.mark.parametrize("shard", range(SHARDS))
def test_kills_at_random_times_lose_double_and_bill_nothing(
    lives: Drive, tmp_path: Path, shard: int
) -> None:
    """Most stories are cut more than once; the seed on failure brings the times back."""
    kills = 0
    for _, where, end in lives.stories(tmp_path, SEED + shard):
        assert not end.broken, (where, end.broken)
        kills += end.kills
        if kills >= RANDOM_KILLS:
            break
