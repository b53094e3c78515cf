"""What is known of a group, and of each member in it who pays for what they ask there."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, NewType

from bot.domain.chat import MemberId, Overrides, Place

GroupId = NewType("GroupId", int)

HISTORY_TOKENS: Final = 8_000


class When(StrEnum):
    """When the bot answers in a group; to commands, its own buttons and questions it always does.

    MENTION: to what names it, replies to it, or is in a thread that was begun with it. ALWAYS: to
    all that members write. COMMANDS: to nothing else.
    """

    MENTION = "mention"
    ALWAYS = "always"
    COMMANDS = "commands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A chat with several people, all its topics or threads. `place` is the chat itself.

    `overrides` are the model and the instructions that its admins chose. `history_tokens` is how
    much of what was said goes along with a question, at most.
    """

    id: GroupId
    place: Place
    title: str
    is_allowed: bool = False
    when: When = When.MENTION
    history_tokens: int = HISTORY_TOKENS
    overrides: Overrides = field(default_factory=Overrides)


@dataclass(frozen=True, slots=True)
class Agreed:
    """The model, and the price of a typical answer with it, that a payer said yes to.

    `usd` None: nobody knows what it costs.
    """

    provider: str
    model: str
    usd: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """A member in a group. `number`: vendors know them there as M1, M2 and so on.

    `agreed` None: they never said that their key may be used there. `is_stopped`: they took that
    back. `cap_usd` is the most they pay there in a day, `history_tokens` how much of the group's
    history they pay for; None: no limit of theirs. `shows_name`: vendors may read their name.
    """

    group: GroupId
    member: MemberId
    number: int
    agreed: Agreed | None = None
    is_stopped: bool = False
    since: datetime | None = None
    cap_usd: Decimal | None = None
    history_tokens: int | None = None
    shows_name: bool = False

    @property
    def pays(self) -> bool:
        """Whether their key may be used there."""
        return self.agreed is not None and not self.is_stopped
