"""Every fault of the network and of a vendor: named rightly, and sent exactly once."""

import asyncio
import gzip
import ssl
import traceback
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.providers.registry import build_providers
from adapters.shared.http import HttpClient
from adapters.shared.transport import Timeouts
from bot.domain import errors
from bot.domain.errors import ProviderError
from bot.domain.ports import Provider
from tests.simulators.asking import KEY, Heard, endpoint, hear, request
from tests.simulators.behaviour import Behaviour
from tests.simulators.vendor_sim import VendorSim

TIMEOUTS = Timeouts(connect_s=0.5, write_s=0.2, read_s=0.2, total_s=5.0)


@pytest.fixture
async def sim() -> AsyncIterator[VendorSim]:
    """A vendor."""
    async with VendorSim() as server:
        yield server


@pytest.fixture
async def provider(sim: VendorSim) -> AsyncIterator[Provider]:
    """A provider at the vendor, with short patience."""
    async with endpoint(sim, timeouts=TIMEOUTS) as made:
        yield made


def assert_clean(error: BaseException) -> None:
    """No error in the chain holds the key, in its words or in the frames it came through."""
    chain: BaseException | None = error
    while chain is not None:
        shown = traceback.TracebackException.from_exception(chain, capture_locals=True)
        assert KEY.reveal() not in "".join(shown.format())
        assert KEY.reveal() not in repr(vars(chain))
        assert type(chain).__module__.split(".")[0] in {"bot", "adapters"}, type(chain)
        chain = chain.__cause__ or chain.__context__


BEFORE_THE_ANSWER = {
    "reset with nothing read": ({"reset": "connect"}, errors.Unreachable, False),
    "reset after the headers": ({"reset": "headers"}, errors.Unreachable, False),
    "reset after the whole request": ({"reset": "body"}, errors.Unreachable, False),
    "500 that billed": ({"status": 500}, errors.ServerFault, False),
    "502 that billed": ({"status": 502}, errors.ServerFault, False),
    "504 that billed": ({"status": 504}, errors.TimedOut, False),
    "408": ({"status": 408}, errors.TimedOut, False),
    "409": ({"status": 409}, errors.ServerFault, False),
    "503": ({"status": 503}, errors.Overloaded, True),
    "529": ({"status": 529}, errors.Overloaded, True),
    "429": ({"status": 429}, errors.RateLimited, True),
    "429 for money": (
        {"status": 429, "error": {"code": "insufficient_quota", "message": "m"}},
        errors.NoCredit,
        True,
    ),
    "400": ({"status": 400, "error": {"message": "no"}}, errors.BadRequest, True),
    "401": ({"status": 401}, errors.InvalidKey, True),
    "402": ({"status": 402}, errors.NoCredit, True),
    "403": ({"status": 403}, errors.NoPermission, True),
    "404": ({"status": 404}, errors.ModelUnavailable, True),
    "413": ({"status": 413}, errors.TooLong, True),
    "302": ({"status": 302}, errors.BadRequest, False),
    "307": ({"status": 307}, errors.BadRequest, True),
    "an endless error body": ({"status": 500, "body": "x" * 100_000}, errors.ServerFault, False),
    "a web page": ({"body": "<html>", "content_type": "text/html"}, errors.BadRequest, False),
    "a 200 with an error": (
        {"body": '{"error": {"code": 429, "message": "busy"}}'},
        errors.RateLimited,
        False,
    ),
    "a 200 with half a JSON": ({"body": '{"choices": ['}, errors.ServerFault, False),
}


@pytest.mark.parametrize(
    ("act", "leaf", "is_unsent"), BEFORE_THE_ANSWER.values(), ids=BEFORE_THE_ANSWER.keys()
)
async def test_faults_before_the_answer(
    sim: VendorSim,
    provider: Provider,
    act: dict[str, object],
    leaf: type[ProviderError],
    is_unsent: bool,
) -> None:
    """The right leaf, the right promise, one request at most, and no key in the error."""
    sim.queue.append(Behaviour(**act))  # type: ignore[arg-type]  # the table's own
    heard = await hear(provider, request())
    assert type(heard.failure) is leaf
    assert heard.failure.is_unsent is is_unsent
    assert heard.failure.provider == "sim"
    assert heard.failure.model == "sim-1"
    assert heard.events == []
    assert len(sim.witness.asked) <= 1
    assert sim.connections == 1
    assert_clean(heard.failure)


IN_THE_ANSWER = {
    "a cut": ({"cut_after": 3}, errors.Cut),
    "a cut at once": ({"cut_after": 0}, errors.Cut),
    "an end without a mark": ({"has_done": False, "has_end": False}, errors.Cut),
    "a stall": ({"stall_after": 3}, errors.TimedOut),
    "a stall at once": ({"stall_after": 0}, errors.TimedOut),
    "an error": ({"error_after": 3}, errors.ServerFault),
    "an error at once": ({"error_after": 0}, errors.ServerFault),
    "an error of overload": (
        {"error_after": 2, "error": {"code": 503, "message": "m"}},
        errors.Overloaded,
    ),
    "an error of rate": (
        {"error_after": 2, "error": {"code": 429, "message": "m"}},
        errors.RateLimited,
    ),
    "an error of filters": (
        {"error_after": 2, "error": {"code": "content_filter", "message": "m"}},
        errors.Filtered,
    ),
    "an end for want of machines": (
        {"finish": "insufficient_system_resource"},
        errors.Overloaded,
    ),
    "an end in error": ({"finish": "error"}, errors.ServerFault),
}


@pytest.mark.parametrize(("act", "leaf"), IN_THE_ANSWER.values(), ids=IN_THE_ANSWER.keys())
async def test_faults_in_the_answer(
    sim: VendorSim, provider: Provider, act: dict[str, object], leaf: type[ProviderError]
) -> None:
    """What came is kept, the error may have been billed, and nothing is sent again."""
    sim.queue.append(Behaviour(tokens=5, **act))  # type: ignore[arg-type]  # the table's own
    heard = await hear(provider, request())
    came = next((act[name] for name in act if name.endswith("_after")), 5)
    assert heard.text.split() == [f"word{n}" for n in range(1, 6)][: int(str(came))]
    assert type(heard.failure) is leaf
    assert heard.failure.is_unsent is False
    assert heard.finish == []
    assert [seen.is_billed for seen in sim.witness.asked] == [True]
    assert_clean(heard.failure)


async def test_nobody_listens(sim: VendorSim, unused_tcp_port: int) -> None:
    """A refused connection is surely unsent."""
    async with endpoint(sim, url=f"http://127.0.0.1:{unused_tcp_port}/v1") as provider:
        await assert_unsent(provider)


async def test_an_unknown_name(sim: VendorSim) -> None:
    """A host that does not resolve is surely unsent."""
    async with endpoint(sim, url="http://nobody.invalid/v1", timeouts=TIMEOUTS) as provider:
        await assert_unsent(provider)


async def test_no_tls_there(sim: VendorSim) -> None:
    """A handshake that comes to nothing is surely unsent: not one header left."""
    url = sim.url.replace("http:", "https:")
    async with endpoint(sim, url=url, timeouts=TIMEOUTS) as provider:
        await assert_unsent(provider)
    assert sim.witness.seen == []


async def test_a_certificate_nobody_knows(sim: VendorSim, tmp_path: Path) -> None:
    """A key is not told to whoever answers: surely unsent."""
    sim.tls = self_signed(tmp_path)
    await sim.close()
    await sim.start()
    async with endpoint(sim, url=sim.url.replace("http:", "https:")) as provider:
        heard = await assert_unsent(provider)
    assert str(heard.failure.__cause__) == "no secure connection"
    assert sim.witness.seen == []


async def test_no_proxy_there(sim: VendorSim, unused_tcp_port: int) -> None:
    """A proxy that is down is surely unsent, and nothing goes around it."""
    proxy = f"http://sk-canary-user:sk-canary-word@127.0.0.1:{unused_tcp_port}"
    async with endpoint(sim, proxy=proxy) as provider:
        error = (await assert_unsent(provider)).failure
        assert "sk-canary" not in f"{error!r} {error.__cause__!r}"
    assert sim.witness.seen == []


async def test_a_proxy_that_refuses_the_tunnel(sim: VendorSim) -> None:
    """The request never left for the vendor."""
    url = "https://vendor.invalid/v1"
    async with VendorSim() as proxy:
        proxy.queue.append(Behaviour(status=502))
        async with endpoint(sim, url=url, proxy=proxy.url.removesuffix("/v1")) as provider:
            await assert_unsent(provider)
        assert [seen.method for seen in proxy.witness.seen] == ["CONNECT"]
        assert "authorization" not in proxy.witness.seen[0].headers


async def test_the_proxy_of_a_provider_is_used(sim: VendorSim) -> None:
    """What is for the vendor arrives at the proxy, with the vendor's name on it."""
    proxy = f"http://me:word@127.0.0.1:{sim.port}"
    async with endpoint(sim, url="http://vendor.invalid/v1", proxy=proxy) as provider:
        heard = await hear(provider, request())
    assert heard.error is None
    [seen] = sim.witness.asked
    assert seen.path == "http://vendor.invalid/v1/chat/completions"
    assert seen.headers["host"] == "vendor.invalid"
    assert seen.headers["proxy-authorization"] == "Basic " + b64encode(b"me:word").decode()


async def test_no_answer_in_time(sim: VendorSim) -> None:
    """A vendor that takes the request and says nothing may have been paid for it."""
    sim.queue.append(Behaviour(rate=0.1, tokens=3, stall_after=0))
    silent = Timeouts(connect_s=0.5, write_s=0.1, read_s=0.1, total_s=5.0)
    async with endpoint(sim, timeouts=silent) as impatient:
        heard = await hear(impatient, request())
    assert type(heard.failure) is errors.TimedOut
    assert heard.failure.is_unsent is False


async def test_a_vendor_that_does_not_read(sim: VendorSim) -> None:
    """Writing has its limit too; the headers left, so it may have been processed."""

    async def sit(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await released.wait()
        writer.transport.abort()

    released = asyncio.Event()
    server = await asyncio.start_server(sit, "127.0.0.1", 0, limit=1_024)
    port = server.sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}/v1"
    async with endpoint(sim, url=url, timeouts=TIMEOUTS) as provider:
        heard = await hear(provider, request("word " * 5_000_000))
    assert type(heard.failure) is errors.TimedOut
    assert heard.failure.is_unsent is False
    released.set()
    server.close()
    await server.wait_closed()


async def test_a_very_long_question(sim: VendorSim) -> None:
    """Megabytes arrive whole, once."""
    text = "wörd " * 400_000
    sim.queue.append(Behaviour(text="Long."))
    async with endpoint(sim) as provider:
        heard = await hear(provider, request(text))
    assert heard.text == "Long."
    [seen] = sim.witness.asked
    assert seen.question == text
    assert "transfer-encoding" not in seen.headers


async def test_a_closed_client(sim: VendorSim) -> None:
    """What comes after the close is surely unsent."""
    http = HttpClient()
    provider = build_providers(http, endpoints={"sim": sim.url})["sim"]
    await http.close()
    await assert_unsent(provider)
    assert sim.connections == 0


async def test_a_compressed_answer_that_nobody_asked_for(sim: VendorSim) -> None:
    """It is read all the same."""

    async def press(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}]")
        body = gzip.compress(b'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n')
        head = f"content-type: text/event-stream\r\ncontent-length: {len(body)}"
        writer.write(f"HTTP/1.1 200 OK\r\n{head}\r\ncontent-encoding: gzip\r\n\r\n".encode())
        writer.write(body)
        writer.close()

    server = await asyncio.start_server(press, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with endpoint(sim, url=f"http://127.0.0.1:{port}/v1") as provider:
        heard = await hear(provider, request())
    assert heard.error is None
    assert heard.text == "a"
    server.close()
    await server.wait_closed()


async def test_a_full_pool_is_surely_unsent(sim: VendorSim) -> None:
    """Waiting for a connection that never comes free is no request."""
    http = HttpClient(timeouts=Timeouts(connect_s=0.1), max_connections=1)
    provider = build_providers(http, endpoints={"sim": sim.url})["sim"]
    sim.queue.append(Behaviour(tokens=2, stall_after=1))
    held = provider.stream(request(), KEY)
    await anext(aiter(held))
    await assert_unsent(provider)
    assert len(sim.witness.asked) == 1
    await http.close()


async def test_a_kept_connection_that_dies_is_not_sent_again(
    sim: VendorSim, provider: Provider
) -> None:
    """The HTTP library retries some requests on reused connections; never this one."""
    assert (await hear(provider, request("first"))).error is None
    sim.queue.append(Behaviour(reset="body"))
    heard = await hear(provider, request("second"))
    assert sim.connections == 1
    assert type(heard.failure) is errors.Unreachable
    assert heard.failure.is_unsent is False
    assert [seen.question for seen in sim.witness.asked] == ["first", "second"]
    assert sim.witness.billed["second"] == 1


async def test_connections_are_kept(sim: VendorSim, provider: Provider) -> None:
    """Answers read to their end share a connection, also where HTTP's end comes a bit later."""
    for number in range(3):
        sim.queue.append(Behaviour(end_late_s=number * 0.005))
        assert (await hear(provider, request(f"{number}"))).error is None
    assert sim.connections == 1


async def test_a_vendor_that_never_hangs_up(sim: VendorSim, provider: Provider) -> None:
    """After the end mark nobody waits for the rest."""
    sim.queue.append(Behaviour(is_held=True))
    heard = await hear(provider, request())
    assert heard.error is None
    assert len(heard.finish) == 1


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return a server's context with a certificate of its own making."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    clear = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(clear + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


async def assert_unsent(provider: Provider) -> Heard:
    """Ask, and be told that surely nothing was sent."""
    heard = await hear(provider, request())
    assert type(heard.failure) is errors.Unreachable
    assert heard.failure.is_unsent is True
    assert_clean(heard.failure)
    return heard
