"""A phone, driven from a test: matrix-js-sdk with Rust crypto, in a process of its own."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from tests.homeserver.synapse import HOME, NotInstalled, Synapse
from tests.simulators.process import ROOT

Json = dict[str, Any]
_WITHIN_S: Final = 30.0
_LOOK_S: Final = 0.5  # what is looked at may change without an event
_MOST_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as the phone shows it. `text`: with the newest edit; `why`: it cannot be read."""

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
    def content(self) -> Json:
        """What stands there now."""
        found: Json = self.raw["content"]
        return found

    @property
    def text(self) -> str:
        """Its plain text."""
        return str(self.content.get("body", ""))

    @property
    def edits(self) -> int:
        """How often it was changed."""
        return int(self.raw["edits"])

    @property
    def is_message(self) -> bool:
        """Whether it stands by itself: an edit is part of another."""
        relation = self.raw["original"].get("m.relates_to") or {}
        return self.raw["kind"] == "m.room.message" and relation.get("rel_type") != "m.replace"


class Phone:
    """One device of somebody's. Strict: devices that their owner has not signed are refused."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._stirred = asyncio.Event()
        self.user = ""
        self.device = ""

    async def listen(self) -> None:
        """Take what the phone says until it ends."""
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            if "event" in said:
                self._stirred.set()
                continue
            answer = self._waiting.pop(said["id"])
            if answer.done():
                continue
            if "error" in said:
                answer.set_exception(PhoneError(said["error"]))
            else:
                answer.set_result(said["ok"])

    async def do(self, verb: str, **given: Any) -> Any:  # noqa: ANN401 - JSON
        """Do something, and return what came of it. Raises PhoneError."""
        assert self._process.stdin is not None
        number = next(self._numbers)
        self._waiting[number] = answer = asyncio.get_running_loop().create_future()
        line = json.dumps({"id": number, "verb": verb, **given})
        self._process.stdin.write(f"{line}\n".encode())
        async with asyncio.timeout(_WITHIN_S):
            return await answer

    async def until(
        self, look: Callable[[], Awaitable[Any]], *, within_s: float = _WITHIN_S
    ) -> Any:  # noqa: ANN401 - what is looked for
        """Return what `look` finds as soon as it finds something."""
        async with asyncio.timeout(within_s):
            while True:
                self._stirred.clear()
                if found := await look():
                    return found
                try:
                    async with asyncio.timeout(_LOOK_S):
                        await self._stirred.wait()
                except TimeoutError:
                    if asyncio.current_task() and asyncio.current_task().cancelling():  # type: ignore[union-attr]  # there is one
                        raise

    async def direct(
        self, user: str, *, is_encrypted: bool = True, preset: str = "trusted_private_chat"
    ) -> str:
        """Open a direct chat, as Element does, and wait until the other is in it."""
        room = str(
            await self.do(
                "create", isEncrypted=is_encrypted, isDirect=True, preset=preset, invite=[user]
            )
        )
        await self.joined(room, user)
        return room

    async def joined(self, room: str, user: str) -> None:
        """Wait until somebody is in a room."""

        async def look() -> bool:
            return bool((await self.do("members", room=room)).get(user) == "join")

        await self.until(look)

    async def say(self, room: str, text: str, **content: Any) -> str:  # noqa: ANN401 - JSON
        """Write; return the event."""
        whole = {"msgtype": "m.text", "body": text, "m.mentions": {}, **content}
        return str(await self.do("send", room=room, content=whole))

    async def edit(self, room: str, event: str, text: str) -> str:
        """Change a message."""
        new = {"msgtype": "m.text", "body": text, "m.mentions": {}}
        relation = {"rel_type": "m.replace", "event_id": event}
        return await self.say(
            room, f"* {text}", **{"m.new_content": new, "m.relates_to": relation}
        )

    async def react(self, room: str, event: str, sign: str) -> str:
        """Put a sign under a message."""
        relation = {"rel_type": "m.annotation", "event_id": event, "key": sign}
        content = {"m.relates_to": relation}
        return str(await self.do("send", room=room, kind="m.reaction", content=content))

    async def redact(self, room: str, event: str) -> None:
        """Take a message back."""
        await self.do("redact", room=room, target=event)

    async def screen(self, room: str) -> Sequence[Shown]:
        """Return a room's messages, oldest first."""
        found = [Shown(each) for each in await self.do("timeline", room=room)]
        return [each for each in found if each.is_message or each.raw["isFailing"]]

    async def heard(
        self, room: str, words: str, *, of: str = "", within_s: float = _WITHIN_S
    ) -> Shown:
        """Wait for a message that says these words, and return it."""

        async def look() -> Shown | None:
            for each in reversed(await self.screen(room)):
                if words in each.text and each.sender != self.user and of in {"", each.sender}:
                    return each
            return None

        found = await self.until(look, within_s=within_s)
        assert isinstance(found, Shown)
        return found


class PhoneError(Exception):
    """The phone could not do it."""


@asynccontextmanager
async def phone(
    server: Synapse,
    name: str,
    *,
    is_strict: bool = True,
    is_signed: bool = True,
    secrets: object = None,
) -> AsyncIterator[Phone]:
    """Run a phone of an account that is there, and signed in."""
    if not (ROOT / "tests/phone/node_modules/.made").exists():
        raise NotInstalled("a phone")
    process = await asyncio.create_subprocess_exec(
        HOME / "node/bin/node",
        ROOT / "tests/phone/phone.mjs",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_MOST_BYTES,
    )
    made = Phone(process)
    listening = asyncio.ensure_future(made.listen())
    try:
        user, password = server.account(name)
        found = await made.do(
            "login",
            url=server.url,
            user=user,
            password=password,
            isStrict=is_strict,
            isSigned=is_signed,
            secrets=secrets,
        )
        made.user, made.device = found["user"], found["device"]
        yield made
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        await listening
