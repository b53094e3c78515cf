"""The people: where they meet the bot, who comes and goes, what they do to it."""

from collections.abc import Sequence
from typing import Any

from tests.simulators.matrix import membership
from tests.simulators.matrix.accounts import Account
from tests.simulators.matrix.creating import NEWEST, TRUSTED, Wish, create, upgrade
from tests.simulators.matrix.events import Content
from tests.simulators.matrix.homeserver import Actor
from tests.simulators.matrix.logins import make_device, rename
from tests.simulators.matrix.passing import type_
from tests.simulators.matrix.rooms import Room
from tests.simulators.matrix.writing import ENCRYPTION, Writers


class People(Writers):
    """Whoever is on the other side."""

    def make(self, name: str, shown: str = "", *, password: str = "") -> str:
        """Return the id of somebody, who has an account from now on."""
        user = self._server.user(name)
        if user not in self._server.accounts:
            named = shown or user[1:].partition(":")[0].title()
            self._server.accounts[user] = Account(id=user, password=password, name=named)
        return user

    def device(self, person: str, name: str, shown: str = "", keys: Content | None = None) -> int:
        """Let somebody have a device, with keys where given."""
        account = self._server.accounts[self.make(person)]
        make_device(self._server, account, name, shown or None).keys = keys
        self._server.move_keys(account)
        return self._server.stream.pos

    def direct(
        self,
        person: str,
        *,
        version: str = NEWEST,
        preset: str = TRUSTED,
        is_encrypted: bool = False,
        is_joined: bool = True,
    ) -> str:
        """Let somebody open a direct room with the bot; return its id.

        The bot is in it at once, or else only invited.
        """
        wish = Wish(
            version=version,
            preset=preset,
            invite=[self._server.bot],
            is_direct=True,
            state=_encryption(is_encrypted=is_encrypted),
        )
        room = self._create(person, wish)
        self.direct_rooms[self._server.user(person)] = room.id
        if is_joined:
            membership.join(Actor(self._server, room, self._server.bot))
        return room.id

    def group(
        self,
        person: str,
        name: str = "",
        *,
        members: Sequence[str] = (),
        version: str = NEWEST,
        is_public: bool = False,
        is_encrypted: bool = False,
        is_joined: bool = True,
    ) -> str:
        """Let somebody open a room with others and the bot; return its id."""
        others = [self.make(each) for each in members]
        wish = Wish(
            version=version,
            preset="public_chat" if is_public else "private_chat",
            invite=[*others, self._server.bot],
            name=name,
            state=_encryption(is_encrypted=is_encrypted),
        )
        room = self._create(person, wish)
        for each in [*others, *([self._server.bot] if is_joined else [])]:
            membership.join(Actor(self._server, room, each))
        return room.id

    def invite(self, person: str, *, room: str, whom: str = "", is_direct: bool = False) -> int:
        """Let somebody ask somebody in: the bot, unless another is named."""
        actor = self._actor(person, room)
        membership.invite(actor, self._aim(whom), is_direct=is_direct)
        return actor.room.moved

    def join(self, person: str, *, room: str) -> int:
        """Let somebody come in."""
        actor = self._actor(self.make(person), room)
        membership.join(actor)
        return actor.room.moved

    def leave(self, person: str, *, room: str = "") -> int:
        """Let somebody go."""
        actor = self._actor(person, room)
        membership.leave(actor)
        return actor.room.moved

    def remove(self, person: str, *, room: str, whom: str = "", to: str = "leave") -> int:
        """Let somebody put the bot, or another, out; for good where `to` is `ban`."""
        actor = self._actor(person, room)
        membership.remove(actor, self._aim(whom), to)
        return actor.room.moved

    def upgrade(
        self, person: str, *, room: str = "", version: str = NEWEST, invites: bool = False
    ) -> str:
        """Let somebody move a room to a new one; return its id.

        The server invites nobody. A client may invite all who were there, as Element does.
        """
        actor = self._actor(person, room)
        new = upgrade(actor, version)
        for each in actor.room.members() if invites else ():
            if each != actor.user:
                membership.invite(Actor(self._server, new, actor.user), each)
        if self.direct_rooms.get(actor.user) == actor.room.id:
            self.direct_rooms[actor.user] = new.id
        return new.id

    def type(self, person: str, *, room: str = "", for_s: float = 4.0) -> int:
        """Let somebody be seen typing; 0 ends it."""
        type_(self._actor(person, room), for_s)
        return self._server.stream.pos

    def rename(self, person: str, shown: str) -> int:
        """Let somebody be called something else."""
        rename(self._server, self._server.accounts[self._server.user(person)], shown)
        return self._server.stream.pos

    def send_to_device(
        self, person: str, kind: str, content: object, *, device: str = "*", whom: str = ""
    ) -> int:
        """Let somebody send any JSON to a device of the bot's, or of another's."""
        sent = {"type": kind, "sender": self._server.user(person), "content": content}
        self._server.enqueue(self._aim(whom), device, sent)
        return self._server.stream.pos

    def send_raw_to_device(self, message: dict[str, Any], *, device: str = "*") -> int:
        """Let a message of any form reach a device of the bot's."""
        self._server.enqueue(self._server.bot, device, message)
        return self._server.stream.pos

    def revoke(self, person: str = "") -> int:
        """End all of the bot's sessions, or of another's; the devices stay."""
        user = self._aim(person)
        for token, session in list(self._server.sessions.items()):
            if session.account.id == user:
                del self._server.sessions[token]
        return self._server.stream.step()

    def _aim(self, whom: str) -> str:
        return self._server.user(whom) if whom else self._server.bot

    def _create(self, person: str, wish: Wish) -> Room:
        return create(self._server, self.make(person), wish)


def _encryption(*, is_encrypted: bool) -> list[Content]:
    return [{"type": "m.room.encryption", "content": ENCRYPTION}] if is_encrypted else []
