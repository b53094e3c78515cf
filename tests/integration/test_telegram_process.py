"""The command itself on Telegram, as an operator runs it: what it says, and that it ends well."""

import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.bench.telegram import Phone
from tests.canaries import Canaries
from tests.fakes.command import refused, running, settings
from tests.simulators.process import served


@pytest.fixture
def phone() -> Iterator[Phone]:
    """A Bot API in a process of its own."""
    with (
        served("tests.simulators.telegram") as said,
        closing(Phone(said["url"], said["token"])) as phone,
    ):
        yield phone


def test_a_token_that_is_not_accepted_stops_the_start(phone: Phone, tmp_path: Path) -> None:
    """One line says where the right one is; it does not show the token."""
    env = settings(
        tmp_path,
        telegram_token="4242:canary-not-the-right-token-000000",
        telegram_api_base=phone.url,
    )
    code, (line,) = refused(env)
    assert code == 2
    assert "does not accept the bot's token" in line
    assert "@BotFather" in line
    assert "canary" not in line


def test_a_webhook_stops_the_start(phone: Phone, tmp_path: Path) -> None:
    """One line says what it means and how to remove it."""
    phone.do("webhook", url="https://other.example.org/hook")
    env = settings(tmp_path, telegram_token=phone.token, telegram_api_base=phone.url)
    code, (line,) = refused(env)
    assert code == 2
    assert "a webhook is set" in line
    assert "hearthkey doctor --drop-webhook" in line


def test_without_a_network_it_stays_up_and_connects_later(tmp_path: Path) -> None:
    """It says so once."""
    env = settings(
        tmp_path,
        telegram_token="4242:canary-some-token-00000000000000",
        telegram_api_base="http://127.0.0.1:9",
    )
    with running(env) as (process, said):
        time.sleep(0.5)
        assert process.poll() is None
    assert process.returncode == 0
    assert sum("cannot be reached from this host" in line for line in said) in {1, 2}


def test_no_line_at_debug_holds_a_token_a_key_or_a_message(
    phone: Phone, tmp_path: Path, canaries: Canaries
) -> None:
    """Trap 15: also where calls fail."""
    key, word = canaries.new("sk-"), canaries.new("word ")
    env = settings(
        tmp_path, telegram_token=phone.token, telegram_api_base=phone.url, access="open"
    )
    phone.do("private", person=7)
    with running(env) as (_, said):
        phone.do("fault", method="sendMessage", status=500)
        phone.do("say", person=7, text=f"/addkey openai {key}")
        phone.do("say", person=7, text=word)
        phone.await_sent(7, 2)
    text = "".join(said)
    assert phone.token not in text
    assert not canaries.search(text)
    assert not canaries.search(tmp_path / "data")


def test_it_ends_within_ten_seconds_while_a_company_hangs(phone: Phone, tmp_path: Path) -> None:
    """Trap 24: what was running is parked, and told of at the next start."""
    with served("tests.simulators.vendor_sim") as vendor:
        env = settings(
            tmp_path,
            telegram_token=phone.token,
            telegram_api_base=phone.url,
            access="open",
            endpoints=f"home={vendor['url']}",
        )
        phone.do("private", person=7)
        with running(env) as (process, _):
            phone.do("say", person=7, text="/addkey home sk-canary-hanging-00000000")
            phone.await_sent(7, 1)
            phone.do("say", person=7, text="Why? [sim tokens=5000 rate=20]")
            phone.await_draft(7)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(15)
            assert time.monotonic() - began < 10.5
        with running(env):
            phone.await_sent(7, 2)
    shown = [row for row in phone.rows if row["op"] == "sent"]
    assert "This part may be charged" in shown[-1]["text"]


def test_a_second_poller_is_said_once(phone: Phone, tmp_path: Path) -> None:
    """Trap 23: both go on, and each says what to do."""
    one = settings(tmp_path / "a", telegram_token=phone.token, telegram_api_base=phone.url)
    two = settings(tmp_path / "b", telegram_token=phone.token, telegram_api_base=phone.url)
    with running(one) as (_, first), running(two) as (_, second):
        time.sleep(2.5)
    lines = [line for line in (*first, *second) if "another program uses this bot's token" in line]
    assert 1 <= len(lines) <= 2
