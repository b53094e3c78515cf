"""A real Synapse in a process of its own, on loopback, ended by its own handle."""

import contextlib
import hashlib
import hmac
import json
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.homeserver import settings
from tests.simulators.process import ROOT

HOME: Final = ROOT / ".homeserver"
NAME: Final = settings.NAME
_LAUNCH: Final = Path(__file__).with_name("launch.py")
_READY_S: Final = 60.0
_STOP_S: Final = 10.0
_LOOK_S: Final = 0.05
# Below those the kernel gives to clients: one that tries again while the server is down could
# otherwise be given the server's own port, and reach itself.
_PORTS: Final = range(20_000, 32_000)

Json = dict[str, Any]


class Account(NamedTuple):
    """Somebody on the server. `user`: the whole id."""

    user: str
    password: str


@dataclass(slots=True)
class Synapse:
    """One server, in a folder that is there. Calls block; a port and its data outlive a restart.

    `has_limits`: Synapse's stock rate limits, but for those by address, which all share here.
    """

    folder: Path
    has_limits: bool = False
    _port: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _accounts: dict[str, Account] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)
    _admin: str = ""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def is_running(self) -> bool:
        """Whether it was started, and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start, and wait until it answers."""
        require(HOME / ".made", "a Matrix homeserver")
        if not self._port:
            self._port = _free_port()
            settings.write(self.folder, self._port, has_limits=self.has_limits)
        with (self.folder / "output.log").open("ab") as output:
            self._process = subprocess.Popen(
                [HOME / "bin/python", "-P", _LAUNCH, "-c", self.folder / settings.CONFIG],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )
        self._wait(self._process)

    def stop(self) -> None:
        """End it as an operator does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """End it, and start it again at the same address."""
        self.stop()
        self.start()

    def account(self, name: str) -> Account:
        """Return somebody's account. Whoever is new gets one, under a name nobody had before."""
        if name not in self._accounts:
            self._accounts[name] = self.register(self._unused(name))
        return self._accounts[name]

    def forget(self) -> None:
        """Let every name be somebody new from here on."""
        self._accounts.clear()

    def register(self, name: str, password: str = "", *, is_admin: bool = False) -> Account:
        """Make an account under exactly this name, without a device."""
        password = password or f"pw-canary-{name}"
        self._made(name, password, is_admin=is_admin)
        self._names.add(name)
        self._accounts[name] = made = Account(f"@{name}:{NAME}", password)
        return made

    def unlimited(self, name: str) -> None:
        """Let one account send as much as it likes, whatever holds for the others."""
        path = f"/_synapse/admin/v1/users/{self.account(name).user}/override_ratelimit"
        self.call_as_admin("POST", path, {"messages_per_second": 0, "burst_count": 0})

    def call(
        self, method: str, path: str, body: Json | None = None, *, token: str = ""
    ) -> tuple[int, Json]:
        """Make one call of the API; return the status and what was answered."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=30)) as connection:
            content = None if method == "GET" else json.dumps(body or {})
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")

    def call_as_admin(self, method: str, path: str, body: Json | None = None) -> Json:
        """Make one call that only the server's operator may make, and which must succeed."""
        self._admin = self._admin or self._made(
            self._unused("admin"), "pw-canary-admin", is_admin=True
        )
        status, found = self.call(method, path, body, token=self._admin)
        assert status == 200, found
        return found

    @property
    def pid(self) -> int:
        """Its process, while it runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def rss_mb(self) -> float:
        """How much memory it has, in MB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6

    def log(self) -> str:
        """Return its warnings and errors since the first start."""
        files = [self.folder / name for name in ("output.log", settings.LOG)]
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + _READY_S
        while process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(OSError):
                if self.call("GET", "/_matrix/client/versions")[0] == 200:
                    return
            time.sleep(_LOOK_S)
        self.kill()
        raise RuntimeError(f"Synapse did not start: {self.log()[-2_000:]}")

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.send_signal(how)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdin.close()

    def _made(self, name: str, password: str, *, is_admin: bool) -> str:
        """Make an account as the operator of the host does; return the token of its session."""
        path = "/_synapse/admin/v1/register"
        nonce = self.call("GET", path)[1]["nonce"]
        parts = (nonce, name, password, "admin" if is_admin else "notadmin")
        secret = settings.SHARED_SECRET.encode()
        body = {
            "nonce": nonce,
            "username": name,
            "password": password,
            "admin": is_admin,
            "inhibit_login": not is_admin,
            "mac": hmac.new(secret, "\0".join(parts).encode(), hashlib.sha1).hexdigest(),
        }
        status, found = self.call("POST", path, body)
        assert status == 200, found
        return str(found.get("access_token", ""))

    def _unused(self, name: str) -> str:
        number = 1
        while (found := name if number == 1 else f"{name}-{number}") in self._names:
            number += 1
        self._names.add(found)
        return found


def require(made: Path, what: str) -> None:
    """Fail the test, in one line that says what to do, where something is not installed."""
    if not made.exists():
        pytest.fail(f"the tests need {what}; install it with: make homeserver", pytrace=False)


@contextmanager
def synapse(folder: Path, *, has_limits: bool = False) -> Iterator[Synapse]:
    """Run a server while it is used; its folder is made."""
    folder.mkdir(parents=True, exist_ok=True)
    server = Synapse(folder, has_limits=has_limits)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _free_port() -> int:
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")
