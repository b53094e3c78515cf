"""Rows of people and invitations in the in-memory twin."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.chat import MemberId
from bot.domain.people import Invitation, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was decided about a member."""

    since: datetime
    standing: Standing = Standing.KNOWN
    erase_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation; `is_spent`: it was used, by `used_by`, or withdrawn."""

    invitation: Invitation
    is_spent: bool = False
    used_by: MemberId | None = None
