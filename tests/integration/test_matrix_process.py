"""The command itself at a real Synapse, killed in the middle of an answer."""

import signal
import time
from pathlib import Path

import pytest

from tests.fakes.command import running, settings
from tests.fakes.matrix_bot import ALICE, BOT
from tests.homeserver.synapse import Synapse
from tests.phone.phone import Phone, phone
from tests.simulators.process import served

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


async def test_a_kill_in_mid_answer_loses_and_doubles_nothing(
    homeserver: Synapse, tmp_path: Path
) -> None:
    """What had come stays, with a way to ask again; the next start goes on by itself."""
    with served("tests.simulators.vendor_sim") as vendor:
        env = settings(
            tmp_path,
            matrix_homeserver=homeserver.url,
            matrix_user=BOT,
            matrix_password="pw-canary-hearth",
            operators=f"matrix:{ALICE}",
            endpoints=f"home={vendor['url']}",
        )
        async with phone(homeserver, "alice") as alice:
            with running(env) as (process, _):
                room = await alice.direct(BOT)
                await alice.say(room, "!addkey home sk-canary-killed-00000000")
                await alice.heard(room, "key accepted")
                await alice.say(room, "Why? [sim tokens=400 rate=20]")
                await _grown(alice, room)
                process.send_signal(signal.SIGKILL)
                process.wait(10)
            missed = await alice.say(room, "And why not? [sim tokens=20 rate=200]")
            began = time.monotonic()
            with running(env):
                cut = await alice.heard(room, "1 Ask again")
                await _answered(alice, room, missed)
            assert time.monotonic() - began < 30
            screen = await alice.screen(room)
            assert not any(each.raw["isFailing"] for each in screen)
            texts = [each.text for each in screen if each.sender == BOT]
            assert len(texts) == len(set(texts))
            assert "charged" in cut.text
    said = (tmp_path / "data").rglob("*")
    assert not any(b"sk-canary-killed" in each.read_bytes() for each in said if each.is_file())


async def _grown(alice: Phone, room: str) -> None:
    """Wait until an answer grows."""

    async def look() -> bool:
        newest = (await alice.screen(room))[-1]
        return newest.sender == BOT and newest.edits >= 1

    await alice.until(look)


async def _answered(alice: Phone, room: str, question: str) -> None:
    """Wait until the question that came while nobody was there has its answer."""

    async def look() -> bool:
        found = await alice.screen(room)
        at = next(place for place, each in enumerate(found) if each.id == question)
        return any("word20" in each.text for each in found[at + 1 :])

    await alice.until(look)
