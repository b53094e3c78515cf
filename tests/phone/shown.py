"""What a phone shows of a room and of a person. `raw`: all that the phone told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """An event as it stands now."""

    raw: Json

    @property
    def id(self) -> str:
        """The event."""
        return str(self.raw["event"])

    @property
    def sender(self) -> str:
        """Who sent it."""
        return str(self.raw["sender"])

    @property
    def kind(self) -> str:
        """Its type, decrypted where the phone could."""
        return str(self.raw["kind"])

    @property
    def at_ms(self) -> int:
        """When the server took it, by its own clock."""
        return int(self.raw["at"])

    @property
    def content(self) -> Json:
        """What it holds now: of the newest edit, where it was edited."""
        found: Json = self.raw["content"]
        return found

    @property
    def original(self) -> Json:
        """What it held at first, decrypted."""
        found: Json = self.raw["original"]
        return found

    @property
    def wire(self) -> Json:
        """What the server sees of it."""
        found: Json = self.raw["wire"]
        return found

    @property
    def msgtype(self) -> str:
        """The kind of message; empty for what is none."""
        return str(self.content.get("msgtype", ""))

    @property
    def text(self) -> str:
        """Its plain text."""
        return str(self.content.get("body", ""))

    @property
    def html(self) -> str:
        """Its formatted text; empty: it has none."""
        return str(self.content.get("formatted_body", ""))

    @property
    def edits(self) -> int:
        """How often it was changed."""
        return int(self.raw["edits"])

    @property
    def reactions(self) -> Sequence[tuple[str, str]]:
        """Who put which sign under it."""
        return [(each["sender"], each["sign"]) for each in self.raw["reactions"]]

    @property
    def read_by(self) -> Mapping[str, str]:
        """Who ever sent a receipt for it, and of which thread; empty: of none."""
        found: dict[str, str] = self.raw["readBy"]
        return found

    @property
    def thread(self) -> str:
        """The event its thread hangs on; empty: it is in none."""
        return str(self._relation.get("event_id", "")) if self._relates("m.thread") else ""

    @property
    def reply_to(self) -> str:
        """The event it answers; empty: none."""
        answered = self._relation.get("m.in_reply_to")
        return str(answered.get("event_id", "")) if isinstance(answered, dict) else ""

    @property
    def is_message(self) -> bool:
        """Whether it stands by itself: an edit is part of another."""
        return self.kind == "m.room.message" and not self._relates("m.replace")

    @property
    def is_redacted(self) -> bool:
        """Whether it was taken back."""
        return bool(self.raw["isRedacted"])

    @property
    def is_encrypted(self) -> bool:
        """Whether it came encrypted."""
        return bool(self.raw["isEncrypted"])

    @property
    def is_unreadable(self) -> bool:
        """Whether the phone cannot, or will not, decrypt it."""
        return bool(self.raw["isFailing"])

    @property
    def why(self) -> str:
        """Why it cannot be read, in the words of the SDK; empty: it can."""
        return str(self.raw["why"])

    @property
    def shield(self) -> str:
        """NONE, GREY or RED; empty: nothing that came encrypted, or nothing that can be read."""
        return str(self.raw["shieldName"])

    @property
    def shield_reason(self) -> str:
        """Why there is a shield; empty: there is none."""
        return str(self.raw["shieldReason"])

    @property
    def notifies(self) -> bool:
        """Whether the phone rings for it."""
        return bool(self.raw["notifies"])

    @property
    def highlights(self) -> bool:
        """Whether the phone says that its owner was meant."""
        return bool(self.raw["highlights"])

    @property
    def _relation(self) -> Json:
        found = self.wire.get("m.relates_to", self.original.get("m.relates_to"))
        return found if isinstance(found, dict) else {}

    def _relates(self, how: str) -> bool:
        return self._relation.get("rel_type") == how


@dataclass(frozen=True, slots=True)
class Device:
    """Somebody's device. `is_signed`: by its owner; `is_verified`: by what the phone trusts."""

    id: str
    name: str
    is_signed: bool
    is_verified: bool


@dataclass(frozen=True, slots=True)
class Trust:
    """What a phone thinks of somebody. `needs_approval`: the identity is another than before."""

    devices: Sequence[Device]
    is_verified: bool
    was_verified: bool
    needs_approval: bool


@dataclass(frozen=True, slots=True)
class Typing:
    """Who types now, and how often each began to since the phone is there."""

    now: Sequence[str]
    times: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Room:
    """A room in short. `next`: the one that replaced it; empty: none did."""

    name: str
    version: str
    is_encrypted: bool
    membership: str
    next: str


def trust(raw: Json) -> Trust:
    """Read what a phone told of somebody."""
    return Trust(
        devices=[
            Device(each, told["name"], told["isSigned"], told["isVerified"])
            for each, told in raw["devices"].items()
        ],
        is_verified=raw["isVerified"],
        was_verified=raw["wasVerified"],
        needs_approval=raw["needsApproval"],
    )


def room(raw: Json) -> Room:
    """Read what a phone told of a room."""
    return Room(
        name=raw["name"],
        version=raw["version"],
        is_encrypted=raw["isEncrypted"],
        membership=raw["membership"],
        next=raw["next"],
    )
