"""The way out to a homeserver: one JSON call, every error as one kind."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from adapters.matrix.shallow import shallow
from adapters.shared.http import HttpAnswer, HttpClient
from adapters.shared.transport import HttpFault, Timeouts
from bot.domain.secret import Secret

READ_S: Final = 30.0
_CONNECT_S: Final = 10.0
_MOST_BYTES: Final = 128 * 1024 * 1024  # a first sync has the state of every room
_BASE: Final = "/_matrix/client"

Json = dict[str, Any]
_decode: Final = msgspec.json.Decoder(Json).decode


class CallError(Exception):
    """A call that gave no result, whatever the reason (Client-Server API, "Standard error").

    `status` is HTTP's, 0 where no answer came. `code` is the server's errcode. `said` is its own
    words in lower case, for comparing and never for a log. `answer` is all it said, which a login
    in steps needs. `is_unsent`: not one byte left this host.
    """

    def __init__(
        self,
        status: int,
        code: str = "",
        said: str = "",
        *,
        retry_after_s: float | None = None,
        is_unsent: bool = False,
        answer: Json | None = None,
    ) -> None:
        """Keep what is known; as a text it is status and errcode."""
        super().__init__(f"status {status} {code}".strip())
        self.status = status
        self.code = code
        self.said = said.lower()
        self.retry_after_s = retry_after_s
        self.is_unsent = is_unsent
        self.answer = answer or {}

    @property
    def is_surely_refused(self) -> bool:
        """Whether the server said that it did nothing."""
        return self.is_unsent or 400 <= self.status < 500

    @property
    def is_lasting(self) -> bool:
        """Whether the same call would be refused again: no pause and no login mends it."""
        return 400 <= self.status < 500 and self.status not in {401, 429}


def path(*parts: str) -> str:
    """Return a path of the API's version 3; ids may hold any sign."""
    return "/".join(("/v3", *(quote(part, safe="") for part in parts)))


def text_in(answer: Json, name: str) -> str:
    """Return what an answer must say; raises CallError where it does not, as for no answer."""
    found = answer.get(name)
    if not isinstance(found, str) or not found:
        raise CallError(0)
    return found


class Wire:
    """Calls to one homeserver, with the token that `token` holds once there is one."""

    def __init__(self, http: HttpClient, homeserver: str) -> None:
        """Take the client, which somebody else closes; no I/O."""
        self._http = http
        self._root = homeserver.rstrip("/") + _BASE
        self.token: Secret | None = None

    async def call(
        self,
        method: str,
        where: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        read_s: float = READ_S,
    ) -> Json:
        """Make one call, once, and return a successful answer. Raises CallError."""
        url = f"{self._root}{where}" + (f"?{urlencode(query)}" if query else "")
        headers: dict[str, str | Secret] = {"content-type": "application/json"}
        if self.token is not None:
            headers["authorization"] = Secret(f"Bearer {self.token.reveal()}")
        try:
            answer = await self._http.call(
                method,
                url,
                headers=headers,
                body=b"" if body is None else msgspec.json.encode(body),
                timeouts=Timeouts(
                    connect_s=_CONNECT_S, write_s=READ_S, read_s=read_s, total_s=600.0
                ),
                max_bytes=_MOST_BYTES,
            )
        except HttpFault as fault:
            error = CallError(0, is_unsent=fault.is_unsent)
        except UnicodeEncodeError:  # a lone surrogate in what is to be sent
            error = CallError(0, is_unsent=True)
        else:
            read = _read(answer)
            if 200 <= answer.status < 300 and read is not None:
                return read
            error = _refused(answer, read or {})
        raise error


def _read(answer: HttpAnswer) -> Json | None:
    try:
        return _decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _read_leniently(answer.body)
    except RecursionError:
        return _read_leniently(shallow(answer.body))


def _read_leniently(body: bytes) -> Json | None:
    """Read what holds half a character, as anybody may send it: it must not hide all the rest."""
    try:
        read = json.loads(body.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _refused(answer: HttpAnswer, read: Json) -> CallError:
    code, said = read.get("errcode"), read.get("error")
    status = 0 if 200 <= answer.status < 300 else answer.status  # an answer nobody can read
    return CallError(
        status,
        code if isinstance(code, str) else "",
        said if isinstance(said, str) else "",
        retry_after_s=_retry_after_s(answer, read),
        answer=read,
    )


def _retry_after_s(answer: HttpAnswer, read: Json) -> float | None:
    """Return for how long to wait: the header came with version 1.10, the field was before it."""
    header = answer.headers.get("retry-after", "")
    if header.isascii() and header.isdigit():
        return float(header)
    field = read.get("retry_after_ms")
    is_number = isinstance(field, int | float) and not isinstance(field, bool)
    return max(0.0, field / 1000) if is_number and field is not None else None
