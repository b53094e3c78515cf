"""python-telegram-bot's way out: over the house's own HTTP, every error as one kind."""

from typing import Any, Final, final

import msgspec
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from adapters.shared.http import HttpClient
from adapters.shared.transport import HttpFault, Timeouts

READ_S: Final = 20.0
_CONNECT_S: Final = 10.0
_HEADERS: Final = {"content-type": "application/json"}
_NOT_GIVEN: Final = BaseRequest.DEFAULT_NONE


class CallError(TelegramError):
    """A call that gave no result, whatever the reason.

    `status` is HTTP's, 0 where no answer came. `said` is the server's own description, in lower
    case; it may quote what was sent, so it is for comparing and never for a log. `is_unsent`: not
    one byte left this host.
    """

    def __init__(
        self,
        status: int,
        said: str = "",
        *,
        retry_after_s: float | None = None,
        new_chat: str = "",
        is_unsent: bool = False,
    ) -> None:
        """Keep what is known; as a text it is the status alone."""
        super().__init__(f"status {status}")
        self.status = status
        self.said = said.lower()
        self.retry_after_s = retry_after_s
        self.new_chat = new_chat
        self.is_unsent = is_unsent

    @property
    def is_surely_refused(self) -> bool:
        """Whether the server said that it did nothing."""
        return self.is_unsent or 400 <= self.status < 500


class _Parameters(msgspec.Struct):
    retry_after: float | None = None
    migrate_to_chat_id: int | None = None


class _Refusal(msgspec.Struct):
    """An unsuccessful answer (Bot API, "Making requests")."""

    description: str = ""
    parameters: _Parameters | None = None


_refusal: Final = msgspec.json.Decoder(_Refusal)


@final
class Wire(BaseRequest):
    """Sends every call as JSON over the client that the providers use too.

    The URL of a call holds the bot's token, so nothing here, nor below, logs or keeps one.
    """

    def __init__(self, http: HttpClient, *, proxy: str | None = None) -> None:
        """Take the client, which somebody else closes."""
        super().__init__()
        self._http = http
        self._proxy = proxy

    @property
    def read_timeout(self) -> float:
        """Return the longest silence, in seconds."""
        return READ_S

    async def initialize(self) -> None:
        """Do nothing: the client connects when it is needed."""

    async def shutdown(self) -> None:
        """Do nothing: the client is not ours."""

    async def do_request(  # noqa: PLR0917 - the library's
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = _NOT_GIVEN,
        write_timeout: object = _NOT_GIVEN,  # noqa: ARG002 - the library's
        connect_timeout: object = _NOT_GIVEN,  # noqa: ARG002 - the library's
        pool_timeout: object = _NOT_GIVEN,  # noqa: ARG002 - the library's
    ) -> tuple[int, bytes]:
        """Make one call and return a successful answer. Raises CallError."""
        del method  # POST serves for every method (Bot API, "Making requests")
        read_s = float(read_timeout) if isinstance(read_timeout, int | float) else READ_S
        timeouts = Timeouts(connect_s=_CONNECT_S, write_s=READ_S, read_s=read_s)
        parameters = request_data.parameters if request_data is not None else {}
        body = msgspec.json.encode(parameters)
        try:
            async with self._http.stream_post(
                url, headers=_HEADERS, body=body, proxy=self._proxy, timeouts=timeouts
            ) as stream:
                status, answer = stream.status, await stream.read_all()
        except HttpFault as fault:
            error = CallError(0, is_unsent=fault.is_unsent)
        else:
            if 200 <= status < 300:
                return status, answer
            error = _refused(status, answer)
        raise error

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer. Raises CallError; the library's own way logs what it cannot read."""
        try:
            read = msgspec.json.decode(payload, type=dict[str, Any])
        except msgspec.DecodeError:
            read = {}
        if "result" not in read:
            raise CallError(0)
        return read


def _refused(status: int, answer: bytes) -> CallError:
    try:
        read = _refusal.decode(answer)
    except msgspec.DecodeError:
        read = _Refusal()
    more = read.parameters or _Parameters()
    return CallError(
        status,
        read.description,
        retry_after_s=more.retry_after,
        new_chat=str(more.migrate_to_chat_id or ""),
    )
