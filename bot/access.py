"""The door: who may come in. Pure, in memory, asked before anything is stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.chat import Identity

_QUIET = timedelta(hours=1)
_REMEMBERED = 1_000


@dataclass(slots=True, kw_only=True)
class Access:
    """Closed by default: operators and allowed identities only.

    The console's own user is an operator: whoever can start the bot owns it already.
    `operator_name` is what members read; empty where nobody claimed the bot.
    """

    is_open: bool = False
    operators: frozenset[Identity] = frozenset()
    allowed: frozenset[Identity] = frozenset()
    operator_name: str = ""
    _told: dict[Identity, datetime] = field(default_factory=dict, repr=False)

    def admits(self, identity: Identity) -> bool:
        """Return whether this account may talk to the bot."""
        return self.is_open or identity in self.operators or identity in self.allowed

    def is_operator(self, identity: Identity) -> bool:
        """Return whether this account decides who may come in."""
        return identity in self.operators

    def accounts_of_operators(self, frontend: str) -> Sequence[str]:
        """Return the operators' accounts on a messenger."""
        return sorted(each.id for each in self.operators if each.frontend == frontend)

    def own(self, identity: Identity, name: str) -> None:
        """Take an account as the operator's; what strangers are told is another thing now."""
        self.operators |= {identity}
        self.operator_name = name
        self._told.clear()

    def may_tell(self, stranger: Identity, now: datetime) -> bool:
        """Return whether a stranger is due their one line an hour, and note it."""
        last = self._told.get(stranger)
        if last is not None and now - last < _QUIET:
            return False
        self._told.pop(stranger, None)
        while len(self._told) >= _REMEMBERED:
            del self._told[next(iter(self._told))]
        self._told[stranger] = now
        return True
