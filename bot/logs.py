"""Logging: one line per event on standard error, without secrets and without message text.

A message is constant, values are fields: `_log.info("turn ended", extra=fields(ms=12))`. An
exception is logged as its types and where it was raised, never with its text, which may quote
what a member wrote. Redaction is the second line of defence, for what libraries say.
"""

import logging
import re
import sys
import threading
from datetime import UTC, datetime
from pathlib import PurePath
from types import TracebackType
from typing import Any, Final, TextIO

from bot.domain.secret import Secret

_OURS: Final = ("bot", "adapters", "storage")
# These tell URLs, SQL values and message texts below WARNING.
_QUIET: Final = ("httpx", "httpcore", "telegram", "aiohttp", "asyncio", "aiosqlite", "peewee")
# And this one at WARNING too: it quotes whole answers of a server that it cannot read.
_QUIETER: Final = ("nio",)
_HIDDEN: Final = "[redacted]"
_SECRETS: Final = re.compile(
    r"""
      (?P<head> (?:bearer|basic)\s+                              # authorization headers
        | (?:authorization|(?:x-)?api[-_]?key|x-goog-api-key|access_token|token|password
          |passphrase|secret|key)["']?\s*[=:]\s*["']?(?!(?:bearer|basic)\s)
      ) [^\s"'&,;}\])]+
    | (?<=://)[^/\s@]+:[^/\s@]*(?=@)                             # user:password in a URL
    | (?<!\d)\d{3,}:[\w-]{10,}(?![\w-])                         # Telegram bot tokens
    | (?<![\w-])(?:(?:sk|xai|pplx|csk|nvapi)-|(?:gsk|fw|tgp_v1|hf|syt)_|AIza|AQ\.)[\w.-]{6,}
    | (?<![\w-])[0-9a-f]{32}\.[\w-]{16,}
    | (?<![A-Za-z0-9])[A-Za-z0-9]{32,}(?![A-Za-z0-9])            # bare keys; checksums go too
    """,
    re.IGNORECASE | re.VERBOSE,
)


def fields(**values: object) -> dict[str, Any]:
    """Return `extra` for a log call: values that the line shows as `name=value`."""
    return {"fields": values}


def redact(text: str) -> str:
    """Return a text with whatever has the form of a key, token or password hidden."""
    return _SECRETS.sub(lambda found: (found["head"] or "") + _HIDDEN, text)


class LineFormatter(logging.Formatter):
    """Makes a record one line: time in UTC, level, logger, message, fields, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        parts = [moment.replace("+00:00", "Z"), record.levelname.lower(), f"{record.name}:"]
        parts.append(self._message(record))
        values = getattr(record, "fields", None)
        if isinstance(values, dict):
            parts += [f"{name}={_shown(value)}" for name, value in values.items()]
        if record.exc_info and record.exc_info[1] is not None:
            parts.append(f"error={describe(record.exc_info[1])}")
        return _one_line(redact(" ".join(parts)))

    def _message(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.name.partition(".")[0] in _OURS:
            return text
        # asyncio and others put reprs, with exception texts in them, on the lines below.
        return text.partition("\n")[0]


def describe(error: BaseException) -> str:
    """Return an exception's type, where it was raised, and its causes; never its text."""
    seen: list[str] = []
    current: BaseException | None = error
    while current is not None and len(seen) < 5:
        seen.append(f"{type(current).__qualname__}({_trace(current.__traceback__)})")
        hidden = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or hidden
    return "←".join(seen)


def set_up_logging(level: str, stream: TextIO | None = None) -> None:
    """Log to standard error from now on: our own modules at `level`, all others at WARNING."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(handler)
    root.addHandler(_Handler(stream))
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _QUIETER:
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread
    sys.unraisablehook = _log_unraisable


class _Handler(logging.StreamHandler[TextIO]):
    def __init__(self, stream: TextIO | None) -> None:
        super().__init__(stream)
        self.setFormatter(LineFormatter())

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Say nothing: the standard way prints the record with its arguments."""


def _shown(value: object) -> str:
    """Return a field's value, quoted if it is not one word."""
    text = "…" if isinstance(value, Secret) else str(value)
    return text if text and not re.search(r"[\s\"=]", text) else f'"{text}"'


def _one_line(text: str) -> str:
    """Return a text with line ends and control characters, terminal codes too, written out."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _trace(trace: TracebackType | None) -> str:
    steps = []
    while trace is not None:
        code = trace.tb_frame.f_code
        steps.append(f"{PurePath(code.co_filename).stem}:{trace.tb_lineno}")
        trace = trace.tb_next
    return ">".join(steps[-8:])


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger(__name__).critical("stopped by an error", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    error = args.exc_value
    logging.getLogger(__name__).error("a thread was stopped by an error", exc_info=error)


def _log_unraisable(args: "sys.UnraisableHookArgs") -> None:
    error = args.exc_value
    logging.getLogger(__name__).error("an error was ignored", exc_info=error)
