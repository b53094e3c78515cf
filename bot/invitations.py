"""Invitations that are out: who may come in with which code. Mirrors what is stored."""

from collections.abc import Callable, Sequence
from typing import Final

from bot.codes import LONG, dashed, draw_code, has_form, tidied
from bot.domain.chat import Identity
from bot.domain.effects import AcceptInvitation, Effect, Invite, WithdrawInvitation
from bot.domain.events import Body, Command, Text
from bot.domain.people import Invitation, InvitationId
from bot.domain.ports import Clock, People
from bot.domain.secret import Secret

PAYLOAD: Final = "i_"
GIVEN: Final = Command("start", "invited")  # without the code: who gave the right one is known


def typed_invitation(body: Body) -> str | None:
    """Return what is offered as an invitation's code; None: nothing is."""
    match body:
        case Command("start", args) if args.lower().startswith(PAYLOAD):
            return args[len(PAYLOAD) :]
        case Command("start", args) if has_form(args, LONG):
            return args
        case Text(text) if has_form(text, LONG):
            return text
        case _:
            return None


def payload(code: Secret) -> str:
    """Return what a link sends for a code."""
    return f"{PAYLOAD}{code.reveal()}"


def spoken(code: Secret) -> str:
    """Return a code as people read it out."""
    return dashed(code.reveal())


class Invitations:
    """Finds an invitation by its code, and remembers who brought which."""

    def __init__(
        self, people: People, clock: Clock, *, draw: Callable[[int], str] = draw_code
    ) -> None:
        self._people = people
        self._clock = clock
        self._draw = draw
        self._out: dict[InvitationId, Invitation] = {}
        self._given: dict[Identity, InvitationId] = {}

    async def load(self) -> None:
        """Read those that can still be used."""
        self._out = {each.id: each for each in await self._people.invitations()}

    def draw(self) -> Secret:
        """Return the code of a new invitation."""
        return Secret(self._draw(LONG))

    @property
    def are_out(self) -> bool:
        """Return whether somebody may come with one."""
        return any(map(self._lasts, self._out.values()))

    def get(self, id_: str) -> Invitation | None:
        """Return one that can still be used."""
        found = self._out.get(InvitationId(id_))
        return found if found and self._lasts(found) else None

    def fits(self, typed: str) -> Invitation | None:
        """Return the invitation with this code, if it can still be used."""
        code = tidied(typed)
        lasting = (each for each in self._out.values() if self._lasts(each))
        return next((each for each in lasting if each.code == code), None)

    def give(self, invitation: Invitation, to: Identity) -> None:
        """Note who brought an invitation's code."""
        self._given[to] = invitation.id

    def given_by(self, identity: Identity) -> Invitation | None:
        """Return the invitation whose code an account brought since the start."""
        id_ = self._given.get(identity)
        return None if id_ is None else self.get(id_)

    def follow(self, effects: Sequence[Effect]) -> None:
        """Take over what was just committed."""
        for effect in effects:
            match effect:
                case Invite(id=id_, member=by, code=code, expires_at=until):
                    self._put(id_, Invitation(id=id_, code=code, by=by, expires_at=until))
                case WithdrawInvitation(id=id_) | AcceptInvitation(id=id_):
                    self._drop(id_)
                case _:
                    pass

    def _put(self, id_: InvitationId, made: Invitation) -> None:
        for each in [each.id for each in self._out.values() if not self._lasts(each)]:
            self._drop(each)
        self._out[id_] = made

    def _drop(self, id_: InvitationId) -> None:
        self._out.pop(id_, None)
        self._given = {by: each for by, each in self._given.items() if each != id_}

    def _lasts(self, invitation: Invitation) -> bool:
        return invitation.expires_at > self._clock.now()
