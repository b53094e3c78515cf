"""Whose devices a client has to look at again: those that changed, and those it meets or loses."""

from tests.simulators.matrix.accounts import Account, Json
from tests.simulators.matrix.homeserver import Homeserver
from tests.simulators.matrix.stream import Token


def changed_devices(server: Homeserver, account: Account, since: Token | None) -> Json:
    """Return the parts of `device_lists` that are not empty."""
    if since is None or server.keys_moved <= since.pos:
        return {}
    rooms = [server.rooms[each] for each in account.rooms]
    shared = {account.id}
    met: set[str] = set()
    lost: set[str] = set()
    for room in rooms:
        is_in = room.membership(account.id) == "join"
        was_in = room.membership(account.id, since.pos) == "join"
        members = room.members()
        if is_in:
            shared.update(members)
        if is_in and not was_in:
            met.update(members)
        if was_in and not is_in:
            lost.update(members)
        if was_in and is_in:
            for event in room.member_events(since.pos):
                user = event.state_key or ""
                is_here = room.membership(user) == "join"
                was_here = room.membership(user, since.pos) == "join"
                if is_here != was_here:
                    (met if is_here else lost).add(user)
    moved = {
        each.id
        for each in server.accounts.values()
        if each.id in shared and each.keys_pos > since.pos
    }
    changed, left = sorted(moved | met), sorted(lost - shared)
    return {**({"changed": changed} if changed else {}), **({"left": left} if left else {})}
