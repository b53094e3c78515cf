"""How the bot gets into its account: one device for life, another only where its keys are lost."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.matrix.account import Account
from adapters.matrix.frontend import MatrixFrontend
from adapters.shared.http import HttpClient
from bot.domain.errors import StartError
from bot.domain.secret import Secret
from storage.memory import MemoryStores
from tests.fakes.clock import FakeClock
from tests.simulators.matrix.faults import Fault
from tests.simulators.matrix.server import PASSWORD, Simulator

BOT: Final = "@hearth:home.test"


class Stand:
    """One host: a data folder and what is kept sealed; lives come one after another."""

    def __init__(self, sim: Simulator, folder: Path) -> None:
        self.sim = sim
        self.folder = folder
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)

    async def start(self, *, is_restored: bool = False, **account: Any) -> str:  # noqa: ANN401 - the account's
        """Start once; return the device the bot was then; empty: it was none."""
        http = HttpClient()
        given: dict[str, Any] = {
            "password": Secret(PASSWORD),
            "user": BOT,
            "homeserver": self.sim.url,
        } | account
        frontend = MatrixFrontend(
            Account(**given),
            http=http,
            clock=self.clock,
            keepsakes=self.stores.keepsakes,
            folder=self.folder,
            is_restored=is_restored,
        )
        try:
            await frontend.check()
            return frontend.device.id if frontend.device else ""
        finally:
            await frontend.close()
            await http.close()

    async def problem(self, **account: Any) -> str:  # noqa: ANN401 - the account's
        """Return the one line with which a start ends."""
        with pytest.raises(StartError) as raised:
            await self.start(**account)
        (line,) = raised.value.problems
        assert PASSWORD not in line
        return line


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    """Return a host at a homeserver of its own."""
    async with Simulator() as sim:
        yield Stand(sim, tmp_path / "matrix")


async def test_the_device_is_the_same_at_every_start(stand: Stand) -> None:
    """A password is used once."""
    first = await stand.start()
    assert await stand.start() == first
    assert [each.name for each in stand.sim.calls].count("login") == 1


async def test_a_lost_store_makes_a_new_device_with_the_same_identity(stand: Stand) -> None:
    """The old one is logged out, and the new one signed by the seeds that are kept."""
    first = await stand.start()
    for each in stand.folder.iterdir():
        each.unlink()
    second = await stand.start()
    assert second != first
    account = stand.sim.server.accounts[BOT]
    assert set(account.devices) == {second}
    assert [each.name for each in stand.sim.calls].count("device_signing") == 1
    assert [each.name for each in stand.sim.calls].count("signatures") == 2


async def test_a_restored_backup_is_a_new_device(stand: Stand) -> None:
    """Its store may be older than what the server knows, so it is not gone on with."""
    first = await stand.start()
    assert await stand.start(is_restored=True) != first


async def test_a_revoked_token_is_another_login_where_there_is_a_password(stand: Stand) -> None:
    """Somebody ended the session: that is no end of the bot."""
    first = await stand.start()
    stand.sim.people.revoke()
    assert await stand.start() != first


async def test_a_token_alone_is_enough(stand: Stand) -> None:
    """Where logins are somebody else's, the operator gives one."""
    token = Secret(stand.sim.token("GIVEN"))
    assert await stand.start(password=None, access_token=token) == "GIVEN"
    assert await stand.start(password=None, access_token=token) == "GIVEN"


async def test_what_is_wrong_with_a_token_is_said(stand: Stand) -> None:
    """Revoked, another account's, of no device, or of one whose keys are lost."""
    token = Secret(stand.sim.token("GIVEN"))
    alone: dict[str, Any] = {"password": None, "access_token": token}
    assert "another account's" in await stand.problem(**alone, user="@other:home.test")
    loose = Secret(stand.sim.token(None))
    assert "no device" in await stand.problem(password=None, access_token=loose)
    await stand.start(**alone)
    for each in stand.folder.iterdir():
        each.unlink()
    assert "are lost" in await stand.problem(**alone)
    stand.sim.people.revoke()
    assert "does not accept the bot's access token" in await stand.problem(**alone)


async def test_what_is_wrong_with_a_password_is_said(stand: Stand) -> None:
    """Bad, or not taken from programs, as where accounts are kept elsewhere."""
    bad = Secret("pw-canary-bad")
    assert "does not accept the bot's password" in await stand.problem(password=bad)
    stand.sim.without = {"login_flows", "login"}
    assert "takes no passwords from programs" in await stand.problem()


async def test_what_is_no_homeserver_is_said(stand: Stand) -> None:
    """Another web server, or one that is too old."""
    stand.sim.without = {"versions"}
    assert "is no Matrix homeserver" in await stand.problem()


async def test_a_server_that_is_away_stops_no_start(stand: Stand) -> None:
    """It may come back: the bot connects when it does."""
    stand.sim.faults.add("versions", Fault(status=502))
    assert not await stand.start()
    stand.sim.faults.add("login", Fault(status=429))
    assert not await stand.start()
    assert await stand.start()


@pytest.mark.parametrize("missing", ["user_id", "device_id", "access_token"])
async def test_a_login_that_is_answered_in_part_stops_no_start(stand: Stand, missing: str) -> None:
    """It is none: nothing of it is kept, and it is tried again."""
    said = {"user_id": BOT, "device_id": "ODD", "access_token": "token-canary"}
    stand.sim.faults.add("login", Fault(answer=said | {missing: None}))
    assert not await stand.start()
    assert await stand.stores.keepsakes.get("matrix/device") is None
    assert await stand.start()
