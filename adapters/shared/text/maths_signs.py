"""What TeX's commands look like in Unicode, read from a table."""

import tomllib
from importlib.resources import files
from typing import Final

_TABLES = tomllib.loads(
    files("adapters.shared.text").joinpath("maths_signs.toml").read_text("utf-8")
)


def _pairs(name: str) -> dict[str, str]:
    words = _TABLES["signs"][name].split()
    return dict(zip(words[::2], words[1::2], strict=True))


def _names(name: str) -> frozenset[str]:
    return frozenset(_TABLES["names"][name].split())


SIGNS: Final = _pairs("greek") | _pairs("other")
RELATIONS: Final = _pairs("relations")
OPERATORS: Final = _pairs("operators")
ACCENTS: Final = _pairs("accents")
NEGATED: Final = _pairs("negated")
SUPERSCRIPTS: Final = _pairs("superscripts")
SUBSCRIPTS: Final = _pairs("subscripts")
DOUBLE_STRUCK: Final = _pairs("double_struck")
SCRIPT: Final = _pairs("script")

FUNCTIONS: Final = _names("functions")
FRACTIONS: Final = _names("fractions")
WORDS: Final = _names("words")
FONTS: Final = _names("fonts")
SIZES: Final = _names("sizes")
NOTHING: Final = _names("nothing")
DROPPED: Final = _names("dropped")
ENVIRONMENTS: Final = _names("environments")
SPACES: Final = {
    **dict.fromkeys((*",:>; \n", "space", "thinspace", "enspace"), " "),
    **dict.fromkeys(("!", "/", "negthinspace"), ""),
    **dict.fromkeys(("quad", "qquad"), "\N{EM SPACE}"),
}
ROOTS: Final = {"": "√", "2": "√", "3": "∛", "4": "∜"}
