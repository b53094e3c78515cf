"""Synapse as its package brings it: in a folder of the test's, ended by its own handle."""

import base64
import contextlib
import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

from tests.simulators.process import ROOT

HOME: Final = ROOT / ".homeserver"
NAME: Final = "home.test"
_READY_S: Final = 60.0
_SECRET: Final = "canary-registration"
_WIDE: Final = {"per_second": 10_000, "burst_count": 10_000}
# What stands in the way of tests alone: the limits of logins, rooms, joins and invitations.
_ALWAYS_WIDE: Final = ("registration", "room_creation")
_NESTED: Final[dict[str, tuple[str, ...]]] = {
    "login": ("address", "account", "failed_attempts"),
    "joins": ("local", "remote"),
    "invites": ("per_room", "per_user", "per_issuer"),
}


class NoHomeserver(Exception):
    """It is not installed; says how it is."""

    def __init__(self) -> None:
        super().__init__("the tests need a Matrix homeserver; install it with: make homeserver")


@dataclass(slots=True)
class Synapse:
    """One server. `has_limits`: with Synapse's stock limits of messages, else with none."""

    folder: Path
    has_limits: bool = False
    url: str = ""
    _process: subprocess.Popen[bytes] | None = None
    _port: int = field(default=0)

    def start(self) -> None:
        """Start, and wait until it answers."""
        python = HOME / "bin" / "python"
        if not (HOME / ".made").exists():
            raise NoHomeserver
        config = self.folder / "homeserver.json"
        if not config.exists():
            self._port = _free_port()
            self.url = f"http://127.0.0.1:{self._port}"
            self._write(config)
        with (self.folder / "out.log").open("ab") as log:
            self._process = subprocess.Popen(
                [python, "-m", "synapse.app.homeserver", "-c", config],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - one call that takes no lock
            )
        self._wait()

    def stop(self, *, how: signal.Signals = signal.SIGTERM) -> None:
        """End it."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def register(self, name: str) -> tuple[str, str]:
        """Make an account; return its id and its password."""
        password = f"pw-canary-{name}"
        body = {
            "username": name,
            "password": password,
            "inhibit_login": True,
            "auth": {"type": "m.login.dummy"},
        }
        status, found = self.call("POST", "/_matrix/client/v3/register", body)
        assert status == 200, found
        return str(found["user_id"]), password

    def unlimited(self, name: str) -> None:
        """Let one account send as much as it likes, whatever holds for the others."""
        database = sqlite3.connect(self.folder / "db")
        with contextlib.closing(database), database:
            database.execute(
                "INSERT INTO ratelimit_override VALUES (?, 0, 0)", (f"@{name}:{NAME}",)
            )

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, token: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """Make one call of the API."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        with contextlib.closing(HTTPConnection("127.0.0.1", self._port, timeout=30)) as line:
            line.request(method, path, json.dumps(body or {}), headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")

    @property
    def rss_mb(self) -> float:
        """How much memory it has, in MB."""
        assert self._process is not None
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6

    def _write(self, config: Path) -> None:
        (self.folder / "log.json").write_text(
            json.dumps(
                {
                    "version": 1,
                    "handlers": {"file": {"class": "logging.FileHandler", "filename": "log"}},
                    "root": {"level": "WARNING", "handlers": ["file"]},
                }
            )
        )
        listener = {
            "port": self._port,
            "type": "http",
            "tls": False,
            "bind_addresses": ["127.0.0.1"],
            "resources": [{"names": ["client"]}],
        }
        limits: dict[str, Any] = {f"rc_{name}": _WIDE for name in _ALWAYS_WIDE}
        limits |= {f"rc_{name}": dict.fromkeys(parts, _WIDE) for name, parts in _NESTED.items()}
        if not self.has_limits:
            limits["rc_message"] = _WIDE
        settings = {
            "server_name": NAME,
            "pid_file": str(self.folder / "pid"),
            "listeners": [listener],
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "db")}},
            "log_config": str(self.folder / "log.json"),
            "media_store_path": str(self.folder / "media"),
            "signing_key_path": str(self.folder / "signing.key"),
            "macaroon_secret_key": _SECRET,
            "form_secret": _SECRET,
            "registration_shared_secret": _SECRET,
            "enable_registration": True,
            "enable_registration_without_verification": True,
            "report_stats": False,
            "presence": {"enabled": False},
            "trusted_key_servers": [],
            "federation_domain_whitelist": [],
            "url_preview_enabled": False,
            **limits,
        }
        config.write_text(json.dumps(settings))
        seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        (self.folder / "signing.key").write_text(f"ed25519 a_test {seed}\n")

    def _wait(self) -> None:
        until = time.monotonic() + _READY_S
        while time.monotonic() < until:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                if self.call("GET", "/_matrix/client/versions")[0] == 200:
                    return
            time.sleep(0.05)
        log = (self.folder / "out.log").read_text(errors="replace")
        self.stop(how=signal.SIGKILL)
        raise RuntimeError(f"Synapse did not start: {log[-2_000:]}")


@contextmanager
def synapse(folder: Path, *, has_limits: bool = False) -> Iterator[Synapse]:
    """Run a server while it is used."""
    folder.mkdir(parents=True, exist_ok=True)
    server = Synapse(folder, has_limits=has_limits)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    """Let the kernel end the server when the tests are gone, however they went."""
    import ctypes  # noqa: PLC0415 - in the child alone

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
