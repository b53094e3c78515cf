"""/ask: a question to the bot where nothing else tells that it is meant."""

from bot import texts
from bot.commands.spec import Call, Command, Outcome, Where


async def _run(call: Call) -> Outcome:  # noqa: ARG001 - every handler takes a call
    """Say how it is used: with a question it is one like any other, and never comes here."""
    return Outcome(reply=texts.groups.ask_what())


COMMANDS = (
    Command(
        name="ask",
        help="ask me something",
        usage="QUESTION",
        example="ask what goes with leeks?",
        run=_run,
        where=Where.ANYWHERE,
        group_menu=1,
    ),
)
