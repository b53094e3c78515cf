"""A question that was changed after it was sent."""

from bot.domain.chat import Turn, TurnState
from bot.domain.events import Button, Reply
from bot.texts.format import quote
from bot.texts.turns import leave_it


def changed(turn: Turn) -> Reply:
    """It was asked before; asking it again costs again."""
    is_paid = turn.answer is not None or turn.state is TurnState.REQUESTED
    again = " It is paid again." if is_paid else ""
    answer = Button("Answer again", f"retry:revised:{turn.id}:{turn.edits}")
    return Reply(
        text=f"You changed your question. Answer the new version?{again}",
        buttons=((answer, leave_it(turn)),),
    )


def answering(question: str) -> Reply:
    """The new version is asked now."""
    return Reply(text=f"I answer the new version: {quote(question, 60)}")
