"""Every way a question ends without an answer: headline, reason, next step."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.chat import Turn
from bot.domain.errors import ProviderError, RateLimited
from bot.domain.events import Button, Reply, ReplyKind, Rows
from bot.texts.format import clock_time, escape, quote, tokens
from bot.texts.turns import ask_again, leave_it

_OTHER = Button("Other model", "model:other")
_RAISE = Button("Raise limit", "maxtokens:raise")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What the words need to know; `vendor` and `model` are escaped."""

    turn: Turn
    error: ProviderError
    vendor: str
    model: str
    mask: str
    now: datetime

    @property
    def again(self) -> Button:
        """Try again, where nothing was charged."""
        return ask_again(self.turn, "Try again")

    @property
    def replace_key(self) -> Button:
        """Put another key in the place of this one."""
        return Button("Replace key", f"keys:replace:{self.turn.choices.provider}")


Words = tuple[str, Rows]


def failed(turn: Turn, error: ProviderError, *, provider: str, mask: str, now: datetime) -> Reply:
    """Say what happened, what became of message and money, and what to do."""
    failure = Failure(
        turn=turn,
        error=error,
        vendor=escape(provider),
        model=escape(turn.choices.model),
        mask=mask,
        now=now,
    )
    text, buttons = WORDS[error.category](failure)
    return Reply(text=text, buttons=buttons, kind=ReplyKind.ANSWER)


def _money(it: Failure) -> Words:
    return (
        f"**No credit left at {it.vendor}.** The account of {it.mask} has no API credit; a chat"
        " subscription does not count. Add credit there, then try again. Paid already? Some"
        " accounts need a new key after the first payment.",
        ((it.again, it.replace_key), (_OTHER,)),
    )


def _invalid_key(it: Failure) -> Words:
    return (
        f"**Invalid API key.** {it.vendor} no longer accepts {it.mask}. It may be deleted or"
        " expired. Your message is kept; add a new key.",
        ((it.replace_key, _OTHER),),
    )


def _no_permission(it: Failure) -> Words:
    return (
        f"**This key may not use {it.model}.** {it.vendor} accepts {it.mask}, but not for this."
        " Your message is kept. Allow it on the key page, or take another model.",
        ((_OTHER, it.again),),
    )


def _region(it: Failure) -> Words:
    return (
        f"**{it.vendor} is not available from this server.** It refuses this country or network;"
        " only the operator can change that. Nothing was charged.",
        ((_OTHER, it.again),),
    )


def _model(it: Failure) -> Words:
    return (
        f"**{it.model} is not available to your key.** It may be retired or need access. Your"
        " message is kept.",
        ((Button("Choose another", "model:other"), it.again),),
    )


def _too_long(it: Failure) -> Words:
    return (
        f"**Too long for {it.model}.** Your message and the conversation do not fit. Nothing was"
        " charged.",
        ((Button("New conversation", "new:start"), _OTHER),),
    )


def _filtered(it: Failure) -> Words:
    return (
        f"**{it.vendor} declined to answer this.** I took the question out of the conversation,"
        " so later ones are not affected. It may be charged. Put it differently, or ask another"
        " model.",
        ((_OTHER,),),
    )


def _rate(it: Failure) -> Words:
    wait_s = it.error.retry_after_s if isinstance(it.error, RateLimited) else 20.0
    until = it.now + timedelta(seconds=wait_s)
    return (
        f"**Rate limited until {clock_time(until)}** (in {max(1, round(wait_s / 60))} min)."
        f" {it.vendor} limits how much your key may send. Your message is kept, nothing was"
        " charged.",
        ((it.again, _OTHER), (leave_it(it.turn, "Discard"),)),
    )


def _overloaded(it: Failure) -> Words:
    if not it.error.is_unsent:
        return _server(it)
    return (
        f"**{it.vendor} is overloaded.** I tried more than once, nothing was charged. It often"
        " passes within minutes.",
        ((it.again, _OTHER),),
    )


def _network(it: Failure) -> Words:
    if not it.error.is_unsent:
        return (
            f"**The connection to {it.vendor} broke before an answer.** It may have been charged,"
            " so I did not ask again.",
            ((ask_again(it.turn), _OTHER),),
        )
    return (
        f"**Cannot reach {it.vendor} from this host.** This server's internet or {it.vendor} is"
        " down. Your message is kept, nothing was charged.",
        ((it.again, _OTHER),),
    )


def _timeout(it: Failure) -> Words:
    if it.error.is_unsent:
        return _network(it)
    return (
        f"**No answer from {it.vendor} in time.** It may have been charged, so I did not ask"
        " again.",
        ((ask_again(it.turn), _OTHER),),
    )


def _cut(it: Failure) -> Words:
    return (
        f"**The connection to {it.vendor} broke before the first word.** It may have been"
        " charged, so I did not ask again.",
        ((ask_again(it.turn), _OTHER),),
    )


def _empty(it: Failure) -> Words:
    limit = it.turn.choices.max_tokens
    why = (
        f" Its thinking may have used the whole length of {tokens(limit)} tokens." if limit else ""
    )
    return (
        f"**{it.model} sent no text.**{why} It may be charged.",
        ((_RAISE, ask_again(it.turn)) if limit else (ask_again(it.turn), _OTHER),),
    )


def _bad_request(it: Failure) -> Words:
    said = f" It says: {quote(it.error.said, 200)}." if it.error.said else ""
    return (
        f"**{it.vendor} refused the request.**{said} A setting may not suit this model. Your"
        " message is kept, nothing was charged.",
        ((it.again, _OTHER),),
    )


def _server(it: Failure) -> Words:
    return (
        f"**{it.vendor} has a fault on its side.** It often passes within minutes. It may have"
        " been charged, so I did not ask again.",
        ((ask_again(it.turn), _OTHER),),
    )


WORDS: Final[dict[str, Callable[[Failure], Words]]] = {
    "money": _money,
    "invalid_key": _invalid_key,
    "no_permission": _no_permission,
    "region": _region,
    "model": _model,
    "too_long": _too_long,
    "filtered": _filtered,
    "rate": _rate,
    "overloaded": _overloaded,
    "network": _network,
    "timeout": _timeout,
    "cut": _cut,
    "empty": _empty,
    "bad_request": _bad_request,
    "server": _server,
}
