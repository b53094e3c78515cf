"""The bot on Telegram, killed before and after every call, and at random: nothing lost or doubled.

The simulated Bot API and the vendor are processes of their own, which outlive every kill.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.kills.drive import Drive, around_calls, deaths_at, drive
from tests.kills.story import SLOW, TELEGRAM, Kind

SHARDS: Final = 10
SEED: Final = 20261126
RANDOM_KILLS: Final = 10
DRAFTS: Final = Kind(messenger=TELEGRAM, grows=False, rate=SLOW // 2)
EDITS: Final = Kind(messenger=TELEGRAM, grows=True, rate=SLOW // 2)
_CALLS: Final = frozenset({"getme", "getupdates", "sendmessage", "deletemessage"})


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drive]:
    """A vendor, a Bot API and a nursery for all stories of this worker."""
    with drive(tmp_path_factory.mktemp("drive"), TELEGRAM) as there:
        yield there


@pytest.mark.parametrize(
    ("kind", "grows_by", "side"),
    [(DRAFTS, "sendmessagedraft", "before"), (EDITS, "editmessagetext", "after")],
    ids=["drafts", "edits"],
)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_kill_around_any_call_loses_doubles_and_bills_nothing(  # noqa: PLR0917 - a table's columns
    lives: Drive, tmp_path: Path, shard: int, kind: Kind, grows_by: str, side: str
) -> None:
    """Whatever Telegram was about to be told, or just had been, the next start puts it right."""
    hits = lives.hits(tmp_path / "whole", kind)
    assert {f"after {each}" for each in (*_CALLS, grows_by)} <= hits.keys()
    assert hits[f"after {grows_by}"] > 5  # some of them while an answer grows
    every = deaths_at(around_calls(hits, side))
    mine = every[shard::SHARDS]
    kills = stale = 0
    for number, death in enumerate(mine):
        end = lives.story(tmp_path / str(number), (death,), kind)
        assert not end.broken, (death, end.broken)
        kills += end.kills
        stale += end.stale
    assert len(every) > 140
    assert kills >= len(mine) * 0.8  # how much arrives, or is committed, at once varies
    assert stale <= kills * 0.25  # only a kill between a message and its note leaves one


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
