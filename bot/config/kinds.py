"""Kinds of settings: each reads a text, or raises ValueError saying what is wrong with it.

The reason may be shown, so it quotes only what can be no secret.
"""

import re
from pathlib import Path
from typing import Final, NewType
from urllib.parse import SplitResult, urlsplit

from bot.domain.chat import Identity
from bot.domain.secret import Secret

Url = NewType("Url", str)  # http or https, without a slash at its end

LOG_LEVELS: Final = ("debug", "info", "warning", "error")
ACCESS: Final = ("closed", "open")
MOST_TURNS: Final = 50
MOST_A_MINUTE: Final = 1_000
_FRONTENDS: Final = ("telegram", "matrix", "console")
_FRONTEND_IDS: Final = {
    "telegram": re.compile(r"\d{1,20}"),
    "matrix": re.compile(r"@[^:\s]+:[^\s]+"),
    "console": re.compile(r"\S+"),
}
_ENDPOINT_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,19}")
_BOT_TOKEN: Final = re.compile(r"\d{3,20}:[\w-]{10,100}")


def read_path(text: str) -> Path:
    """Return an absolute path; `~` is the home folder."""
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:  # expanduser's, for a user that is not known here
        msg = "there is no such home folder"
        raise ValueError(msg) from None


def read_log_level(text: str) -> str:
    """Return a word of LOG_LEVELS."""
    return _one_of(LOG_LEVELS, text)


def read_access(text: str) -> str:
    """Return a word of ACCESS."""
    return _one_of(ACCESS, text)


def read_turns(text: str) -> int:
    """Return how many questions of a member are asked at once."""
    return _number(text, MOST_TURNS)


def read_rate(text: str) -> int:
    """Return how many questions of a member are asked in a minute; 0 for off."""
    return 0 if text.lower() == "off" else _number(text, MOST_A_MINUTE)


def _number(text: str, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= most):
        msg = f"this is no number from 1 to {most:,}"
        raise ValueError(msg)
    return int(text)


def read_identities(text: str) -> frozenset[Identity]:
    """Return the accounts of a list with commas."""
    return frozenset(_read_identity(item, number) for number, item in _items(text))


def read_secret(text: str) -> Secret:
    """Return any one line."""
    if "\n" in text:
        msg = "there is more than one line"
        raise ValueError(msg)
    return Secret(text)


def read_bot_token(text: str) -> Secret:
    """Return a Telegram bot token."""
    if not _BOT_TOKEN.fullmatch(text):
        msg = "this has not the form of a bot token"
        raise ValueError(msg)
    return Secret(text)


def read_url(text: str) -> Url:
    """Return the address of a server, with a path where it has one."""
    parts = _split_url(text)
    if parts.username is not None or parts.password is not None:
        msg = "a user or password is no part of an address"
        raise ValueError(msg)
    return Url(text.rstrip("/"))


def read_proxy(text: str) -> Secret:
    """Return a proxy's address, which may hold a password."""
    _split_url(text)
    return Secret(text)


def read_matrix_user(text: str) -> str:
    """Return a full Matrix user id."""
    if not _FRONTEND_IDS["matrix"].fullmatch(text):
        msg = "this is no full Matrix user id"
        raise ValueError(msg)
    return text


def read_listen(text: str) -> tuple[str, int] | None:
    """Return host and port to listen on; None for off."""
    if text == "off":
        return None
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdecimal() and int(port) < 65_536):
        msg = "this is no host and port"
        raise ValueError(msg)
    return host.strip("[]"), int(port)


def read_endpoints(text: str) -> dict[str, Url]:
    """Return addresses by id, as in `home=http://…,work=https://…`."""
    found: dict[str, Url] = {}
    for number, item in _items(text):
        name, equals, address = item.partition("=")
        name = name.strip()
        if not equals or not _ENDPOINT_ID.fullmatch(name):
            msg = f"item {number} does not begin with a name and ="
            raise ValueError(msg)
        if name in found:
            msg = f"the name {name} is there twice"
            raise ValueError(msg)
        try:
            found[name] = read_url(address.strip())
        except ValueError as error:
            msg = f"{name}: {error}"
            raise ValueError(msg) from None
    return found


def _items(text: str) -> list[tuple[int, str]]:
    """Return what stands between commas, numbered from 1."""
    items = [item.strip() for item in text.split(",")]
    return [(number, item) for number, item in enumerate(items, 1) if item]


def _one_of(words: tuple[str, ...], text: str) -> str:
    if text.lower() not in words:
        raise ValueError(unknown_word(text, words))
    return text.lower()


def _read_identity(item: str, number: int) -> Identity:
    try:
        identity = Identity.parse(item)
    except ValueError:
        msg = f"item {number} is no messenger:account"
        raise ValueError(msg) from None
    form = _FRONTEND_IDS.get(identity.frontend)
    if form is None:
        msg = f"item {number}: {unknown_word(identity.frontend, _FRONTENDS)}"
        raise ValueError(msg)
    if not form.fullmatch(identity.id):
        what = "a number" if identity.frontend == "telegram" else "such as @me:example.org"
        msg = f"item {number}: a {identity.frontend} account is {what}"
        raise ValueError(msg)
    return identity


def _split_url(text: str) -> SplitResult:
    msg = "this is no address that begins with http:// or https://"
    try:
        parts = urlsplit(text)
        is_address = bool(parts.scheme in {"http", "https"} and parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(msg) from None
    if not is_address or re.search(r"[\s\x00-\x20\x7f,]", text):
        raise ValueError(msg)
    if parts.query or parts.fragment:
        msg = "an address ends before ? and #"
        raise ValueError(msg)
    return parts


def unknown_word(text: str, words: tuple[str, ...]) -> str:
    """Return a reason, with the word that was likely meant. `text` is quoted if it is a word."""
    near = nearest(text.lower(), words)
    quoted = f"{text!r} is" if re.fullmatch(r"[A-Za-z]{1,20}", text) else "this is"
    return f"{quoted} none of {', '.join(words)}" + (f"; did you mean {near}?" if near else "")


def nearest(text: str, words: tuple[str, ...]) -> str:
    """Return the word most like a text; empty if none is."""
    from difflib import get_close_matches  # noqa: PLC0415  # only a mistake needs it

    return next(iter(get_close_matches(text, words, n=1, cutoff=0.7)), "")
