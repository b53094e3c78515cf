"""Uploading an identity, with what the server wants the account's owner to confirm it by."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from adapters.matrix.trust.ports import TrustApi
from adapters.matrix.wire import CallError
from bot.domain.secret import Secret

_PASSWORD: Final = "m.login.password"  # noqa: S105 - the name of a step
_PAGES: Final = ("m.oauth", "org.matrix.cross_signing_reset")
_LONGEST_URL: Final = 300
_CODE: Final = re.compile(r"[A-Z0-9_.]{1,60}", re.IGNORECASE)
_TOO_OLD: Final = "the homeserver has no cross-signing: it is too old for encrypted chats"
_NOT_ACCEPTED: Final = (
    "the homeserver does not accept HEARTHKEY_MATRIX_PASSWORD for the bot's identity; correct it"
    " and start again"
)
_NOT_GIVEN: Final = (
    "the homeserver wants the account's password for the bot's identity; set"
    " HEARTHKEY_MATRIX_PASSWORD beside the access token and start again"
)
_NO_WAY: Final = (
    "the homeserver wants the bot's identity confirmed in a way this bot does not know; use an"
    " account with a password"
)


class Refused(Exception):
    """The server does not take what the bot's trust needs; `line` says what to do about it.

    `page`: where the account's owner can approve of it, empty if there is no such page.
    """

    def __init__(self, line: str, *, page: str = "") -> None:
        """Keep the line, which holds no secret."""
        super().__init__(line)
        self.line = line
        self.page = page


class _Flow(msgspec.Struct):
    stages: list[str]


class _Wanted(msgspec.Struct):
    """What the server wants first (specification, "User-Interactive Authentication API")."""

    flows: list[_Flow]
    session: str = ""
    params: dict[str, Any] = {}

    def has(self, stage: str) -> bool:
        return any(flow.stages == [stage] for flow in self.flows)


async def upload_identity(
    api: TrustApi, identity: dict[str, Any], *, user: str, password: Secret | None
) -> None:
    """Replace the account's identity; raises Refused if the server surely did not.

    The same identity again is taken without more. Raises CallError if the server cannot be asked.
    """
    try:
        await api.upload_signing_keys(identity)
    except CallError as error:
        wanted = _wanted(error)
    else:
        return
    if password is None or not wanted.has(_PASSWORD):
        raise _refusal(wanted)
    try:
        await api.upload_signing_keys(identity, _by_password(wanted, user, password))
    except CallError as error:
        refused = Refused(_NOT_ACCEPTED) if error.status in {401, 403} else _judged(error)
    else:
        return
    raise refused


def errcode(code: object) -> str:
    """Return a server's error code as it may be shown, or that it gave none."""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "no code"


def _wanted(error: CallError) -> _Wanted:
    """Return what the server wants, or raise what its refusal means."""
    if error.status == 401 and "flows" in error.answer:
        try:
            return msgspec.convert(error.answer, _Wanted)
        except msgspec.ValidationError:
            return _Wanted([])
    raise _judged(error) from None


def _judged(error: CallError) -> CallError | Refused:
    if error.status in {404, 405} or error.code == "M_UNRECOGNIZED":
        return Refused(_TOO_OLD)
    if error.status in {400, 403}:
        return Refused(f"the homeserver refuses the bot's identity ({errcode(error.code)})")
    return error


def _by_password(wanted: _Wanted, user: str, password: Secret) -> dict[str, Any]:
    return {
        "type": _PASSWORD,
        "identifier": {"type": "m.id.user", "user": user},
        "password": password.reveal(),
        "session": wanted.session,
    }


def _refusal(wanted: _Wanted) -> Refused:
    for stage in _PAGES:
        if wanted.has(stage):
            page = _page(wanted.params.get(stage))
            where = f"the account page {page}" if page else "the account page of its server"
            line = f"approve of a new identity for the bot at {where}, then start again"
            return Refused(line, page=page)
    return Refused(_NOT_GIVEN if wanted.has(_PASSWORD) else _NO_WAY)


def _page(params: object) -> str:
    """Return the address of the account page, if it is one that can be shown."""
    url = params.get("url") if isinstance(params, dict) else None
    if not isinstance(url, str) or len(url) > _LONGEST_URL or not url.isprintable():
        return ""
    return url if urlsplit(url).scheme in {"http", "https"} else ""
