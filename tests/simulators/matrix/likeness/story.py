"""A story that shows how a homeserver answers: rooms, messages, relations, keys."""

from typing import Final

from tests.simulators.matrix.client import text
from tests.simulators.matrix.likeness.recorder import Json, Story

_NAMES: Final = '{"types": ["m.room.name"]}'
_ODD: Final[tuple[object, ...]] = (
    *("str", 5, None, [], {}, {"rel_type": 5}, {"rel_type": "m.replace", "event_id": 5}),
    *({"m.in_reply_to": "x"}, {"rel_type": "m.replace", "event_id": "$nope"}, {"event_id": "$no"}),
)
_KEY: Final = "signed_curve25519"


async def tell(story: Story, password: str) -> None:
    """Tell all of it."""
    await _logins(story)
    for version, preset in (("11", "private_chat"), ("12", "trusted_private_chat")):
        await _room(story, version, preset)
    await _relations(story)
    await _passing(story)
    await _upgrades(story)
    await _keys(story)
    await _devices(story, password)


async def _logins(story: Story) -> None:
    await story.ask("hearth", "GET account/whoami")
    for body in ({}, {"type": "m.login.password", "user": "alice", "password": "no"}):
        await story.ask("hearth", "POST login", body)
    await story.ask("hearth", "GET nothing")
    for name in (f"#no:{story.server}", "garbage", "!nope", "!nope:x"):
        await story.ask("hearth", f"POST join/{name}", {})
    me = story.user("hearth")
    await story.ask("hearth", f"POST user/{me}/filter", {"room": {"timeline": {"limit": 3}}})
    await story.ask("hearth", f"GET user/{me}/filter/0")
    for query in ({"filter": "99"}, {"filter": "{bad"}, {"since": "zz"}):
        await story.ask("hearth", "GET sync", query=query)
    await story.ask("hearth", f"PUT user/{me}/account_data/m.direct", {"a": ["b"]})
    for kind in ("m.direct", "m.nope"):
        await story.ask("hearth", f"GET user/{me}/account_data/{kind}")


async def _room(story: Story, version: str, preset: str) -> None:
    me, since = story.user("hearth"), await story.sync("hearth")
    wish = {"preset": preset, "room_version": version, "invite": [me], "is_direct": True}
    made = await story.ask("alice", "POST createRoom", {**wish, "name": "N"})
    room = str(made["room_id"])
    since = await story.sync("hearth", since)
    await story.send("hearth", room, text("too early"))
    await story.ask("bob", f"POST join/{room}", {})
    await story.ask("bob", f"POST rooms/{room}/leave", {})
    await story.ask("bob", f"GET rooms/{room}/messages", query={"dir": "b"})
    await story.ask("hearth", f"POST rooms/{room}/leave", {"reason": "no"})
    since = await story.sync("hearth", since)
    for user in (me, story.user("alice")):
        await story.ask("alice", f"POST rooms/{room}/invite", {"user_id": user})
    for number in range(6):
        await story.send("alice", room, text(f"m{number}"))
    for _ in range(2):
        await story.ask("hearth", f"POST rooms/{room}/join", {})
    since = await story.sync("hearth", since, limit=4)
    await _backlog(story, room, since)
    since = await story.sync("hearth", since, limit=100)
    await _redactions(story, room, since)
    since = await story.sync("hearth", since)
    await _powers(story, room)
    await story.ask("hearth", f"POST rooms/{room}/forget", {})
    since = await story.sync("hearth", since)
    await story.send("alice", room, text("before"))
    await story.ask("hearth", f"POST rooms/{room}/leave", {})
    await story.send("alice", room, text("after"))
    await story.sync("hearth", since)
    await story.ask("hearth", f"GET rooms/{room}/messages", query={"dir": "b", "limit": 2})
    await story.ask("hearth", f"GET rooms/{room}/joined_members")
    for call in ("leave", "join", "forget", "leave"):
        await story.ask("hearth", f"POST rooms/{room}/{call}", {})


async def _backlog(story: Story, room: str, since: str) -> None:
    for number in range(6):
        await story.send("alice", room, text(f"n{number}"))
    for _ in range(2):
        await story.ask("alice", f"PUT rooms/{room}/state/m.room.name/", {"name": "New"})
    for body in ("k", "other"):
        await story.send("alice", room, text(body), txn="same")
    await story.send("alice", room, text("l"))
    now = await story.sync("hearth", since, limit=2)
    path = f"GET rooms/{room}/messages"
    for limit in (4, 100):
        await story.ask(
            "hearth", path, query={"dir": "b", "from": now, "to": since, "limit": limit}
        )
    await story.ask("hearth", path, query={"dir": "f", "from": since, "limit": 3})
    await story.ask("hearth", path, query={"dir": "f", "from": now, "limit": 3})
    await story.ask("hearth", path, query={"dir": "b", "limit": 3, "filter": _NAMES})
    await story.ask("hearth", path, query={"dir": "x"})
    await story.ask("hearth", path, query={"dir": "b", "from": "zz"})


async def _redactions(story: Story, room: str, since: str) -> None:
    mine = await story.send("hearth", room, text("mine"), txn="mine")
    his = await story.send("alice", room, text("his"))
    since = await story.sync("hearth", since)
    path = f"PUT rooms/{room}/redact"
    await story.ask("hearth", f"{path}/{his['event_id']}/r1", {"reason": "k"})
    for txn in ("r2", "r2", "r3"):
        await story.ask("hearth", f"{path}/{mine['event_id']}/{txn}", {})
    await story.ask("hearth", f"{path}/$nope/r4", {})
    await story.sync("hearth", since)
    for event in (mine["event_id"], "$nope"):
        await story.ask("hearth", f"GET rooms/{room}/event/{event}")
    await story.ask("bob", f"GET rooms/{room}/event/{his['event_id']}")


async def _powers(story: Story, room: str) -> None:
    me, path = story.user("hearth"), f"rooms/{room}/state"
    for kind in ("m.room.name/", "m.room.name", "m.room.nope/"):
        await story.ask("hearth", f"GET {path}/{kind}")
    await story.ask("hearth", f"GET {path}/m.room.name/", query={"format": "event"})
    await story.ask("hearth", f"PUT {path}/m.room.name/", {"name": "x"})
    for level in ("100", 100):
        await story.ask("bob", f"PUT {path}/m.room.power_levels/", {"users": {me: level}})
    await story.ask("alice", f"PUT {path}/m.room.power_levels/", {"users": {me: "100"}})
    await story.ask("alice", f"PUT {path}/org.x/{me}", {})
    await story.ask("hearth", f"GET rooms/{room}/joined_members")
    await story.ask("hearth", f"GET rooms/{room}/members")


async def _direct(story: Story, version: str = "11") -> str:
    wish: Json = {"preset": "private_chat", "room_version": version}
    made = await story.ask("alice", "POST createRoom", {**wish, "invite": [story.user("hearth")]})
    await story.ask("hearth", f"POST join/{made['room_id']}", {})
    return str(made["room_id"])


async def _relations(story: Story) -> None:
    room = await _direct(story)
    event = (await story.send("alice", room, text("first")))["event_id"]
    since = await story.sync("hearth")
    for made in (
        {"event_id": event, "key": "x"},
        {"event_id": event, "key": "x"},
        {"event_id": event},
    ):
        content = {"m.relates_to": {"rel_type": "m.annotation", **made}}
        await story.send("hearth", room, content, kind="m.reaction")
    for odd in _ODD:
        await story.send("hearth", room, text("odd", **{"m.relates_to": odd}))
    replace = {"rel_type": "m.replace", "event_id": event}
    edit = text("* new", **{"m.new_content": text("new"), "m.relates_to": replace})
    edited = (await story.send("alice", room, edit))["event_id"]
    thread = {"rel_type": "m.thread", "event_id": event}
    inside = await story.send("alice", room, text("in", **{"m.relates_to": thread}))
    for root in (edited, inside["event_id"]):
        await story.send(
            "hearth", room, text("t", **{"m.relates_to": {**thread, "event_id": root}})
        )
    await story.send("hearth", room, edit)
    await story.ask("hearth", f"GET rooms/{room}/event/{event}")
    await story.sync("hearth", since, limit=100)
    wrong: tuple[object, ...] = ({}, {"body": 5, "msgtype": "m.text"}, [], text("x", half=0.5))
    for each in wrong:
        await story.send("hearth", room, each)
    for size in (64_800, 65_100):
        await story.send("hearth", room, text("y" * size))
    for mentions in ("z", {"room": "z"}, {"user_ids": "z"}):
        await story.send("hearth", room, text("x", **{"m.mentions": mentions}))


async def _passing(story: Story) -> None:
    room, me = await _direct(story), story.user("hearth")
    event = (await story.send("alice", room, text("first")))["event_id"]
    for user, body in (
        (me, {"typing": True, "timeout": 5_000}),
        (story.user("alice"), {"typing": True}),
    ):
        await story.ask("hearth", f"PUT rooms/{room}/typing/{user}", body)
    await story.ask("hearth", f"PUT rooms/!no:x/typing/{me}", {"typing": True})
    for thread in (5, "$z", "main"):
        path = f"POST rooms/{room}/receipt/m.read/{event}"
        await story.ask("hearth", path, {"thread_id": thread})
    await story.ask("hearth", f"POST rooms/{room}/read_markers", {"m.fully_read": event})
    await story.ask("hearth", f"POST rooms/{room}/kick", {"user_id": story.user("alice")})
    since = await story.sync("hearth")
    for call in ("kick", "ban"):
        await story.ask("alice", f"POST rooms/{room}/{call}", {"user_id": me, "reason": "bye"})
    for call in ("join", "leave"):
        await story.ask("hearth", f"POST rooms/{room}/{call}", {})
    await story.ask("alice", f"POST rooms/{room}/invite", {"user_id": me})
    await story.sync("hearth", since)


async def _upgrades(story: Story) -> None:
    for old, new in (("11", "12"), ("12", "12")):
        room = await _direct(story, old)
        since = await story.sync("hearth")
        await story.ask("hearth", f"POST rooms/{room}/upgrade", {"new_version": new})
        moved = await story.ask("alice", f"POST rooms/{room}/upgrade", {"new_version": new})
        await story.sync("hearth", since)
        await story.ask("alice", f"GET rooms/{moved['replacement_room']}/state")
        await story.ask("hearth", f"POST join/{moved['replacement_room']}", {})
        await story.send("hearth", room, text("x"))


async def _keys(story: Story) -> None:
    me = story.user("hearth")
    device: Json = {"user_id": me, "device_id": "HEARTH", "algorithms": ["a"]}
    signed = {me: {"ed25519:HEARTH": "s"}}
    device |= {"keys": {"ed25519:HEARTH": "k"}, "signatures": signed}
    since = await story.sync("alice")
    changes: tuple[Json, ...] = ({}, {"device_id": "OTHER"}, {"user_id": "@x:y"})
    for wrong in changes:
        await story.ask("hearth", "POST keys/upload", {"device_keys": {**device, **wrong}})
    ones = {
        f"{_KEY}:A{number}": {"key": f"k{number}", "signatures": signed} for number in range(2)
    }
    kept = {f"{_KEY}:F": {"key": "f", "signatures": signed, "fallback": True}}
    await story.ask("hearth", "POST keys/upload", {"one_time_keys": ones, "fallback_keys": kept})
    await story.ask("hearth", "POST keys/upload", {"one_time_keys": ones})
    for _ in range(4):
        asked = {me: {"HEARTH": _KEY, "NONE": _KEY}}
        await story.ask("alice", "POST keys/claim", {"one_time_keys": asked})
    for who in ("alice", "hearth"):
        await story.ask(
            who, "POST keys/query", {"device_keys": {me: [], story.user("nobody"): []}}
        )
    await story.sync("alice", since)
    since = await story.sync("hearth")
    for txn in ("t1", "t1", "t2"):
        messages = {me: {"HEARTH": {"a": 1}, "NONE": {}}}
        await story.ask("alice", f"PUT sendToDevice/m.foo/{txn}", {"messages": messages})
    await story.ask("alice", "PUT sendToDevice/m.foo/t3", {})
    now = await story.sync("hearth", since)
    for place in (now, since):
        await story.sync("hearth", place)


async def _devices(story: Story, password: str) -> None:
    for call in ("GET devices/HEARTH", "GET devices/NONE"):
        await story.ask("hearth", call)
    asked = await story.ask("hearth", "POST delete_devices", {"devices": ["NONE"]})
    auth = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": "hearth"},
        "session": asked["session"],
    }
    for more in (
        {"password": "no"},
        {"session": "none"},
        {"type": "m.foo"},
        {"password": password},
    ):
        body = {"devices": ["NONE"], "auth": {**auth, "password": password, **more}}
        await story.ask("hearth", "POST delete_devices", body)
    await story.ask("hearth", "POST logout", {})
    await story.ask("hearth", "GET account/whoami")
