"""Canaries: secrets that are recognised wherever they turn up in clear."""

import base64
import logging
import re
import secrets
from pathlib import Path
from typing import Final

_FORM: Final = re.compile(r"canary-[0-9a-f]{24}")
_WATCHED: Final = ("bot", "adapters", "storage", "httpx", "httpcore", "aiohttp")


class Canaries:
    """Hands out secrets and looks for them."""

    def __init__(self) -> None:
        self._known: list[str] = []

    def new(self, prefix: str = "sk-") -> str:
        """Return a secret nobody has seen before."""
        canary = f"{prefix}canary-{secrets.token_hex(12)}"
        self._known.append(canary)
        return canary

    def search(self, where: bytes | str | Path) -> list[str]:
        """Return the canaries found in a text, in bytes, in a file or anywhere in a folder.

        They are found in clear, in hex and within base64.
        """
        content = _content(where)
        return [one for one in self._known if any(form in content for form in _forms(one))]


class Watch(logging.Handler):
    """Listens to every logger and notes the records that hold anybody's canary."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.leaks: list[str] = []

    def start(self) -> None:
        """Listen from now on, to ours and to those that know URLs and headers at DEBUG."""
        logging.getLogger().addHandler(self)
        for name in _WATCHED:
            logging.getLogger(name).setLevel(logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        """Note where a canary was logged, arguments and exception included."""
        shown = [record.getMessage(), repr(record.__dict__)]
        if record.exc_info:
            shown.append(logging.Formatter().formatException(record.exc_info))
        if has_canary("\n".join(shown)):
            self.leaks.append(f"{record.name}:{record.lineno}")

    def take(self) -> list[str]:
        """Return what was noted since the last time."""
        leaks, self.leaks = self.leaks, []
        return leaks


def has_canary(text: str) -> bool:
    """Return whether a text holds a canary of any test."""
    return _FORM.search(text) is not None


def _content(where: bytes | str | Path) -> bytes:
    if isinstance(where, bytes):
        return where
    if isinstance(where, str):
        return where.encode(errors="surrogatepass")
    if where.is_dir():
        return b"\0".join(each.read_bytes() for each in sorted(where.rglob("*")) if each.is_file())
    return where.read_bytes()


def _forms(canary: str) -> set[bytes]:
    plain = canary.encode()
    # Within base64 a text looks one of three ways, but for what touches its neighbours.
    inner = (base64.b64encode(bytes(shift) + plain)[shift + 1 : -4] for shift in range(3))
    return {plain, plain.hex().encode(), *(form[2:] for form in inner)}
