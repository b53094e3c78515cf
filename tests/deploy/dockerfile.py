"""Reading a Dockerfile and a .dockerignore, as far as ours go."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, its continued lines joined: `RUN` and what is run."""

    word: str
    rest: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What stands from one FROM to the next. `name` is empty for a stage without one."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def all(self, word: str) -> tuple[str, ...]:
        """Return what follows a word, wherever it stands in this stage."""
        return tuple(each.rest for each in self.instructions if each.word == word)

    def one(self, word: str) -> str:
        """Return what follows a word that is there once."""
        (rest,) = self.all(word)
        return rest

    def environment(self) -> dict[str, str]:
        """Return the variables that are set."""
        pairs = (pair for line in self.all("ENV") for pair in line.split())
        return dict(pair.split("=", 1) for pair in pairs)


def read_stages(text: str) -> tuple[Stage, ...]:
    """Return the stages; a first line that is no FROM raises."""
    stages: list[tuple[str, list[Instruction]]] = []
    for line in _lines(text):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            stages.append((rest, []))
        else:
            stages[-1][1].append(Instruction(word, rest.strip()))
    return tuple(_stage(source, found) for source, found in stages)


def exec_form(text: str) -> list[str]:
    """Return the words of a command that is written as a list."""
    words = json.loads(text)
    assert isinstance(words, list)
    return [str(word) for word in words]


def is_ignored(rules: Sequence[str], path: str) -> bool:
    """Whether a .dockerignore keeps a path out: the last rule that fits it or a folder of it."""
    parts = path.split("/")
    levels = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    ignored = False
    for rule in rules:
        pattern = _pattern(rule.removeprefix("!"))
        if any(pattern.fullmatch(level) for level in levels):
            ignored = not rule.startswith("!")
    return ignored


def read_rules(text: str) -> list[str]:
    """Return a .dockerignore's rules in their order."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _lines(text: str) -> list[str]:
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", "", kept)
    return [line for line in joined.splitlines() if line.strip()]


def _stage(source: str, found: Sequence[Instruction]) -> Stage:
    base, _, name = source.partition(" AS ")
    return Stage(base, name, tuple(found))


def _pattern(rule: str) -> re.Pattern[str]:
    pieces = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    split = re.split(r"(\*\*/|\*\*|\*|\?)", rule)
    return re.compile("".join(pieces.get(piece, re.escape(piece)) for piece in split))
