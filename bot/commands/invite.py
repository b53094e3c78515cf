"""/invite: letting somebody in; and what becomes of an invitation that somebody brings."""

from datetime import timedelta
from hashlib import blake2s
from secrets import token_hex
from typing import Final

from bot import texts
from bot.commands import reach
from bot.commands.here import by_verb, read_number
from bot.commands.spec import Call, Command, Outcome, Who
from bot.domain.effects import AcceptInvitation, Invite, WithdrawInvitation
from bot.domain.people import Invitation, InvitationId
from bot.invitations import payload, spoken
from bot.texts.invitations import LIFETIMES, Sent

_DAYS: Final = 7
_MOST_DAYS: Final = 30


async def _run(call: Call) -> Outcome:
    typed = call.args.strip()
    days = read_number(typed) if typed else _DAYS
    if days is None or not 1 <= days <= _MOST_DAYS:
        return Outcome(reply=texts.invitations.misfit())
    return _made(call, InvitationId(token_hex(8)), days)


async def _start(call: Call) -> Outcome:
    """Make the one invitation that this button makes, however often it is tapped."""
    about = f"{call.place}\0{call.incoming.message}\0{call.args}"
    id_ = InvitationId(blake2s(about.encode(), digest_size=8).hexdigest())
    if call.desk.invitations.get(id_):
        return _shown(call, id_)
    return _made(call, id_, _DAYS)


def _made(call: Call, id_: InvitationId, days: int) -> Outcome:
    invitation = Invitation(
        id=id_,
        code=call.desk.invitations.draw(),
        by=call.member.id,
        expires_at=call.desk.clock.now() + timedelta(days=days),
    )
    return _kept(call, invitation)


def _kept(call: Call, invitation: Invitation) -> Outcome:
    made = Invite(
        id=invitation.id,
        member=call.member.id,
        code=invitation.code,
        expires_at=invitation.expires_at,
    )
    return Outcome(
        reply=texts.invitations.invitation(_sent(call, invitation), call.desk.clock.now()),
        effects=(made,),
        if_stale=texts.invitations.not_out(invitation.id),
    )


def _sent(call: Call, invitation: Invitation) -> Sent:
    link = _link(call, invitation)
    others = (name for name in call.desk.messengers if name != call.place.frontend)
    return Sent(
        id=invitation.id,
        code=spoken(invitation.code),
        link=link,
        until=invitation.expires_at,
        elsewhere=tuple(sorted(others)) if link else (),
    )


def _link(call: Call, invitation: Invitation) -> str:
    return call.messenger.private_link(payload(invitation.code))


def _shown(call: Call, id_: str) -> Outcome:
    invitation = call.desk.invitations.get(id_)
    if invitation is None:
        return Outcome(reply=texts.invitations.not_out(id_[:16]))
    reply = texts.invitations.invitation(_sent(call, invitation), call.desk.clock.now())
    return Outcome(reply=reply)


async def _show(call: Call) -> Outcome:
    return _shown(call, call.args)


async def _close(call: Call) -> Outcome:
    shown = _shown(call, call.args)
    reply = texts.invitations.closed(shown.reply) if shown.reply else None
    return Outcome(reply=reply)


async def _qr(call: Call) -> Outcome:
    from bot.qrcode import draw  # noqa: PLC0415  # what draws it costs memory, and few ask for it

    invitation = call.desk.invitations.get(call.args)
    link = _link(call, invitation) if invitation else ""
    if invitation is None or not link:
        return _shown(call, call.args)
    drawn = draw(link)
    if not drawn:
        return Outcome(reply=texts.invitations.no_qr_code(invitation.id))
    return Outcome(reply=texts.invitations.qr_code(drawn, invitation.id))


async def _life(call: Call) -> Outcome:
    invitation = call.desk.invitations.get(call.args)
    if invitation is None:
        return _shown(call, call.args)
    now = call.desk.clock.now()
    return Outcome(reply=texts.invitations.lifetimes(invitation.id, invitation.expires_at, now))


async def _days(call: Call) -> Outcome:
    wanted, _, typed = call.args.partition(":")
    invitation, days = call.desk.invitations.get(wanted), read_number(typed)
    if invitation is None or days not in LIFETIMES:
        return _shown(call, wanted)
    until = call.desk.clock.now() + timedelta(days=days)
    made = Invitation(id=invitation.id, code=invitation.code, by=invitation.by, expires_at=until)
    return _kept(call, made)


async def _withdraw(call: Call) -> Outcome:
    invitation = call.desk.invitations.get(call.args)
    if invitation is None:
        return _shown(call, call.args)
    return Outcome(
        reply=texts.invitations.withdrawn(invitation.id),
        effects=(WithdrawInvitation(id=invitation.id),),
        if_stale=texts.invitations.not_out(invitation.id),
    )


async def accept(call: Call) -> Outcome | None:
    """Let in whoever brought an invitation to the door; None: they are in already."""
    if call.desk.access.admits(call.member.identity):
        return None
    invitation = call.desk.invitations.given_by(call.member.identity)
    if invitation is None:
        return Outcome(reply=texts.invitations.again())
    inviter = await call.desk.stores.people.person(invitation.by)
    ask = f"members:ask:{call.member.id}"
    told = texts.invitations.joined(call.member.name, str(call.member.identity), ask)
    return Outcome(
        reply=texts.invitations.welcome(
            call.member.name, inviter.name if inviter else "", call.desk.access.operator_name
        ),
        effects=(AcceptInvitation(id=invitation.id, member=call.member.id),),
        if_stale=texts.invitations.over(),
        also=await reach.to_person(call, inviter, told) if inviter else (),
    )


COMMANDS = (
    Command(
        name="invite",
        help="let somebody in",
        usage="[DAYS]",
        example="invite 3",
        run=_run,
        press=by_verb(
            {
                "start": _start,
                "show": _show,
                "qr": _qr,
                "life": _life,
                "days": _days,
                "withdraw": _withdraw,
                "close": _close,
            }
        ),
        who=Who.OPERATORS,
    ),
)
