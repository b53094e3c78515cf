"""How answers of a homeserver are read, whatever anybody got into them."""

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix.shallow import shallow
from adapters.matrix.wire import Wire
from adapters.shared.http import HttpClient
from tests.fakes.botapi import serving

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=20),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
)


@pytest.mark.parametrize("depth", [50, 2_000, 30_000])
@pytest.mark.parametrize("ends", [(b"[", b"]"), (b'{"]":', b"}"), (b'[{"\\"[":', b"}]")])
async def test_a_deeply_nested_event_hides_no_other(depth: int, ends: tuple[bytes, bytes]) -> None:
    """It is read without its depths, and all beside it whole."""
    deep = ends[0] * depth + b"0" + ends[1] * depth
    body = b'{"one":[1,"]"],"deep":' + deep + b',"two":{"a":"\\\\"}}'

    async def handle(_: web.Request) -> web.Response:
        return web.Response(body=body)

    http = HttpClient()
    try:
        async with serving(handle) as url:
            found = await Wire(http, url).call("GET", "/v3/sync")
    finally:
        await http.close()
    assert list(found) == ["one", "deep", "two"]
    assert (found["one"], found["two"]) == ([1, "]"], {"a": "\\"})


@given(ANYTHING)
def test_what_is_not_deep_stays_as_it_is(found: object) -> None:
    """Not a sign of it is changed."""
    body = msgspec.json.encode(found)
    assert shallow(body) == body
