"""Every vendor as a Provider: the catalogue's rows, and the endpoints an operator names."""

from collections.abc import Mapping
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from adapters.providers.anthropic import Anthropic
from adapters.providers.catalogue import DEMO, Row, foreign_keys, rows
from adapters.providers.deepseek import DeepSeek
from adapters.providers.dialect import Dialect, Vendor
from adapters.providers.google import Google
from adapters.providers.openai_chat import OpenAIChat
from adapters.providers.openai_responses import OpenAIResponses
from adapters.shared.http import HttpClient
from bot.domain.keyforms import KeyForms
from bot.domain.models import ProviderSpec
from bot.domain.ports import Provider

DIALECTS: Final[Mapping[str, type[Dialect]]] = {
    "openai_chat": OpenAIChat,
    "openai_responses": OpenAIResponses,
    "deepseek": DeepSeek,
    "google": Google,
    "anthropic": Anthropic,
}
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """Return scheme, host and port of a base URL, the same for every spelling of it.

    Raises ValueError where it is no http or https URL, or holds a user, a query or a fragment.
    """
    parts = urlsplit(url)
    port = parts.port
    host = parts.hostname or ""
    has_more = parts.username is not None or parts.query or parts.fragment
    if parts.scheme not in _DEFAULT_PORTS or not host or has_more:
        msg = "not the base URL of an API"
        raise ValueError(msg)
    if ":" in host:
        host = f"[{host}]"
    is_default = port is None or port == _DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if is_default else f":{port}")


def build_providers(
    http: HttpClient,
    *,
    endpoints: Mapping[str, str] | None = None,
    base_urls: Mapping[str, str] | None = None,
    proxies: Mapping[str, str] | None = None,
    demo: str | None = None,
) -> dict[str, Provider]:
    """Return every vendor of the catalogue and every named endpoint, by id. Does no I/O.

    `endpoints` maps an operator's own ids to base URLs; `base_urls` and `proxies` hold what
    differs from the catalogue, by id; `demo` is the running demo server's base URL, None: none.
    Raises ValueError on a base URL or a proxy that is none, or an endpoint with a vendor's id.
    """
    places = dict(base_urls or {})
    known = [row for row in rows() if not row.is_demo and (row.is_listed or row.id in places)]
    if demo is not None:
        known += [row for row in rows() if row.is_demo]
        places[DEMO] = demo
    for name, url in (endpoints or {}).items():
        if any(name in {row.id, *row.aliases} for row in rows()):
            msg = f"the endpoint {name} has the name of a vendor"
            raise ValueError(msg)
        known.append(Row(id=name, name=name, base_url=url))
    proxies = proxies or {}
    return {
        row.id: provider_of(http, row, base_url=places.get(row.id), proxy=proxies.get(row.id))
        for row in known
    }


def provider_of(
    http: HttpClient, row: Row, *, base_url: str | None = None, proxy: str | None = None
) -> Provider:
    """Return the provider of a row, at another base URL where one is given."""
    if proxy is not None and urlsplit(proxy).scheme not in _DEFAULT_PORTS:
        msg = f"the proxy of {row.id} is no http or https URL"
        raise ValueError(msg)
    url = (base_url or row.base_url).rstrip("/")
    origin = origin_of(url)
    vendor = Vendor(
        spec=spec_of(row, origin),
        base_url=url,
        proxy=proxy,
        quirks=row.quirks,
        is_moved=bool(base_url) and origin != origin_of(row.base_url or url),
    )
    return DIALECTS[row.dialect](http, vendor)


def spec_of(row: Row, origin: str = "") -> ProviderSpec:
    """Return what members see of a row that is reached at `origin`."""
    return ProviderSpec(
        id=row.id,
        name=row.name,
        origin=row.origin or origin,
        key_page=row.key_page,
        billing_page=row.billing_page,
        key_need=row.key_need,
        aliases=row.aliases,
        is_free=row.is_free,
        is_demo=row.is_demo,
        key_pattern=row.key_pattern,
        key_shape=row.key_shape,
        useless_keys=row.useless_keys,
    )


@cache
def key_forms() -> KeyForms:
    """Return the forms of every vendor's keys, also of those that are not offered here."""
    return KeyForms([spec_of(row) for row in rows()], foreign=foreign_keys())
