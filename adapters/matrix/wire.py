"""A call to the homeserver that gave no result."""

from typing import Any


class CallError(Exception):
    """A call that gave no result, whatever the reason.

    `status` is HTTP's, 0 where no answer came. `code` is the server's `errcode`. `said` is its
    description in lower case; it may quote what was sent, so it is for comparing and never for a
    log. `answer` is the whole answer as read. `is_unsent`: not one byte left this host.
    """

    def __init__(
        self,
        status: int,
        code: str = "",
        said: str = "",
        *,
        retry_after_s: float | None = None,
        is_unsent: bool = False,
        answer: dict[str, Any] | None = None,
    ) -> None:
        """Keep what is known; as a text it is the status and the code."""
        super().__init__(f"status {status} {code}".rstrip())
        self.status = status
        self.code = code
        self.said = said.lower()
        self.retry_after_s = retry_after_s
        self.is_unsent = is_unsent
        self.answer = answer or {}
