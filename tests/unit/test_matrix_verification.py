"""Two ends verify each other in one order of messages, whoever begins and wherever it is."""

import itertools
from typing import Any

import pytest

from adapters.matrix.verification import wire
from adapters.matrix.verification.machine import Stage, Verification
from adapters.matrix.verification.sas import Party, Peer
from tests.fakes.matrix_pair import (
    ALICE,
    ALICE_SEEN,
    BOT,
    BOT_SEEN,
    Pair,
    altering,
    at_stage,
    script,
)

WAYS = [
    pytest.param(bot_asks, in_room, id=f"{who} {where}")
    for (bot_asks, who), (in_room, where) in itertools.product(
        ((True, "bot asks"), (False, "phone asks")), ((True, "in a room"), (False, "to a device"))
    )
]


@pytest.mark.parametrize(("bot_asks", "in_room"), WAYS)
def test_two_honest_ends_verify_each_other(bot_asks: bool, in_room: bool) -> None:
    """Both show the same seven emoji, and both know the other's device and master key."""
    pair = Pair(bot_asks=bot_asks, in_room=in_room)
    pair.compare()
    assert pair.bot.shown == pair.phone.shown
    assert pair.bot.shown is not None
    assert len(pair.bot.shown.emoji) == 7
    pair.confirm()
    assert pair.bot.stage is pair.phone.stage is Stage.DONE
    assert (pair.bot.proved_master, pair.phone.proved_master) == ("Alice", "Bot")
    assert pair.bot.proved == {"ed25519:PHONE", "ed25519:Alice"}
    assert pair.kinds == [
        *("ready", "start", "accept", "key", "key", "mac", "mac", "done", "done")
    ]


@pytest.mark.parametrize(("bot_asks", "in_room"), WAYS)
def test_messages_say_where_they_belong(bot_asks: bool, in_room: bool) -> None:
    """In a room by a reference to the request, to a device by the transaction."""
    pair = Pair(bot_asks=bot_asks, in_room=in_room)
    pair.compare()
    pair.confirm()
    for message in pair.passed:
        assert wire.transaction_of(message.content, in_room=in_room) == "$r"
        assert wire.transaction_of(message.content, in_room=not in_room) == ""


def test_nothing_is_proved_before_somebody_says_yes() -> None:
    """Whatever the other end proves, the bot's MAC waits for its operator."""
    pair = Pair(bot_asks=True, in_room=True)
    pair.compare()
    pair.confirm(pair.phone)
    assert pair.kinds.count("mac") == 1
    assert pair.stages == (Stage.COMPARING, Stage.COMPARING)
    assert not pair.bot.is_confirmed
    pair.confirm(pair.bot)
    assert pair.stages == (Stage.DONE, Stage.DONE)


def test_done_is_not_taken_for_a_yes() -> None:
    """Another end that proved its keys and says it is done cannot answer for the operator."""
    pair = Pair(bot_asks=True, in_room=True)
    pair.compare()
    pair.confirm(pair.phone)
    assert pair.bot.proved
    pair.bot.receive("m.key.verification.done", {})
    assert pair.bot.stage is Stage.CANCELLED
    assert pair.bot.code == "m.unexpected_message"


def test_yes_counts_once_and_only_when_there_is_something_to_compare() -> None:
    """Said too early, twice or too late it sends nothing."""
    pair = Pair(bot_asks=True, in_room=True)
    assert pair.bot.confirm() == []
    pair.compare()
    assert [each.kind for each in pair.bot.confirm()] == ["m.key.verification.mac"]
    assert pair.bot.confirm() == []
    pair.bot.cancel(wire.USER)
    assert pair.bot.confirm() == []


def test_a_no_ends_it_at_both_ends() -> None:
    """The other end learns that the emoji were not the same."""
    pair = Pair(bot_asks=False, in_room=True)
    pair.compare()
    pair.deliver(pair.bot, pair.bot.cancel(wire.MISMATCHED_SAS))
    assert pair.bot.code == pair.phone.code == "m.mismatched_sas"
    assert (pair.bot.is_theirs, pair.phone.is_theirs) == (False, True)
    assert pair.kinds.count("cancel") == 1


@pytest.mark.parametrize("first", ["bot", "phone"])
@pytest.mark.parametrize("user", ["@alice:hs", "@zoe:hs", "@bot:hs"])
def test_two_starts_at_once_become_one(first: str, user: str) -> None:
    """The smaller account's start holds, of one account the smaller device's."""
    bot = Verification(BOT, Peer(user, {"PHONE": "phonekey"}), "$r", in_room=True)
    me = Party(user, "PHONE", {"ed25519:PHONE": "phonekey"})
    phone = Verification(me, BOT_SEEN, "$r", in_room=True)
    pair = Pair(bot_asks=True, in_room=True)
    pair.bot, pair.phone = bot, phone
    ready = {"methods": ["m.sas.v1"], "from_device": "PHONE"}
    bots = bot.receive("m.key.verification.ready", ready)
    phones = phone.receive("m.key.verification.ready", {**ready, "from_device": "BOTDEVICE"})
    both = [(bot, bots), (phone, phones)]
    for sender, messages in both if first == "bot" else reversed(both):
        pair.send(sender, messages)
    pair.deliver(bot, [])
    assert bot.shown == phone.shown is not None
    pair.confirm()
    assert bot.stage is phone.stage is Stage.DONE
    assert pair.kinds.count("start") == 2
    assert pair.kinds.count("accept") == 1


def test_two_starts_of_different_kinds_end_it() -> None:
    """Then nobody knows which one holds."""
    bot = Verification(BOT, ALICE_SEEN, "$r", in_room=True)
    bot.receive("m.key.verification.ready", {"methods": ["m.sas.v1"], "from_device": "PHONE"})
    bot.receive("m.key.verification.start", {"method": "m.x", "from_device": "PHONE"})
    assert bot.code == "m.unexpected_message"


def test_only_numbers_are_shown_where_only_numbers_are_known() -> None:
    """What both ends chose is what both people see."""
    numbers = altering(
        "start", lambda content: content.update(short_authentication_string=["decimal"])
    )
    bot = Verification(BOT, ALICE_SEEN, "$r", in_room=True, asked_by="PHONE")
    phone = Verification(ALICE, BOT_SEEN, "$r", in_room=True)
    (ready,) = bot.accept()
    (start,) = phone.receive(ready.kind, ready.content)
    numbers(start)
    (accept,) = bot.receive(start.kind, start.content)
    assert accept.content["short_authentication_string"] == ["decimal"]
    (key,) = phone.receive(accept.kind, accept.content)
    bot.receive(key.kind, key.content)
    assert bot.shown is not None
    assert bot.shown.emoji == ()
    assert all(1000 <= each <= 9191 for each in bot.shown.decimals)


def test_another_device_that_is_late_changes_nothing() -> None:
    """The first to be ready is the other end."""
    pair = Pair(bot_asks=True, in_room=False)
    pair.compare()
    late = {"from_device": "TABLET", "methods": ["m.sas.v1"]}
    assert pair.bot.receive("m.key.verification.ready", late) == []
    pair.confirm()
    assert pair.bot.stage is Stage.DONE


def test_a_request_of_an_unknown_device_is_not_taken() -> None:
    """Nothing it says could be checked."""
    bot = Verification(BOT, ALICE_SEEN, "$r", in_room=False, asked_by="GONE")
    (cancel,) = bot.accept()
    assert cancel.content["code"] == "m.key_mismatch"


def test_a_request_is_taken_once_and_only_if_it_is_theirs() -> None:
    """Saying ready again, or to oneself, sends nothing."""
    assert Verification(BOT, ALICE_SEEN, "$r", in_room=True).accept() == []
    bot = Verification(BOT, ALICE_SEEN, "$r", in_room=True, asked_by="PHONE")
    assert len(bot.accept()) == 1
    assert bot.accept() == []


EXPECTED = {
    Stage.REQUESTED: {"ready"},
    Stage.READY: {"start"},
    Stage.STARTED: {"start", "accept"},
    Stage.ACCEPTED: {"key"},
    Stage.COMPARING: {"mac"},
}
STAGES = [*EXPECTED]
KINDS = ("ready", "start", "accept", "key", "mac", "done", "request", "x")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_what_does_not_belong_here_ends_it(stage: Stage, kind: str) -> None:
    """Whole and well-formed, but out of order: it is cancelled and says why, once."""
    bot = at_stage(stage)
    content = script().get(f"{wire.PREFIX}{kind}", {})
    if kind == "start":
        content = {**content, "from_device": "PHONE"}
    messages = bot.receive(f"{wire.PREFIX}{kind}", content)
    if kind in EXPECTED[stage]:
        assert bot.code != "m.unexpected_message"
        return
    assert [each.kind for each in messages] == ["m.key.verification.cancel"]
    assert bot.code == messages[0].content["code"] == "m.unexpected_message"
    assert bot.receive(f"{wire.PREFIX}{kind}", content) == []


@pytest.mark.parametrize("content", [{}, {"code": 7}, {"code": "m.user"}], ids=repr)
def test_a_cancellation_is_never_answered(content: dict[str, Any]) -> None:
    """However odd it is, so that two ends cannot cancel each other for ever."""
    bot = at_stage(Stage.COMPARING)
    assert bot.receive("m.key.verification.cancel", content) == []
    assert bot.stage is Stage.CANCELLED
    assert bot.is_theirs
    assert bot.code == "m.user"
    assert bot.cancel(wire.TIMEOUT) == []
    assert bot.code == "m.user"
