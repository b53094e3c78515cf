"""An emoji verification as a machine without I/O: messages in, messages out."""

import hmac
from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum
from typing import Any, Final, final

import msgspec

from adapters.matrix.trust.signing import key_id
from adapters.matrix.verification import wire
from adapters.matrix.verification.sas import Agreement, Exchange, Party, Peer, Shown, commitment
from adapters.matrix.verification.wire import Message

_LONGEST_CODE: Final = 100


class Stage(IntEnum):
    """How far it is; the order counts."""

    REQUESTED = 0
    READY = 1
    STARTED = 2  # our start is out
    ACCEPTED = 3  # it is settled who started, and keys are on their way
    COMPARING = 4  # both show the same, if nobody stands between
    DONE = 5
    CANCELLED = 6


class _Stop(Exception):
    """What came is the end of it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@final
class Verification:
    """One verification. It raises for nothing that comes, and only `confirm` proves our keys.

    `code` says why it was cancelled, and `is_theirs` by whom. `other` is the device at the other
    end, once it is known. `proved` are the ids of the keys that the other end showed to be its
    own; they count when the stage is DONE.
    """

    def __init__(
        self,
        me: Party,
        peer: Peer,
        transaction: str,
        *,
        in_room: bool,
        asked_by: str = "",
    ) -> None:
        """Begin with a request: of the device `asked_by`, or, if that is empty, of ours."""
        self.stage = Stage.REQUESTED
        self.code = ""
        self.is_theirs = False
        self.other: Party | None = None
        self.shown: Shown | None = None
        self.proved: frozenset[str] = frozenset()
        self.is_confirmed = False
        self._me = me
        self._peer = peer
        self._transaction = transaction
        self._in_room = in_room
        self._asked_by = asked_by
        self._is_starter = False
        self._start: dict[str, Any] = {}
        self._promise = ""
        self._has_emoji = False
        self._exchange = Exchange()
        self._agreement: Agreement | None = None
        self._takes: dict[str, Callable[[dict[str, Any]], list[Message]]] = {
            "ready": self._on_ready,
            "start": self._on_start,
            "accept": self._on_accept,
            "key": self._on_key,
            "mac": self._on_mac,
            "done": self._on_done,
            "cancel": self._on_cancel,
        }

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.stage >= Stage.DONE

    @property
    def proved_master(self) -> str:
        """Return the other account's master key if it is among the proved ones, else nothing."""
        master = self._peer.master
        return master if master and key_id(master) in self.proved else ""

    def accept(self) -> list[Message]:
        """Take the other end's request."""
        if self.stage is not Stage.REQUESTED or not self._asked_by:
            return []
        self.other = self._peer.party(self._asked_by)
        if self.other is None:
            return self.cancel(wire.KEY_MISMATCH)
        self.stage = Stage.READY
        return [self._message("ready", {"from_device": self._me.device, "methods": [wire.METHOD]})]

    def receive(self, kind: str, content: object) -> list[Message]:
        """Take what the other account sent; return what is to be sent for it."""
        if self.is_over:
            return []
        take = self._takes.get(kind.removeprefix(wire.PREFIX))
        if take is None:
            return self.cancel(wire.UNEXPECTED)
        try:
            return take(content) if isinstance(content, dict) else self.cancel(wire.INVALID)
        except _Stop as stop:
            return self.cancel(stop.code)
        except (msgspec.ValidationError, ValueError):
            return self.cancel(wire.INVALID)

    def confirm(self) -> list[Message]:
        """Take note that both ends show the same: prove our keys."""
        agreement, other = self._agreement, self.other
        if self.stage is not Stage.COMPARING or agreement is None or other is None:
            return []
        if self.is_confirmed:
            return []
        self.is_confirmed = True
        macs = agreement.macs(self._me, other, self._transaction)
        return [self._message("mac", macs), *self._done_if_proved()]

    def cancel(self, code: str) -> list[Message]:
        """End it, for a reason of the specification's."""
        if self.is_over:
            return []
        self.stage, self.code = Stage.CANCELLED, code
        return [wire.cancellation(code, self._transaction, in_room=self._in_room)]

    def _on_ready(self, content: dict[str, Any]) -> list[Message]:
        ready = msgspec.convert(content, wire.Ready)
        if self.other is not None and ready.from_device != self.other.device:
            return []  # another device of theirs, which sees that it was not the first
        if self.stage is not Stage.REQUESTED or self._asked_by:
            raise _Stop(wire.UNEXPECTED)
        if wire.METHOD not in ready.methods:
            raise _Stop(wire.UNKNOWN_METHOD)
        self.other = self._peer.party(ready.from_device)
        if self.other is None:
            raise _Stop(wire.KEY_MISMATCH)
        return self._begin()

    def _begin(self) -> list[Message]:
        self.stage, self._is_starter = Stage.STARTED, True
        message = self._message(
            "start",
            {
                "from_device": self._me.device,
                "method": wire.METHOD,
                "key_agreement_protocols": [wire.KEY_AGREEMENT],
                "hashes": [wire.HASH],
                "message_authentication_codes": [wire.MAC],
                "short_authentication_string": [*wire.SHOWN],
            },
        )
        self._start = message.content
        return [message]

    def _on_start(self, content: dict[str, Any]) -> list[Message]:
        start = msgspec.convert(content, wire.Start)
        if self.stage not in {Stage.READY, Stage.STARTED} or self.other is None:
            raise _Stop(wire.UNEXPECTED)
        if start.from_device != self.other.device:
            raise _Stop(wire.UNEXPECTED)
        if start.method != wire.METHOD:
            both = self.stage is Stage.STARTED
            raise _Stop(wire.UNEXPECTED if both else wire.UNKNOWN_METHOD)
        if self.stage is Stage.STARTED and self._goes_first(self.other):
            return []
        return self._take_start(content)

    def _goes_first(self, other: Party) -> bool:
        """Whether our start holds, where both ends have sent one."""
        return (self._me.user, self._me.device) < (other.user, other.device)

    def _take_start(self, content: dict[str, Any]) -> list[Message]:
        offer = msgspec.convert(content, wire.SasStart)
        shown = [each for each in wire.SHOWN if each in offer.short_authentication_string]
        if (
            wire.KEY_AGREEMENT not in offer.key_agreement_protocols
            or wire.HASH not in offer.hashes
            or wire.MAC not in offer.message_authentication_codes
            or not shown
        ):
            raise _Stop(wire.UNKNOWN_METHOD)
        promise = commitment(self._exchange.public, content)
        self.stage, self._is_starter = Stage.ACCEPTED, False
        self._has_emoji = wire.EMOJI in shown
        accepted = {
            "commitment": promise,
            "key_agreement_protocol": wire.KEY_AGREEMENT,
            "hash": wire.HASH,
            "message_authentication_code": wire.MAC,
            "short_authentication_string": shown,
        }
        return [self._message("accept", accepted)]

    def _on_accept(self, content: dict[str, Any]) -> list[Message]:
        accept = msgspec.convert(content, wire.Accept)
        if self.stage is not Stage.STARTED:
            raise _Stop(wire.UNEXPECTED)
        chosen = (
            accept.key_agreement_protocol,
            accept.hash,
            accept.message_authentication_code,
        )
        shown = set(accept.short_authentication_string)
        if chosen != (wire.KEY_AGREEMENT, wire.HASH, wire.MAC) or not shown & {*wire.SHOWN}:
            raise _Stop(wire.UNKNOWN_METHOD)
        self.stage, self._promise = Stage.ACCEPTED, accept.commitment
        self._has_emoji = wire.EMOJI in shown
        return [self._key()]

    def _on_key(self, content: dict[str, Any]) -> list[Message]:
        theirs = msgspec.convert(content, wire.Key).key
        if self.stage is not Stage.ACCEPTED or self.other is None:
            raise _Stop(wire.UNEXPECTED)
        if self._is_starter and not hmac.compare_digest(
            commitment(theirs, self._start).encode(), self._promise.encode()
        ):
            raise _Stop(wire.MISMATCHED_COMMITMENT)
        self._agreement = self._exchange.agree(theirs)
        self.stage = Stage.COMPARING
        self.shown = self._show(self._agreement, self.other, theirs)
        return [] if self._is_starter else [self._key()]

    def _show(self, agreement: Agreement, other: Party, theirs: str) -> Shown:
        ends = (self._me, self._exchange.public), (other, theirs)
        (starter, starter_key), (accepter, accepter_key) = ends if self._is_starter else ends[::-1]
        shown = agreement.shown(starter, starter_key, accepter, accepter_key, self._transaction)
        return shown if self._has_emoji else replace(shown, emoji=())

    def _on_mac(self, content: dict[str, Any]) -> list[Message]:
        macs = msgspec.convert(content, wire.Macs)
        agreement, other = self._agreement, self.other
        if self.stage is not Stage.COMPARING or agreement is None or other is None or self.proved:
            raise _Stop(wire.UNEXPECTED)
        if not agreement.proves(macs.mac, macs.keys, other, self._me, self._transaction):
            raise _Stop(wire.KEY_MISMATCH)
        self.proved = frozenset(macs.mac)
        return self._done_if_proved()

    def _on_done(self, content: dict[str, Any]) -> list[Message]:
        del content
        if not (self.is_confirmed and self.proved):
            raise _Stop(wire.UNEXPECTED)
        self.stage = Stage.DONE
        return []

    def _on_cancel(self, content: dict[str, Any]) -> list[Message]:
        self.stage, self.is_theirs = Stage.CANCELLED, True
        try:
            self.code = msgspec.convert(content, wire.Cancel).code[:_LONGEST_CODE]
        except msgspec.ValidationError:
            self.code = wire.USER
        return []

    def _done_if_proved(self) -> list[Message]:
        return [self._message("done", {})] if self.is_confirmed and self.proved else []

    def _key(self) -> Message:
        return self._message("key", {"key": self._exchange.public})

    def _message(self, name: str, content: dict[str, Any]) -> Message:
        belonging = wire.belonging(self._transaction, in_room=self._in_room)
        return Message(f"{wire.PREFIX}{name}", {**content, **belonging})
