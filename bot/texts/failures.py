"""Every way a question ends without an answer: headline, reason, next step."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.chat import Turn, estimate_tokens
from bot.domain.errors import ProviderError, RateLimited
from bot.domain.events import Button, Reply, ReplyKind, Rows
from bot.domain.models import ProviderSpec
from bot.texts.format import clock_time, escape, later, quote, tokens
from bot.texts.format import window as size
from bot.texts.layout import button
from bot.texts.prefixes import command
from bot.texts.turns import ask_again, leave_it, raise_limit

_OTHER = Button("Other model", "model:other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """A model that may answer in the place of one that is gone, and the action that lets it.

    `is_retired`: the company lists the other one no more.
    """

    label: str
    action: str
    is_retired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What the words need to know. `label`: what the model is called; `key`: the key's mask.

    `window`: how many tokens the model reads; `limit`: how long the answer might get.
    `had_no_credit`: this key's last answer was that. `used`: what it took, where the company
    counted; `is_at_limit`: it ended there.
    """

    turn: Turn
    error: ProviderError
    spec: ProviderSpec
    label: str
    key: str
    now: datetime
    window: int | None = None
    limit: int | None = None
    had_no_credit: bool = False
    instead: Instead | None = None
    used: str = ""
    is_at_limit: bool = False

    @property
    def vendor(self) -> str:
        """The company's name."""
        return escape(self.spec.name)

    @property
    def model(self) -> str:
        """The model's name."""
        return escape(self.label)

    @property
    def mask(self) -> str:
        """What may be shown of the key."""
        return escape(self.key)

    @property
    def again(self) -> Button:
        """Ask again; where nothing was charged it is only another try."""
        return ask_again(self.turn, "Try again" if self.error.is_unsent else "Ask again")

    @property
    def standing(self) -> str:
        """What became of message and money."""
        if self.error.is_unsent:
            return "Your message is kept, nothing was charged."
        return "It may have been charged, so I did not ask again."

    @property
    def details(self) -> Button:
        """The company's own words."""
        return Button("Details", f"retry:details:{self.turn.id}:{self.turn.attempt}")

    @property
    def replace_key(self) -> Button:
        """Put another key in the place of this one."""
        return Button("Replace key", f"keys:replace:{self.turn.choices.provider}")

    def page(self, label: str, url: str) -> Rows:
        """Open a page of the company's, where it has one."""
        return ((Button(label, url=url),),) if url else ()


Words = tuple[str, Rows]


def failed(it: Failure) -> Reply:
    """Say what happened, what became of message and money, and what to do."""
    text, buttons = WORDS[it.error.category](it)
    return Reply(text=text, buttons=buttons, kind=ReplyKind.ANSWER)


def _money(it: Failure) -> Words:
    paid = (
        " Paid already? Some accounts need a new key after the first payment."
        if it.had_no_credit
        else ""
    )
    return (
        f"**No credit left at {it.vendor}.** The account of {it.mask} has no API credit; a chat"
        f" subscription does not count. {it.standing} Add credit there, then try again.{paid}",
        (
            *it.page("Add credit", it.spec.billing_page or it.spec.key_page),
            (it.again, _OTHER),
            (it.replace_key,),
        ),
    )


def _invalid_key(it: Failure) -> Words:
    return (
        f"**Invalid API key.** {it.vendor} no longer accepts {it.mask}. It may be deleted or"
        f" expired. {it.standing} Add a new key.",
        ((it.replace_key, _OTHER), (it.details,)),
    )


def _no_permission(it: Failure) -> Words:
    return (
        f"**This key may not use {it.model}.** {it.vendor} accepts {it.mask}, but not for this."
        f" {it.standing} Allow it on the key page, or take another model.",
        (
            *it.page("Open key page", it.spec.key_page),
            (_OTHER, it.again),
            (it.details,),
        ),
    )


def _region(it: Failure) -> Words:
    return (
        f"**{it.vendor} is not available from this server.** It refuses this country or network;"
        f" only the operator can change that, with a proxy for it. {it.standing}",
        ((_OTHER, it.again), (it.details,)),
    )


def _model(it: Failure) -> Words:
    other = Button("Choose another", "model:other")
    if it.instead is None:
        rows: Rows = ((other, it.again), (it.details,))
    else:
        rows = ((button(f"Use {it.instead.label}", it.instead.action),), (other, it.details))
    if it.instead is not None and it.instead.is_retired:
        return f"**{it.model} has been retired** by {it.vendor}. {it.standing}", rows
    return (
        f"**{it.model} is not available to your key.** It may be retired or need access."
        f" {it.standing}",
        rows,
    )


def _too_long(it: Failure) -> Words:
    own = estimate_tokens((it.turn.question, it.turn.choices.instructions))
    why = "Your message and the conversation do not fit."
    if it.window:
        reads = f"It takes {size(it.window)} tokens"
        why = f"{reads}; your message and the conversation have more."
        if own > it.window:
            why = f"{reads}, your message alone has about {tokens(own)}."
    return (
        f"**Too long for {it.model}.** {why} {it.standing}",
        (
            (Button("Model with more room", "model:other"),),
            (Button("New conversation", "new:start"),),
        ),
    )


def _filtered(it: Failure) -> Words:
    return (
        f"**{it.vendor} declined to answer this.** I took the question out of the conversation,"
        " so later ones are not affected. It may be charged. Put it differently, or ask another"
        " model.",
        ((_OTHER, it.details),),
    )


def _rate(it: Failure) -> Words:
    wait_s = it.error.retry_after_s if isinstance(it.error, RateLimited) else 20.0
    until = it.now + timedelta(seconds=wait_s)
    return (
        f"**Rate limited until {clock_time(until, it.now)}** ({later(wait_s)})."
        f" {it.vendor} limits how much your key may send. {it.standing}",
        ((it.again, _OTHER), (leave_it(it.turn, "Discard"), it.details)),
    )


def _overloaded(it: Failure) -> Words:
    tried = " I tried more than once." if it.error.is_unsent else ""
    return (
        f"**{it.vendor} is overloaded.**{tried} It often passes within minutes. {it.standing}",
        ((it.again, _OTHER),),
    )


def _network(it: Failure) -> Words:
    if it.error.is_unsent:
        return (
            f"**Cannot reach {it.vendor} from this host.** This server's internet or {it.vendor}"
            f" is down. {it.standing}",
            ((it.again, _OTHER),),
        )
    return (
        f"**The connection to {it.vendor} broke before an answer.** {it.standing}",
        ((it.again, _OTHER),),
    )


def _timeout(it: Failure) -> Words:
    if it.error.is_unsent:
        return _network(it)
    return (f"**No answer from {it.vendor} in time.** {it.standing}", ((it.again, _OTHER),))


def _cut(it: Failure) -> Words:
    return (
        f"**The connection to {it.vendor} broke before the first word.** {it.standing}",
        ((it.again, _OTHER),),
    )


def _empty(it: Failure) -> Words:
    why, paid = "", "It may be charged."
    if it.limit and it.is_at_limit:
        why = f" Its thinking used the whole length of {tokens(it.limit)} tokens."
    if it.used:
        paid = f"What it used is paid: {it.used}."
    return (
        f"**{it.model} sent no text.**{why} {paid}",
        ((raise_limit(it.turn), ask_again(it.turn)) if why else (ask_again(it.turn), _OTHER),),
    )


def _bad_request(it: Failure) -> Words:
    said = f" It says: {quote(it.error.said, 200)}." if it.error.said else ""
    return (
        f"**{it.vendor} refused the request.**{said} A setting may not suit this model."
        f" {it.standing}",
        (
            (Button("Use its defaults", f"retry:plain:{it.turn.id}:{it.turn.attempt}"),),
            (it.again, _OTHER),
            (it.details,),
        ),
    )


def _server(it: Failure) -> Words:
    return (
        f"**{it.vendor} has a fault on its side.** It often passes within minutes. {it.standing}",
        ((it.again, _OTHER), (it.details,)),
    )


def details(
    error: ProviderError, *, company: str, model: str, at: datetime, now: datetime
) -> Reply:
    """What is known of a failure, in the company's own words where it had any."""
    said = f"It said: {quote(error.said, 200)}" if error.said else "It gave no reason in words."
    return Reply(
        text=f"**{escape(company)}**, {escape(model)}, {clock_time(at, now)}\n"
        f"Kind: {error.category.replace('_', ' ')}\n{said}"
    )


def no_details() -> Reply:
    """They were kept in memory only."""
    return Reply(
        text="I do not have the details any more; I keep them until I am restarted. Nothing was"
        " changed."
    )


def plain_now(undo: str | None) -> Reply:
    """The question is asked again without settings that may not suit the model.

    `undo` is None where it stands in another conversation than the one here.
    """
    if undo is None:
        return Reply(
            text="I ask again in that question's conversation. Temperature and reasoning are the"
            " model's own there now; nothing changes here."
        )
    return Reply(
        text="I ask again. Temperature and reasoning are the model's own now in this"
        f" conversation; {command('settings')} shows and changes them.",
        buttons=((Button("Undo", undo),),),
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
