"""Whoever changes anything between two ends is found out, and nonsense proves nothing."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix.verification import wire
from adapters.matrix.verification.machine import Stage, Verification
from adapters.matrix.verification.sas import Party, Peer, commitment
from adapters.matrix.verification.wire import Message
from tests.fakes.matrix_pair import (
    BOT,
    BOT_SEEN,
    Change,
    Pair,
    altering,
    at_stage,
    script,
)

STAGES = [Stage.REQUESTED, Stage.READY, Stage.STARTED, Stage.ACCEPTED, Stage.COMPARING]
KINDS = ("ready", "start", "accept", "key", "mac", "done", "request", "x")
OTHER_KEY = "A0" * 21 + "A"
TAMPERED: dict[str, tuple[Change, str]] = {
    "commitment": (
        altering("accept", lambda content: content.update(commitment="AAAA")),
        "m.mismatched_commitment",
    ),
    "commitment that is no text": (
        altering("accept", lambda content: content.update(commitment="\ud800")),
        "m.invalid_message",
    ),
    "start": (
        altering("start", lambda content: content.update(added="field")),
        "m.mismatched_commitment",
    ),
    "start without a form": (
        altering("start", lambda content: content.update(added=0.5)),
        "m.invalid_message",
    ),
    "key": (
        altering("key", lambda content: content.update(key=OTHER_KEY)),
        "m.mismatched_commitment",
    ),
    "accept of the old MAC": (
        altering(
            "accept", lambda each: each.update(message_authentication_code="hkdf-hmac-sha256")
        ),
        "m.unknown_method",
    ),
    "accept of nothing to show": (
        altering("accept", lambda content: content.update(short_authentication_string=["x"])),
        "m.unknown_method",
    ),
    "start of another kind": (
        altering("start", lambda content: content.update(method="m.reciprocate.v1")),
        "m.unknown_method",
    ),
    "start without our hash": (
        altering("start", lambda content: content.update(hashes=["md5"])),
        "m.unknown_method",
    ),
    "start of another device": (
        altering("start", lambda content: content.update(from_device="TABLET")),
        "m.unexpected_message",
    ),
    "ready without emoji": (
        altering("ready", lambda content: content.update(methods=["m.qr_code.show.v1"])),
        "m.unknown_method",
    ),
    "ready of an unknown device": (
        altering("ready", lambda content: content.update(from_device="GONE")),
        "m.key_mismatch",
    ),
}


@pytest.mark.parametrize(("change", "code"), TAMPERED.values(), ids=TAMPERED)
@pytest.mark.parametrize("bot_asks", [True, False], ids=["bot asks", "phone asks"])
def test_nothing_is_shown_over_a_tampered_exchange(
    change: Change,
    code: str,
    bot_asks: bool,
) -> None:
    """Whoever notices ends it, with the reason, at both ends."""
    pair = Pair(bot_asks=bot_asks, in_room=True, change=change)
    pair.compare()
    assert pair.bot.stage is pair.phone.stage is Stage.CANCELLED
    assert pair.bot.code == pair.phone.code == code
    pair.confirm()
    assert "mac" not in pair.kinds


def test_somebody_between_the_ends_shows_in_the_emoji() -> None:
    """With keys of their own, promised in time, both ends show something else."""
    start: dict[str, Any] = {}

    def change(message: Message) -> Message | None:
        match message.kind.removeprefix(wire.PREFIX):
            case "start":
                start.update(copy.deepcopy(message.content))
            case "accept":
                message.content["commitment"] = commitment(OTHER_KEY, start)
            case "key":
                message.content["key"] = OTHER_KEY
            case _:
                pass
        return message

    pair = Pair(bot_asks=True, in_room=True, change=change)
    pair.compare()
    assert pair.bot.stage is pair.phone.stage is Stage.COMPARING
    assert pair.bot.shown != pair.phone.shown
    pair.confirm()
    assert pair.bot.code == pair.phone.code == "m.key_mismatch"


def swap_macs(content: dict[str, Any]) -> None:
    """Give each key the other's MAC."""
    names = [*content["mac"]]
    content["mac"] = dict(zip(names, reversed([*content["mac"].values()]), strict=True))


MACS: dict[str, Callable[[dict[str, Any]], object]] = {
    "one more": lambda content: content["mac"].update({"ed25519:X": "AAAA"}),
    "one less": lambda content: content["mac"].popitem(),
    "none": lambda content: content["mac"].clear(),
    "swapped": swap_macs,
    "damaged": lambda content: content["mac"].update(dict.fromkeys(content["mac"], "A" * 43)),
    "no base64": lambda content: content["mac"].update(dict.fromkeys(content["mac"], "?")),
    "half a character": lambda content: content["mac"].update({"\ud800": "A"}),
    "list damaged": lambda content: content.update(keys="A" * 43),
}


@pytest.mark.parametrize("alter", MACS.values(), ids=MACS)
def test_tampered_macs_prove_nothing(alter: Callable[[dict[str, Any]], object]) -> None:
    """The list of keys is proved too, so none is added, left out or taken for another."""
    pair = Pair(bot_asks=True, in_room=True, change=altering("mac", alter))
    pair.compare()
    pair.confirm(pair.phone)
    assert pair.bot.stage is Stage.CANCELLED
    assert pair.bot.code == pair.phone.code == "m.key_mismatch"
    assert not pair.bot.proved
    assert "done" not in pair.kinds


@pytest.mark.parametrize(
    "seen",
    [
        Peer("@alice:hs", {"PHONE": "roguekey"}, "Alice"),
        Peer("@alice:hs", {"PHONE": "phonekey"}, "Rogue"),
        Peer("@alice:hs", {"PHONE": "phonekey"}),
    ],
    ids=["device key", "master key", "no master key"],
)
def test_keys_that_the_server_shows_otherwise_are_not_proved(seen: Peer) -> None:
    """What the phone proves must be what the bot was told, or somebody lied."""
    pair = Pair(bot_asks=True, in_room=False)
    pair.bot = pair.asker = Verification(BOT, seen, "$r", in_room=False)
    pair.compare()
    pair.confirm(pair.phone)
    assert pair.bot.code == pair.phone.code == "m.key_mismatch"


def test_no_key_at_all_is_not_enough() -> None:
    """A list of nothing, rightly proved, proves nothing."""
    pair = Pair(bot_asks=True, in_room=True)
    nothing = Party("@alice:hs", "PHONE", {})
    pair.phone = pair.asked = Verification(
        nothing, BOT_SEEN, "$r", in_room=True, asked_by="BOTDEVICE"
    )
    pair.compare()
    pair.confirm(pair.phone)
    assert pair.bot.code == "m.key_mismatch"


@pytest.mark.parametrize(
    ("keys", "master"),
    [({"ed25519:PHONE": "phonekey"}, ""), ({"ed25519:Alice": "Alice"}, "Alice")],
    ids=["device key alone", "master key alone"],
)
def test_one_known_key_is_enough(keys: dict[str, str], master: str) -> None:
    """A session that is not verified itself proves its device only, newer apps only their user."""
    pair = Pair(bot_asks=True, in_room=True)
    pair.phone = pair.asked = Verification(
        Party("@alice:hs", "PHONE", keys), BOT_SEEN, "$r", in_room=True, asked_by="BOTDEVICE"
    )
    pair.compare()
    pair.confirm()
    assert pair.bot.stage is Stage.DONE
    assert pair.bot.proved == {*keys}
    assert pair.bot.proved_master == master


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("m.sas.v1"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = sorted({name for content in script().values() for name in content})
CONTENTS = ANY_JSON | st.dictionaries(st.sampled_from(FIELDS), ANY_JSON)
NAMES = st.sampled_from([f"{wire.PREFIX}{kind}" for kind in (*KINDS, "cancel")]) | st.text()


@given(st.sampled_from(STAGES), st.lists(st.tuples(NAMES, CONTENTS), max_size=4))
def test_a_storm_of_nonsense_raises_nothing_and_proves_nothing(
    stage: Stage, storm: list[tuple[str, object]]
) -> None:
    """Any JSON at any stage: at most one cancellation is said, and no key is proved."""
    bot = at_stage(stage)
    said = [message for kind, content in storm for message in bot.receive(kind, content)]
    assert [each.kind for each in said] in ([], ["m.key.verification.cancel"])
    assert bot.stage in {stage, Stage.CANCELLED}
    assert not bot.proved
    assert not bot.is_confirmed


@given(st.sampled_from([*script()]), st.data())
def test_one_damaged_field_never_ends_well(name: str, data: st.DataObject) -> None:
    """A field of another type is an invalid message, wherever it is on the way."""
    fields = {
        "ready": ["methods", "from_device"],
        "start": ["method", "from_device", "hashes", "short_authentication_string"],
        "accept": ["commitment", "hash", "short_authentication_string"],
        "key": ["key"],
        "mac": ["mac", "keys"],
        "done": [],
    }[name.removeprefix(wire.PREFIX)]
    if not fields:
        return
    field = data.draw(st.sampled_from(fields))
    value = data.draw(st.none() | st.integers() | st.lists(st.integers(), min_size=1))
    change = altering(name.removeprefix(wire.PREFIX), lambda each: each.update({field: value}))
    pair = Pair(bot_asks=True, in_room=True, change=change)
    pair.compare()
    pair.confirm()
    assert pair.bot.stage is pair.phone.stage is Stage.CANCELLED
    assert pair.bot.code == pair.phone.code == "m.invalid_message"
