"""Groups and payers in the in-memory twin: what is read, and the effects on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bot.domain import effects as fx
from bot.domain.chat import INHERIT, MemberId, Place, Turn
from bot.domain.groups import Group, GroupId, Payer
from bot.domain.ports import Spent
from storage.memory_spending import summed
from storage.memory_state import State
from storage.rules import rounded, storable

Turns = tuple[Turn, ...]
_DONE: Final[Turns] = ()


class MemoryGroups:
    """Groups in dicts."""

    def __init__(self, state: State) -> None:
        """Work on a shared state."""
        self._state = state

    async def note(self, place: Place, *, title: str, is_allowed: bool | None = None) -> Group:
        """Return the group of a place, made known if it is new."""
        group = self._state.group(place)
        if title:
            group = replace(group, title=storable(title))
        if is_allowed is not None:
            group = replace(group, is_allowed=is_allowed)
        self._state.groups[group.id] = group
        return group

    async def find(self, place: Place) -> Group | None:
        """Return the group of a place's chat, if it is known."""
        return self._state.group(place) if self._state.find_group(place) else None

    async def get(self, group: GroupId) -> Group | None:
        """Return a group."""
        found = self._state.groups.get(group)
        return self._state.group(found.place) if found else None

    async def payer(self, group: GroupId, member: MemberId) -> Payer | None:
        """Return a member in a group."""
        return self._state.payers.get((group, member))

    async def paid_by(self, member: MemberId) -> Sequence[tuple[Group, Payer]]:
        """Return the groups in which a member's key may be used, the oldest yes first."""
        mine = [row for row in self._state.payers.values() if row.member == member and row.pays]
        mine.sort(key=lambda row: (row.since, row.group))
        return tuple((self._state.groups[row.group], row) for row in mine)

    async def speaker(self, group: GroupId, member: MemberId) -> str:
        """Return what a model may know a member by."""
        return self._state.speaker(group, member)

    async def spent(self, member: MemberId, group: GroupId, *, since: datetime) -> Spent:
        """Return a member's sum in a group since a time."""
        place = self._state.groups[group].place
        rows = [
            row
            for row in self._state.usage
            if row.member == member
            and row.at >= since
            and (row.place.frontend, row.place.chat) == (place.frontend, place.chat)
        ]
        return summed(rows)

    async def note_thread(self, place: Place) -> None:
        """Remember of a topic or thread that it was begun with the bot."""
        self._state.ours.add(self._state.where_now(place))

    async def is_begun_with_us(self, place: Place) -> bool:
        """Return whether a topic or thread was begun with the bot."""
        return self._state.where_now(place) in self._state.ours


def _change_group(state: State, effect: fx.ChangeGroup) -> Turns | None:
    group = state.groups.get(effect.group)
    if group is None:
        return None
    names = ("is_allowed", "when", "history_tokens")
    state.groups[group.id] = replace(group, **_given(effect, names))
    return _DONE


def _change_payer(state: State, effect: fx.ChangePayer) -> Turns | None:
    if effect.group not in state.groups or not state.is_known(effect.member):
        return None
    payer = state.payer(effect.group, effect.member)
    if effect.agreed is not INHERIT:
        since = payer.since or state.clock.now()
        agreed = replace(effect.agreed, usd=rounded(effect.agreed.usd))
        payer = replace(payer, agreed=agreed, since=since, is_stopped=False)
    if effect.cap_usd is not INHERIT:
        payer = replace(payer, cap_usd=rounded(effect.cap_usd))
    names = ("is_stopped", "history_tokens", "shows_name")
    state.payers[payer.group, payer.member] = replace(payer, **_given(effect, names))
    return _DONE


def _given(effect: object, names: Sequence[str]) -> dict[str, Any]:
    values = {name: getattr(effect, name) for name in names}
    return {name: value for name, value in values.items() if value is not INHERIT}


GROUPS: Final[Mapping[type[fx.Effect], Callable[[State, Any], Turns | None]]] = {
    fx.ChangeGroup: _change_group,
    fx.ChangePayer: _change_payer,
}
