"""The one error tree. Exceptions carry fields; `bot.texts` has the sentences.

HearthkeyError
├─ ProviderError(provider, model, said, is_unsent)
│  ├─ NoCredit  InvalidKey  NoPermission  RegionBlocked  ModelUnavailable
│  ├─ TooLong  Filtered  RateLimited(retry_after_s)  Overloaded(retry_after_s)
│  ├─ Unreachable  TimedOut  Cut  ServerFault  BadRequest  EmptyAnswer
│  └─ ParameterRefused(adjustment)
├─ FrontendError
│  ├─ ChatGone  ChatMoved(new_chat)  ThreadGone
│  └─ SendThrottled(retry_after_s)  SendRefused  SendUnknown
├─ StorageError
│  └─ StorageUnavailable  InboxFull  VaultCorrupt(table, column, row)
└─ StartError(problems)      the start stops: one line per problem, exit code 2
"""

from collections.abc import Sequence
from typing import ClassVar

from bot.domain.chat import Adjustment


class HearthkeyError(Exception):
    """Anything Hearthkey itself raises."""


class ProviderError(HearthkeyError):
    """A request to a vendor that ended without a whole answer.

    `category` is stored with the turn. `said` is the vendor's own text, at most 200 characters,
    for a member who asks for details; it may be hostile and is escaped where it is shown.
    `is_unsent`: the request surely was not processed, so sending it again bills nobody twice.
    """

    category: ClassVar[str] = "server"

    def __init__(
        self, provider: str, *, model: str = "", said: str = "", is_unsent: bool = False
    ) -> None:
        """Say which provider and model, and what is known about the request."""
        super().__init__(self.category)
        self.provider = provider
        self.model = model
        self.said = said[:200]
        self.is_unsent = is_unsent


class NoCredit(ProviderError):
    """The vendor wants money first."""

    category = "money"


class InvalidKey(ProviderError):
    """The vendor does not know the key, or no more."""

    category = "invalid_key"


class NoPermission(ProviderError):
    """The key is valid and may not do this."""

    category = "no_permission"


class RegionBlocked(ProviderError):
    """The vendor refuses this host's country or network."""

    category = "region"


class ModelUnavailable(ProviderError):
    """No such model, or none for this key."""

    category = "model"


class TooLong(ProviderError):
    """The prompt does not fit the model's window."""

    category = "too_long"


class Filtered(ProviderError):
    """The vendor or the model declined to answer."""

    category = "filtered"


class RateLimited(ProviderError):
    """Too many requests for this key; surely not processed."""

    category = "rate"

    def __init__(
        self, provider: str, *, retry_after_s: float = 20.0, model: str = "", said: str = ""
    ) -> None:
        """Say how long the vendor asks to wait, in seconds."""
        super().__init__(provider, model=model, said=said, is_unsent=True)
        self.retry_after_s = retry_after_s


class Overloaded(ProviderError):
    """503, 529 and their like before the first byte: surely not processed."""

    category = "overloaded"

    def __init__(
        self,
        provider: str,
        *,
        retry_after_s: float = 1.0,
        model: str = "",
        said: str = "",
        is_unsent: bool = True,
    ) -> None:
        """Say how long to wait in seconds; within a stream `is_unsent` is False."""
        super().__init__(provider, model=model, said=said, is_unsent=is_unsent)
        self.retry_after_s = retry_after_s


class Unreachable(ProviderError):
    """No connection, or it broke before an answer began; `is_unsent` if no header left."""

    category = "network"


class TimedOut(ProviderError):
    """The vendor was silent for too long, or gave up itself (504)."""

    category = "timeout"


class Cut(ProviderError):
    """The connection ended within the answer, with no terminal marker."""

    category = "cut"


class ServerFault(ProviderError):
    """A fault on the vendor's side; it may have been billed."""

    category = "server"


class BadRequest(ProviderError):
    """The vendor refused the request for a reason we do not know better."""

    category = "bad_request"


class EmptyAnswer(ProviderError):
    """The answer came to its end without any text."""

    category = "empty"


class ParameterRefused(ProviderError):
    """A parameter was refused before anything was processed; `adjustment` may mend it."""

    category = "bad_request"

    def __init__(
        self, provider: str, *, adjustment: Adjustment, model: str = "", said: str = ""
    ) -> None:
        """Name the one change to try."""
        super().__init__(provider, model=model, said=said, is_unsent=True)
        self.adjustment = adjustment


class FrontendError(HearthkeyError):
    """A messenger did not take a message."""


class ChatGone(FrontendError):
    """The chat was closed, deleted, or the bot blocked: never again."""


class ChatMoved(FrontendError):
    """The chat has another id now; the message surely was not taken."""

    def __init__(self, new_chat: str) -> None:
        """Say which."""
        super().__init__("moved")
        self.new_chat = new_chat


class ThreadGone(FrontendError):
    """The topic or thread was closed or deleted; its chat is there."""


class SendRefused(FrontendError):
    """The messenger refused this very message; sending it again is of no use."""


class SendUnknown(FrontendError):
    """The call broke after it left: the message may be there."""


class SendThrottled(FrontendError):
    """The messenger wants a pause; the message surely was not taken."""

    def __init__(self, retry_after_s: float) -> None:
        """Say how long, in seconds."""
        super().__init__("throttled")
        self.retry_after_s = retry_after_s


class StorageError(HearthkeyError):
    """The data folder failed us."""


class StorageUnavailable(StorageError):
    """The database cannot be written or read now: full, read-only, or broken.

    `reason` is SQLite's own short text, which holds no data.
    """

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


class InboxFull(StorageError):
    """The member has as many unanswered messages as are kept; this one was not stored."""


class VaultCorrupt(StorageError):
    """A sealed value does not authenticate: changed, moved, or sealed under another key."""

    def __init__(self, table: str, column: str, row: str) -> None:
        """Name the value by its place in the database."""
        super().__init__(f"{table}.{column} of row {row}")
        self.table = table
        self.column = column
        self.row = row


class StartError(HearthkeyError):
    """The start stops. Each problem is one clear line that names a setting or a path."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Take all problems found, to be shown at once."""
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)
