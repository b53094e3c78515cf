"""How a room comes about: a preset, or another room whose time is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.simulators.matrix.events import POWER, Content
from tests.simulators.matrix.homeserver import Actor, Homeserver
from tests.simulators.matrix.membership import change
from tests.simulators.matrix.power import CREATORS_RULE, check_send
from tests.simulators.matrix.refusals import bad_request
from tests.simulators.matrix.rooms import Room

VERSIONS: Final = ("11", "12")
NEWEST: Final = "12"
TRUSTED: Final = "trusted_private_chat"
_MOVED: Final = (
    *("m.room.join_rules", "m.room.history_visibility", "m.room.guest_access", "m.room.name"),
    *("m.room.topic", "m.room.avatar", "m.room.encryption", POWER),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a room is to be."""

    version: str = NEWEST
    preset: str = "private_chat"
    invite: Sequence[str] = ()
    is_direct: bool = False
    name: str = ""
    topic: str = ""
    creation: Content = field(default_factory=dict)
    levels: Content = field(default_factory=dict)
    state: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def read(cls, body: Content) -> "Wish":
        """Return what a call wishes for."""
        default = "public_chat" if body.get("visibility") == "public" else "private_chat"
        return cls(
            version=str(body.get("room_version", NEWEST)),
            preset=body.get("preset", default),
            invite=body.get("invite", ()),
            is_direct=bool(body.get("is_direct")),
            name=body.get("name", ""),
            topic=body.get("topic", ""),
            creation=body.get("creation_content", {}),
            levels=body.get("power_level_content_override", {}),
            state=body.get("initial_state", ()),
        )


def create(server: Homeserver, creator: str, wish: Wish) -> Room:
    """Make a room, with its first events in the order in which servers write them."""
    room = _begin(server, creator, wish)
    set_states(server, room, creator, _first_state(room, creator, wish))
    for user in wish.invite:
        _ = change(Actor(server, room, creator), user, "invite", is_direct=wish.is_direct)
    return room


def upgrade(actor: Actor, version: str) -> Room:
    """Let another room take a room's place; nobody is asked in, and the old one falls silent."""
    server, room, sender = actor
    check_send(room, sender, "m.room.tombstone", "")
    was_id = server.ids.event()
    predecessor = {"room_id": room.id}
    if version not in CREATORS_RULE:
        predecessor["event_id"] = was_id
    new = _begin(server, sender, Wish(version=version, creation={"predecessor": predecessor}))
    levels = dict(room.content(POWER))
    copied = {kind: room.content(kind) for kind in _MOVED if (kind, "") in room.state}
    if POWER in copied:
        users = {**levels.get("users", {}), sender: 100}
        if version in CREATORS_RULE:
            del users[sender]
        copied[POWER] = {**levels, "users": users}
    set_states(server, new, sender, [(kind, "", dict(each)) for kind, each in copied.items()])
    tombstone = {"body": "This room has been replaced", "replacement_room": new.id}
    server.append(room, sender, "m.room.tombstone", tombstone, state_key="", id_=was_id)
    quiet = max(int(levels.get("users_default", 0)) + 1, 50)
    levels |= {name: max(quiet, int(levels.get(name, 0))) for name in ("events_default", "invite")}
    server.append(room, sender, POWER, levels, state_key="")
    return new


def set_states(
    server: Homeserver, room: Room, sender: str, states: Sequence[tuple[str, str, Content]]
) -> None:
    """Set states one after another."""
    for kind, key, content in states:
        server.append(room, sender, kind, content, state_key=key)


def _begin(server: Homeserver, creator: str, wish: Wish) -> Room:
    if wish.version not in VERSIONS:
        raise bad_request(
            "Homeserver does not support this room version", "M_UNSUPPORTED_ROOM_VERSION"
        )
    first = server.ids.event()
    room = Room(id=server.ids.room(wish.version, first), version=wish.version)
    server.rooms[room.id] = room
    content: Content = {**wish.creation, "room_version": wish.version}
    if wish.version in CREATORS_RULE and wish.preset == TRUSTED and wish.invite:
        content["additional_creators"] = list(wish.invite)
    server.append(room, creator, "m.room.create", content, state_key="", id_=first)
    _ = change(Actor(server, room, creator), creator, "join")
    return room


def _first_state(room: Room, creator: str, wish: Wish) -> list[tuple[str, str, Content]]:
    is_public = wish.preset == "public_chat"
    given: list[tuple[str, str, Content]] = [
        (each["type"], each.get("state_key", ""), dict(each["content"])) for each in wish.state
    ]
    kinds = {kind for kind, _, _ in given}
    found: list[tuple[str, str, Content]] = [
        (POWER, "", _levels(room, creator, wish, is_public=is_public)),
        ("m.room.join_rules", "", {"join_rule": "public" if is_public else "invite"}),
        ("m.room.history_visibility", "", {"history_visibility": "shared"}),
    ]
    if not is_public:
        found.append(("m.room.guest_access", "", {"guest_access": "can_join"}))
    found = [each for each in found if each[0] not in kinds]
    named: list[tuple[str, str, Content]] = []
    if wish.name:
        named.append(("m.room.name", "", {"name": wish.name}))
    if wish.topic:
        named.append(("m.room.topic", "", {"topic": wish.topic}))
    return [*found, *given, *named]


def _levels(room: Room, creator: str, wish: Wish, *, is_public: bool) -> Content:
    users = {} if wish.version in CREATORS_RULE else {creator: 100}
    if wish.preset == TRUSTED and wish.version not in CREATORS_RULE:
        users |= dict.fromkeys(wish.invite, 100)
    tombstone = 150 if room.version in CREATORS_RULE else 100
    return {
        "users": users,
        "users_default": 0,
        "events": {
            **dict.fromkeys(("m.room.name", "m.room.avatar", "m.room.canonical_alias"), 50),
            **dict.fromkeys((POWER, "m.room.history_visibility"), 100),
            **dict.fromkeys(("m.room.encryption", "m.room.server_acl"), 100),
            "m.room.tombstone": tombstone,
        },
        "events_default": 0,
        "state_default": 50,
        **dict.fromkeys(("ban", "kick", "redact"), 50),
        "invite": 50 if is_public else 0,
        "historical": 100,
        **wish.levels,
    }
