"""The bot has an identity, keeps it over every cut, and never makes another by itself."""

from collections.abc import Callable
from typing import Any

import pytest

from adapters.matrix.trust.approval import Refused
from adapters.matrix.trust.trust import DeviceLost, Standing
from adapters.matrix.wire import CallError
from tests.fakes.matrix_account import BOT, BotAccount
from tests.fakes.matrix_keys import Cut, Phone

ALICE = "@alice:hs"
UPLOADED = 6  # the point of a renewal at which the server has the new identity


@pytest.fixture
def stand() -> BotAccount:
    """An account without an identity."""
    return BotAccount()


@pytest.fixture
def secured(canary: Callable[..., str]) -> BotAccount:
    """An account whose server asks for a password before it takes another identity."""
    return BotAccount(password=canary("pw-"))


async def test_a_first_start_makes_an_identity(stand: BotAccount) -> None:
    """It is uploaded, signs the device, and its master key is signed by the device."""
    trust = stand.start()
    assert trust.master == ""
    state = await trust.establish()
    assert state.standing is Standing.TRUSTED
    assert state.line == ""
    assert stand.is_whole()
    assert trust.master == stand.master
    assert stand.server.log == ["query", "identity", "signatures"]


async def test_later_starts_change_nothing(stand: BotAccount) -> None:
    """One look, and neither a key nor a signature is sent again."""
    await stand.start().establish()
    identity = dict(stand.identity)
    stand.server.log.clear()
    kept = dict(stand.keepsakes.kept)
    assert (await stand.start().establish()).standing is Standing.TRUSTED
    assert stand.server.log == ["query"]
    assert stand.identity == identity
    assert stand.keepsakes.kept == kept


async def test_a_new_device_is_signed_by_the_same_identity(stand: BotAccount) -> None:
    """A lost crypto store costs nobody's trust."""
    await stand.start().establish()
    master = stand.master
    stand.device = Phone(BOT, "SECOND")
    stand.server.add(stand.device)
    assert (await stand.start().establish()).standing is Standing.TRUSTED
    assert stand.master == master
    assert stand.server.is_signed(BOT, master, "SECOND")


@pytest.mark.parametrize("change", ["gone", "ed25519", "curve25519", "unsigned", "renamed"])
async def test_a_device_that_is_not_ours_is_told(stand: BotAccount, change: str) -> None:
    """Whatever differs, no identity is made for a device the server does not have like that."""
    device = stand.server.devices[BOT]["BOTDEVICE"]
    match change:
        case "gone":
            stand.server.devices.clear()
        case "unsigned":
            device["signatures"] = {}
        case "renamed":
            device["device_id"] = "OTHER"
        case _:
            other = Phone(BOT, "BOTDEVICE").object()["keys"]
            device["keys"][f"{change}:BOTDEVICE"] = other[f"{change}:BOTDEVICE"]
    with pytest.raises(DeviceLost):
        await stand.start().establish()
    assert stand.server.log == ["query"]
    assert stand.keepsakes.kept == {}


async def test_an_identity_of_others_is_left_alone(secured: BotAccount) -> None:
    """It is reported with what to do, and neither the server nor the seeds are touched."""
    secured.server.identities[BOT] = Phone(BOT, "X").seeds.identity(BOT)
    identity = dict(secured.identity)
    trust = secured.start()
    state = await trust.establish()
    assert state.standing is Standing.FOREIGN
    assert "hearthkey matrix reset-identity" in state.line
    assert trust.master == ""
    assert secured.server.log == ["query"]
    assert secured.identity == identity
    with pytest.raises(Refused):
        await trust.vouch(ALICE, "?")


async def test_lost_seeds_make_our_own_identity_foreign(secured: BotAccount) -> None:
    """Without the seeds it is nobody's to sign with."""
    await secured.start().establish()
    secured.keepsakes.kept.clear()
    assert (await secured.start().establish()).standing is Standing.FOREIGN
    assert secured.keepsakes.kept == {}


async def test_an_identity_nobody_can_read_is_foreign(stand: BotAccount) -> None:
    """What is there is not replaced because it looks odd."""
    stand.server.identities[BOT] = {"master_key": {"keys": []}}
    assert (await stand.start().establish()).standing is Standing.FOREIGN


async def test_a_server_that_forgot_gets_the_same_identity_again(stand: BotAccount) -> None:
    """Seeds that are kept are used, so whoever verified the bot notices nothing."""
    await stand.start().establish()
    master = stand.master
    stand.server.identities.clear()
    assert (await stand.start().establish()).standing is Standing.TRUSTED
    assert stand.master == master


async def test_a_replaced_self_signing_key_is_put_right(secured: BotAccount) -> None:
    """The master key is ours, so the keys under it are made ours again, with the password."""
    await secured.start().establish()
    secured.identity["self_signing_key"] = Phone(BOT, "X").seeds.identity(BOT)["self_signing_key"]
    assert (await secured.start().establish()).standing is Standing.TRUSTED
    assert secured.is_whole()
    assert len(secured.server.auths) == 1


async def first_start(stand: BotAccount) -> None:
    """Make the first identity."""
    await stand.start().establish()


async def new_identity(stand: BotAccount) -> None:
    """Replace the identity there is."""
    await stand.start().renew()


@pytest.mark.parametrize("is_renewal", [False, True], ids=["first", "renewal"])
async def test_no_cut_loses_the_identity(canary: Callable[..., str], *, is_renewal: bool) -> None:
    """Wherever the process ends, the next start stands on the server's identity, signed."""
    work = new_identity if is_renewal else first_start
    point = 0
    while True:
        point += 1
        stand = BotAccount(password=canary("pw-"))
        if is_renewal:
            await stand.start().establish()
        counter = stand.cut_at(point)
        try:
            await work(stand)
        except Cut:
            pass
        else:
            break
        had = stand.master if stand.identity else ""
        stand.cut_at(0)
        assert (await stand.start().establish()).standing is Standing.TRUSTED
        assert stand.is_whole()
        assert had in {"", stand.master}
        assert len(stand.keepsakes.kept) == 1
    assert counter.passed == point - 1 >= 8


async def test_cuts_in_the_repair_do_not_lose_it_either(secured: BotAccount) -> None:
    """A process that ends in every start, each time a little later, still gets there."""
    await secured.start().establish()
    secured.cut_at(UPLOADED)
    with pytest.raises(Cut):
        await secured.start().renew()
    master = secured.master
    for point in range(1, 4):
        secured.cut_at(point)
        with pytest.raises(Cut):
            await secured.start().establish()
    secured.cut_at(0)
    assert (await secured.start().establish()).standing is Standing.TRUSTED
    assert secured.master == master
    assert secured.is_whole()


async def test_an_uncertain_renewal_leaves_the_bot_unsigned_until_it_is_known(
    secured: BotAccount,
) -> None:
    """An answer that never came may mean either; the next look tells."""
    trust = secured.start()
    await trust.establish()
    secured.cut_at(UPLOADED)
    upload = secured.server.upload_signing_keys

    async def unheard(body: dict[str, Any], auth: dict[str, Any] | None = None) -> None:
        try:
            await upload(body, auth)
        except Cut:
            raise CallError(0) from None

    secured.server.upload_signing_keys = unheard  # type: ignore[method-assign]  # the cut line
    with pytest.raises(CallError):
        await trust.renew()
    assert trust.master == ""
    assert (await trust.establish()).standing is Standing.TRUSTED
    assert trust.master == secured.master


async def test_a_verified_users_master_key_is_signed(stand: BotAccount) -> None:
    """By the bot's user-signing key, and the signature reaches the server."""
    alice = Phone(ALICE, "PHONE")
    stand.server.add(alice, is_signed=True)
    trust = stand.start()
    await trust.establish()
    await trust.vouch(ALICE, alice.seeds.publics.master)
    (by,) = stand.identity["user_signing_key"]["keys"].values()
    assert stand.server.is_signed(ALICE, alice.seeds.publics.master, by)


@pytest.mark.parametrize("now", ["other", "none"])
async def test_another_master_key_than_the_verified_one_is_not_signed(
    stand: BotAccount, now: str
) -> None:
    """Between the emoji and the signature the server may have changed its mind."""
    alice, other = Phone(ALICE, "PHONE"), Phone(ALICE, "PHONE")
    if now == "other":
        stand.server.add(other, is_signed=True)
    trust = stand.start()
    await trust.establish()
    stand.server.log.clear()
    with pytest.raises(Refused, match="has changed"):
        await trust.vouch(ALICE, alice.seeds.publics.master)
    assert stand.server.log == ["query"]


async def test_nothing_that_is_shown_holds_a_seed(secured: BotAccount) -> None:
    """Not the objects' representations, and not what the server was sent."""
    trust = secured.start()
    await trust.establish()
    shown = repr((trust, trust.state, secured.identity, secured.server.devices))
    (kept,) = secured.keepsakes.kept.values()
    for seed in kept.strip("[]").replace('"', "").split(", "):
        assert len(seed) == 43
        assert seed not in shown
