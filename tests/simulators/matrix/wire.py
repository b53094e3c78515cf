"""How calls come in over HTTP, and how answers leave, or do not."""

import math
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from aiohttp import web

from tests.simulators.matrix.accounts import Json
from tests.simulators.matrix.calls import Route
from tests.simulators.matrix.faults import Fault
from tests.simulators.matrix.refusals import Refused, bad_json, bad_request

_JSON: Final = "application/json"


@dataclass(slots=True, kw_only=True)
class Seen:
    """A call that was made. `kind` tells edits and reactions from messages.

    `status` 0: no answer was given.
    """

    name: str
    kind: str = ""
    user: str = ""
    room: str = ""
    query: str = ""
    at: float = 0.0
    status: int = 0
    retry_after_ms: int = 0


def read_body(route: Route, raw: bytes) -> Json:
    """Return a call's body; raises what is said of one that is no JSON object."""
    if route.method == "GET" or (route.is_bare and not raw):
        return {}
    try:
        found: Any = msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise bad_request("Content not JSON.", "M_NOT_JSON") from error
    if not isinstance(found, dict):
        raise bad_json("Content must be a JSON object.")
    return found


def read_token(request: web.Request) -> str:
    """Return a call's token; empty where it has none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else request.query.get("access_token", "")


def answer(status: int, found: object, headers: dict[str, str] | None = None) -> web.Response:
    """Return an answer in JSON."""
    return web.Response(
        status=status, body=msgspec.json.encode(found), content_type=_JSON, headers=headers
    )


def refused_answer(seen: Seen, refused: Refused) -> web.Response:
    """Return a no, which says in two places how long to wait, if it says so."""
    seen.status = refused.status
    body = refused.body()
    wait_ms = body.get("retry_after_ms")
    if wait_ms is None:
        return answer(refused.status, body)
    seen.retry_after_ms = wait_ms
    return answer(refused.status, body, {"Retry-After": str(math.ceil(wait_ms / 1_000))})


def broken_answer(fault: Fault, request: web.Request) -> web.StreamResponse | None:
    """Return what leaves no proper answer, or an invented one, and no effect."""
    if fault.reset == "before":
        return cut(request)
    if fault.answer is not None:
        return answer(fault.status or 200, fault.answer)
    if fault.garbage:
        return web.Response(status=fault.status or 200, body=b"<html>no such thing</html>")
    return None


def cut(request: web.Request) -> web.StreamResponse:
    """Cut the connection, so that nothing more is heard of a call."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
