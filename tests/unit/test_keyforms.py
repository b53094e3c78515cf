"""What the form of a pasted key says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.providers.registry import key_forms
from bot.domain.keyforms import may_be_key, strip_key
from bot.domain.keys import Useless

FORMS = key_forms()

_HEX = "0123456789abcdef" * 2
_FORMS = {
    "sk-ant-api03-canary0000abcd": ("anthropic",),
    "sk-or-v1-canary0000000000abcd": ("openrouter",),
    "sk-proj-canary0000_00-abcd": ("openai",),
    "sk-svcacct-canary0000abcd": ("openai",),
    "sk-canary00T3BlbkFJ00canary": ("openai",),
    "AIza" + "canary0" * 5: ("google",),
    "AQ." + "canary_0" * 5: ("google",),
    "gsk_canary00000000000": ("groq",),
    "xai-canary00000000000": ("xai",),
    "pplx-canary0000000000": (),
    "csk-canary00000000000": ("cerebras",),
    "fw_canary000000000000": ("fireworks",),
    "tgp_v1_canary00000000": ("together",),
    "hf_canary000000000000": ("huggingface",),
    "nvapi-canary000000000": ("nvidia",),
    f"{_HEX}.canary0000000000": ("zai",),
    f"{_HEX}.canary000000000000000000": ("ollama",),
    f"sk-{_HEX}": ("deepseek", "moonshot", "qwen", "minimax"),
    "sk-CANARY-0000000000abcd": ("moonshot", "qwen", "minimax"),
    "eyJcanary00.canary00.canary00": ("minimax",),
    _HEX: ("mistral", "deepinfra", "azure"),
    _HEX + "01234567": ("cohere",),
    _HEX * 2: ("together",),
}
# Only one company of ours has keys of these forms, but others' may look the same.
_SHARED = {"eyJcanary00.canary00.canary00", _HEX + "01234567", _HEX * 2}


@pytest.mark.parametrize(("key", "providers"), _FORMS.items(), ids=lambda each: str(each)[:12])
def test_guess(key: str, providers: tuple[str, ...]) -> None:
    """Each form leads to its companies, likeliest first, and counts as a key."""
    assert FORMS.guess(key).providers == providers
    assert FORMS.guess(key).is_sure is (len(providers) == 1 and key not in _SHARED)
    assert FORMS.guess(f'  Bearer "{key}" ').providers == providers
    assert FORMS.looks_like_key(key)
    assert may_be_key(key)


@pytest.mark.parametrize(
    ("key", "useless", "provider"),
    [
        ("sk-ant-admin01-canary00", Useless.ADMIN, "anthropic"),
        ("sk-ant-oat01-canary0000", Useless.SUBSCRIPTION, "anthropic"),
        ("sk-ant-sid01-canary0000", Useless.SUBSCRIPTION, "anthropic"),
        ("sk-admin-canary00000000", Useless.ADMIN, "openai"),
        ("sk-proj-canary000000000", None, "openai"),
    ],
)
def test_useless_keys(key: str, useless: Useless | None, provider: str) -> None:
    """Keys that cannot chat are known as such."""
    assert FORMS.guess(key).useless is useless
    assert FORMS.guess(key).providers == (provider,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "sk-learn",
        "sk-learn is a nice library for machine learning",
        "what is sk-proj?",
        "https://example.org/sk-proj-canary0000000000000000",
        "see sk-every-word-of-this-is-only-letters",
        "abcdefghijklmnopqrstuvwxyzabcdef",
        "12345678901234567890123456789012",
        "task-force-2026-report-of-the-year",
        "fw_1",
    ],
)
def test_no_key(text: str) -> None:
    """Ordinary words are no key."""
    assert FORMS.find_key(text) is None


@pytest.mark.parametrize(
    "key", [key for key in _FORMS if not key.isalnum() or key.startswith("AIza")]
)
def test_key_within_a_message(key: str) -> None:
    """A key is found in a sentence, and what is left holds none of it."""
    found = FORMS.find_key(f"please use {key}, and answer:\nis it good?")
    assert found == (key, "please use , and answer: is it good?")
    assert FORMS.find_key(key) == (key, "")


def test_several_keys() -> None:
    """What is left of a message holds none of its keys."""
    one, other = "sk-proj-canary0000000abcd", "gsk_canary0000000000efgh"
    assert FORMS.find_key(f"{one} or {other}?") == (one, "or ?")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("  sk-canary-1 ", "sk-canary-1"),
        ('"sk-canary-1"', "sk-canary-1"),
        ("'sk-canary-1';", "sk-canary-1"),
        ("`sk-canary-1`", "sk-canary-1"),
        ("Bearer sk-canary-1", "sk-canary-1"),
        ("Authorization: Bearer sk-canary-1", "sk-canary-1"),
        ("OPENAI_API_KEY=sk-canary-1", "sk-canary-1"),
        ('export OPENAI_API_KEY="sk-canary-1"', "sk-canary-1"),
        ("api_key: sk-canary-1", "sk-canary-1"),
        ("demo", "demo"),
        ('""', '""'),
    ],
)
def test_strip(text: str, key: str) -> None:
    """Quotes, Bearer and a name before it are no part of a key."""
    assert strip_key(text) == key


@pytest.mark.parametrize(
    ("args", "split"),
    [
        ("", ("", "")),
        ("openai", ("openai", "")),
        ("openai sk-canary-1", ("openai", "sk-canary-1")),
        ("openai  OPENAI_API_KEY='sk-canary-1'", ("openai", "sk-canary-1")),
        ("sk-canary-1", ("", "sk-canary-1")),
        ("z.ai", ("z.ai", "")),
        ("hugging face", ("hugging face", "")),
        ("Hugging Face hf_canary-1", ("Hugging Face", "hf_canary-1")),
        ("LM Studio canary", ("LM Studio", "canary")),
        ("LM Studiosk-canary-1", ("LM", "Studiosk-canary-1")),
        ("k7qmtx4", ("", "k7qmtx4")),
        ("demo demo", ("demo", "demo")),
        ("sk-proj-canary0000000abcd openai", ("", "sk-proj-canary0000000abcd openai")),
    ],
)
def test_split(args: str, split: tuple[str, str]) -> None:
    """A word that is not plainly a name counts as a key."""
    assert FORMS.split_key(args) == split


@given(st.text(max_size=80), st.sampled_from(sorted(_FORMS)), st.text(max_size=80))
def test_a_found_key_is_nowhere_in_the_rest(before: str, key: str, after: str) -> None:
    """Whatever stands around it, no key is left in what may be asked."""
    found = FORMS.find_key(f"{before} {key} {after}")
    if found is not None:
        first, rest = found
        assert first
        assert FORMS.find_key(rest) is None or not any(
            prefix in rest for prefix in ("sk-ant-", "sk-proj-", "gsk_", "AIza")
        )


@given(st.text(max_size=200))
def test_nothing_is_too_strange(text: str) -> None:
    """No text makes it raise."""
    FORMS.guess(text)
    FORMS.find_key(text)
    FORMS.split_key(text)
    may_be_key(text)
