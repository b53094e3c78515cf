"""/claim: becoming the operator of a bot that nobody owns."""

from bot import texts
from bot.commands.spec import Call, Command, Outcome, Where
from bot.domain.effects import ClaimOperator


async def _run(call: Call) -> Outcome:
    """The door takes the codes; what comes here without one is only told how it is done."""
    if not call.place.is_private:
        return Outcome(reply=texts.claim.in_private())
    if call.desk.access.is_operator(call.member.identity):
        return Outcome(reply=texts.claim.is_yours())
    if not call.desk.claims.is_open:
        return Outcome(reply=texts.claim.is_owned(call.desk.access.operator_name))
    if not call.desk.claims.has_given(call.member.identity):
        return Outcome(reply=texts.claim.send_code())
    has_key = bool(await call.desk.stores.keys.keys(call.member.id))
    return Outcome(
        reply=texts.claim.claimed(
            call.member.name, is_open=call.desk.access.is_open, has_key=has_key
        ),
        effects=(ClaimOperator(member=call.member.id, name=call.member.name),),
        if_stale=texts.claim.too_late(),
    )


COMMANDS = (
    Command(
        name="claim",
        help="become the operator, with the code the server printed",
        usage="[CODE]",
        example="claim ABCD-1234",
        run=_run,
        where=Where.ANYWHERE,
        is_listed=False,
    ),
)
