"""What people write into rooms, change, react to and take back."""

from collections.abc import Sequence
from typing import NamedTuple

from tests.simulators.matrix.events import (
    ANNOTATION,
    MESSAGE,
    POWER,
    REPLACE,
    THREAD,
    Content,
    Event,
)
from tests.simulators.matrix.homeserver import Actor, Homeserver
from tests.simulators.matrix.rooms import Room
from tests.simulators.matrix.sending import Way, redact, send, set_state

ENCRYPTION = {"algorithm": "m.megolm.v1.aes-sha2"}


class Made(NamedTuple):
    """An event that somebody made, and its place in time, which a sync confirms."""

    event: str
    update: int


class Writers:
    """Whoever writes, each named by an id (`@alice:home.test`) or short (`alice`).

    `room` left out is the person's direct room with the bot.
    """

    def __init__(self, server: Homeserver) -> None:
        self._server = server
        self.direct_rooms: dict[str, str] = {}

    def say(
        self,
        person: str,
        text: str,
        *,
        room: str = "",
        thread: str = "",
        reply_to: str = "",
        mentions: Sequence[str] | None = (),
        age_s: float = 0.0,
        **more: object,
    ) -> Made:
        """Let somebody write. `mentions` None leaves `m.mentions` out, as old clients do.

        `more` goes into the content as it is.
        """
        content: Content = {"msgtype": "m.text", "body": text}
        if mentions is not None:
            users = [self._server.user(each) for each in mentions]
            content["m.mentions"] = {"user_ids": users} if users else {}
        if relates := _relates(self._actor(person, room).room, thread, reply_to):
            content["m.relates_to"] = relates
        return self.send(person, {**content, **more}, room=room, age_s=age_s)

    def backlog(self, person: str, texts: Sequence[str], *, room: str = "") -> list[Made]:
        """Let somebody write many messages at once."""
        return [self.say(person, text, room=room) for text in texts]

    def edit(self, person: str, event: str, text: str, *, room: str = "", **more: object) -> Made:
        """Let somebody change a message."""
        new = {"msgtype": "m.text", "body": text, "m.mentions": {}, **more}
        relates = {"rel_type": REPLACE, "event_id": event}
        content = {**new, "body": f"* {text}", "m.new_content": new, "m.relates_to": relates}
        return self.send(person, content, room=room)

    def react(self, person: str, event: str, key: str, *, room: str = "") -> Made:
        """Let somebody put a sign under a message."""
        relates = {"rel_type": ANNOTATION, "event_id": event, "key": key}
        return self.send(person, {"m.relates_to": relates}, kind="m.reaction", room=room)

    def redact(self, person: str, event: str, *, room: str = "", reason: str = "") -> Made:
        """Let somebody take an event back."""
        return _made(redact(self._actor(person, room), event, reason))

    def send(
        self,
        person: str,
        content: Content,
        *,
        kind: str = MESSAGE,
        room: str = "",
        age_s: float = 0.0,
        is_checked: bool = False,
    ) -> Made:
        """Let somebody send any content, unchecked as if it came from another server."""
        way = Way(age_s=age_s, is_checked=is_checked)
        return _made(send(self._actor(person, room), kind, content, way))

    def set_state(
        self, person: str, kind: str, content: Content, *, room: str = "", key: str = ""
    ) -> Made:
        """Let somebody set a state."""
        return _made(set_state(self._actor(person, room), kind, key, content))

    def encrypt(self, person: str, *, room: str = "") -> Made:
        """Let somebody switch a room's encryption on."""
        return self.set_state(person, "m.room.encryption", dict(ENCRYPTION), room=room)

    def set_power(self, person: str, user: str, level: int, *, room: str = "") -> Made:
        """Let somebody give somebody a level."""
        levels = dict(self._actor(person, room).room.content(POWER))
        users = {**levels.get("users", {}), self._server.user(user): level}
        return self.set_state(person, POWER, {**levels, "users": users}, room=room)

    def _actor(self, person: str, room: str) -> Actor:
        user = self._server.user(person)
        return Actor(self._server, self._server.rooms[room or self.direct_rooms[user]], user)


def _made(event: Event) -> Made:
    return Made(event.id, event.pos)


def _relates(room: Room, thread: str, reply_to: str) -> Content:
    """Return what a message in a thread, or an answer, relates to, as clients write it."""
    if not thread:
        return {"m.in_reply_to": {"event_id": reply_to}} if reply_to else {}
    inside = [each.id for each in room.related.get(thread, ()) if each.redacted_by is None]
    newest = inside[-1] if inside else thread
    return {
        "rel_type": THREAD,
        "event_id": thread,
        "is_falling_back": not reply_to,
        "m.in_reply_to": {"event_id": reply_to or newest},
    }
