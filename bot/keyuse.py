"""What the end of a turn tells of the key it was asked with."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.domain.chat import MemberId, TurnState
from bot.domain.effects import NoteKeyHealth
from bot.domain.errors import InvalidKey, NoCredit
from bot.domain.keys import KeyHealth, StoredKey
from bot.domain.ports import Ending

_FAULTS: Final[Mapping[str, KeyHealth]] = {
    InvalidKey.category: KeyHealth.REJECTED,
    NoCredit.category: KeyHealth.NO_CREDIT,
}


def noted(ending: Ending, member: MemberId, key: StoredKey) -> Ending:
    """Return the ending with the key that was used and, where its health is news, that too."""
    ending = replace(ending, key=key.id)
    found = key.health
    if ending.state is TurnState.ANSWERED:
        found = KeyHealth.WORKS
    elif ending.state is TurnState.FAILED:
        found = _FAULTS.get(ending.detail, key.health)
    if found is key.health:
        return ending
    note = NoteKeyHealth(member=member, key=key.id, health=found)
    return replace(ending, effects=(*ending.effects, note))
