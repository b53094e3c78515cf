"""Two ends verify each other, and whoever changes anything on the way is found out."""

import copy
import functools
import itertools
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix import verification_wire as wire
from adapters.matrix.sas import Party, Peer, commitment
from adapters.matrix.verification import Stage, Verification
from adapters.matrix.verification_wire import Message

ALICE = Party("@alice:hs", "PHONE", {"ed25519:PHONE": "phonekey", "ed25519:Alice": "Alice"})
BOT = Party("@bot:hs", "BOTDEVICE", {"ed25519:BOTDEVICE": "botkey", "ed25519:Bot": "Bot"})
ALICE_SEEN = Peer("@alice:hs", {"PHONE": "phonekey", "TABLET": "tabletkey"}, "Alice")
BOT_SEEN = Peer("@bot:hs", {"BOTDEVICE": "botkey"}, "Bot")
Change = Callable[[Message], Message | None]


def unchanged(message: Message) -> Message | None:
    """Let it pass."""
    return message


class Pair:
    """The bot and Alice's phone, and the server between them, which may change what passes."""

    def __init__(self, *, bot_asks: bool, in_room: bool, change: Change = unchanged) -> None:
        self.change = change
        self.bot = Verification(
            BOT, ALICE_SEEN, "$r", in_room=in_room, asked_by="" if bot_asks else "PHONE"
        )
        self.phone = Verification(
            ALICE, BOT_SEEN, "$r", in_room=in_room, asked_by="BOTDEVICE" if bot_asks else ""
        )
        self.passed: list[Message] = []
        self._waiting: deque[tuple[Verification, Message]] = deque()
        self.asker, self.asked = (self.bot, self.phone) if bot_asks else (self.phone, self.bot)

    def send(self, sender: Verification, messages: list[Message]) -> None:
        """Let messages be on their way."""
        self._waiting.extend((sender, message) for message in messages)

    def deliver(self, sender: Verification, messages: list[Message]) -> None:
        """Pass messages on, in order, and what is said to them, until nobody says more."""
        self.send(sender, messages)
        while self._waiting:
            origin, message = self._waiting.popleft()
            self.passed.append(message)
            changed = self.change(Message(message.kind, copy.deepcopy(message.content)))
            receiver = self.phone if origin is self.bot else self.bot
            if changed is not None:
                self.send(receiver, receiver.receive(changed.kind, changed.content))

    def compare(self) -> None:
        """Go on until both show emoji."""
        self.deliver(self.asked, self.asked.accept())

    def confirm(self, *ends: Verification) -> None:
        """Let people say that both show the same."""
        for end in ends or (self.bot, self.phone):
            self.deliver(end, end.confirm())

    @property
    def stages(self) -> tuple[Stage, Stage]:
        """Return how far both ends are."""
        return self.bot.stage, self.phone.stage

    @property
    def kinds(self) -> list[str]:
        """Return what passed."""
        return [each.kind.removeprefix(wire.PREFIX) for each in self.passed]


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


def altering(name: str, alter: Callable[[dict[str, Any]], object]) -> Change:
    """Return a server that alters the content of the messages of a kind."""

    def change(message: Message) -> Message | None:
        if message.kind == f"{wire.PREFIX}{name}":
            alter(message.content)
        return message

    return change


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


@functools.cache
def script() -> dict[str, dict[str, Any]]:
    """Return what is said in a verification, for its shape."""
    pair = Pair(bot_asks=True, in_room=True)
    pair.compare()
    pair.confirm()
    return {each.kind: each.content for each in pair.passed}


def at_stage(stage: Stage) -> Verification:
    """Return a bot that is so far."""
    pair = Pair(bot_asks=True, in_room=True)
    if stage is Stage.READY:
        pair = Pair(bot_asks=False, in_room=True)
        pair.bot.accept()
    elif stage is Stage.STARTED:
        pair.bot.receive("m.key.verification.ready", script()["m.key.verification.ready"])
    elif stage is Stage.ACCEPTED:
        pair.change = lambda each: None if each.kind.endswith(".key") else each
        pair.compare()
    elif stage is Stage.COMPARING:
        pair.compare()
    assert pair.bot.stage is stage
    return pair.bot


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
