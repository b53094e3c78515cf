"""What encryption costs for each message, between two devices whose stores are on a disk."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from adapters.matrix.crypto.machine import Machine
from adapters.matrix.crypto.store import OlmStore
from bot.domain.secret import Secret
from tests.bench import lines

_ROOM: Final = "!bench:home.test"
_ALICE: Final = "@alice:home.test"
_BOT: Final = "@hearth:home.test"
_KEY: Final = Secret("canary-store-key")
_TOKENS: Final = 300
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """Milliseconds of CPU for one message of 300 tokens. Neither side writes to its disk."""

    cpu_ms: float
    opened_ms: float


def measure(messages: int) -> Sealing:
    """Let one device write so many messages, under a hundred, and another one read them.

    After a hundred the room's key is another one.
    """
    with (
        tempfile.TemporaryDirectory(prefix="hearthkey-bench-") as folder,
        _device(folder, _BOT) as bot,
        _device(folder, _ALICE) as alice,
    ):
        _introduce(bot, alice)
        text = lines.answer(1, _TOKENS)
        sealed: list[Json] = []

        def seal() -> None:
            with bot.batch():
                sealed.append(bot.sharing.encrypt(_ROOM, "m.room.message", {"body": text}))

        cpu_ms = _cpu_ms(seal, messages)
        events = _events(sealed)

        def open_() -> None:
            assert alice.decrypt(_ROOM, next(events))["content"]["body"] == text

        opened_ms = _cpu_ms(open_, messages)
    return Sealing(cpu_ms=cpu_ms, opened_ms=opened_ms)


def _cpu_ms(act: Callable[[], None], times: int) -> float:
    before = time.process_time()
    for _ in range(times):
        act()
    return (time.process_time() - before) * 1_000 / times


def _events(sealed: list[Json]) -> Iterator[Json]:
    for number, content in enumerate(sealed):
        yield {
            "event_id": f"${number}",
            "sender": _BOT,
            "origin_server_ts": number,
            "content": content,
        }


@contextmanager
def _device(folder: str, user: str) -> Iterator[Machine]:
    where = Path(folder) / user[1:4]
    where.mkdir()
    with closing(Machine(OlmStore(user, "DEV", where, _KEY))) as machine:
        yield machine


def _introduce(bot: Machine, alice: Machine) -> None:
    """Do as a homeserver does: tell each of the other, and bring the room's key."""
    bodies = {_BOT: bot.publishing.to_upload() or {}, _ALICE: alice.publishing.to_upload() or {}}
    devices = {user: {"DEV": body["device_keys"]} for user, body in bodies.items()}
    for machine, user in ((bot, _ALICE), (alice, _BOT)):
        machine.sharing.track((user,))
        machine.sharing.queried((user,), {"device_keys": {user: devices[user]}}, {user: None})
    (name, key), *_ = bodies[_ALICE]["one_time_keys"].items()
    bot.sharing.claimed({"one_time_keys": {_ALICE: {"DEV": {name: key}}}})
    for told, messages in bot.sharing.to_share(_ROOM, (_ALICE,)):
        bot.sharing.shared(_ROOM, told)
        sealed = {"type": "m.room.encrypted", "sender": _BOT, "content": messages[_ALICE]["DEV"]}
        assert alice.take((sealed,)).rooms == {_ROOM}
