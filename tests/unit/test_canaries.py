"""The guards of the test run itself: what they must notice."""

import base64
import logging
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

from tests.canaries import Canaries, Watch, has_canary


def test_a_canary_is_found_in_every_disguise(
    canaries: Canaries, canary: Callable[..., str]
) -> None:
    """In clear, in hex, and within base64 at any offset."""
    secret = canary()
    assert canary() != secret
    found: list[str | bytes] = [
        f"text {secret} text",
        secret.encode().hex(),
        *(base64.b64encode(b"{" * shift + secret.encode() + b"}}") for shift in range(6)),
    ]
    assert [canaries.search(text) for text in found] == [[secret]] * len(found)
    assert canaries.search("canary") == canaries.search(b"") == []


def test_a_canary_is_found_in_files(canaries: Canaries, tmp_path: Path) -> None:
    """In one, or anywhere in a folder."""
    secret = canaries.new("AIza")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x.db-wal").write_bytes(b"\0\xff" + secret.encode() + b"\xff")
    (tmp_path / "clean").write_bytes(b"nothing")
    assert canaries.search(tmp_path) == [secret]
    assert canaries.search(tmp_path / "clean") == []


def test_a_logged_canary_is_noticed(canary: Callable[..., str]) -> None:
    """In a message, an argument, a field, an exception's text."""
    watch, error = Watch(), ValueError(canary())
    watch.handle(logging.makeLogRecord({"msg": "harmless", "name": "bot"}))
    assert watch.take() == []
    for record in (
        {"msg": canary()},
        {"msg": "%s", "args": (canary(),)},
        {"msg": "field", "fields": {"key": canary()}},
        {"msg": "failed", "exc_info": (ValueError, error, None)},
    ):
        watch.handle(logging.makeLogRecord({"name": "bot", "lineno": 5, **record}))
    assert watch.take() == ["bot:5"] * 4
    assert watch.take() == []


def test_only_handed_out_canaries_count(canary: Callable[..., str]) -> None:
    """A test may speak of canaries without being one."""
    assert has_canary(f"x{canary()}x")
    assert not has_canary("sk-canary-1")


def test_the_network_is_off() -> None:
    """An address for documentation: nothing is there, and nothing is asked."""
    with pytest.raises((SocketConnectBlockedError, UserWarning)):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_loopback_is_on() -> None:
    """Tests run on real sockets."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=1) as client,
    ):
        assert client.getpeername() == server.getsockname()
