"""What the form of a pasted key says of where it is from (providers.md section 9). Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_KEY_CHARS: Final = 512
_LEAST_KEY_CHARS: Final = 8
_LEAST_FOUND_CHARS: Final = 20


class Useless(StrEnum):
    """Keys that are known and cannot chat."""

    ADMIN = "admin"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class Guess:
    """Provider ids a key may come from, likeliest first; empty: any. `useless`: it cannot chat."""

    providers: tuple[str, ...] = ()
    useless: Useless | None = None

    @property
    def is_sure(self) -> bool:
        """Whether only one provider makes keys of this form."""
        return len(self.providers) == 1


_FORMS: Final[tuple[tuple[re.Pattern[str], Guess], ...]] = tuple(
    (re.compile(pattern), Guess(tuple(providers.split()), useless))
    for pattern, providers, useless in (
        (r"sk-ant-admin[\w-]*", "anthropic", Useless.ADMIN),
        (r"sk-ant-(oat|sid)[\w-]*", "anthropic", Useless.SUBSCRIPTION),
        (r"sk-ant-[\w-]+", "anthropic", None),
        (r"sk-or-v1-[\w-]+", "openrouter", None),
        (r"sk-admin-[\w-]+", "openai", Useless.ADMIN),
        (r"sk-(proj|svcacct|service)-[\w-]+", "openai", None),
        (r"sk-[A-Za-z0-9]+T3BlbkFJ[\w-]*", "openai", None),
        (r"AQ\.[\w-]{40,}|AIza[\w-]{35}", "google", None),
        (r"gsk_\w+", "groq", None),
        (r"xai-[\w-]+", "xai", None),
        (r"pplx-[\w-]+", "perplexity", None),
        (r"csk-[\w-]+", "cerebras", None),
        (r"fw_[\w-]+", "fireworks", None),
        (r"tgp_v1_[\w-]+", "together", None),
        (r"hf_\w+", "huggingface", None),
        (r"nvapi-[\w-]+", "nvidia", None),
        (r"[0-9a-f]{32}\.[\w-]{16}", "zai", None),
        (r"[0-9a-f]{32}\.[\w-]{24}", "ollama", None),
        (r"sk-[0-9a-z]{32}", "deepseek moonshot qwen", None),
        (r"sk-[\w-]+", "moonshot minimax deepseek qwen", None),
        (r"[A-Za-z0-9]{32}", "mistral deepinfra azure", None),
        (r"[A-Za-z0-9]{40}", "cohere", None),
    )
)
# Within a sentence only forms that begin like a key: 32 bare letters may be a checksum.
_BEGINNING: Final = re.compile(
    r"(?<![\w./-])"
    r"(?:(?:sk|xai|pplx|csk|nvapi)-|(?:gsk|fw|tgp_v1|hf)_|AIza|AQ\.|[0-9a-f]{32}\.)"
    r"[\w.-]*[\w-]"
)
_WRAPPED: Final = re.compile(
    r"(?:export\s+)?(?:[A-Z][A-Z0-9_]*\s*[=:]\s*)?[\"'`]*(?:(?:authorization:\s*)?bearer\s+)?",
    re.IGNORECASE,
)


def strip_key(text: str) -> str:
    """Return a pasted key without quotes, `Bearer` or `NAME=` around it."""
    bare = text.strip()
    wrapped = _WRAPPED.match(bare)
    inner = bare[wrapped.end() :] if wrapped else bare
    return inner.strip(" \t\r\n\"'`;,") or bare


def guess(text: str) -> Guess:
    """Return where a key is from by its form alone; it is tried at no vendor."""
    key = strip_key(text)
    return next((found for form, found in _FORMS if form.fullmatch(key)), Guess())


def looks_like_key(text: str) -> bool:
    """Whether a whole message has the form of a key: sent as a question it would leak."""
    key = strip_key(text)
    if any(form.fullmatch(key) for form, _ in _FORMS[:-2]):
        return len(key) >= _LEAST_FOUND_CHARS
    return bool(re.fullmatch(r"[A-Za-z0-9]{32}|[A-Za-z0-9]{40}", key)) and _is_mixed(key)


def may_be_key(text: str) -> bool:
    """Whether an answer to "send the key" can be one: a single word, neither short nor endless."""
    key = strip_key(text)
    return _LEAST_KEY_CHARS <= len(key) <= MOST_KEY_CHARS and not re.search(r"\s", key)


def find_key(text: str) -> tuple[str, str] | None:
    """Return the first key in a message and the message without any key; None if it has none."""
    if looks_like_key(text):
        return strip_key(text), ""
    spans = tuple(_keys_within(text))
    if not spans:
        return None
    rest, at = [], 0
    for start, end in spans:
        rest.append(text[at:start])
        at = end
    rest.append(text[at:])
    first, end = spans[0]
    return text[first:end], " ".join(" ".join(rest).split())


def _keys_within(text: str) -> Iterator[tuple[int, int]]:
    for match in _BEGINNING.finditer(text):
        word = match.group()
        if len(word) >= _LEAST_FOUND_CHARS and _is_mixed(word) and guess(word).providers:
            yield match.span()


def _is_mixed(word: str) -> bool:
    """Keys are random: they hold digits and letters. `sk-learn-and-other-things` does not."""
    return bool(re.search(r"\d", word)) and bool(re.search(r"[A-Za-z]", word))


def split_key(args: str) -> tuple[str, str]:
    """Split what follows `/addkey` into the company and the key; either may be empty.

    A word that is not plainly a name counts as a key, so that it is never repeated on a screen.
    """
    first, _, rest = args.strip().partition(" ")
    if rest.strip():
        if _is_name(first) and not looks_like_key(first):
            return first, strip_key(rest)
        return "", strip_key(args)
    if _is_name(first):
        return first, ""
    return "", strip_key(first)


def _is_name(word: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z.]{0,23}|llama\.?cpp|z\.ai", word, re.IGNORECASE))
