"""Logs: one line, no secrets, no words of a member, whatever a library says."""

import io
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from types import TracebackType

import pytest

from bot.domain.secret import Secret
from bot.logs import LineFormatter, describe, fields, redact, set_up_logging

_TOUCHED = (
    *("bot", "adapters", "storage", "httpx", "httpcore", "telegram", "nio", "aiohttp"),
    "peewee",
)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Log to memory, and leave logging as it was."""
    root, stream = logging.getLogger(), io.StringIO()
    before, levels = (
        list(root.handlers),
        {name: logging.getLogger(name).level for name in _TOUCHED},
    )
    level, hooks = root.level, (sys.excepthook, threading.excepthook, sys.unraisablehook)
    set_up_logging("info", stream)
    yield stream
    logging.captureWarnings(capture=False)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    root.handlers[:] = before
    root.setLevel(level)
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)


def test_an_event_is_one_line_with_fields(log: io.StringIO) -> None:
    """Time in UTC, level, module, the constant message, then values."""
    logging.getLogger("bot.router").info(
        "update handled", extra=fields(frontend="console", ms=12, outcome="two words", key="")
    )
    time, rest = log.getvalue().split(" ", 1)
    assert time.endswith("Z")
    assert rest == (
        'info bot.router: update handled frontend=console ms=12 outcome="two words" key=""\n'
    )


def test_a_value_cannot_write_a_line_of_its_own(log: io.StringIO) -> None:
    """Line ends and terminal codes are written out."""
    logging.getLogger("bot").warning(
        "odd %s", "a\nforged line\x1b[2J\u2028", extra=fields(x="a\nb")
    )
    assert log.getvalue().count("\n") == 1
    assert "a\\nforged line\\x1b[2J\\u2028" in log.getvalue()


def test_our_modules_have_the_level_and_libraries_are_quiet(log: io.StringIO) -> None:
    """Libraries log URLs, SQL values and message texts below WARNING."""
    logging.getLogger("bot.router").debug("too fine")
    for name in (
        "httpx",
        "httpcore",
        "telegram.ext",
        "aiohttp",
        "aiosqlite",
        "asyncio",
        "peewee",
        "x",
    ):
        logging.getLogger(name).info("GET https://example.org/canary")
        logging.getLogger(name).warning("shown")
    assert log.getvalue().count("\n") == 8
    assert "canary" not in log.getvalue()
    set_up_logging("debug", log)
    logging.getLogger("storage.turns").debug("fine enough")
    logging.getLogger("httpx").debug("GET https://example.org/canary")
    assert log.getvalue().count("fine enough") == 1
    assert "canary" not in log.getvalue()


def test_a_library_that_quotes_servers_is_heard_of_its_errors_alone(log: io.StringIO) -> None:
    """What it cannot read may hold a token or a message, and it warns with all of it."""
    logging.getLogger("nio.responses").warning("Error validating response: canary")
    logging.getLogger("nio.crypto.log").error("shown")
    assert "canary" not in log.getvalue()
    assert log.getvalue().count("\n") == 1


def test_an_exception_is_told_by_type_and_place(log: io.StringIO) -> None:
    """Its text may quote a member, and so may its cause's."""
    try:
        try:
            int("canary words of a member")
        except ValueError as error:
            raise KeyError("canary words") from error
    except KeyError as error:
        logging.getLogger("bot.router").exception("command failed", exc_info=error)
    assert "canary" not in log.getvalue()
    assert "error=KeyError(test_logs:" in log.getvalue()
    assert "←ValueError(test_logs:" in log.getvalue()
    assert log.getvalue().count("\n") == 1


def test_a_hidden_cause_stays_hidden() -> None:
    """`from None` says that the cause is of no interest."""
    with pytest.raises(KeyError) as caught:
        _fail_without_cause()
    assert describe(caught.value).startswith("KeyError(")
    assert "ValueError" not in describe(caught.value)


def _fail_without_cause() -> None:
    try:
        int("canary")
    except ValueError:
        raise KeyError("canary") from None


def test_only_the_first_line_of_a_librarys_message_counts(log: io.StringIO) -> None:
    """Asyncio puts the repr of a task on the second, exception text and all."""
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <canary>")
    assert log.getvalue().endswith("error asyncio: Task exception was never retrieved\n")


KEYS = [
    "sk-ant-api03-canary-0123456789",
    "sk-proj-canary_0123456789",
    "sk-or-v1-0123456789abcdef",
    "sk-" + "0123456789abcdef" * 2,
    "AIza" + "canary0" * 5,
    "AQ." + "canary0" * 6,
    "gsk_canary0123456789",
    "xai-canary0123456789",
    "pplx-canary0123456789",
    "csk-canary0123456789",
    "fw_canary0123456789",
    "tgp_v1_canary0123456789",
    "hf_canary0123456789",
    "nvapi-canary0123456789",
    "0123456789abcdef0123456789abcdef.canary0123456789",
    "canary0123456789canary0123456789",
    "canary0123456789canary0123456789canary01",
    "syt_canary_0123456789",
    "123456789:AAcanary-0123456789_canary",
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "around", ["{}", "said {}.", "'{}'", "(key={})", "https://example.org/{}/x", '{{"a": "{}"}}']
)
def test_every_known_form_of_a_key_is_hidden(key: str, around: str) -> None:
    """In any company."""
    line = redact(around.format(key))
    assert key not in line
    assert "[redacted]" in line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer canary", "Authorization: Bearer [redacted]"),
        ("{'authorization': 'Bearer canary'}", "{'authorization': 'Bearer [redacted]'}"),
        ("x-api-key: canary", "x-api-key: [redacted]"),
        ("/v1beta/models?key=canary&alt=sse", "/v1beta/models?key=[redacted]&alt=sse"),
        ("password=canary", "password=[redacted]"),
        ("http://me:canary@proxy:3128/", "http://[redacted]@proxy:3128/"),
        (
            "https://api.example.org/bot123456789:AAcanary-canary/getMe",
            "https://api.example.org/bot[redacted]/getMe",
        ),
    ],
)
def test_what_goes_with_a_secret_is_hidden(text: str, shown: str) -> None:
    """Headers, parameters, and the parts of an address that open something."""
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T11:14:22.123Z info bot.app: telegram:12345 in /srv/hearthkey",
        "listening host=127.0.0.1 port=8088 data=/srv/hearthkey/hearthkey.db",
        "KEK id 0123456789abcdef",
        "model=claude-haiku-4-5-20251001 tokens=123456",
    ],
)
def test_ordinary_lines_stay_readable(text: str) -> None:
    """A log that hides everything helps nobody."""
    assert redact(text) == text


def test_redaction_covers_the_whole_line(log: io.StringIO) -> None:
    """Arguments, fields and library messages alike; a Secret does not show itself anyway."""
    logging.getLogger("bot").error("%s", KEYS[0], extra=fields(a=KEYS[1], b=Secret("canary")))
    logging.getLogger("nio").warning("refused %s", KEYS[2])
    assert "canary" not in log.getvalue()
    assert KEYS[2] not in log.getvalue()
    assert "b=…" in log.getvalue()


def test_setting_up_twice_logs_once(log: io.StringIO) -> None:
    """The second set-up takes the place of the first."""
    set_up_logging("info", log)
    logging.getLogger("bot").info("once")
    assert log.getvalue().count("once") == 1


def test_a_broken_log_call_gives_nothing_away(
    log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """The standard way prints the arguments to standard error."""
    record = logging.LogRecord("bot", logging.ERROR, "", 1, "two of %s %s", ("canary",), None)
    handlers = logging.getLogger().handlers
    (ours,) = (one for one in handlers if isinstance(one.formatter, LineFormatter))
    ours.handle(record)
    assert "canary" not in log.getvalue() + "".join(capsys.readouterr())


def test_what_nobody_caught_is_told_without_its_text(log: io.StringIO) -> None:
    """In the program, in a thread, in a destructor; Ctrl-C is no error."""
    error = ValueError("canary")
    sys.excepthook(ValueError, error, None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    threading.excepthook(threading.ExceptHookArgs((ValueError, error, None, None)))
    sys.unraisablehook(_Unraisable(error))
    assert log.getvalue().count("error=ValueError()") == 3
    assert log.getvalue().count("\n") == 3
    assert "canary" not in log.getvalue()


class _Unraisable:
    """What the interpreter hands to sys.unraisablehook."""

    exc_type: type[BaseException] = ValueError
    exc_traceback: TracebackType | None = None
    err_msg: str | None = None
    object: object = None

    def __init__(self, error: BaseException | None) -> None:
        self.exc_value = error


def test_warnings_go_to_the_log(log: io.StringIO) -> None:
    """As one line each."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old\nhabit", stacklevel=1)
    assert "warning py.warnings:" in log.getvalue()
    assert log.getvalue().count("\n") == 1


def test_a_record_without_fields_formats() -> None:
    """Records made elsewhere have none."""
    record = logging.LogRecord("bot", logging.INFO, "", 1, "plain", None, (None, None, None))
    assert LineFormatter().format(record).endswith("info bot: plain")
