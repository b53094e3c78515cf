"""What a room's state says of it, whatever is in it."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix.rooms import Room
from bot.domain.chat import PlaceKind

ME: Final = "@hearth:hs.test"
ALICE: Final = "@alice:hs.test"
BOB: Final = "@bob:hs.test"
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)
STATES: Final = (
    *("m.room.member", "m.room.encryption", "m.room.join_rules", "m.room.history_visibility"),
    *("m.room.tombstone", "m.room.create", "m.room.power_levels", "m.room.name"),
    "m.room.canonical_alias",
)


def state(kind: str, content: object, *, key: str = "", sender: str = ALICE) -> dict[str, Any]:
    """Return a state event."""
    return {"type": kind, "state_key": key, "sender": sender, "content": content}


def room(*members: str) -> Room:
    """Return a room with these members and the bot."""
    found = Room("!r:hs.test")
    for user in (ME, *(members or (ALICE, BOB))):
        name = user[1:].partition(":")[0].title()
        content = {"membership": "join", "displayname": name}
        found.apply(state("m.room.member", content, key=user))
    return found


def made(version: object = "11", **content: object) -> Room:
    """Return a room of that version that alice made."""
    found = room()
    found.apply(state("m.room.create", {"room_version": version, **content}))
    return found


def test_a_room_is_called_by_its_name_its_address_or_its_people() -> None:
    """The first there is of these; of people three, and not the bot."""
    club = room(ALICE, BOB, "@carol:hs.test", "@dan:hs.test")
    assert club.title(ME) == "Alice, Bob, Carol"
    club.apply(state("m.room.canonical_alias", {"alias": "#club:hs.test"}))
    assert club.title(ME) == "#club:hs.test"
    club.apply(state("m.room.name", {"name": " Cooking \n club "}))
    assert club.title(ME) == "Cooking club"
    club.apply(state("m.room.name", {}))
    assert club.title(ME) == "#club:hs.test"


def test_people_are_those_who_came() -> None:
    """Whoever is only invited is not there yet; the bot does not count."""
    club = room()
    club.apply(state("m.room.member", {"membership": "invite"}, key="@carol:hs.test"))
    assert club.people(ME) == [ALICE, BOB]


@pytest.mark.parametrize(
    ("levels", "alice", "bob"),
    [
        ({"users": {ALICE: 100}}, True, False),
        ({"users": {ALICE: 49, BOB: 50}}, False, True),
        ({"users": {ALICE: "100"}}, True, False),
        ({"users": {ALICE: 0}, "users_default": 50}, False, True),
        ({}, False, False),
        ({"users": {ALICE: 100, BOB: -1}, "users_default": 100}, True, False),
    ],
)
def test_admins_have_half_of_the_power(levels: dict[str, Any], *, alice: bool, bob: bool) -> None:
    """By their own level, or by everybody's."""
    club = made()
    club.apply(state("m.room.power_levels", levels))
    assert (club.is_admin(ALICE), club.is_admin(BOB)) == (alice, bob)


def test_without_levels_whoever_made_it_decides() -> None:
    """As the specification has it."""
    assert made().is_admin(ALICE)
    assert not made().is_admin(BOB)


@pytest.mark.parametrize(("version", "stands"), [("11", False), ("12", True), ("13", True)])
def test_creators_stand_above_all_levels(version: str, *, stands: bool) -> None:
    """From version 12 on, those named beside the sender too."""
    club = made(version, additional_creators=[BOB, 1])
    club.apply(state("m.room.power_levels", {"users": {}}))
    assert [club.is_admin(each) for each in (ALICE, BOB)] == [stands, stands]


@pytest.mark.parametrize("version", [None, 12, "x", "12a", "-12", "999999999999"])
def test_a_version_that_is_none_lifts_nobody(version: object) -> None:
    """It is taken for an old one."""
    club = made(version)
    club.apply(state("m.room.power_levels", {"users": {}}))
    assert not club.is_admin(ALICE)


def test_who_is_gone_decides_nothing() -> None:
    """Their level stays in the room's state."""
    club = made()
    club.apply(state("m.room.power_levels", {"users": {BOB: 100}}))
    club.apply(state("m.room.member", {"membership": "leave"}, key=BOB))
    assert not club.is_admin(BOB)


@pytest.mark.parametrize(
    "levels",
    [
        {"users": []},
        {"users": {BOB: 100, ALICE: None}},
        {"users": {BOB: True}},
        {"users": {BOB: 1.5}},
        {"users": {BOB: 100}, "users_default": "all"},
        [],
    ],
)
def test_malformed_levels_change_nothing(levels: object) -> None:
    """Not even by what is well formed in them."""
    club = made()
    club.apply(state("m.room.power_levels", {"users": {ALICE: 100}}))
    club.apply(state("m.room.power_levels", levels))
    assert club.is_admin(ALICE)
    assert not club.is_admin(BOB)


@pytest.mark.parametrize("kind", [each for each in STATES if each != "m.room.member"])
@pytest.mark.parametrize("more", [{}, {"state_key": "other"}, {"state_key": None}])
def test_a_message_is_no_state(kind: str, more: dict[str, Any]) -> None:
    """Whoever may write may send one of any type, which must not change what the room is."""
    content = {
        "users": {BOB: 100},
        "join_rule": "public",
        "history_visibility": "joined",
        "replacement_room": "!elsewhere",
        "predecessor": {"room_id": "!before"},
        "name": "Forged",
        "alias": "#forged:hs.test",
    }
    club = made()
    club.apply({"type": kind, "sender": BOB, "content": content, **more})
    assert club == made()


@given(st.lists(st.tuples(st.sampled_from(STATES), JSON, JSON, JSON), max_size=6))
def test_nothing_breaks_on_what_is_malformed(events: list[tuple[str, Any, Any, Any]]) -> None:
    """Any part of a state may be of any kind."""
    club = room()
    for kind, key, sender, content in events:
        club.apply({"type": kind, "state_key": key, "sender": sender, "content": content})
        club.apply({"type": kind, "state_key": "", "sender": sender, "content": content})
    assert club.kind in PlaceKind
    assert isinstance(club.title(ME), str)
    assert isinstance(club.is_admin(ALICE), bool)
