"""Who comes and goes: invite, join, leave, kick, ban."""

from tests.simulators.matrix.events import MEMBER, Content, Event
from tests.simulators.matrix.homeserver import Actor, Homeserver
from tests.simulators.matrix.power import check_inside, named, power
from tests.simulators.matrix.refusals import Refused, bad_request, forbidden
from tests.simulators.matrix.rooms import Room


def invite(actor: Actor, user: str, *, is_direct: bool = False, reason: str = "") -> None:
    """Ask somebody in."""
    room = actor.room
    check_inside(room, actor.user)
    was = room.membership(user)
    if was == "join":
        raise forbidden(f"{user} is already in the room.")
    if was == "ban":
        raise Refused(403, "M_BAD_STATE", "Cannot invite user who was banned")
    if power(room, actor.user) < named(room, "invite"):
        raise forbidden("You don't have permission to invite users")
    _ = change(actor, user, "invite", reason=reason, is_direct=is_direct)


def join(actor: Actor) -> None:
    """Come in, where one is asked in or all may."""
    was = actor.room.membership(actor.user)
    if was == "join":
        return
    if was == "ban":
        raise Refused(403, "M_BAD_STATE", "Cannot join user who was banned")
    if was != "invite" and not _is_open(actor.server, actor.room, actor.user):
        raise forbidden("You are not invited to this room.")
    _ = change(actor, actor.user, "join")


def leave(actor: Actor, reason: str = "") -> None:
    """Go, or say no to an invitation."""
    was = actor.room.membership(actor.user)
    if was in {"", "ban"}:
        raise forbidden(f"{actor.user} not in room {actor.room.id}.")
    if was != "leave":
        _ = change(actor, actor.user, "leave", reason=reason)


def remove(actor: Actor, user: str, to: str, reason: str = "") -> None:
    """Kick (`to` is `leave`) or ban somebody, or lift a ban."""
    room = actor.room
    check_inside(room, actor.user)
    was = room.membership(user)
    if to == "leave" and was in {"", "leave"}:
        raise forbidden("The target user is not in the room")
    level = "ban" if "ban" in {to, was} else "kick"
    own = power(room, actor.user)
    if own < named(room, level) or power(room, user) >= own:
        raise forbidden(f"You cannot {level} user {user}.")
    _ = change(actor, user, to, reason=reason)


def forget(server: Homeserver, room_id: str, user: str) -> None:
    """Keep nothing of a room that was left."""
    room = server.rooms.get(room_id)
    if room is not None and room.membership(user) == "join":
        raise bad_request(f"User {user} in room {room_id}")
    account = server.accounts[user]
    account.forgotten.add(room_id)
    account.rooms.pop(room_id, None)


def change(
    actor: Actor, user: str, membership: str, *, reason: str = "", is_direct: bool = False
) -> Event:
    """Make somebody what they are from now on; who is that already, by the same hand, stays so."""
    server, room, sender = actor
    account = server.accounts.get(user)
    content: Content = {"membership": membership}
    if account is not None and membership in {"join", "invite"}:
        content["displayname"] = account.name
    if is_direct:
        content["is_direct"] = True
    if reason:
        content["reason"] = reason
    before = room.member(user)
    if before is not None and (before.sender, before.content) == (sender, content):
        return before
    return server.append(room, sender, MEMBER, content, state_key=user)


def _is_open(server: Homeserver, room: Room, user: str) -> bool:
    rules = room.content("m.room.join_rules")
    if rules.get("join_rule") == "public":
        return True
    if rules.get("join_rule") != "restricted":
        return False
    allowed = (server.rooms.get(each.get("room_id", "")) for each in rules.get("allow", ()))
    return any(each is not None and each.membership(user) == "join" for each in allowed)
