"""What many commands look up, and how a press finds its handler."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot import texts
from bot.commands.spec import Call, Handler, Outcome
from bot.domain.chat import Choices, Overrides, Session, Turn, TurnId, TurnState
from bot.domain.effects import SetQuestion
from bot.domain.events import Button, Question, QuestionKind, Reply
from bot.domain.models import Model, Traits
from bot.domain.ports import UsedTurn
from bot.domain.prices import Rates
from bot.texts.costs import Last
from bot.traits import laid_together

_DIGITS: Final = re.compile(r"[0-9]{1,15}")
_UNANSWERED: Final = frozenset(
    {TurnState.FAILED, TurnState.STOPPED, TurnState.INTERRUPTED, TurnState.EXPIRED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """The session of the place, what a turn there runs with, and the member's own choices."""

    session: Session
    choices: Choices
    mine: Overrides


async def look(call: Call) -> Here:
    """Read where the member is. In a group its own model counts, not that of whoever looks."""
    settings = call.desk.stores.settings
    session = await settings.session(call.place, call.member.id)
    choices = await settings.choices(session.id, call.member.id)
    if not call.place.is_private:
        nobodys = replace(choices, provider="", model="", window=None)
        choices = session.overrides.over(nobodys)
    return Here(session=session, choices=choices, mine=await settings.overrides(call.member.id))


def by_verb(verbs: Mapping[str, Handler]) -> Handler:
    """Return a press handler that finds the verb's own; an unknown verb is an old button."""

    async def press(call: Call) -> Outcome:
        handler = verbs.get(call.verb)
        if handler is None:
            return Outcome(reply=texts.turns.old_button())
        return await handler(call)

    return press


def company(call: Call, provider: str) -> str:
    """Return a company's name; its id if it is on offer no more."""
    known = call.desk.providers.get(provider)
    return known.spec.name if known else provider


def model_label(call: Call, provider: str, model: str) -> str:
    """Return what a company calls a model, as far as its list was seen lately; else the id."""
    known = call.desk.models.peek(call.member.id, provider, model)
    return known.label if known else model


def is_free(call: Call, provider: str) -> bool:
    """Whether a company charges nothing."""
    known = call.desk.providers.get(provider)
    return bool(known and known.spec.is_free)


async def last_answer(call: Call) -> Last | None:
    """Return what the member's last answer cost, and with which model."""
    last = await call.desk.stores.settings.last_used(call.member.id)
    return as_last(call, last) if last else None


def as_last(call: Call, last: UsedTurn) -> Last:
    """Return an answer and its cost as texts tell of it."""
    return Last(
        label=model_label(call, last.provider, last.model),
        usd=last.cost_usd,
        is_estimated=last.usage.is_estimated,
        is_free=is_free(call, last.provider),
    )


def rates_of(call: Call, provider: str, model: str) -> Rates | None:
    """Return what a model's tokens cost now; None: nobody says."""
    price = call.desk.prices.price(call.member.id, provider, model)
    return price.rates(call.desk.clock.now()) if price else None


def window_of(call: Call, provider: str, model: str) -> int | None:
    """Return how many tokens a model reads; None: nobody says."""
    return call.desk.prices.window(call.member.id, provider, model)


def current_label(call: Call, choices: Choices) -> str:
    """Return what the model of these choices is called; empty: none is chosen."""
    return model_label(call, choices.provider, choices.model) if choices.model else ""


async def taken(call: Call, choices: Choices) -> Traits:
    """Return what the chosen model takes, as far as its id, its list and refusals tell."""
    provider = call.desk.providers.get(choices.provider)
    if provider is None or not choices.model:
        return Traits()
    known = call.desk.models.peek(call.member.id, choices.provider, choices.model)
    refused = await call.desk.stores.settings.adjustments(choices.provider, choices.model)
    return laid_together(provider.traits(choices.model), known, refused)


def use_model(provider: str, model: Model) -> Overrides:
    """Return the choice of a model: company, id and window belong together."""
    return Overrides(provider=provider, model=model.id, window=model.context_tokens)


def await_answer(call: Call, action: str, kind: QuestionKind = QuestionKind.TEXT) -> SetQuestion:
    """Return the effect that makes the member's next message an answer."""
    question = Question(kind=kind, asked_at=call.desk.clock.now(), action=action)
    return SetQuestion(member=call.member.id, place=call.place, question=question)


def leaves(call: Call, answer: str) -> bool:
    """Whether an awaited answer is the `0` that stands for Cancel where there are no buttons."""
    return answer.strip() == "0" and not call.abilities.has_buttons


async def own_turn(call: Call, wanted: str) -> Turn | None:
    """Return a question of the member's own by its id in an action, which may be forged."""
    number = read_number(wanted)
    if number is None:
        return None
    turn = await call.desk.stores.turns.find(TurnId(number))
    return turn if turn and turn.member == call.member.id else None


async def unanswered(call: Call, here: Here, label: str) -> Button | None:
    """Return a button that asks the session's last question again, if it has no answer."""
    last = await call.desk.stores.turns.last(here.session.id, call.member.id)
    if last is None or last.answer or last.state not in _UNANSWERED:
        return None
    return Button(label, f"retry:again:{last.id}:{last.attempt}")


def read_number(text: str) -> int | None:
    """Read an id or a page out of an action, which may be forged: digits, and not too many."""
    return int(text) if _DIGITS.fullmatch(text) else None


def simply(reply: Reply) -> Handler:
    """Return a handler that says one thing and changes nothing."""

    async def say(call: Call) -> Outcome:  # noqa: ARG001 - every handler takes a call
        return Outcome(reply=reply)

    return say
