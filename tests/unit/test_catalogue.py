"""The catalogue: a vendor is a row and nothing else."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec
import pytest

from adapters.providers import capabilities
from adapters.providers.catalogue import Row, configurable, foreign_keys, read_rows, rows
from adapters.providers.registry import (
    DIALECTS,
    build_providers,
    key_forms,
    origin_of,
    provider_of,
    spec_of,
)
from adapters.shared.http import HttpClient
from bot.domain.chat import Adjustment
from bot.domain.keyforms import KeyForms
from tests.simulators.asking import KEY, hear, request
from tests.simulators.vendor_sim import VendorSim

ACME = """
[[vendor]]
id = "acme"
name = "Acme"
base_url = "https://api.acme.example/v1"
key_page = "https://acme.example/keys"
key_pattern = "acme-[a-z]+"
aliases = ["wile"]

[vendor.quirks]
check = "key"
balance = "data.left"
prefers = ["-large$"]
adjustments = ["drop_stream_options"]
body = { safe = true }
"""


def test_a_row_is_the_whole_change() -> None:
    """What members see, and where the key goes, is in it."""
    [row] = read_rows(ACME)
    spec = provider_of(HttpClient(), row).spec
    assert (spec.id, spec.name, spec.aliases) == ("acme", "Acme", ("wile",))
    assert spec.origin == "https://api.acme.example"
    assert spec.key_page == "https://acme.example/keys"
    assert spec.key_pattern == "acme-[a-z]+"
    assert not spec.is_free
    assert not spec.is_demo
    assert row.quirks.adjustments == {Adjustment.DROP_STREAM_OPTIONS}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_rows_own_fields_go_along(dialect: str) -> None:
    """In whichever dialect it is asked."""
    [row] = read_rows(ACME.replace("base_url", f'dialect = "{dialect}"\nbase_url'))
    provider = provider_of(HttpClient(), row)
    assert isinstance(provider, DIALECTS[dialect])
    assert provider.write(request()).body["safe"] is True


async def test_a_rows_quirks_reach_the_wire() -> None:
    """Its own check, its default model first, and what it refuses is never sent."""
    [row] = read_rows(ACME)
    http = HttpClient()
    async with VendorSim() as sim:
        sim.models = {"data": [{"id": "acme-small"}, {"id": "acme-large"}]}
        provider = provider_of(http, row, base_url=sim.url + "/")
        await provider.check_key(KEY)
        models = await provider.list_models(KEY)
        await hear(provider, request())
        await http.close()
        assert provider.spec.origin == f"http://127.0.0.1:{sim.port}"
        paths = [seen.path for seen in sim.witness.seen]
        assert paths == ["/v1/key", "/v1/models", "/v1/chat/completions"]
        assert [model.id for model in models if model.is_default] == ["acme-large"]
        assert "stream_options" not in sim.witness.asked[0].body
        assert sim.witness.asked[0].body["safe"] is True


@pytest.mark.parametrize(
    "change",
    [
        ("name =", "nmae ="),
        ('name = "Acme"', "name = 5"),
        ('name = "Acme"', ""),
        ("drop_stream_options", "drop_everything"),
    ],
)
def test_a_slip_in_a_row_is_found(change: tuple[str, str]) -> None:
    """No field is left unread, none is of another type."""
    with pytest.raises(msgspec.ValidationError):
        read_rows(ACME.replace(*change))


def test_names_are_one_vendors() -> None:
    """Neither an id nor an alias stands for two."""
    other = ACME.replace('id = "acme"', 'id = "other"')
    with pytest.raises(ValueError, match="share"):
        read_rows(ACME + other)


def test_the_catalogue_that_comes_with_it() -> None:
    """Every row makes a provider, under its id."""
    vendors = {row.id: "http://127.0.0.1:9/v1" for row in rows()}
    providers = build_providers(
        HttpClient(), base_urls=vendors, demo="http://127.0.0.1:9/x/v1", endpoints={}
    )
    assert list(providers) == [row.id for row in rows()]
    assert all(name == provider.spec.id for name, provider in providers.items())


def test_a_named_endpoint() -> None:
    """An operator's own server is a provider with its name."""
    url = "http://192.0.2.7:8000/v1/"
    [provider] = [
        each
        for name, each in build_providers(HttpClient(), endpoints={"home": url}).items()
        if name == "home"
    ]
    assert provider.spec.name == "home"
    assert provider.spec.origin == "http://192.0.2.7:8000"


def test_an_endpoint_cannot_take_a_vendors_name() -> None:
    """Else a key would go where its member does not expect."""
    with pytest.raises(ValueError, match="demo"):
        build_providers(HttpClient(), endpoints={"demo": "http://192.0.2.7/v1"})


@pytest.mark.parametrize("proxy", ["socks5://me:word@127.0.0.1:1080", "127.0.0.1:8080", ""])
def test_a_proxy_that_cannot_be_used(proxy: str) -> None:
    """It stops the start, rather than being passed by; its password is not echoed."""
    with pytest.raises(ValueError, match="the proxy of home") as caught:
        build_providers(
            HttpClient(), endpoints={"home": "http://192.0.2.7/v1"}, proxies={"home": proxy}
        )
    assert "word" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.example.org/v1", "https://api.example.org"),
        ("HTTPS://API.Example.ORG:443/v1", "https://api.example.org"),
        ("http://api.example.org:80", "http://api.example.org"),
        ("https://api.example.org:8443/v1", "https://api.example.org:8443"),
        ("http://[::1]:11434/v1", "http://[::1]:11434"),
    ],
)
def test_origins(url: str, origin: str) -> None:
    """Every spelling of one place is the same origin."""
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.org/v1",
        "ftp://api.example.org",
        "https:///v1",
        "https://me:word@api.example.org/v1",
        "https://api.example.org/v1?x=1",
        "https://api.example.org/v1#x",
        "https://api.example.org:port/v1",
    ],
)
def test_what_is_no_base_url(url: str) -> None:
    """It is refused, and not echoed: it may hold a password."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (its text is looked at below)
        origin_of(url)
    assert "word" not in str(caught.value)


BY_ID = {row.id: row for row in rows()}
_HEX = "0123456789abcdef" * 2
# One key in the form of each row that gives one. None is like a real one: no key is so even.
KEYS = {
    "openai": "sk-proj-canary0000_00-abcd",
    "anthropic": "sk-ant-api03-canary0000abcd",
    "google": "AIza" + "canary0" * 5,
    "openrouter": "sk-or-v1-canary0000000000abcd",
    "groq": "gsk_canary00000000000",
    "xai": "xai-canary00000000000",
    "together": "tgp_v1_canary00000000",
    "fireworks": "fw_canary000000000000",
    "cerebras": "csk-canary00000000000",
    "zai": f"{_HEX}.canary0000000000",
    "huggingface": "hf_canary000000000000",
    "nvidia": "nvapi-canary000000000",
    "ollama": f"{_HEX}.canary000000000000000000",
}
SHAPES = {
    "deepseek": f"sk-{_HEX}",
    "mistral": _HEX,
    "together": _HEX * 2,
    "cohere": f"{_HEX}01234567",
    "moonshot": "sk-CANARY-0000000000abcd",
    "qwen": "sk-CANARY-0000000000abcd",
    "minimax": "eyJcanary00.canary00.canary00",
    "deepinfra": _HEX,
    "azure": "canary0" * 12,
}


def test_the_catalogue_is_long_enough() -> None:
    """The four with dialects of their own first, and the demo last."""
    ids = list(BY_ID)
    assert ids[:5] == ["openai", "anthropic", "google", "deepseek", "openrouter"]
    assert ids[-1] == "demo"
    assert len([row for row in rows() if row.is_listed and not row.is_demo]) >= 22


def _company(host: str | None) -> str:
    """Return whose host it is: `cohere` of both `api.cohere.ai` and `api.cohere.com`."""
    return (host or "").split(".")[-2]


def _own_addresses(row: Row) -> Iterator[str]:
    for where in (row.quirks.check, row.quirks.models):
        if urlsplit(where).netloc:
            yield where


@pytest.mark.parametrize("name", configurable())
def test_a_rows_addresses(name: str) -> None:
    """Encrypted but at home; pages that can be opened; a key goes to the vendor's own hosts."""
    row = BY_ID[name]
    base = urlsplit(row.base_url)
    is_home = base.hostname == "localhost"
    assert base.scheme == "https" or is_home or (not row.base_url and not row.is_listed)
    assert not row.base_url.endswith("/")
    assert is_home or row.key_page
    for page in filter(None, (row.key_page, row.billing_page)):
        assert urlsplit(page).scheme == "https"
        assert urlsplit(page).hostname
    for address in _own_addresses(row):
        there = urlsplit(address)
        assert there.scheme == "https"
        assert _company(there.hostname) == _company(base.hostname)


@pytest.mark.parametrize("name", configurable())
def test_a_rows_patterns(name: str) -> None:
    """They are regular expressions, and each kind of key has an example here."""
    row = BY_ID[name]
    quirks = row.quirks
    for pattern in (*quirks.prefers, quirks.chat, quirks.not_chat, *row.useless_keys.values()):
        re.compile(pattern)
    assert bool(row.key_pattern) is (name in KEYS)
    assert bool(row.key_shape) is (name in SHAPES)


@pytest.mark.parametrize("name", KEYS)
def test_a_sure_form_is_one_vendors(name: str) -> None:
    """Its key is known alone and within a sentence, and no other row claims it."""
    key = KEYS[name]
    claims = [row.id for row in rows() if row.key_pattern and re.fullmatch(row.key_pattern, key)]
    assert claims == [name]
    guess = key_forms().guess(key)
    assert (guess.providers, guess.is_sure, guess.useless) == ((name,), True, None)
    assert key_forms().find_key(f"Is {key} good?") == (key, "Is good?")


@pytest.mark.parametrize("name", SHAPES)
def test_a_shared_form_is_asked_about(name: str) -> None:
    """Its vendor is among those it may come from, and it is not taken for granted."""
    guess = key_forms().guess(SHAPES[name])
    assert name in guess.providers
    assert not guess.is_sure
    assert key_forms().looks_like_key(SHAPES[name])


def test_keys_of_vendors_without_a_row_are_keys() -> None:
    """They reach no model, though nothing here can be done with them."""
    assert foreign_keys()
    key = "pplx-canary0000000000"
    assert key_forms().find_key(f"use {key} for it") == (key, "use for it")
    assert key_forms().guess(key).providers == ()


NEW = r"""
[[vendor]]
id = "newcomer"
name = "Newcomer"
base_url = "https://api.newcomer.example/v1"
key_pattern = 'new-[\w-]+'
useless_keys = { admin = 'new-admin-[\w-]+' }

[vendor.quirks]
price_tokens = 1_000_000
"""


async def test_a_new_row_needs_nothing_else() -> None:
    """Its keys are recognised, its provider is built, its list is read."""
    [row] = read_rows(NEW)
    forms = KeyForms([spec_of(each) for each in (*rows(), row)])
    key = "new-canary-0123456789"
    assert forms.guess(key).providers == ("newcomer",)
    assert forms.guess(key).is_sure
    assert forms.find_key(f"my key is {key}.") == (key, "my key is .")
    assert forms.guess("new-admin-canary-0123").useless == "admin"
    assert key_forms().find_key(f"my key is {key}.") is None
    http = HttpClient()
    async with VendorSim() as sim:
        sim.models = [
            {"id": "n-1", "context_length": 9_000, "pricing": {"input": 1, "output": 2}},
            {"id": "n-embed"},
        ]
        [model] = await provider_of(http, row, base_url=sim.url).list_models(KEY)
        await http.close()
    assert (model.id, model.context_tokens, model.is_default) == ("n-1", 9_000, True)
    assert model.price is not None


def test_what_a_model_may_be_told_has_a_field() -> None:
    """A depth of thinking is of no use where the vendor's row names no field for it."""
    for family in capabilities.rows():
        row = BY_ID[family.provider]
        if row.dialect == "openai_chat" and family.efforts:
            assert row.quirks.effort, family
        assert not family.least_tokens or family.thinks or family.efforts, family
