"""Who the bot knows, who may come in, and by which invitation."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.domain.chat import Identity, MemberId
from bot.domain.secret import Secret

InvitationId = NewType("InvitationId", str)  # 16 hex digits, made by whoever makes the invitation


class Standing(StrEnum):
    """What an operator, or an invitation, decided about a member.

    KNOWN: nothing; the settings decide. ADMITTED: they may come in. REMOVED: they may not, until
    they are invited anew. BLOCKED: they may not, whatever the settings or an invitation say.
    """

    KNOWN = "known"
    ADMITTED = "admitted"
    REMOVED = "removed"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member with all their accounts, oldest first; `linked` are those that joined later.

    `is_operator`: they claimed the bot or were made its operator; those in the settings are not
    told apart here. `erase_at`: when what is kept of them is deleted; None: not at all.
    """

    id: MemberId
    name: str
    identities: tuple[Identity, ...]
    linked: tuple[Identity, ...] = ()
    is_operator: bool = False
    standing: Standing = Standing.KNOWN
    since: datetime
    erase_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One that can still be used: by one person, once, before `expires_at`."""

    id: InvitationId
    code: Secret
    by: MemberId
    expires_at: datetime
