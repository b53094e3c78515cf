"""The application killed before and after every effect, and at random: nothing lost or doubled."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from tests.kills.drive import Drive, deaths_at, drive
from tests.kills.files import screen
from tests.kills.messengers import MESSENGERS
from tests.kills.order import Order
from tests.kills.story import WITNESS, Kind, new_story
from tests.kills.vendor import vendor
from tests.kills.verdict import judge
from tests.kills.witness import Chat
from tests.simulators.process import ROOT

SHARDS: Final = 8
SEED: Final = 20261123
RANDOM_KILLS: Final = 10
CALM: Final = Kind(grows=True)
HASTY: Final = Kind(grows=False, in_a_burst=True, has_fault=True)


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drive]:
    """A vendor and a nursery for all stories of this worker."""
    with drive(tmp_path_factory.mktemp("vendor")) as there:
        yield there


@pytest.mark.parametrize("kind", [CALM, HASTY], ids=["calm", "hasty"])
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_kill_at_any_point_loses_doubles_and_bills_nothing(
    lives: Drive, tmp_path: Path, shard: int, kind: Kind
) -> None:
    """Whatever was about to happen, or just had, the next start puts it right."""
    every = deaths_at(lives.hits(tmp_path / "whole", kind))
    mine = every[shard::SHARDS]
    kills = 0
    for number, death in enumerate(mine):
        end = lives.story(tmp_path / str(number), (death,), kind)
        assert not end.broken, (death, end.broken)
        kills += end.kills
    assert len(every) > 150
    assert kills >= len(mine) * 0.8  # how much arrives, or is committed, at once varies


def test_a_process_of_its_own_is_killed_and_started_as_a_forked_one_is(tmp_path: Path) -> None:
    """The nursery only saves time: a fresh interpreter comes to the same end."""
    folder = tmp_path / "story"
    folder.mkdir()
    story = new_story(CALM)
    chat = Chat(folder)
    chat.send(story.updates(MESSENGERS[WITNESS].removal()))
    with vendor(tmp_path) as there:
        order = Order(
            folder=str(folder),
            url=there.url,
            messenger=WITNESS,
            point="after finish",
            number=2,
        )
        assert _start(order) == -signal.SIGKILL
        assert list(chat.unconfirmed())
        assert _start(replace(order, number=0)) == 0
        assert not judge(folder, story, screen(chat).shown, there.asked(story), kills=1)


def _start(order: Order) -> int:
    with (Path(order.folder) / "log").open("ab") as log:
        command = [sys.executable, "-m", "tests.kills.child", order.dump()]
        return subprocess.run(command, cwd=ROOT, stderr=log, check=False).returncode


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
