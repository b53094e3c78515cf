"""Who talks where, with which choices, and what is asked of a model."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, Final, NewType, Self

from bot.domain.models import Effort
from bot.domain.usage import Usage

MemberId = NewType("MemberId", str)
SessionId = NewType("SessionId", int)
TurnId = NewType("TurnId", int)
MessageRef = NewType("MessageRef", str)  # a message's id on its messenger, unique in its chat

DEFAULT_MAX_TOKENS: Final = 4_096


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """One account of a person on one messenger, written `telegram:12345`."""

    frontend: str
    id: str

    def __str__(self) -> str:
        return f"{self.frontend}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `frontend:id`; ValueError if there is no colon or a side is empty."""
        frontend, colon, account = text.strip().partition(":")
        if not (colon and frontend and account):
            raise ValueError(text)
        return cls(frontend, account)


class PlaceKind(StrEnum):
    """How many people can read along."""

    PRIVATE = "private"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation happens: a messenger's chat or room, and a topic or thread in it."""

    frontend: str
    chat: str
    thread: str = ""
    kind: PlaceKind = PlaceKind.PRIVATE

    @property
    def is_private(self) -> bool:
        """Whether only one member and the bot are here."""
        return self.kind is PlaceKind.PRIVATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person the bot knows, and the account they are speaking from now."""

    id: MemberId
    identity: Identity
    name: str
    is_operator: bool = False


class Streaming(StrEnum):
    """How an answer grows before the eyes: as the messenger does best, or as a member chose."""

    AUTO = "auto"
    DRAFT = "draft"
    EDIT = "edit"
    OFF = "off"


class Inherit(Enum):
    """The value of a choice that was not made here: the wider scope decides."""

    INHERIT = "inherit"


INHERIT: Final = Inherit.INHERIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The settings a turn runs with. None: the model's own temperature, no limit of length.

    `window` is the model's context in tokens as its list said when it was chosen; None: unknown.
    `effort` None: the model thinks as it does by itself. `is_own`: in a group whose model the
    member has no key for, it is their own model.
    """

    provider: str = ""
    model: str = ""
    temperature: float | None = None
    max_tokens: int | None = DEFAULT_MAX_TOKENS
    instructions: str = ""
    cost_line: bool = True
    window: int | None = None
    effort: Effort | None = None
    stream: Streaming = Streaming.AUTO
    is_own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What a member, or a session, chose; whatever is INHERIT comes from the wider scope.

    `provider`, `model` and `window` are chosen together.
    """

    provider: str | Inherit = INHERIT
    model: str | Inherit = INHERIT
    window: int | Inherit | None = INHERIT
    temperature: float | Inherit | None = INHERIT
    max_tokens: int | Inherit | None = INHERIT
    instructions: str | Inherit = INHERIT
    cost_line: bool | Inherit = INHERIT
    effort: Effort | Inherit | None = INHERIT
    stream: Streaming | Inherit = INHERIT

    def set_fields(self) -> dict[str, Any]:
        """Return the choices that were made, by name."""
        mine = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in mine.items() if value is not INHERIT}

    def over(self, choices: Choices) -> Choices:
        """Return `choices` with what was chosen here laid over it."""
        return replace(choices, **self.set_fields())

    def merged(self, newer: "Overrides") -> "Overrides":
        """Return these overrides with the choices of `newer` laid over them."""
        return replace(self, **newer.set_fields())


class Scope(StrEnum):
    """What a choice holds for."""

    SESSION = "session"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One conversation in a place. `title` is empty until it is named or has a question.

    `root` is a turn of the place around a thread: its pair comes before all that is said here.
    """

    id: SessionId
    place: Place
    owner: MemberId | None
    title: str
    overrides: Overrides
    started_at: datetime
    last_at: datetime
    messages: int = 0
    root: TurnId | None = None


class Role(StrEnum):
    """Who said a message of the transcript."""

    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a model reads it. Images and files will be fields beside the text.

    `speaker`: who wrote it, as the model may know them (`M2`, or their name); empty in private.
    """

    role: Role
    text: str
    speaker: str = ""


class Adjustment(StrEnum):
    """One change to a request that a vendor refused a parameter of."""

    DROP_TEMPERATURE = "drop_temperature"
    DROP_MAX_TOKENS = "drop_max_tokens"
    MAX_COMPLETION_TOKENS = "max_completion_tokens"
    DROP_STREAM_OPTIONS = "drop_stream_options"
    SYSTEM_IN_USER = "system_in_user"
    DROP_EFFORT = "drop_effort"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What a provider is asked: oldest message first, the last one from the user.

    `user` and `conversation` tell a vendor which questions belong together, for its prompt cache
    and its rules of use: opaque, another one at each vendor, empty for none. `most_tokens` is the
    model's own limit, for vendors that must be told one; None: unknown.
    """

    model: str
    messages: tuple[Message, ...]
    system: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    most_tokens: int | None = None
    effort: Effort | None = None
    user: str = ""
    conversation: str = ""
    adjustments: frozenset[Adjustment] = frozenset()


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of the model's thinking, never part of the answer."""

    text: str


class FinishReason(StrEnum):
    """Why an answer ended."""

    STOP = "stop"
    LENGTH = "length"
    FILTERED = "filtered"


@dataclass(frozen=True, slots=True)
class Finish:
    """The model's own end of the answer; a stream without one was cut."""

    reason: FinishReason


Event = TextDelta | ReasoningDelta | Usage | Finish


class TurnState(StrEnum):
    """Where a turn stands: `received → waiting → requested → …`, see ARCHITECTURE.md."""

    RECEIVED = "received"
    WAITING = "waiting"
    REQUESTED = "requested"
    ANSWERED = "answered"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    EXPIRED = "expired"

    @property
    def is_open(self) -> bool:
        """Whether the turn still owes the member something."""
        return self in {TurnState.RECEIVED, TurnState.WAITING, TurnState.REQUESTED}


class WaitReason(StrEnum):
    """What a waiting turn waits for."""

    CONSENT = "consent"
    KEY = "key"
    LOCK = "lock"
    BUDGET = "budget"
    ABSENCE = "absence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message and its answer, as bound on arrival.

    `attempt` counts possibly-billed and surely-unsent requests alike, from 0 (none yet).
    `detail` is the category of a failed turn or the reason of a waiting one. `answer` holds the
    text so far or at the end; a turn with an answer is part of the session's history unless it
    was taken back.

    `received_at` of a message that came after an absence is when it was sent. `message` is the
    first of its `pieces`. `edits` counts how often the question was changed before it was asked;
    `revised` is a change that came later and waits for the member's word. `is_untold`: the member
    has yet to hear that it waits, or expired.
    """

    id: TurnId
    session: SessionId
    place: Place
    member: MemberId
    question: str
    choices: Choices
    state: TurnState
    received_at: datetime
    message: MessageRef | None = None
    attempt: int = 0
    detail: str = ""
    answer: str | None = None
    partial: str = ""
    is_taken_back: bool = False
    pieces: int = 1
    edits: int = 0
    revised: str | None = None
    is_untold: bool = False


def estimate_tokens(texts: Iterable[str]) -> int:
    """Return about how many tokens `texts` are: four UTF-8 bytes each, and four per message.

    Bytes, not characters: CJK and emoji take more tokens than Latin letters do.
    """
    return sum(len(text.encode()) // 4 + 4 for text in texts)
