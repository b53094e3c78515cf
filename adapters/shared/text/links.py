"""Which addresses may hide behind words, and which words pass themselves off as an address."""

import re
import unicodedata
from ipaddress import AddressValueError, IPv6Address
from typing import Final
from urllib.parse import unquote

_LONGEST: Final = 2_048
_HOST = r"[\w-]+(?:\.[\w-]+)+\.?"
_ADDRESS = re.compile(
    rf"https?://(?P<host>{_HOST}|\[(?P<v6>[\da-f:.]+)\])(?::(?P<port>\d{{1,5}}))?"
    r"(?:[/?#][!-~]*)?",
    re.ASCII | re.IGNORECASE,
)
# In what a link says of itself: an address, or all of it a host.
_CLAIM = re.compile(
    rf"(?:\w+://|\bwww\.)(?P<rest>[^\s/?#]+)|^(?P<host>{_HOST})(?::\d+)?(?:[/?#]\S*)?$"
)
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def host_of(url: str) -> str:
    """Return the host of an address that a message may link to; empty: it may not.

    Telegram refuses the whole message for one without a dot or with a port out of range; names
    before an `@` only ever mislead. One that is very long would fill a message without a word.
    """
    found = _ADDRESS.fullmatch(url) if len(url) <= _LONGEST else None
    if not found or not 0 < int(found["port"] or "80") < 65_536:
        return ""
    if found["v6"] and not _is_v6(found["v6"]):
        return ""
    return found["host"].lower()


def _is_v6(host: str) -> bool:
    try:
        IPv6Address(host)
    except AddressValueError:
        return False
    return True


def passes_for_another(label: str, host: str) -> bool:
    """Say whether words look like an address that is not on `host`."""
    text = unicodedata.normalize("NFKC", _HIDDEN.sub("", label)).strip().replace("。", ".")
    found = _CLAIM.search(text)
    if not found:
        return False
    claimed = found["host"] or found["rest"]
    return _bare(re.sub(r":\d*$", "", claimed)) != _bare(host)


def _bare(host: str) -> str:
    return host.lower().removesuffix(".").removeprefix("www.")


def readable(url: str) -> str:
    """Return an address as people write it, where that is one word of letters and signs."""
    said = unquote(url)
    return said if said.isprintable() and not re.search(r"\s", said) else url
