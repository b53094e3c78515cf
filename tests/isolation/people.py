"""Who there is, who is where, and the marks by which everything of theirs is known. Pure."""

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from bot.domain.chat import Identity, Place, PlaceKind

FRONTEND: Final = "fake"
MEMBERS: Final = 50
GROUPS: Final = 10
_PER_GROUP: Final = 12
_TAG: Final = re.compile(r"tag-(m\d\d|g\d)-(m\d\d)-(\d{6})")
_LABELLED: Final = re.compile(r"(?:(M\d+): )?about tag-(m\d\d|g\d)-(m\d\d)-(\d{6})")
_INSTRUCTIONS: Final = re.compile(r"inst-(m\d\d|g\d)-")
NAMED: Final = re.compile(r"[Nn]ame-m\d\d")
KEY: Final = re.compile(r"sk-canary-(m\d\d)-(\w+)")


@dataclass(frozen=True, slots=True, order=True)
class Tag:
    """One question, by where it was asked, by whom, and its number among all."""

    place: str
    writer: str
    number: int

    def __str__(self) -> str:
        return f"tag-{self.place}-{self.writer}-{self.number:06d}"

    @property
    def question(self) -> str:
        """The question itself, which answers repeat."""
        return f"about {self}"

    @classmethod
    def all_in(cls, text: str) -> Iterable[Self]:
        """Return every question that a text tells of."""
        return (cls(place, by, int(number)) for place, by, number in _TAG.findall(text))


@dataclass(frozen=True, slots=True)
class Someone:
    """A member: `vendors` are those they have a key of, the one they use by themselves first."""

    name: str
    vendors: tuple[str, ...]

    @property
    def identity(self) -> Identity:
        """Their account."""
        return Identity(FRONTEND, self.name)

    @property
    def shown_name(self) -> str:
        """What people call them; no vendor may read it."""
        return f"name-{self.name}"

    @property
    def instructions(self) -> str:
        """What they tell a model in private, and never in a group."""
        return f"inst-{self.name}- Be brief."

    def key(self, vendor: str) -> str:
        """Return their key of a vendor."""
        return f"sk-canary-{self.name}-{vendor}"


@dataclass(frozen=True, slots=True)
class Club:
    """A group; the first of its members is its admin. Its model is at `vendor`."""

    name: str
    vendor: str
    members: tuple[str, ...]

    @property
    def admin(self) -> str:
        """Who chooses its model."""
        return self.members[0]

    @property
    def instructions(self) -> str:
        """What its admin tells its model."""
        return f"inst-{self.name}- Be kind."


@dataclass(frozen=True, slots=True)
class Town:
    """All of them. A place is named by its group, or by who is alone there."""

    people: Mapping[str, Someone]
    clubs: Mapping[str, Club]

    @property
    def pairs(self) -> Sequence[tuple[str, str]]:
        """Everybody in every place where they are: their name, and the place's."""
        alone = [(name, name) for name in self.people]
        return alone + [(name, club.name) for club in self.clubs.values() for name in club.members]


def place_of(name: str) -> Place:
    """Return the place that is called so."""
    kind = PlaceKind.GROUP if name.startswith("g") else PlaceKind.PRIVATE
    return Place(FRONTEND, name, kind=kind)


def labelled(text: str) -> Iterable[tuple[str, Tag]]:
    """Return every question in a text with the label before it; empty: it has none."""
    return (
        (label, Tag(place, by, int(number)))
        for label, place, by, number in _LABELLED.findall(text)
    )


def instructed(text: str) -> set[str]:
    """Return whose instructions are in a text."""
    return set(_INSTRUCTIONS.findall(text))


def make_town(vendors: Sequence[str], rng: random.Random) -> Town:
    """Return a town whose groups overlap; some in each have no key for the group's model."""
    names = [f"m{number:02d}" for number in range(MEMBERS)]
    people = {
        name: Someone(name, tuple(rng.sample(vendors, rng.randint(1, len(vendors) - 1))))
        for name in names
    }
    clubs = {}
    for number in range(GROUPS):
        vendor = vendors[number % len(vendors)]
        payers = [name for name in names if vendor in people[name].vendors]
        admin = rng.choice(payers)
        others = rng.sample([name for name in names if name != admin], _PER_GROUP - 1)
        clubs[f"g{number}"] = Club(f"g{number}", vendor, (admin, *others))
    return Town(people, clubs)
