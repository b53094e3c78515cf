"""What waits because it was sent while nobody was there to answer."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.chat import Turn
from bot.domain.events import Button, Reply, ReplyKind
from bot.texts.format import amount, clock_time, count, quote


def one_waits(turn: Turn, now: datetime) -> Reply:
    """A message that was sent during an absence: is it answered?"""
    return Reply(
        text="**Your message is waiting.** I was away when you sent it,"
        f" {clock_time(turn.received_at, now)}: {quote(turn.question, 60)}",
        buttons=((Button("Answer it", f"retry:late:{turn.id}"), _skip(turn)),),
        kind=ReplyKind.ANSWER,
    )


def several_wait(last: Turn, number: int, since: datetime, now: datetime) -> Reply:
    """Messages that were sent during an absence: which are answered?"""
    every = Button(f"Answer all {count(number)}", f"retry:late:{last.id}")
    return Reply(
        text=f"**{count(number)} of your messages are waiting.** I was away when you sent them,"
        f" the first {clock_time(since, now)}. The last: {quote(last.question, 60)}",
        buttons=(
            (Button("Answer the last", f"retry:latest:{last.id}"),),
            (every, _skip(last)),
        ),
        kind=ReplyKind.ANSWER,
    )


def waiting(turns: Sequence[Turn], now: datetime) -> Reply | None:
    """Say what waits, the newest last; None if nothing does."""
    if not turns:
        return None
    last, since = turns[-1], min(turn.received_at for turn in turns)
    return several_wait(last, len(turns), since, now) if turns[1:] else one_waits(last, now)


def _skip(last: Turn) -> Button:
    return Button("Skip", f"retry:skip:{last.id}")


def answering(number: int) -> Reply:
    """They are answered now, one by one."""
    which = "it" if number == 1 else f"all {count(number)}, one by one"
    return Reply(text=f"I answer {which}.")


def answering_last(question: str, dropped: int) -> Reply:
    """Only the newest is answered."""
    return Reply(text=f"I answer {quote(question, 60)}. {_unsent(dropped, 'other message')}")


def skipped(number: int) -> Reply:
    """None is answered."""
    return Reply(text=f"Skipped. {_unsent(number, 'message')}")


def _unsent(number: int, what: str) -> str:
    return f"{amount(number, what)} {'was' if number == 1 else 'were'} sent to nobody."
