"""Where a text may be cut without taking a character apart, as readers see characters."""

import unicodedata
from typing import Final

_JOINER = "\u200d"
_MOST: Final = 64  # a pile of marks longer than this is no character that anybody reads


def whole_before(units: str, at: int, start: int) -> int:
    """Return the last place up to `at` and after `start` that is between two characters.

    Where there is none it is the last one that takes no surrogate pair apart; it may be `start`.
    """
    place = pair = at - _is_low(units, at)
    for _ in range(_MOST):
        if place <= start:
            break
        if not is_within(units, place):
            return place
        place -= 1
        place -= _is_low(units, place)
    return pair


def is_within(units: str, at: int) -> bool:
    """Say whether a place is inside of a character: an emoji of several, a letter's marks."""
    if not 0 < at < len(units):
        return False
    after, before = units[at], units[at - 1]
    if after < "\u0300" and before < "\u0300":
        return before == "\r" and after == "\n"
    return _is_low(units, at) or _goes_on(units, at)


def _goes_on(units: str, at: int) -> bool:
    before, after = _char_before(units, at), _char_at(units, at)
    if before == "\n" or after == "\n":
        return False
    if _extends(after) or before == _JOINER:
        return True
    if _is_flag_letter(after):
        return _flag_letters_before(units, at) % 2 == 1
    is_conjunct = unicodedata.combining(before) == 9 and after.isalpha()
    return is_conjunct or _is_one_syllable(before, after)


def _extends(char: str) -> bool:
    return (
        char == _JOINER
        or unicodedata.category(char) in {"Mn", "Me", "Mc"}
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
    )


def _is_one_syllable(before: str, after: str) -> bool:
    """Say whether two pieces of Korean writing are one syllable."""
    return ("\u1160" <= after <= "\u11ff" and "\u1100" <= before <= "\ud7a3") or (
        "\u1100" <= before <= "\u115f" and "\uac00" <= after <= "\ud7a3"
    )


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_letters_before(units: str, at: int) -> int:
    count = 0
    while at > 1 and _is_flag_letter(_char_before(units, at)):
        at -= 2
        count += 1
    return count


def _is_low(units: str, at: int) -> bool:
    return (
        0 < at < len(units)
        and "\udc00" <= units[at] <= "\udfff"
        and "\ud800" <= units[at - 1] <= "\udbff"
    )


def _char_at(units: str, at: int) -> str:
    return _char(units[at : at + 2]) if _is_low(units, at + 1) else units[at]


def _char_before(units: str, at: int) -> str:
    return _char(units[at - 2 : at]) if _is_low(units, at - 1) else units[at - 1]


def _char(pair: str) -> str:
    return chr(0x10000 + ((ord(pair[0]) - 0xD800) << 10) + ord(pair[1]) - 0xDC00)
