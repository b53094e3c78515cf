"""Which part of what happens a sync asks for."""

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from tests.simulators.matrix.accounts import Account, Json
from tests.simulators.matrix.refusals import Refused, bad_request

_MOST: Final = 100
_LIMIT: Final = 10


@dataclass(frozen=True, slots=True)
class Kinds:
    """Kinds of events that pass; `*` at a kind's end stands for any."""

    wanted: tuple[str, ...] | None = None
    unwanted: tuple[str, ...] = ()

    @classmethod
    def read(cls, given: Json) -> "Kinds":
        """Return what a part of a filter lets pass."""
        wanted = given.get("types")
        return cls(None if wanted is None else tuple(wanted), tuple(given.get("not_types", ())))

    def __contains__(self, kind: str) -> bool:
        if any(_is_like(kind, each) for each in self.unwanted):
            return False
        return self.wanted is None or any(_is_like(kind, each) for each in self.wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter. `is_lazy` only tells that the client wants to know how many members there are."""

    limit: int = _LIMIT
    is_lazy: bool = False
    timeline: Kinds = field(default_factory=Kinds)
    state: Kinds = field(default_factory=Kinds)
    ephemeral: Kinds = field(default_factory=Kinds)
    room_data: Kinds = field(default_factory=Kinds)
    data: Kinds = field(default_factory=Kinds)

    @classmethod
    def read(cls, given: Json) -> "Filter":
        """Return what a filter's JSON says."""
        room = given.get("room", {})
        timeline, state = room.get("timeline", {}), room.get("state", {})
        return cls(
            limit=min(int(timeline.get("limit", _LIMIT)), _MOST),
            is_lazy=bool(state.get("lazy_load_members")),
            timeline=Kinds.read(timeline),
            state=Kinds.read(state),
            ephemeral=Kinds.read(room.get("ephemeral", {})),
            room_data=Kinds.read(room.get("account_data", {})),
            data=Kinds.read(given.get("account_data", {})),
        )

    @classmethod
    def find(cls, account: Account, text: str) -> "Filter":
        """Return a filter by what a call names: nothing, an id, or the filter itself."""
        if not text:
            return cls()
        if not text.startswith("{"):
            return cls.read(
                stored(account, text, bad_request("No such filter", "M_INVALID_PARAM"))
            )
        return cls.read(cls.decode(text))

    @staticmethod
    def decode(text: str) -> Json:
        """Return a filter's JSON from its text."""
        try:
            return msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise bad_request("Invalid filter JSON", "M_NOT_JSON") from error


def stored(account: Account, name: str, missing: Refused) -> Json:
    """Return an account's filter by its id."""
    if not name.isdecimal() or int(name) >= len(account.filters):
        raise missing
    return account.filters[int(name)]


def _is_like(kind: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return kind.startswith(pattern[:-1])
    return kind == pattern
