"""The door: who may come in. Pure, in memory, asked before anything is stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.chat import Identity
from bot.domain.people import Person, Standing

_OUT = frozenset({Standing.REMOVED, Standing.BLOCKED})


@dataclass(slots=True, kw_only=True)
class Access:
    """Closed by default: the settings' operators, whom they allow, and whom an operator let in.

    All accounts of a person have the same rights. `operators` and `allowed` are the settings';
    the console's own user is among the former: whoever can start the bot owns it already. `local`
    are messengers that reach nobody but them, so everybody there may come in. `operator_name` is
    what members read; empty where nobody knows it.
    """

    is_open: bool = False
    operators: frozenset[Identity] = frozenset()
    allowed: frozenset[Identity] = frozenset()
    local: frozenset[str] = frozenset()
    operator_name: str = ""
    _claimed: frozenset[Identity] = frozenset()
    _people: Mapping[Identity, Person] = field(default_factory=dict, repr=False)

    def admits(self, identity: Identity) -> bool:
        """Return whether this account may talk to the bot.

        Who is named as an operator in the settings always may.
        """
        if self.is_operator(identity):
            return True
        person = self._people.get(identity)
        if person is not None and person.standing is not Standing.KNOWN:
            return person.standing is Standing.ADMITTED
        is_listed = not self.allowed.isdisjoint(self._accounts(identity))
        return self.is_open or is_listed or identity.frontend in self.local

    def is_operator(self, identity: Identity) -> bool:
        """Return whether this account decides who may come in."""
        if self.is_named(identity) or identity in self._claimed:
            return True
        person = self._people.get(identity)
        return person is not None and person.is_operator and person.standing not in _OUT

    def is_named(self, identity: Identity) -> bool:
        """Return whether the settings name an account of this person as an operator."""
        return not self.operators.isdisjoint(self._accounts(identity))

    def is_blocked(self, identity: Identity) -> bool:
        """Return whether nothing that this account does is answered."""
        person = self._people.get(identity)
        is_blocked = person is not None and person.standing is Standing.BLOCKED
        return is_blocked and not self.is_operator(identity)

    @property
    def deciding(self) -> frozenset[Identity]:
        """Every account that decides who may come in."""
        known = {each for each in self._people if self.is_operator(each)}
        return self.operators | self._claimed | known

    def accounts_of_operators(self, frontend: str) -> Sequence[str]:
        """Return the operators' accounts on a messenger."""
        return sorted(each.id for each in self.deciding if each.frontend == frontend)

    def own(self, identity: Identity, name: str) -> None:
        """Take an account as the operator's."""
        self._claimed |= {identity}
        self.operator_name = name

    def learn(self, people: Iterable[Person]) -> None:
        """Take over who is known, the oldest first, and what was decided about them."""
        everybody = tuple(people)
        self._people = {account: each for each in everybody for account in each.identities}
        self._claimed = frozenset()
        names = (each.name for each in everybody if self.is_operator(each.identities[0]))
        self.operator_name = next(filter(None, names), self.operator_name)

    def _accounts(self, identity: Identity) -> Sequence[Identity]:
        person = self._people.get(identity)
        return person.identities if person else (identity,)
