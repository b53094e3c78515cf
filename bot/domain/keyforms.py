"""What the form of a pasted key says of where it is from. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.domain.keys import Useless
from bot.domain.models import ProviderSpec

MOST_KEY_CHARS: Final = 512
_LEAST_KEY_CHARS: Final = 8
_LEAST_FOUND_CHARS: Final = 20


@dataclass(frozen=True, slots=True)
class Guess:
    """Provider ids a key may come from, likeliest first; empty: any. `useless`: it cannot chat.

    `is_sure`: only this one provider makes keys of this form.
    """

    providers: tuple[str, ...] = ()
    useless: Useless | None = None
    is_sure: bool = False


# A word that may be a key, within a sentence; not the end of an address.
_WORD: Final = re.compile(r"(?<![\w./-])[\w.-]*[\w-]")
_BARE: Final = re.compile(r"[A-Za-z0-9]+")
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


def may_be_key(text: str) -> bool:
    """Whether an answer to "send the key" can be one: a single word, neither short nor endless."""
    key = strip_key(text)
    return _LEAST_KEY_CHARS <= len(key) <= MOST_KEY_CHARS and not re.search(r"\s", key)


class KeyForms:
    """The forms of every known vendor's keys, as their rows give them.

    Sure forms come before shared ones, those that cannot chat before all. Whether a text holds a
    key at all is asked of the same forms, so that a vendor's row is all there is to know of it.
    """

    def __init__(self, specs: Iterable[ProviderSpec], *, foreign: Iterable[str] = ()) -> None:
        """Take the vendors, likeliest first, and forms that are no vendor's of ours.

        Raises re.error on a form that is no regular expression.
        """
        known = tuple(specs)
        self._sure = (
            *(
                (re.compile(form), Guess((each.id,), useless, is_sure=True))
                for each in known
                for useless, form in each.useless_keys.items()
            ),
            *(
                (re.compile(each.key_pattern), Guess((each.id,), is_sure=True))
                for each in known
                if each.key_pattern
            ),
            *((re.compile(form), Guess()) for form in foreign),
        )
        self._long_names = tuple(each.name for each in known if " " in each.name)
        self._shared = tuple(
            (re.compile(each.key_shape), each.id) for each in known if each.key_shape
        )

    def guess(self, text: str) -> Guess:
        """Return where a key is from by its form alone; it is tried at no vendor."""
        key = strip_key(text)
        return self._sure_guess(key) or Guess(self._sharing(key))

    def looks_like_key(self, text: str) -> bool:
        """Whether a whole message has the form of a key: sent as a question it would leak."""
        key = strip_key(text)
        if self._sure_guess(key) is None and _BARE.fullmatch(key):
            return bool(self._sharing(key)) and _is_mixed(key)
        return len(key) >= _LEAST_FOUND_CHARS and self._is_known(key)

    def find_key(self, text: str) -> tuple[str, str] | None:
        """Return the first key in a message and the message without any key; None: it has none."""
        if self.looks_like_key(text):
            return strip_key(text), ""
        spans = tuple(self._keys_within(text))
        if not spans:
            return None
        rest, at = [], 0
        for start, end in spans:
            rest.append(text[at:start])
            at = end
        rest.append(text[at:])
        first, end = spans[0]
        return text[first:end], " ".join(" ".join(rest).split())

    def split_key(self, args: str) -> tuple[str, str]:
        """Split what follows `/addkey` into the company and the key; either may be empty.

        A word that is not plainly a name counts as a key, so that it is never repeated on a
        screen.
        """
        for name in self._long_names:
            start, rest = args.strip()[: len(name)], args.strip()[len(name) :]
            if start.casefold() == name.casefold() and rest[:1] in {"", " "}:
                return start, strip_key(rest) if rest.strip() else ""
        first, _, rest = args.strip().partition(" ")
        if rest.strip():
            if _is_name(first) and not self.looks_like_key(first):
                return first, strip_key(rest)
            return "", strip_key(args)
        if _is_name(first):
            return first, ""
        return "", strip_key(first)

    def _sure_guess(self, key: str) -> Guess | None:
        return next((found for form, found in self._sure if form.fullmatch(key)), None)

    def _sharing(self, key: str) -> tuple[str, ...]:
        return tuple(each for form, each in self._shared if form.fullmatch(key))

    def _is_known(self, key: str) -> bool:
        return self._sure_guess(key) is not None or bool(self._sharing(key))

    def _keys_within(self, text: str) -> Iterator[tuple[int, int]]:
        for match in _WORD.finditer(text):
            word = match.group()
            if len(word) < _LEAST_FOUND_CHARS or not _is_mixed(word):
                continue
            # Within a sentence 32 bare letters may be a checksum.
            if self._sure_guess(word) or (not _BARE.fullmatch(word) and self._sharing(word)):
                yield match.span()


def _is_mixed(word: str) -> bool:
    """Keys are random: they hold digits and letters. `sk-learn-and-other-things` does not."""
    return bool(re.search(r"\d", word)) and bool(re.search(r"[A-Za-z]", word))


def _is_name(word: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z.]{0,23}|llama\.?cpp|z\.ai", word, re.IGNORECASE))
