"""Objects are written and signed as the specification's own examples say."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.matrix.trust.seeds import Seeds
from adapters.matrix.trust.signing import (
    canonical,
    decode64,
    encode64,
    public_key,
    sign,
    verify,
    with_signature,
)
from bot.domain.secret import Secret

SEED = decode64("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1")
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)

CANONICAL = {
    "empty": ("{}", "{}"),
    "spaces": ('{"one": 1, "two": "Two"}', '{"one":1,"two":"Two"}'),
    "order": ('{"b": "2", "a": "1"}', '{"a":"1","b":"2"}'),
    "nested": (
        '{"auth": {"success": true, "mxid": "@john.doe:example.com", "profile": {"display_name":'
        ' "John Doe", "three_pids": [{"medium": "email", "address": "john.doe@example.org"},'
        ' {"medium": "msisdn", "address": "123456789"}]}}}',
        '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe",'
        '"three_pids":[{"address":"john.doe@example.org","medium":"email"},'
        '{"address":"123456789","medium":"msisdn"}]},"success":true}}',
    ),
    "unescaped": ('{"a": "日本語"}', '{"a":"日本語"}'),
    "code points": ('{"本": 2, "日": 1}', '{"日":1,"本":2}'),
    "escaped": (r'{"a": "\u65E5"}', '{"a":"日"}'),
    "null": ('{"a": null}', '{"a":null}'),
    "numbers": ('{"a": -0, "b": 1e10}', '{"a":0,"b":10000000000}'),
    "controls": (r'{"a": "\u0001\u000a\u007f\"\\\/"}', '{"a":"\\u0001\\n\x7f\\"\\\\/"}'),
}

SIGNED: dict[str, tuple[dict[str, Any], str]] = {
    "empty": (
        {},
        "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ",
    ),
    "data": (
        {"one": 1, "two": "Two"},
        "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw",
    ),
}


@pytest.mark.parametrize(("written", "form"), CANONICAL.values(), ids=CANONICAL)
def test_the_canonical_form_is_the_specifications(written: str, form: str) -> None:
    """Every example of the specification comes out to the byte."""
    assert canonical(json.loads(written)) == form.encode()


@pytest.mark.parametrize(
    "value",
    [0.5, float("nan"), float("inf"), 2**53, -(2**53), "\ud800", {1: 2}, {"a": object()}, 1e300],
    ids=["half", "nan", "inf", "large", "small", "surrogate", "number key", "object", "huge"],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    """It is an error of one kind, which holds nothing of the value."""
    with pytest.raises(ValueError, match="the value has no canonical form"):
        canonical(value)


def test_a_bottomless_value_is_refused() -> None:
    """Nesting without end is no other error than the rest."""
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ValueError, match="the value has no canonical form"):
        canonical(value)


@pytest.mark.parametrize(("signed", "signature"), SIGNED.values(), ids=SIGNED)
def test_signatures_are_the_specifications(signed: dict[str, Any], signature: str) -> None:
    """The same seed signs the same object with the same signature, and it verifies."""
    assert sign(signed, SEED) == signature
    whole = with_signature(signed, "domain", "1", signature)
    assert verify(whole, public_key(SEED), "domain", "1")


def test_what_is_not_signed_does_not_matter() -> None:
    """Signatures and what a server adds as unsigned are left out of what is signed."""
    signature = sign({"a": 1, "unsigned": {"b": 2}, "signatures": {"x": {}}}, SEED)
    assert signature == sign({"a": 1}, SEED)
    assert with_signature({"a": 1, "unsigned": {}}, "u", "1", signature) == {
        "a": 1,
        "signatures": {"u": {"ed25519:1": signature}},
    }


@pytest.mark.parametrize(
    ("change", "user", "name"),
    [
        ({"a": 2}, "u", "1"),
        ({}, "v", "1"),
        ({}, "u", "2"),
        ({"a": 0.5}, "u", "1"),
        ({"signatures": {"u": {"ed25519:1": "?"}}}, "u", "1"),
        ({"signatures": {"u": {"ed25519:1": 7}}}, "u", "1"),
        ({"signatures": []}, "u", "1"),
    ],
    ids=["changed", "other user", "other key", "no form", "no base64", "no text", "no object"],
)
def test_what_is_not_signed_so_does_not_verify(
    change: dict[str, Any], user: str, name: str
) -> None:
    """Nothing but the signature of that object by that key of that user will do."""
    whole = with_signature({"a": 1}, "u", "1", sign({"a": 1}, SEED))
    assert verify(whole, public_key(SEED), "u", "1")
    assert not verify({**whole, **change}, public_key(SEED), user, name)
    assert not verify(whole, "?", "u", "1")
    assert not verify(whole, public_key(bytes(32)), "u", "1")


@settings(max_examples=50)
@given(st.dictionaries(st.text(), ANY_JSON), st.text())
def test_nothing_that_is_sent_breaks_the_check(signed: dict[str, Any], public: str) -> None:
    """Whatever JSON it is given, it says no."""
    assert not verify({**signed, "signatures": signed}, public, "u", "1")


@given(st.binary())
def test_base64_comes_back(data: bytes) -> None:
    """It is written without padding and read with it or without."""
    assert "=" not in encode64(data)
    padded = encode64(data) + "=" * (-len(encode64(data)) % 4)
    assert decode64(encode64(data)) == decode64(padded) == data


def test_seeds_come_back_and_are_never_shown() -> None:
    """What is kept is read as it was, and no representation holds a part of it."""
    seeds = Seeds.new()
    kept = seeds.dump()
    assert Seeds.load(kept) == seeds != Seeds.new()
    assert repr(seeds) == str(seeds) == f"{seeds}" == "Seeds(…)"


@pytest.mark.parametrize(
    "kept", ["sk-canary-seeds", "[]", "[1,2,3]", '["AA","AA","AA"]', "null", '{"a":"b"}']
)
def test_damaged_seeds_say_nothing_of_themselves(kept: str) -> None:
    """The error is of one kind, without the text."""
    with pytest.raises(ValueError, match=r"^the kept seeds cannot be read$") as told:
        Seeds.load(Secret(kept))
    assert told.value.__context__ is None


def test_an_identity_is_signed_by_its_master_key() -> None:
    """The self-signing and the user-signing key carry the master key's signature."""
    seeds = Seeds.new()
    identity = seeds.identity("@bot:hs")
    master = seeds.publics.master
    assert identity["master_key"]["keys"] == {f"ed25519:{master}": master}
    assert identity["master_key"]["usage"] == ["master"]
    for usage in ("self_signing", "user_signing"):
        key = identity[f"{usage}_key"]
        assert key["usage"] == [usage]
        assert verify(key, master, "@bot:hs", master)
