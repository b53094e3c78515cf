"""A device counts as signed only if every signature up to its owner's master key is good."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix.trust.identities import device_of, devices_of, identity_of, signed_devices
from adapters.matrix.trust.signing import sign, with_signature
from tests.fakes.matrix_keys import KeyServer, Phone

ALICE = "@alice:hs"
Answer = dict[str, Any]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just(ALICE), inner),
    max_leaves=20,
)


@pytest.fixture
def phone() -> Phone:
    """Alice's phone, signed by her identity."""
    return Phone(ALICE, "PHONE")


@pytest.fixture
async def answer(phone: Phone) -> Answer:
    """What the server says of Alice, who has a second device that is not signed."""
    server = KeyServer("@bot:hs")
    server.add(phone, is_signed=True)
    server.add(Phone(ALICE, "OLD"))
    return await server.query_keys([ALICE])


def test_only_signed_devices_count(answer: Answer) -> None:
    """Both are known, and one is signed."""
    assert set(devices_of(answer, ALICE)) == {"PHONE", "OLD"}
    assert signed_devices(answer, ALICE) == frozenset({"PHONE"})


def test_somebody_without_an_identity_has_no_signed_devices(answer: Answer) -> None:
    """That is told apart from an identity that has signed none."""
    assert signed_devices(answer, "@bob:hs") is None
    del answer["master_keys"][ALICE]
    assert signed_devices(answer, ALICE) is None


def other_self_signing_key(answer: Answer, phone: Phone) -> None:
    """Let the server put in a key that signed its own device, but not by the master key."""
    rogue = Phone(ALICE, "PHONE")
    rogue.account = phone.account
    identity = rogue.seeds.identity(ALICE)
    answer["self_signing_keys"][ALICE] = identity["self_signing_key"]
    answer["device_keys"][ALICE]["PHONE"] = rogue.signed_object()


def signed_by_the_master_key_only(answer: Answer, phone: Phone) -> None:
    """Let the device be signed by the wrong key of the right person."""
    master = phone.seeds.publics.master
    device = answer["device_keys"][ALICE]["PHONE"]
    device["signatures"][ALICE] = {
        **phone.object()["signatures"][ALICE],
        f"ed25519:{master}": sign(device, phone.seeds.master),
    }


def changed_device(answer: Answer, phone: Phone) -> None:
    """Let the device's encryption key be another's."""
    del phone
    other = Phone(ALICE, "PHONE").keys.curve25519
    answer["device_keys"][ALICE]["PHONE"]["keys"]["curve25519:PHONE"] = other


def renamed_device(answer: Answer, phone: Phone) -> None:
    """Let the device be listed under another name."""
    del phone
    devices = answer["device_keys"][ALICE]
    devices["OTHER"] = devices.pop("PHONE")


def no_self_signing_key(answer: Answer, phone: Phone) -> None:
    """Let there be nothing that signs devices."""
    del phone
    del answer["self_signing_keys"]


def user_signing_key_in_its_place(answer: Answer, phone: Phone) -> None:
    """Let a key made for other people sign a device."""
    identity = phone.seeds.identity(ALICE)
    answer["self_signing_keys"][ALICE] = identity["user_signing_key"]
    device, seeds = phone.object(), phone.seeds
    by = seeds.publics.user_signing
    device["signatures"][ALICE][f"ed25519:{by}"] = sign(device, seeds.user_signing)
    answer["device_keys"][ALICE]["PHONE"] = device


def another_persons_master_key(answer: Answer, phone: Phone) -> None:
    """Let the master key be somebody else's."""
    del phone
    mallory = Phone("@mallory:hs", "M").seeds
    answer["master_keys"][ALICE] = mallory.identity("@mallory:hs")["master_key"]


def two_master_keys_in_one(answer: Answer, phone: Phone) -> None:
    """Let nobody know which key it is."""
    del phone
    answer["master_keys"][ALICE]["keys"]["ed25519:x"] = "x"


def master_key_of_no_length(answer: Answer, phone: Phone) -> None:
    """Let the master key be text that is no key."""
    del phone
    answer["master_keys"][ALICE]["keys"] = {"ed25519:?": "?"}


BREAKS = (
    master_key_of_no_length,
    other_self_signing_key,
    signed_by_the_master_key_only,
    changed_device,
    renamed_device,
    no_self_signing_key,
    user_signing_key_in_its_place,
    another_persons_master_key,
    two_master_keys_in_one,
)


@pytest.mark.parametrize("damage", BREAKS)
def test_a_broken_chain_signs_nothing(
    answer: Answer, phone: Phone, damage: Callable[[Answer, Phone], None]
) -> None:
    """There is an identity, so an unsigned device is not taken for one of somebody without."""
    damage(answer, phone)
    assert signed_devices(answer, ALICE) == frozenset()


def test_a_device_must_sign_itself(answer: Answer, phone: Phone) -> None:
    """The identity's signature alone does not show that the device holds its key."""
    device = phone.object()
    seeds = phone.seeds
    signature = sign(device, seeds.self_signing)
    unproved = with_signature(device, ALICE, seeds.publics.self_signing, signature)
    answer["device_keys"][ALICE]["PHONE"] = unproved
    assert device_of(answer, ALICE, "PHONE") is None
    assert signed_devices(answer, ALICE) == frozenset()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "device_keys": ANY_JSON | st.dictionaries(st.just(ALICE), ANY_JSON),
            "master_keys": ANY_JSON | st.dictionaries(st.just(ALICE), ANY_JSON),
            "self_signing_keys": ANY_JSON | st.dictionaries(st.just(ALICE), ANY_JSON),
        },
    )
)
def test_no_answer_breaks_the_reading(answer: Answer) -> None:
    """Whatever JSON a server sends, nothing is raised and nothing is signed."""
    assert not signed_devices(answer, ALICE)
    assert not devices_of(answer, ALICE)
    identity = identity_of(answer, ALICE)
    assert identity is None or identity.master == ""
