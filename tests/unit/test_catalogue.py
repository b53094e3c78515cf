"""The catalogue: a vendor is a row and nothing else."""

import msgspec
import pytest

from adapters.providers.catalogue import read_rows, rows
from adapters.providers.registry import build_providers, origin_of, provider_of
from adapters.shared.http import HttpClient
from bot.domain.chat import Adjustment
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
