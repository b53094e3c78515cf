"""What a vendor says of a failure, out of the many shapes of an error body. Pure."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from adapters.providers.fields import UNREADABLE
from bot.domain.secret import Secret

_WINDOW: Final = 12
_SECONDS: Final = re.compile(r"\d{1,9}(?:\.\d{1,9})?s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a vendor says of a failure; `codes` are its stable words, in lower case.

    `wait_s` is how long the body itself asks to wait; `is_daily`: a day's quota is used up.
    """

    message: str = ""
    codes: frozenset[str] = frozenset()
    param: str = ""
    is_moderation: bool = False
    status: int | None = None
    wait_s: float | None = None
    is_daily: bool = False


def read_report(body: bytes) -> Report:
    """Return what an error body says: JSON in any of the vendors' shapes, or a plain text."""
    try:
        return report_of(msgspec.json.decode(body))
    except UNREADABLE:
        text = body.decode("utf-8", "replace").strip()
        return Report(message="" if text.startswith("<") else text)


def report_of(said: Any) -> Report:  # noqa: ANN401  (whatever JSON the vendor sent)
    """Return what a decoded error says: a text, an object, or either under a name or two."""
    while True:
        if isinstance(said, list) and said:
            said = said[0]
        elif isinstance(said, dict) and (inner := said.get("error")) and inner is not True:
            if isinstance(inner, str):
                return _report({"message": inner, **said})
            said = inner
        else:
            break
    if isinstance(said, dict):
        return _report(said)
    return Report(message=said if isinstance(said, str) else "")


def _report(said: dict[str, Any]) -> Report:
    message, param = said.get("message"), said.get("param")
    if not message and (detail := said.get("detail")):
        message, param = _detail(detail)
    if not message:
        message = said.get("msg")
    metadata = said.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    details = said.get("details")
    more = _google_details(details) if isinstance(details, list) else _Details()
    codes = (
        *(said.get("code"), said.get("type"), said.get("status"), metadata.get("error_type")),
        details.get("error_code") if isinstance(details, dict) else None,
        *more.reasons,
    )
    return Report(
        message=message if isinstance(message, str) else "",
        codes=frozenset(str(code).lower() for code in codes if isinstance(code, str | int)),
        param=param if isinstance(param, str) else "",
        is_moderation=bool(metadata.get("reasons") or metadata.get("flagged_input")),
        status=_status(said.get("code")),
        wait_s=more.wait_s,
        is_daily=more.is_daily,
    )


@dataclass(slots=True)
class _Details:
    reasons: list[str] = field(default_factory=list)
    wait_s: float | None = None
    is_daily: bool = False


def _google_details(details: list[Any]) -> _Details:
    """Return what Google's ErrorInfo, RetryInfo and QuotaFailure say, told by their fields."""
    found = _Details()
    for each in details:
        if not isinstance(each, dict):
            continue
        if isinstance(reason := each.get("reason"), str):
            found.reasons.append(reason)
        if isinstance(delay := each.get("retryDelay"), str) and _SECONDS.fullmatch(delay):
            found.wait_s = float(delay[:-1])
        violations = each.get("violations")
        for violation in violations if isinstance(violations, list) else ():
            if isinstance(violation, dict) and "PerDay" in str(violation.get("quotaId")):
                found.is_daily = True
    return found


def _detail(detail: Any) -> tuple[Any, Any]:  # noqa: ANN401  (the vendor's JSON)
    """Return message and parameter of a FastAPI `detail`: a text, an object, or a list of them."""
    if isinstance(detail, list) and detail:
        detail = detail[0]
    if isinstance(detail, dict):
        where = detail.get("loc")
        param = where[-1] if isinstance(where, list) and where else None
        return detail.get("msg") or detail.get("message"), param
    return detail, None


def _status(code: Any) -> int | None:  # noqa: ANN401  (the vendor's JSON)
    text = str(code)
    return int(text) if re.fullmatch("[45][0-9][0-9]", text) else None


def presentable(text: str, key: Secret) -> str:
    """Return a vendor's text for a member's eyes: one line, short, without the key in it."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:4_000]).split())
    clear = key.reveal()
    if len(clear) > 3:
        line = line.replace(clear, "…")
        windows = {clear[i : i + _WINDOW] for i in range(len(clear) - _WINDOW + 1)}
        line = " ".join(
            "…" if any(window in word for window in windows) else word for word in line.split(" ")
        )
    return line if len(line) <= 200 else line[:199] + "…"
