"""Logins, devices and keys at the simulated homeserver."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.simulators.matrix.client import Client
from tests.simulators.matrix.server import DEVICE, Simulator

Json = dict[str, Any]
KEY = "signed_curve25519"


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    """Give a homeserver."""
    async with Simulator() as sim:
        yield sim


@pytest.fixture
async def bot(sim: Simulator) -> AsyncIterator[Client]:
    """Give the bot's way to it."""
    async with Client(sim.url, sim.token()) as client:
        yield client


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode().rstrip("=")


def _signed(user: str, usage: str, seed: int, master: int = 0) -> Json:
    """Return a cross-signing key, signed by the master key unless it is one."""
    public = _base64(
        Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)).public_key().public_bytes_raw()
    )
    key: Json = {"user_id": user, "usage": [usage], "keys": {f"ed25519:{public}": public}}
    if not master:
        return key
    signer = Ed25519PrivateKey.from_private_bytes(bytes([master] * 32))
    name = _base64(signer.public_key().public_bytes_raw())
    text = json.dumps(key, sort_keys=True, separators=(",", ":")).encode()
    return {**key, "signatures": {user: {f"ed25519:{name}": _base64(signer.sign(text))}}}


def _identity(user: str, seed: int) -> Json:
    return {
        "master_key": _signed(user, "master", seed),
        "self_signing_key": _signed(user, "self_signing", seed + 1, seed),
        "user_signing_key": _signed(user, "user_signing", seed + 2, seed),
    }


async def test_a_password_opens_a_session_on_the_device_asked_for(sim: Simulator) -> None:
    """A login keeps the device it names, and a wrong password is a 403."""
    async with Client(sim.url) as client:
        who = {"type": "m.id.user", "user": sim.bot}
        given = {"type": "m.login.password", "identifier": who, "password": sim.password}
        assert (await client.call("POST", "login", {**given, "password": "no"}))[0] == 403
        _, found = await client.call("POST", "login", {**given, "device_id": "MINE"})
        client.token = found["access_token"]
        _, me = await client.call("GET", "account/whoami")
        assert (me["user_id"], me["device_id"]) == (sim.bot, "MINE")
        sim.people.revoke()
        status, answer = await client.call("GET", "account/whoami")
        assert (status, answer["errcode"]) == (401, "M_UNKNOWN_TOKEN")


async def test_a_key_for_one_message_is_given_once(sim: Simulator, bot: Client) -> None:
    """Keys are claimed in order, then the one kept for need; a known one is never replaced."""
    ones = {f"{KEY}:A{n}": {"key": f"k{n}", "signatures": {}} for n in range(2)}
    given = {"one_time_keys": ones, "fallback_keys": {f"{KEY}:F": {"key": "f", "signatures": {}}}}
    status, answer = await bot.call("POST", "keys/upload", given)
    assert (status, answer) == (200, {"one_time_key_counts": {KEY: 2}})
    changed = {"one_time_keys": {f"{KEY}:A0": {"key": "other", "signatures": {}}}}
    status, answer = await bot.call("POST", "keys/upload", changed)
    assert status == 400
    assert answer["error"].startswith(f"One time key {KEY}:A0 already exists")
    asked = {"one_time_keys": {sim.bot: {DEVICE: KEY}}}
    claimed = [await bot.call("POST", "keys/claim", asked) for _ in range(4)]
    got = [next(iter(each["one_time_keys"][sim.bot][DEVICE])) for _, each in claimed]
    assert got == [f"{KEY}:A0", f"{KEY}:A1", f"{KEY}:F", f"{KEY}:F"]
    told = await bot.sync()
    assert told["device_one_time_keys_count"] == {KEY: 0}
    assert told["device_unused_fallback_key_types"] == []


async def test_another_identity_takes_the_password(sim: Simulator, bot: Client) -> None:
    """The first identity is taken as it comes, another only with the password."""
    first, other = _identity(sim.bot, 1), _identity(sim.bot, 11)
    path = "keys/device_signing/upload"
    assert (await bot.call("POST", path, first))[0] == 200
    assert (await bot.call("POST", path, first))[0] == 200
    status, asked = await bot.call("POST", path, other)
    assert (status, asked["flows"]) == (401, [{"stages": ["m.login.password"]}])
    who = {"type": "m.id.user", "user": sim.bot}
    auth = {"type": "m.login.password", "identifier": who, "session": asked["session"]}
    status, answer = await bot.call("POST", path, {**other, "auth": {**auth, "password": "no"}})
    assert (status, answer["errcode"]) == (401, "M_FORBIDDEN")
    right = {**other, "auth": {**auth, "password": sim.password}}
    assert (await bot.call("POST", path, right))[0] == 200
    _, found = await bot.call("POST", "keys/query", {"device_keys": {sim.bot: []}})
    assert found["master_keys"][sim.bot] == other["master_key"]


async def test_an_identity_must_be_signed_by_its_master_key(sim: Simulator, bot: Client) -> None:
    """A self-signing key that another master key signed is refused."""
    mixed = {**_identity(sim.bot, 1), "self_signing_key": _signed(sim.bot, "self_signing", 2, 9)}
    status, answer = await bot.call("POST", "keys/device_signing/upload", mixed)
    assert (status, answer["errcode"]) == (400, "M_INVALID_SIGNATURE")


async def test_devices_that_change_are_told_of(sim: Simulator, bot: Client) -> None:
    """A sync names who in the bot's rooms has other devices now, and who is met no more."""
    room = sim.people.group("alice", "Club", members=["bob"])
    sim.people.make("stranger")
    since = (await bot.sync())["next_batch"]
    sim.people.device("alice", "PHONE")
    sim.people.device("stranger", "PHONE")
    told = await bot.sync(since)
    assert told["device_lists"] == {"changed": ["@alice:home.test"]}
    sim.people.leave("bob", room=room)
    told = await bot.sync(told["next_batch"])
    assert told["device_lists"] == {"left": ["@bob:home.test"]}


async def test_a_delegated_server_has_no_logins(sim: Simulator, bot: Client) -> None:
    """Where logins are another service's, a reset of the identity is approved there alone."""
    sim.delegate()
    assert (await bot.call("POST", "login", {}))[1]["errcode"] == "M_UNRECOGNIZED"
    path = "keys/device_signing/upload"
    assert (await bot.call("POST", path, _identity(sim.bot, 1)))[0] == 200
    status, asked = await bot.call("POST", path, _identity(sim.bot, 11))
    assert (status, asked["flows"][0]) == (401, {"stages": ["m.oauth"]})
