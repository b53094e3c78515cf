"""What a server wants before it takes an identity is given, or the operator is told of it."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from adapters.matrix.trust.approval import Refused
from adapters.matrix.trust.trust import Standing
from adapters.matrix.wire import CallError
from bot.domain.secret import Secret
from tests.fakes.matrix_account import BOT, BotAccount


@pytest.fixture
def stand() -> BotAccount:
    """An account without an identity."""
    return BotAccount()


@pytest.fixture
def secured(canary: Callable[..., str]) -> BotAccount:
    """An account whose server asks for a password before it takes another identity."""
    return BotAccount(password=canary("pw-"))


async def test_the_password_is_given_only_when_it_is_asked_for(secured: BotAccount) -> None:
    """The first identity needs none; another one does, with the session the server named."""
    trust = secured.start()
    await trust.establish()
    assert secured.server.auths == []
    old = secured.master
    assert (await trust.renew()).standing is Standing.TRUSTED
    assert secured.master != old
    assert trust.master == secured.master
    assert [each["session"] for each in secured.server.auths] == ["s1"]


async def test_without_a_password_the_operator_is_told_the_setting(secured: BotAccount) -> None:
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


async def test_a_wrong_password_is_told(secured: BotAccount, canary: Callable[..., str]) -> None:
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
    stand = BotAccount(page="https://account.hs/?action=reset")
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
    stand = BotAccount(page=page)
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
    stand: BotAccount, error: CallError, said: str
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
async def test_a_server_that_cannot_be_asked_is_asked_later(
    stand: BotAccount, status: int
) -> None:
    """It is the caller's to wait and to begin again; a revoked token is no question either."""
    stand.server.errors = [CallError(status, "M_UNKNOWN_TOKEN" if status == 401 else "")]
    trust = stand.start()
    with pytest.raises(CallError):
        await trust.establish()
    assert (await trust.establish()).standing is Standing.TRUSTED


async def test_an_untaken_signature_is_told_and_made_again(stand: BotAccount) -> None:
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
async def test_odd_failures_are_failures(stand: BotAccount, failures: dict[str, Any]) -> None:
    """Whatever their shape, they are not taken for success."""
    stand.server.failures = failures
    assert (await stand.start().establish()).standing is Standing.UNSIGNED
