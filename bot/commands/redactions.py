"""A message that was taken back: its question leaves the conversation, without a word."""

from typing import Final

from bot.commands.spec import Call, Outcome
from bot.domain.effects import EraseTurn

_NOTHING: Final = Outcome(is_aside=True)


async def redacted(call: Call) -> Outcome:
    """Erase the question a message asked, and its answer; what runs of it ends first.

    It is any of the member's, not only the newest. Of a message in pieces the first piece stands
    for all; taking back another one changes nothing, as the question does not tell them apart.
    """
    message = call.incoming.message
    if message is None:
        return _NOTHING
    turns = call.desk.stores.turns
    turn = await turns.asked_with(call.place, message, call.member.id)
    if turn is None:
        return _NOTHING
    await call.desk.runner.give_up(turn)
    return Outcome(effects=(EraseTurn(turn=turn.id, member=call.member.id),), is_aside=True)
