"""The homeserver that the tests of Matrix stand on: its limits, and that nothing of it stays."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.homeserver import synapse as homeservers
from tests.homeserver.synapse import Json, Synapse
from tests.simulators.process import ROOT

_ENDS_S: Final = 20
_STARTS_ONE: Final = """
import pathlib, sys
from tests.homeserver.synapse import Json, Synapse
server = Synapse(pathlib.Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
sys.stdin.read()
"""


def test_stock_limits_hold_a_sender_back(
    shared_stock_homeserver: Synapse, shared_homeserver: Synapse
) -> None:
    """After ten messages at once, as Synapse has it; where nothing is limited, nobody is."""
    held = _refused(shared_stock_homeserver)
    assert held
    assert all(each["retry_after_ms"] > 0 for each in held)
    assert not _refused(shared_homeserver)


def test_one_sender_is_let_off_the_limits(shared_stock_homeserver: Synapse) -> None:
    """So that a test holds back the bot and not its own phone."""
    shared_stock_homeserver.unlimited("alice")
    assert not _refused(shared_stock_homeserver)


def _refused(server: Synapse) -> list[Json]:
    """Let alice send many messages at once; return what the refusals said."""
    token = server.log_in(server.account("alice"))
    _, made = server.call("POST", "/_matrix/client/v3/createRoom", {}, token=token)
    path = f"/_matrix/client/v3/rooms/{made['room_id']}/send/m.room.message"
    body = {"msgtype": "m.text", "body": "hi"}
    sent = [server.call("PUT", f"{path}/{number}", body, token=token) for number in range(20)]
    return [found for status, found in sent if status == 429]


def test_the_server_ends_with_who_started_it(tmp_path: Path) -> None:
    """However that ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _STARTS_ONE, tmp_path],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as starter:
        assert starter.stdout is not None
        server = os.pidfd_open(json.loads(starter.stdout.readline()))
        try:
            starter.send_signal(signal.SIGKILL)
            assert select.select([server], [], [], _ENDS_S)[0]
        finally:
            os.close(server)


def test_a_missing_server_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, with the command."""
    monkeypatch.setattr(homeservers, "HOME", tmp_path / "nowhere")
    with pytest.raises(pytest.fail.Exception, match="install it with: make homeserver"):
        Synapse(tmp_path).start()
