"""Alice's Element and the homeserver between it and the bot, as far as verifications go."""

import itertools
from collections.abc import Callable
from typing import Any, Final

from adapters.matrix.trust.signing import key_id
from adapters.matrix.trust.trust import Trust
from adapters.matrix.verification import wire
from adapters.matrix.verification.machine import Verification
from adapters.matrix.verification.sas import Party, Peer
from adapters.matrix.verification.verifier import Verifier
from adapters.matrix.verification.wire import Message
from adapters.matrix.wire import CallError
from tests.fakes.clock import START, FakeClock
from tests.fakes.matrix_keys import FakeKeepsakes, KeyServer, Phone

BOT: Final = "@bot:hs"
ALICE: Final = "@alice:hs"
DIRECT: Final = "!direct"
NOW_MS: Final = round(START.timestamp() * 1000)


class Element:
    """One session of a person's, which takes requests and confirms what it shows, or does not."""

    def __init__(self, phone: Phone, bot: Phone, *, is_verified: bool = True) -> None:
        self.user = phone.user
        self.device = phone.device
        self.accepts = True
        self.confirms = True
        self.verification: Verification | None = None
        self.heard: list[str] = []
        keys = {key_id(phone.device): phone.keys.ed25519}
        master = phone.seeds.publics.master
        if is_verified:
            keys[key_id(master)] = master
        self._me = Party(phone.user, phone.device, keys)
        self._bot = bot
        self.bots_master = ""

    @property
    def current(self) -> Verification:
        """Return the verification there is."""
        assert self.verification is not None
        return self.verification

    def begin(self, transaction: str, *, in_room: bool, asked_by: str = "") -> None:
        """Have a verification."""
        peer = Peer(self._bot.user, {self._bot.device: self._bot.keys.ed25519}, self.bots_master)
        self.verification = Verification(
            self._me, peer, transaction, in_room=in_room, asked_by=asked_by
        )

    def hear(self, kind: str, content: dict[str, Any], event_id: str = "") -> list[Message]:
        """Take a message of the bot's; return what is said to it."""
        self.heard.append(kind.removeprefix(wire.PREFIX))
        if kind in {wire.REQUEST, wire.ROOM_MESSAGE}:
            in_room = kind == wire.ROOM_MESSAGE
            transaction = event_id if in_room else content["transaction_id"]
            self.begin(transaction, in_room=in_room, asked_by=content["from_device"])
            return self.current.accept() if self.accepts else []
        if self.verification is None:
            return []
        said = self.verification.receive(kind, content)
        if self.confirms and self.verification.shown is not None:
            said = [*said, *self.verification.confirm()]
        return said


class Homeserver:
    """Carries messages of verifications between the bot and sessions of Element.

    `has_direct`: whether there is a direct chat. `log` holds what the bot sent, with the device or
    the room it went to. `fails` says which of the bot's messages are not taken.
    """

    def __init__(self, *elements: Element, has_direct: bool = True) -> None:
        self.elements = {each.device: each for each in elements}
        self.has_direct = has_direct
        self.log: list[tuple[str, str, dict[str, Any]]] = []
        self.fails: Callable[[str], bool] = lambda _: False
        self.verifier: Verifier | None = None
        self._ids = itertools.count(1)

    async def send_to_device(
        self, user: str, device: str, kind: str, content: dict[str, Any]
    ) -> None:
        self._log(device, kind, content)
        element = self.elements.get(device)
        if element is not None and element.user == user:
            self.carry(element, element.hear(kind, content), None)

    async def send_in_room(self, room: str, kind: str, content: dict[str, Any]) -> str:
        event_id = f"${next(self._ids)}"
        self._log(room, kind, content)
        for element in self.elements.values():
            self.carry(element, element.hear(kind, content, event_id), room)
        return event_id

    def direct_room(self, user: str) -> str | None:
        del user
        return DIRECT if self.has_direct else None

    def carry(self, element: Element, messages: list[Message], room: str | None) -> None:
        """Hand messages of Element's to the bot."""
        for each in messages:
            self.tell(element.user, each, room)

    def tell(self, user: str, message: Message, room: str | None) -> str:
        """Hand a message of anybody's to the bot; return its event's id."""
        assert self.verifier is not None
        event_id = f"${next(self._ids)}"
        self.verifier.take(user, message.kind, message.content, room, event_id)
        return event_id

    def request(self, element: Element, message: Message, room: str | None) -> None:
        """Let Element ask the bot."""
        event_id = self.tell(element.user, message, room)
        transaction = message.content["transaction_id"] if room is None else event_id
        element.begin(transaction, in_room=room is not None)

    def sent(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """Return where the bot's messages of a kind went, and their content."""
        return [(where, content) for where, each, content in self.log if each.endswith(kind)]

    def codes(self) -> list[tuple[str, str]]:
        """Return where the bot's cancellations went, and why."""
        return [(where, content["code"]) for where, content in self.sent(".cancel")]

    def _log(self, where: str, kind: str, content: dict[str, Any]) -> None:
        if self.fails(kind):
            raise CallError(0)
        self.log.append((where, kind, content))


class Stand:
    """A trusted bot, Alice with a phone and a tablet, and the way between them."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.keys = KeyServer(BOT)
        self.bot = Phone(BOT, "BOTDEVICE")
        self.alice = Phone(ALICE, "PHONE")
        self.keys.add(self.bot)
        self.keys.add(self.alice, is_signed=True)
        self.keys.add(Phone(ALICE, "TABLET"))
        self.phone = Element(self.alice, self.bot)
        self.homeserver = Homeserver(self.phone)
        self.trust = Trust(self.keys, FakeKeepsakes(), self.bot.own(), password=None)
        self.operators = [ALICE]
        self.wanted: list[tuple[str, str | None]] = []
        self.verifier = Verifier(
            self.trust,
            self.keys,
            self.homeserver,
            self.clock,
            operators=lambda: self.operators,
            wanted=self._want,
        )
        self.homeserver.verifier = self.verifier

    async def _want(self, user: str, room: str | None) -> None:
        self.wanted.append((user, room))

    async def establish(self) -> None:
        """Let the bot have its identity, which Alice's phone learns of."""
        await self.trust.establish()
        self.phone.bots_master = self.trust.master

    def ask(self, room: str | None) -> None:
        """Let Alice ask in her Element."""
        message = (
            wire.device_request("PHONE", "t1", NOW_MS)
            if room is None
            else wire.room_request("PHONE", BOT)
        )
        self.homeserver.request(self.phone, message, room)

    def is_signed(self) -> bool:
        """Return whether the bot has signed Alice's identity."""
        (by,) = self.keys.identities[BOT]["user_signing_key"]["keys"].values()
        return self.keys.is_signed(ALICE, self.alice.seeds.publics.master, by)
