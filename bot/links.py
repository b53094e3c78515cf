"""Linking two accounts: a code for ten minutes, and the word of both sides. In memory alone."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from bot.codes import SHORT, dashed, draw_code, tidied
from bot.domain.chat import Identity, MemberId, Place
from bot.domain.events import Body, Command, Press, Reacted, Text
from bot.domain.ports import Clock
from bot.domain.secret import Secret

GIVEN: Final = Command("link", "given")  # without the code: who gave the right one is known
LASTS_S: Final = 600.0
_NAMES: Final = frozenset({"link", "unlink"})


def typed_link(body: Body) -> str | None:
    """Return what is offered as the code of a link; None: nothing is."""
    match body:
        case Command(name, args) if name in _NAMES and args:
            return args
        case _:
            return None


def may_choose(body: Body) -> bool:
    """Return whether this may be the choice of somebody who brought a code: a tap or a number."""
    match body:
        case Press(action):
            return action.startswith("link:")
        case Text(text):
            return len(text.strip()) == 1
        case _:
            return isinstance(body, Reacted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One that is being made: `by` asks that `other` join their member.

    `place` and `there` are the private chats of the two. `is_agreed`: `other` said yes. `id`
    names it in buttons.
    """

    id: str
    member: MemberId
    by: Identity
    place: Place
    code: Secret | None
    until: float
    other: Identity | None = None
    there: Place | None = None
    is_agreed: bool = False


class Links:
    """The newest link of every member, until it is made, refused, replaced or too old."""

    def __init__(self, clock: Clock, *, draw: Callable[[int], str] = draw_code) -> None:
        self._clock = clock
        self._draw = draw
        self._open: dict[MemberId, Link] = {}

    @property
    def are_open(self) -> bool:
        """Return whether somebody may bring a code, or has."""
        self._forget_old()
        return bool(self._open)

    def begin(self, member: MemberId, by: Identity, place: Place) -> str:
        """Return a code for another account of theirs; the one before works no more."""
        self._forget_old()
        code = self._draw(SHORT)
        self._open[member] = Link(
            id=secrets.token_hex(4),
            member=member,
            by=by,
            place=place,
            code=Secret(code),
            until=self._clock.monotonic() + LASTS_S,
        )
        return dashed(code)

    def give(self, typed: str, sender: Identity, there: Place) -> Link | None:
        """Return the link whose code this is, and note who brought it: it works once."""
        link = self._fits(typed)
        if link is None:
            return None
        until = self._clock.monotonic() + LASTS_S
        given = replace(link, code=None, other=sender, there=there, until=until)
        self._open[link.member] = given
        return given

    def spoil(self, typed: str) -> bool:
        """Drop the link whose code this is, as others have read it; False: there is none."""
        link = self._fits(typed)
        if link is not None:
            self.drop(link.member)
        return link is not None

    def of_other(self, identity: Identity) -> Link | None:
        """Return the link that this account brought the code of."""
        self._forget_old()
        mine = [each for each in self._open.values() if each.other == identity]
        return mine[-1] if mine else None

    def of_member(self, member: MemberId, id_: str) -> Link | None:
        """Return the member's own link of that id, once the other side has agreed."""
        self._forget_old()
        link = self._open.get(member)
        return link if link and link.id == id_ and link.is_agreed else None

    def agree(self, link: Link) -> None:
        """Note the word of the account that brought the code; the other has ten minutes."""
        until = self._clock.monotonic() + LASTS_S
        self._open[link.member] = replace(link, is_agreed=True, until=until)

    def drop(self, member: MemberId) -> None:
        """End the member's link, whatever stage it is at."""
        self._open.pop(member, None)

    def _fits(self, typed: str) -> Link | None:
        self._forget_old()
        code = tidied(typed)
        return next((each for each in self._open.values() if each.code == code), None)

    def _forget_old(self) -> None:
        now = self._clock.monotonic()
        self._open = {of: each for of, each in self._open.items() if each.until > now}
