"""A phone, driven from a test: matrix-js-sdk with Rust crypto, in a process of its own."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from tests.homeserver.synapse import Account, Synapse
from tests.phone import shown
from tests.phone.line import WITHIN_S, line
from tests.phone.rooms import Rooms
from tests.phone.shown import Json, Shown, Trust, Typing
from tests.phone.verification import OVER, Verification, told

__all__ = ["Phone", "Shown", "phone"]


class Phone(Rooms):
    """One device of somebody's. Every method answers when the phone itself knows of it."""

    async def say(
        self,
        room: str,
        text: str,
        *,
        thread: str = "",
        reply_to: str = "",
        mentions: Sequence[str] = (),
        html: str = "",
    ) -> str:
        """Write; return the event. `thread`: the event it hangs on."""
        content = text_content(text, mentions=mentions, html=html)
        if relation := _relation(thread, reply_to):
            content["m.relates_to"] = relation
        return await self.send(room, content)

    async def edit(self, room: str, event: str, text: str, *, mentions: Sequence[str] = ()) -> str:
        """Change a message; return the event that changes it."""
        content = text_content(f"* {text}")
        content["m.new_content"] = text_content(text, mentions=mentions)
        content["m.relates_to"] = {"rel_type": "m.replace", "event_id": event}
        return await self.send(room, content)

    async def react(self, room: str, event: str, sign: str) -> str:
        """Put a sign under a message; return the event, which takes it away when redacted."""
        relation = {"rel_type": "m.annotation", "event_id": event, "key": sign}
        return await self.send(room, {"m.relates_to": relation}, kind="m.reaction")

    async def redact(self, room: str, event: str, *, reason: str = "") -> str:
        """Take an event back; return the one that does it."""
        return str(await self.do("redact", room=room, target=event, reason=reason))

    async def send(
        self, room: str, content: Json, *, kind: str = "m.room.message", transaction: str = ""
    ) -> str:
        """Send any content, encrypted where the room is; return the event."""
        given = {"room": room, "content": content, "kind": kind}
        return str(await self.do("send", **given, transaction=transaction or None))

    async def send_raw(self, room: str, kind: str, content: Json, *, transaction: str = "") -> str:
        """Send an event as it stands, in clear in any room; return it."""
        given = {"room": room, "content": content, "kind": kind}
        return str(await self.do("sendRaw", **given, transaction=transaction or None))

    async def send_state(self, room: str, kind: str, content: Json, *, key: str = "") -> str:
        """Set a part of a room's state; return the event."""
        return str(await self.do("sendState", room=room, kind=kind, key=key, content=content))

    async def send_to_device(self, user: str, device: str, kind: str, content: Json) -> None:
        """Send to a device (`*`: to all), as it stands and in clear."""
        await self.do("toDevice", kind=kind, messages={user: {device: content}})

    async def timeline(self, room: str) -> Sequence[Shown]:
        """Return all events of a room that the phone has, oldest first."""
        return [Shown(each) for each in await self.do("timeline", room=room)]

    async def screen(self, room: str) -> Sequence[Shown]:
        """Return a room's messages, oldest first, with those that cannot be read."""
        events = await self.timeline(room)
        return [each for each in events if each.is_message or each.is_unreadable]

    async def earlier(self, room: str) -> None:
        """Fetch what the room had before the phone's timeline begins."""
        await self.do("earlier", room=room)

    async def heard(
        self, room: str, words: str, *, of: str = "", within_s: float = WITHIN_S
    ) -> Shown:
        """Wait for a message of somebody else's (or `of`) that says these words; return it."""

        async def look() -> Shown | None:
            for each in reversed(await self.screen(room)):
                if words in each.text and each.sender != self.user and of in {"", each.sender}:
                    return each
            return None

        try:
            found = await self.until(look, within_s=within_s)
        except TimeoutError as late:
            shown = [each.why or each.text for each in await self.screen(room)]
            raise TimeoutError(f"not heard: {words!r}; the room shows {shown}") from late
        assert found is not None
        return found

    async def shows(
        self,
        room: str,
        event: str,
        as_it_should: Callable[[Shown], object] = bool,
        *,
        within_s: float = WITHIN_S,
    ) -> Shown:
        """Wait until an event is shown as it should be; return it."""

        async def look() -> Shown | None:
            found = [each for each in await self.timeline(room) if each.id == event]
            return found[0] if found and as_it_should(found[0]) else None

        found = await self.until(look, within_s=within_s)
        assert found is not None
        return found

    async def read(self, room: str, event: str) -> None:
        """Send a receipt for an event."""
        await self.do("read", room=room, event=event)

    async def type(self, room: str, *, is_typing: bool = True) -> None:
        """Let the others see that somebody types, or no longer does."""
        await self.do("type", room=room, isTyping=is_typing)

    async def typing(self, room: str) -> Typing:
        """Return who types."""
        found = await self.do("typing", room=room)
        return Typing(found["now"], found["times"])

    async def trust(self, user: str) -> Trust:
        """Ask the server for somebody's devices; return what the phone thinks of them."""
        return shown.trust(await self.do("trust", user=user))

    async def approve(self, user: str) -> None:
        """Take somebody's new identity for good."""
        await self.do("approve", user=user)

    async def withdraw(self, user: str) -> None:
        """No longer ask that somebody be verified, after whose identity changed."""
        await self.do("withdraw", user=user)

    async def verify(self, user: str, *, room: str = "", device: str = "") -> Verification:
        """Ask somebody to compare emoji, in a room or on a device."""
        number = await self.do("verify", user=user, room=room, device=device)
        return Verification(self._line, number)

    async def asked_to_verify(self, user: str) -> Verification:
        """Wait until somebody asks to compare emoji; what is over does not count."""

        async def look() -> int:
            for each in await told(self._line):
                if each["user"] == user and not each["isMine"] and each["phase"] not in OVER:
                    return int(each["number"])
            return 0

        return Verification(self._line, await self.until(look))

    async def secrets(self) -> object:
        """Return what makes another phone of the same account a signed one, by `phone`."""
        return await self.do("secrets")

    async def reset_identity(self) -> None:
        """Give the account new cross-signing keys."""
        await self.do("resetIdentity")

    async def log_out(self) -> None:
        """Give the device up."""
        await self.do("logout")


def text_content(text: str, *, mentions: Sequence[str] = (), html: str = "") -> Json:
    """Return a text message's content."""
    content: Json = {"msgtype": "m.text", "body": text}
    content["m.mentions"] = {"user_ids": list(mentions)} if mentions else {}
    if html:
        content |= {"format": "org.matrix.custom.html", "formatted_body": html}
    return content


def _relation(thread: str, reply_to: str) -> Json:
    relation: Json = {}
    if thread:
        relation = {"rel_type": "m.thread", "event_id": thread, "is_falling_back": not reply_to}
    if thread or reply_to:
        relation["m.in_reply_to"] = {"event_id": reply_to or thread}
    return relation


@asynccontextmanager
async def phone(
    server: Synapse,
    who: str | Account,
    *,
    is_strict: bool = True,
    is_signed: bool = True,
    takes_requests: bool = True,
    secrets: object = None,
) -> AsyncIterator[Phone]:
    """Log a new device in, and run it while it is used; `who` is new gets an account.

    `is_strict`: it neither writes to nor reads from devices that their owners did not sign;
    `is_signed`: it makes its owner's cross-signing keys; `secrets`: another phone's;
    `takes_requests`: it agrees to compare emoji with whoever asks.
    """
    user, password = server.account(who) if isinstance(who, str) else who
    async with line() as made:
        found = await made.do(
            "login",
            url=server.url,
            user=user,
            password=password,
            isStrict=is_strict,
            isSigned=is_signed,
            takesRequests=takes_requests,
            secrets=secrets,
        )
        yield Phone(made, found["user"], found["device"])
