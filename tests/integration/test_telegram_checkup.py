"""Telegram under the eyes of doctor, over real sockets."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final

import pytest
from aiohttp import web

from adapters.shared.clockcheck import clock_finding
from adapters.shared.http import HttpClient
from adapters.telegram import checkup
from adapters.telegram.checkup import TelegramCheckup
from bot.clock import SystemClock
from bot.domain.findings import Finding, Level
from bot.domain.secret import Secret
from tests.canaries import Canaries
from tests.fakes.botapi import ME, BotApi, serving

NOW: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOBODY: Final = "http://127.0.0.1:9"


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """A Bot API where all is well."""
    api = BotApi()
    async with serving(api.handle) as api.url:
        yield api


class Doctor:
    """Looks, and makes sure that no secret is in what is found."""

    def __init__(self, canaries: Canaries) -> None:
        self._canaries = canaries
        self._token = Secret(canaries.new("123456:"))

    async def look(
        self, base: str, *, proxy: str | None = None, is_running: bool = False, drops: bool = False
    ) -> dict[str, Finding]:
        http = HttpClient()
        it = TelegramCheckup(self._token, http, SystemClock(), base=base, proxy=proxy)
        told = it.drop_webhook() if drops else it.findings(is_running=is_running)
        found = [each async for each in told]
        await http.close()
        assert self._canaries.search(f"{found}") == []
        for each in found:
            assert (each.level is Level.OK) == (each.mend == "")
        self.order = found
        return {each.subject: each for each in found}


@pytest.fixture
def doctor(canaries: Canaries) -> Doctor:
    """Return who looks at a bot."""
    return Doctor(canaries)


async def test_all_is_well(api: BotApi, doctor: Doctor) -> None:
    """Everything is looked at, and nothing that takes messages is asked."""
    found = await doctor.look(api.url)
    assert {each.level for each in found.values()} == {Level.OK}
    assert set(found) == {
        *("connection", "clock", "token", "groups", "topics", "modes", "webhook", "updates")
    }
    assert "@hearth_bot" in found["token"].found
    assert api.asked == ["getMe", "getWebhookInfo"]


@pytest.mark.parametrize("status", [401, 404])
async def test_a_token_that_is_not_accepted(api: BotApi, doctor: Doctor, status: int) -> None:
    """The connection is well, and the clock is compared all the same."""
    api.refuse(status)
    found = await doctor.look(api.url)
    assert found["token"].level is Level.PROBLEM
    assert "@BotFather" in found["token"].mend
    assert (found["connection"].level, found["clock"].level) == (Level.OK, Level.OK)


async def test_a_bot_that_has_moved_to_a_server_of_its_own(api: BotApi, doctor: Doctor) -> None:
    """The public one refuses it then."""
    api.refuse(400, "Logged out")
    assert "HEARTHKEY_TELEGRAM_API_BASE" in (await doctor.look(api.url))["token"].mend


async def test_telegrams_own_fault(api: BotApi, doctor: Doctor) -> None:
    """The status is told; time mends it."""
    api.refuse(502)
    found = await doctor.look(api.url)
    assert doctor.order[-1].level is Level.PROBLEM
    assert "502" in found["connection"].found


async def test_something_else_answers(api: BotApi, doctor: Doctor) -> None:
    """A captive portal, or a base that is no Bot API: its words are not repeated."""
    api.instead = lambda: web.Response(text="<html>canary</html>", status=200)
    found = await doctor.look(api.url)
    assert "is no Bot API" in found["connection"].found
    assert "canary" not in found["connection"].found


async def test_a_webhook_that_was_left(api: BotApi, doctor: Doctor, canaries: Canaries) -> None:
    """Its host is told, not its path; and what removes it."""
    api.webhook = {
        "url": f"https://old.example.org:8443/{canaries.new('hook')}",
        "pending_update_count": 7,
        "last_error_message": "Connection timed out",
    }
    found = await doctor.look(api.url)
    assert found["webhook"].level is Level.PROBLEM
    assert "old.example.org:8443 and not" in found["webhook"].found
    assert "Connection timed out" in found["webhook"].found
    assert found["webhook"].mend == "hearthkey doctor --drop-webhook"
    assert found["updates"].found.startswith("7 wait")


async def test_a_webhook_is_dropped_and_its_messages_are_kept(
    api: BotApi, doctor: Doctor, canaries: Canaries
) -> None:
    """Where it led is told before."""
    api.webhook = {"url": f"https://old.example.org/{canaries.new('hook')}"}
    await doctor.look(api.url, drops=True)
    assert "old.example.org" in doctor.order[0].found
    assert doctor.order[1].found.startswith("removed")
    assert api.asked == ["getWebhookInfo", "deleteWebhook"]
    assert api.bodies[1] == {"drop_pending_updates": False}
    await doctor.look(api.url, drops=True)
    assert "nothing to remove" in doctor.order[0].found
    assert api.asked[2:] == ["getWebhookInfo"]


async def test_a_webhook_that_cannot_be_dropped_is_a_problem(api: BotApi, doctor: Doctor) -> None:
    """It is not said to be gone."""
    api.refuse(401)
    await doctor.look(api.url, drops=True)
    assert [each.level for each in doctor.order] == [Level.PROBLEM]


GROUPS: Final = {"can_join_groups": True}
TOPICS: Final = {"has_topics_enabled": True}


@pytest.mark.parametrize(
    ("switches", "meaning"),
    [
        ({}, "groups: it cannot be added to any"),
        (
            GROUPS,
            "groups: allowed, group privacy on. In groups only commands and replies reach the bot;"
            " people use /ask. To let mentions arrive: @BotFather, /setprivacy, Disable, then",
        ),
        ({**GROUPS, "can_read_all_group_messages": True}, "groups: allowed, group privacy off"),
        ({}, "topics: off: one conversation"),
        (TOPICS, "topics: on: a topic per conversation, opened by only the bot"),
        (
            {**TOPICS, "allows_users_to_create_topics": True},
            "topics: on: a topic per conversation, opened by members and the bot",
        ),
        ({"supports_inline_queries": True}, "modes: on and not used: Inline Mode."),
        ({"supports_guest_queries": True}, "modes: on and not used: Guest Mode."),
        ({"can_connect_to_business": True}, "modes: on and not used: Business Mode."),
        ({"can_manage_bots": True}, "modes: on and not used: managing other bots."),
    ],
    ids=str,
)
async def test_what_a_switch_means(
    api: BotApi, doctor: Doctor, switches: dict[str, object], meaning: str
) -> None:
    """As it is set at @BotFather; what a server does not know is off."""
    api.me = {**ME, **switches}
    found = await doctor.look(api.url)
    subject = meaning.partition(":")[0]
    assert f"{subject}: {found[subject].found}".startswith(meaning)
    is_warned = found["modes"].level is Level.WARNING
    assert is_warned == (subject == "modes")


@pytest.mark.parametrize(
    ("count", "is_running", "level"),
    [(99, True, Level.OK), (100, True, Level.WARNING), (100, False, Level.OK)],
)
async def test_messages_that_wait_while_the_bot_runs(
    api: BotApi, doctor: Doctor, count: int, is_running: bool, level: Level
) -> None:
    """It should have taken them; before it runs, they may wait."""
    api.webhook["pending_update_count"] = count
    found = await doctor.look(api.url, is_running=is_running)
    assert found["updates"].level is level


async def test_a_clock_that_is_off(api: BotApi, doctor: Doctor) -> None:
    """Told even if the token is not accepted."""
    api.ahead = timedelta(minutes=5)
    api.refuse(401)
    found = (await doctor.look(api.url))["clock"]
    assert found.level is Level.PROBLEM
    assert "behind Telegram" in found.found
    assert found.mend == "sudo timedatectl set-ntp true"


@pytest.mark.parametrize(
    ("ahead_s", "words"),
    [
        (60, "within a minute"),
        (61, "61 s behind"),
        (-60, "within a minute"),
        (-3_601, "3,601 s ahead of"),
    ],
)
def test_how_far_a_clock_may_be_off(ahead_s: int, words: str) -> None:
    """A minute, either way."""
    theirs = format_datetime(NOW + timedelta(seconds=ahead_s), usegmt=True)
    assert words in clock_finding(theirs, NOW, "Telegram").found


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Nov 2026 12:00:00 GMT"])
def test_a_date_that_is_none_is_not_compared(date: str) -> None:
    """A server of one's own may send none."""
    assert clock_finding(date, NOW, "Telegram").level is Level.OK


def test_a_date_without_a_zone_is_universal_time() -> None:
    """As its standard has it."""
    assert "within" in clock_finding("Mon, 23 Nov 2026 12:00:00 -0000", NOW, "Telegram").found


async def test_nobody_listens(doctor: Doctor) -> None:
    """Which server is meant is told, and the setting that names it."""
    found = await doctor.look(NOBODY)
    assert list(found) == ["connection"]
    assert found["connection"].level is Level.PROBLEM
    assert "127.0.0.1:9 does not answer: connection refused" in found["connection"].found
    assert "HEARTHKEY_TELEGRAM_API_BASE" in found["connection"].mend


async def test_nobody_listens_where_telegram_should(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is the network, and a way around it is named."""
    monkeypatch.setattr(checkup, "PUBLIC_BASE", NOBODY)
    mend = (await doctor.look(NOBODY))["connection"].mend
    assert "firewall" in mend
    assert "HEARTHKEY_TELEGRAM_PROXY" in mend


async def test_no_secure_connection(api: BotApi, doctor: Doctor) -> None:
    """A clock far off or a certificate nobody knows: neither is a matter of the network."""
    found = (await doctor.look(api.url.replace("http:", "https:")))["connection"]
    assert found.found.endswith("no secure connection")
    assert "certificates" in found.mend


async def test_a_proxy_that_is_down(api: BotApi, doctor: Doctor, canaries: Canaries) -> None:
    """Told without its password; nothing goes another way."""
    proxy = f"http://me:{canaries.new('pass')}@127.0.0.1:9"
    found = (await doctor.look(api.url, proxy=proxy))["connection"]
    assert found.level is Level.PROBLEM
    assert "through the proxy 127.0.0.1:9: the proxy refused" in found.found
    assert "HEARTHKEY_TELEGRAM_PROXY" in found.mend
    assert api.asked == []


async def test_a_proxy_that_wants_another_password(doctor: Doctor, canaries: Canaries) -> None:
    """Its answer is not taken for Telegram's."""

    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=407)

    async with serving(refuse) as url:
        proxy = url.replace("//", f"//me:{canaries.new('pass')}@")
        found = (await doctor.look("http://api.example.org", proxy=proxy))["connection"]
    assert "is no Bot API (status 407)" in found.found
    assert "HEARTHKEY_TELEGRAM_PROXY" in found.mend
