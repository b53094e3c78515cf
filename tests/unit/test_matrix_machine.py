"""The device's cryptography: between two devices, over restarts, and whatever strangers send."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.matrix.crypto.machine import Arrived, Machine, Undecryptable
from adapters.matrix.crypto.store import OlmStore
from bot.domain.secret import Secret

Json = dict[str, Any]
ALICE: Final = "@alice:hs.test"
BOT: Final = "@hearth:hs.test"
MALLORY: Final = "@mallory:hs.test"
ROOM: Final = "!r:hs.test"
KEY: Final = Secret("canary-store-key")
ANYTHING: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


class Exchange:
    """Devices by user, and their published keys, as a homeserver holds them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.published: dict[str, Json] = {}
        self.one_time: dict[str, Json] = {}
        self.machines: list[Machine] = []

    def machine(self, user: str) -> Machine:
        """Return a user's only device, opened (again), its keys published."""
        folder = self.folder / user[1:4]
        folder.mkdir(exist_ok=True)
        store = OlmStore(user, "DEV", folder, KEY)
        machine = Machine(store)
        self.machines.append(machine)
        self.publish(user, machine)
        return machine

    def publish(self, user: str, machine: Machine) -> Json:
        """Do as a server does with uploaded keys; return what was uploaded."""
        body = machine.publishing.to_upload() or {}
        if "device_keys" in body:
            self.published[user] = body["device_keys"]
        mine = self.one_time.setdefault(user, {})
        for name, key in body.get("one_time_keys", {}).items():
            assert mine.get(name, key) == key, "another key of the same name"
            mine[name] = key
        if body:
            machine.publishing.uploaded({"one_time_key_counts": {"signed_curve25519": 50}})
        return body

    def learn(self, machine: Machine, *users: str) -> None:
        """Let a machine know users' devices."""
        machine.sharing.track(users)
        asked = machine.sharing.to_query()
        devices = {user: {"DEV": self.published[user]} for user in asked if user in self.published}
        machine.sharing.queried(asked, {"device_keys": devices}, dict.fromkeys(asked))

    def share(self, machine: Machine, sender: str, *users: str) -> list[Json]:
        """Let users have the room's key; return the to-device messages."""
        self.learn(machine, *users)
        wanted = machine.sharing.to_claim(users)
        keys = {user: {"DEV": dict([self.one_time[user].popitem()])} for user in wanted}
        machine.sharing.claimed({"one_time_keys": keys})
        sent = []
        for devices, messages in machine.sharing.to_share(ROOM, users):
            machine.sharing.shared(ROOM, devices)
            sent += [
                {"type": "m.room.encrypted", "sender": sender, "content": content}
                for each in messages.values()
                for content in each.values()
            ]
        return sent


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    """Return an exchange whose machines end with the test."""
    made = Exchange(tmp_path)
    yield made
    for machine in made.machines:
        machine.close()


def said(machine: Machine, text: str, relation: Json | None = None) -> Json:
    """Return an encrypted message as a server hands it out."""
    more = {"m.relates_to": relation} if relation else {}
    content = machine.sharing.encrypt(ROOM, "m.room.message", {"body": text, **more})
    return {"event_id": "$1", "sender": ALICE, "origin_server_ts": 1, "content": content}


def test_what_one_device_seals_another_opens(exchange: Exchange) -> None:
    """The key first, then the message; its relation is in clear, as servers need it."""
    alice, bot = exchange.machine(ALICE), exchange.machine(BOT)
    exchange.learn(bot, ALICE)
    assert bot.take(exchange.share(alice, ALICE, BOT)) == Arrived(frozenset({ROOM}), {}, [])
    event = said(alice, "hello", relation={"rel_type": "m.thread"})
    assert event["content"]["m.relates_to"] == {"rel_type": "m.thread"}
    opened = bot.decrypt(ROOM, event)
    assert opened["type"] == "m.room.message"
    assert opened["content"]["body"] == "hello"


def test_keys_outlive_the_process(exchange: Exchange) -> None:
    """After a restart the same device opens what was sealed before it and since."""
    alice, bot = exchange.machine(ALICE), exchange.machine(BOT)
    exchange.learn(bot, ALICE)
    bot.take(exchange.share(alice, ALICE, BOT))
    own = bot.keys
    bot.close()
    again = exchange.machine(BOT)
    exchange.learn(again, ALICE)
    assert again.keys == own
    assert again.decrypt(ROOM, said(alice, "hello"))["content"]["body"] == "hello"


def test_a_key_that_has_not_come_is_named(exchange: Exchange) -> None:
    """So the message can wait for just that key."""
    alice, bot = exchange.machine(ALICE), exchange.machine(BOT)
    exchange.share(alice, ALICE, BOT)
    event = said(alice, "hello")
    with pytest.raises(Undecryptable) as raised:
        bot.decrypt(ROOM, event)
    assert raised.value.session == event["content"]["session_id"]


def test_nobody_speaks_in_anothers_name(exchange: Exchange) -> None:
    """A message sealed with one account's key is no other's, whatever the server says."""
    mallory, bot = exchange.machine(MALLORY), exchange.machine(BOT)
    exchange.machine(ALICE)
    exchange.learn(bot, ALICE, MALLORY)
    bot.take(exchange.share(mallory, MALLORY, BOT))
    forged = said(mallory, "pay for me")
    with pytest.raises(Undecryptable):
        bot.decrypt(ROOM, forged)
    assert bot.decrypt(ROOM, forged | {"sender": MALLORY})["content"]["body"] == "pay for me"


def test_a_message_is_not_taken_twice_nor_elsewhere(exchange: Exchange) -> None:
    """Neither as another event, nor in another room."""
    alice, bot = exchange.machine(ALICE), exchange.machine(BOT)
    exchange.learn(bot, ALICE)
    bot.take(exchange.share(alice, ALICE, BOT))
    event = said(alice, "once")
    bot.decrypt(ROOM, event)
    bot.decrypt(ROOM, event)
    with pytest.raises(Undecryptable):
        bot.decrypt(ROOM, event | {"event_id": "$2"})
    with pytest.raises(Undecryptable):
        bot.decrypt("!other:hs.test", event)


def test_who_is_new_gets_the_key_and_who_left_gets_the_next_one_no_more(
    exchange: Exchange,
) -> None:
    """A key goes to each device once; after a leave there is another key."""
    bot, alice = exchange.machine(BOT), exchange.machine(ALICE)
    mallory = exchange.machine(MALLORY)
    exchange.learn(alice, BOT)
    assert len(exchange.share(bot, BOT, ALICE)) == 1
    assert not exchange.share(bot, BOT, ALICE)
    assert len(exchange.share(bot, BOT, ALICE, MALLORY)) == 1
    before = said(bot, "one")["content"]["session_id"]
    bot.sharing.rotate(ROOM)
    assert len(exchange.share(bot, BOT, ALICE)) == 1
    after = said(bot, "two") | {"sender": BOT}
    assert after["content"]["session_id"] != before
    with pytest.raises(Undecryptable):
        mallory.decrypt(ROOM, after)


def test_only_allowed_devices_get_a_key(exchange: Exchange) -> None:
    """A device that its owner did not sign reads nothing, where the owner signs any."""
    bot = exchange.machine(BOT)
    exchange.machine(ALICE)
    bot.sharing.track([ALICE])
    answer = {"device_keys": {ALICE: {"DEV": exchange.published[ALICE]}}}
    bot.sharing.queried([ALICE], answer, {ALICE: frozenset()})
    assert not bot.sharing.to_claim([ALICE])
    bot.sharing.queried([ALICE], answer, {ALICE: frozenset({"DEV"})})
    assert bot.sharing.to_claim([ALICE]) == {ALICE: ["DEV"]}


def test_one_time_keys_are_made_anew_at_zero(exchange: Exchange) -> None:
    """And the fallback key is when it was used."""
    bot = exchange.machine(BOT)
    assert bot.publishing.to_upload() is None
    bot.publishing.count({}, ["signed_curve25519"])
    body = exchange.publish(BOT, bot)
    assert len(body["one_time_keys"]) == 50
    assert "fallback_keys" not in body
    bot.publishing.count({"signed_curve25519": 50}, [])
    body = exchange.publish(BOT, bot)
    assert body.keys() == {"fallback_keys"}
    assert all(key["fallback"] for key in body["fallback_keys"].values())


def test_keys_that_were_perhaps_published_are_published_again_as_they_were(
    exchange: Exchange,
) -> None:
    """A crash between the upload and the note of it makes no other keys of the same names."""
    store = OlmStore(BOT, "DEV", exchange.folder, KEY)
    first = Machine(store).publishing.to_upload()
    store.close()
    again = OlmStore(BOT, "DEV", exchange.folder, KEY)
    second = Machine(again).publishing.to_upload()
    again.close()
    assert first is not None
    assert first == second


STORM: Final[Sequence[object]] = (
    {"type": "m.room.encrypted"},
    {"type": "m.room.encrypted", "sender": MALLORY, "content": {}},
    {"type": "m.room.encrypted", "sender": MALLORY, "content": {"algorithm": "none"}},
    {"type": "m.room_key", "sender": MALLORY, "content": {"room_id": ROOM}},
    {"type": "m.key.verification.start", "sender": MALLORY, "content": []},
    {"type": "m.room_key.withheld", "sender": MALLORY, "content": {"code": "m.no_olm"}},
    {"type": "m.room_key_request", "sender": MALLORY, "content": {"action": "request"}},
    {"type": "m.dummy"},
    {"type": None},
    {},
    "text",
    None,
)


def sealed_to(bot: Machine, kind: object, body: object) -> Json:
    """Return a to-device message for the bot whose ciphertext is anything."""
    return {
        "type": "m.room.encrypted",
        "sender": MALLORY,
        "content": {
            "algorithm": "m.olm.v1.curve25519-aes-sha2",
            "sender_key": "A" * 43,
            "ciphertext": {bot.keys.curve25519: {"type": kind, "body": body}},
        },
    }


def test_a_storm_of_malformed_messages_is_borne(exchange: Exchange) -> None:
    """Anybody can send them; what is sound among them still comes through."""
    alice, bot = exchange.machine(ALICE), exchange.machine(BOT)
    exchange.learn(bot, ALICE)
    bodies = ("garbage", "AAAA", "", "!!!", None, 7, {"a": 1}, "A" * 500, "AwogAAAA")
    storm = [*STORM, *(sealed_to(bot, kind, body) for kind in (0, 1, 2, "0") for body in bodies)]
    # an unknown one-time key, in a message that is well formed
    stranger = Exchange(exchange.folder / "stranger")
    stranger.folder.mkdir()
    lost = stranger.machine(BOT)
    mallory = exchange.machine(MALLORY)
    stranger.learn(mallory, BOT)
    mallory.sharing.claimed(
        {"one_time_keys": {BOT: {"DEV": dict([stranger.one_time[BOT].popitem()])}}}
    )
    lost.close()
    arrived = bot.take([*storm, *exchange.share(alice, ALICE, BOT), *storm])
    assert arrived.rooms == {ROOM}
    assert bot.decrypt(ROOM, said(alice, "still here"))["content"]["body"] == "still here"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANYTHING, ANYTHING)
def test_anything_may_be_sent_to_the_device(
    exchange: Exchange, kind: object, content: object
) -> None:
    """No JSON stops it."""
    if not exchange.machines:
        exchange.machine(BOT)
    bot = exchange.machines[0]
    bot.take([content, {"type": "m.room.encrypted", "sender": MALLORY, "content": content}])
    bot.take([sealed_to(bot, kind, content)])
    bot.publishing.count(content, kind)
    bot.sharing.claimed({"one_time_keys": content})
    bot.sharing.claimed({"one_time_keys": {MALLORY: {"DEV": content}}})
    bot.sharing.queried([MALLORY], {"device_keys": content}, {})
    bot.sharing.queried([MALLORY], {"device_keys": {MALLORY: {"DEV": content}}}, {})
    event = {"event_id": "$e", "sender": MALLORY, "content": {"session_id": content}}
    with pytest.raises(Undecryptable):
        bot.decrypt(ROOM, event)
