"""The bot has an identity, keeps it over every cut, and never makes another by itself."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from adapters.matrix.approval import Refused
from adapters.matrix.trust import DeviceLost, Standing, Trust
from adapters.matrix.wire import CallError
from bot.domain.secret import Secret
from tests.fakes.matrix_keys import Cut, Cutter, FakeKeepsakes, KeyServer, Phone

BOT = "@bot:hs"
ALICE = "@alice:hs"
UPLOADED = 6  # the point of a renewal at which the server has the new identity


class Stand:
    """A bot's device, its server and what it keeps; `start` begins a process anew."""

    def __init__(self, *, password: str = "", page: str = "") -> None:
        self.server = KeyServer(BOT, password=password, page=page)
        self.keepsakes = FakeKeepsakes()
        self.device = Phone(BOT, "BOTDEVICE")
        self.server.add(self.device)
        self.password = Secret(password) if password else None

    def start(self) -> Trust:
        """Return what a new process has."""
        return Trust(self.server, self.keepsakes, self.device.own(), password=self.password)

    def cut_at(self, point: int) -> Cutter:
        """End the process at a point of its outside effects; return what counts them."""
        self.server.cutter = self.keepsakes.cutter = Cutter(point)
        return self.server.cutter

    @property
    def identity(self) -> dict[str, Any]:
        """Return the account's identity as the server has it."""
        return self.server.identities.get(BOT, {})

    @property
    def master(self) -> str:
        """Return the account's master key as the server has it."""
        (public,) = self.identity["master_key"]["keys"].values()
        return str(public)

    def is_whole(self) -> bool:
        """Return whether the identity has signed the device, and the device the identity."""
        (by,) = self.identity["self_signing_key"]["keys"].values()
        return self.server.is_signed(BOT, "BOTDEVICE", by) and self.server.is_signed(
            BOT, self.master, "BOTDEVICE"
        )


@pytest.fixture
def stand() -> Stand:
    """An account without an identity."""
    return Stand()


@pytest.fixture
def secured(canary: Callable[..., str]) -> Stand:
    """An account whose server asks for a password before it takes another identity."""
    return Stand(password=canary("pw-"))


async def test_a_first_start_makes_an_identity(stand: Stand) -> None:
    """It is uploaded, signs the device, and its master key is signed by the device."""
    trust = stand.start()
    assert trust.master == ""
    state = await trust.establish()
    assert state.standing is Standing.TRUSTED
    assert state.line == ""
    assert stand.is_whole()
    assert trust.master == stand.master
    assert stand.server.log == ["query", "identity", "signatures"]


async def test_later_starts_change_nothing(stand: Stand) -> None:
    """One look, and neither a key nor a signature is sent again."""
    await stand.start().establish()
    identity = dict(stand.identity)
    stand.server.log.clear()
    kept = dict(stand.keepsakes.kept)
    assert (await stand.start().establish()).standing is Standing.TRUSTED
    assert stand.server.log == ["query"]
    assert stand.identity == identity
    assert stand.keepsakes.kept == kept


async def test_a_new_device_is_signed_by_the_same_identity(stand: Stand) -> None:
    """A lost crypto store costs nobody's trust."""
    await stand.start().establish()
    master = stand.master
    stand.device = Phone(BOT, "SECOND")
    stand.server.add(stand.device)
    assert (await stand.start().establish()).standing is Standing.TRUSTED
    assert stand.master == master
    assert stand.server.is_signed(BOT, master, "SECOND")


@pytest.mark.parametrize("change", ["gone", "ed25519", "curve25519", "unsigned", "renamed"])
async def test_a_device_that_is_not_ours_is_told(stand: Stand, change: str) -> None:
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


async def test_an_identity_of_others_is_left_alone(secured: Stand) -> None:
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


async def test_lost_seeds_make_our_own_identity_foreign(secured: Stand) -> None:
    """Without the seeds it is nobody's to sign with."""
    await secured.start().establish()
    secured.keepsakes.kept.clear()
    assert (await secured.start().establish()).standing is Standing.FOREIGN
    assert secured.keepsakes.kept == {}


async def test_an_identity_nobody_can_read_is_foreign(stand: Stand) -> None:
    """What is there is not replaced because it looks odd."""
    stand.server.identities[BOT] = {"master_key": {"keys": []}}
    assert (await stand.start().establish()).standing is Standing.FOREIGN


async def test_a_server_that_forgot_gets_the_same_identity_again(stand: Stand) -> None:
    """Seeds that are kept are used, so whoever verified the bot notices nothing."""
    await stand.start().establish()
    master = stand.master
    stand.server.identities.clear()
    assert (await stand.start().establish()).standing is Standing.TRUSTED
    assert stand.master == master


async def test_a_replaced_self_signing_key_is_put_right(secured: Stand) -> None:
    """The master key is ours, so the keys under it are made ours again, with the password."""
    await secured.start().establish()
    secured.identity["self_signing_key"] = Phone(BOT, "X").seeds.identity(BOT)["self_signing_key"]
    assert (await secured.start().establish()).standing is Standing.TRUSTED
    assert secured.is_whole()
    assert len(secured.server.auths) == 1


async def first_start(stand: Stand) -> None:
    """Make the first identity."""
    await stand.start().establish()


async def new_identity(stand: Stand) -> None:
    """Replace the identity there is."""
    await stand.start().renew()


@pytest.mark.parametrize("is_renewal", [False, True], ids=["first", "renewal"])
async def test_no_cut_loses_the_identity(canary: Callable[..., str], *, is_renewal: bool) -> None:
    """Wherever the process ends, the next start stands on the server's identity, signed."""
    work = new_identity if is_renewal else first_start
    point = 0
    while True:
        point += 1
        stand = Stand(password=canary("pw-"))
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


async def test_cuts_in_the_repair_do_not_lose_it_either(secured: Stand) -> None:
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


async def test_the_password_is_given_only_when_it_is_asked_for(secured: Stand) -> None:
    """The first identity needs none; another one does, with the session the server named."""
    trust = secured.start()
    await trust.establish()
    assert secured.server.auths == []
    old = secured.master
    assert (await trust.renew()).standing is Standing.TRUSTED
    assert secured.master != old
    assert trust.master == secured.master
    assert [each["session"] for each in secured.server.auths] == ["s1"]


async def test_without_a_password_the_operator_is_told_the_setting(secured: Stand) -> None:
    """Nothing changes, and the line names what to set."""
    await secured.start().establish()
    secured.password = None
    trust = secured.start()
    await trust.establish()
    with pytest.raises(Refused) as told:
        await trust.renew()
    assert "HEARTHKEY_MATRIX_PASSWORD" in told.value.line
    assert trust.state.standing is Standing.TRUSTED
    assert trust.master == secured.master


async def test_a_wrong_password_is_told(secured: Stand, canary: Callable[..., str]) -> None:
    """It is tried once, and not shown."""
    await secured.start().establish()
    wrong = canary("pw-")
    secured.password = Secret(wrong)
    with pytest.raises(Refused) as told:
        await secured.start().renew()
    assert "does not accept HEARTHKEY_MATRIX_PASSWORD" in told.value.line
    assert wrong not in repr(told.value)
    assert len(secured.server.auths) == 1


async def test_a_server_with_an_account_page_names_it() -> None:
    """Where login is delegated the owner approves there, and then it goes through."""
    stand = Stand(page="https://account.hs/?action=reset")
    await stand.start().establish()
    with pytest.raises(Refused) as told:
        await stand.start().renew()
    assert told.value.page == stand.server.page
    stand.server.is_approved = True
    assert (await stand.start().renew()).standing is Standing.TRUSTED


@pytest.mark.parametrize(
    "page", ["javascript:x", "https://h/\x1b[2J", f"https://h/{'x' * 400}", ""]
)
async def test_a_page_that_is_no_page_is_not_shown(page: str) -> None:
    """What a server calls an address is printed only if it is one."""
    stand = Stand(page=page)
    await stand.start().establish()
    with pytest.raises(Refused) as told:
        await stand.start().renew()
    assert told.value.page == ""
    assert "account page of its server" in told.value.line


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (CallError(404, "M_UNRECOGNIZED"), "too old"),
        (CallError(400, "M_INVALID_SIGNATURE"), "M_INVALID_SIGNATURE"),
        (CallError(403, "\x1b[2J evil"), "no code"),
        (CallError(401, answer={"flows": [{"stages": ["m.login.sso"]}]}), "does not know"),
        (CallError(401, answer={"flows": 7}), "does not know"),
    ],
    ids=["old", "refused", "odd code", "unknown step", "unreadable"],
)
async def test_a_refused_identity_is_one_clear_line(
    stand: Stand, error: CallError, said: str
) -> None:
    """The bot goes on unsigned, and the operator reads why; a later start tries again."""
    query = stand.server.query_keys

    async def queried_then_refused(users: Sequence[str]) -> dict[str, Any]:
        answer = await query(users)
        stand.server.errors = [error]
        return answer

    stand.server.query_keys = queried_then_refused  # type: ignore[method-assign]  # one answer
    trust = stand.start()
    state = await trust.establish()
    assert state.standing is Standing.UNSIGNED
    assert said in state.line
    assert state.line.isprintable()
    stand.server.query_keys = query  # type: ignore[method-assign]  # as it was
    assert (await stand.start().establish()).standing is Standing.TRUSTED


@pytest.mark.parametrize("status", [0, 401, 429, 500])
async def test_a_server_that_cannot_be_asked_is_asked_later(stand: Stand, status: int) -> None:
    """It is the caller's to wait and to begin again; a revoked token is no question either."""
    stand.server.errors = [CallError(status, "M_UNKNOWN_TOKEN" if status == 401 else "")]
    trust = stand.start()
    with pytest.raises(CallError):
        await trust.establish()
    assert (await trust.establish()).standing is Standing.TRUSTED


async def test_an_untaken_signature_is_told_and_made_again(stand: Stand) -> None:
    """The server's failures are looked at: its "200" alone says nothing."""
    stand.server.failures = {BOT: {"BOTDEVICE": {"errcode": "M_INVALID_SIGNATURE"}}}
    trust = stand.start()
    state = await trust.establish()
    assert state.standing is Standing.UNSIGNED
    assert "M_INVALID_SIGNATURE" in state.line
    assert trust.master == ""
    stand.server.failures = {}
    assert (await trust.establish()).standing is Standing.TRUSTED
    assert stand.is_whole()


@pytest.mark.parametrize("failures", [[1], {BOT: 7}, {BOT: {"X": 7}}, {"x": {}}], ids=repr)
async def test_odd_failures_are_failures(stand: Stand, failures: dict[str, Any]) -> None:
    """Whatever their shape, they are not taken for success."""
    stand.server.failures = failures
    assert (await stand.start().establish()).standing is Standing.UNSIGNED


async def test_an_uncertain_renewal_leaves_the_bot_unsigned_until_it_is_known(
    secured: Stand,
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


async def test_a_verified_users_master_key_is_signed(stand: Stand) -> None:
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
    stand: Stand, now: str
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


async def test_nothing_that_is_shown_holds_a_seed(secured: Stand) -> None:
    """Not the objects' representations, and not what the server was sent."""
    trust = secured.start()
    await trust.establish()
    shown = repr((trust, trust.state, secured.identity, secured.server.devices))
    (kept,) = secured.keepsakes.kept.values()
    for seed in kept.strip("[]").replace('"', "").split(", "):
        assert len(seed) == 43
        assert seed not in shown
