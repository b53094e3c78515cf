"""A bot's account: its device, its homeserver, and what it keeps."""

from typing import Any, Final

from adapters.matrix.trust.trust import Trust
from bot.domain.secret import Secret
from tests.fakes.matrix_keys import Cutter, FakeKeepsakes, KeyServer, Phone

BOT: Final = "@bot:hs"


class BotAccount:
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
