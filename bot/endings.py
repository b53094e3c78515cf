"""From how an attempt ended to what is committed: state, usage, cost and words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from bot import texts
from bot.domain.chat import Adjustment, ChatRequest, FinishReason, Turn, TurnState, estimate_tokens
from bot.domain.errors import Cut, EmptyAnswer, Filtered, ProviderError
from bot.domain.events import Outgoing, Reply, ReplyKind, Rows
from bot.domain.models import ProviderSpec
from bot.domain.ports import Ending, Frontend
from bot.domain.prices import Price
from bot.domain.usage import Usage
from bot.modellists import use_action
from bot.running import Running
from bot.texts import failures
from bot.texts.prefixes import prefixed


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked of whom and at what price, for the words and the cost of its end.

    `label`: what the company calls the model; empty where its list was not seen lately.
    `window`: how many tokens the model reads. `had_no_credit`: the key's last answer was that.
    `instead`: what may answer where this model is gone. `is_once`: the conversation has another
    model, and this one was asked for one answer. `is_thinking`: a temperature counts where it
    does not think. `asker`: in a group, what the member is called there.
    """

    spec: ProviderSpec
    request: ChatRequest
    label: str = ""
    mask: str = ""
    notes: tuple[str, ...] = ()
    price: Price | None = None
    window: int | None = None
    had_no_credit: bool = False
    instead: failures.Instead | None = None
    is_once: bool = False
    offer: Rows = ()
    is_thinking: bool = False
    asker: str = ""

    @property
    def name(self) -> str:
        """What to call the model."""
        return self.label or self.request.model

    @property
    def is_limit_left_out(self) -> bool:
        """Whether the company refused the longest answer that was asked for."""
        return Adjustment.DROP_MAX_TOKENS in self.request.adjustments

    @property
    def limit(self) -> int | None:
        """How long the answer might get; None: that was not the member's choice."""
        return None if self.is_limit_left_out else self.request.max_tokens

    def taught(self, learned: frozenset[Adjustment]) -> "Asked":
        """Return it as it was asked in the end."""
        adjustments = self.request.adjustments | learned
        return replace(self, request=replace(self.request, adjustments=adjustments))


def answered(running: Running, asked: Asked, now: datetime) -> Ending:
    """The model came to its own end; raises Cut, EmptyAnswer or Filtered where it did not."""
    turn, spec = running.turn, asked.spec
    if running.finish is None:
        raise Cut(spec.id, model=turn.choices.model)
    if running.finish is FinishReason.FILTERED:
        raise Filtered(spec.id, model=turn.choices.model)
    if not running.text.strip():
        raise EmptyAnswer(spec.id, model=turn.choices.model)
    usage, usd = settle(running, asked, now)
    used = texts.turns.spent(usage, usd, is_free=spec.is_free)
    is_cut = running.finish is FinishReason.LENGTH
    shown = "\n\n".join((running.text, *(f"_{note}_" for note in asked.notes)))
    reply = Reply(
        text=shown,
        footer=_footer(turn, asked, used, is_cut=is_cut),
        buttons=_going_on(turn, asked) if is_cut else _keeping(turn, asked),
        kind=ReplyKind.ANSWER,
    )
    return Ending(
        state=TurnState.ANSWERED,
        answer=running.text,
        usage=usage,
        cost_usd=usd,
        replies=(_out(turn, reply),),
    )


def _footer(turn: Turn, asked: Asked, used: str, *, is_cut: bool) -> str:
    """Return the line under an answer: how it ended if not well, its model, and its cost.

    In a group it tells only what is not the group's own: a member's limits and costs are private.
    """
    if not turn.place.is_private:
        return texts.groups.footer(
            asked.name if turn.choices.is_own or asked.is_once else "",
            asked.asker,
            is_once=asked.is_once,
            is_cut=is_cut,
        )
    if is_cut:
        return texts.turns.cut_by_limit(asked.limit, used, is_left_out=asked.is_limit_left_out)
    if not turn.choices.cost_line:
        return ""
    is_second = turn.answer is not None
    return texts.turns.footer(asked.name, used, is_second=is_second, is_once=asked.is_once)


def _going_on(turn: Turn, asked: Asked) -> Rows:
    return texts.turns.limit_buttons(turn, may_raise=not asked.is_limit_left_out)


def _keeping(turn: Turn, asked: Asked) -> Rows:
    """Offer to keep a model that was asked for one answer only, or what a notice offers."""
    if not asked.is_once:
        return asked.offer
    action = use_action(turn.choices.provider, turn.choices.model, before="model:switch")
    return texts.turns.keep_model(action)


def stopped(running: Running, asked: Asked, now: datetime, *, detail: str) -> Ending:
    """The member, or a removal, ended it: what was written stays and is paid."""
    usage, usd = settle(running, asked, now) if running.is_sent else (None, None)
    used = texts.turns.spent(usage, usd, is_free=asked.spec.is_free) if usage else ""
    turn = replace(running.turn, attempt=running.attempt)
    said = texts.turns.stopped(turn, running.text, used)
    if not turn.place.is_private:
        said = texts.groups.stopped(said)
    return Ending(
        state=TurnState.STOPPED,
        detail=detail,
        answer=running.text or None,
        usage=usage,
        cost_usd=usd,
        replies=(_out(turn, said),),
    )


def taken_back(running: Running, asked: Asked, now: datetime) -> Ending:
    """The question was taken back: it ends as if stopped, and cannot be asked again.

    Where nothing was written yet, nothing is said.
    """
    ending = stopped(running, asked, now, detail="taken back")
    said = [replace(out, reply=replace(out.reply, buttons=())) for out in ending.replies]
    return replace(ending, replies=tuple(said) if running.text else ())


def failed(running: Running, asked: Asked, error: ProviderError, now: datetime) -> Ending:
    """The vendor, or the way to it, ended it."""
    may_be_billed = running.is_sent and not error.is_unsent
    usage, usd = settle(running, asked, now) if may_be_billed else (None, None)
    turn = replace(running.turn, attempt=running.attempt)
    name = asked.spec.name
    is_declined = isinstance(error, Filtered)
    used = ""
    if usage is not None and not usage.is_estimated and turn.place.is_private:
        used = texts.turns.spent(usage, usd, is_free=asked.spec.is_free)
    failure = failures.Failure(
        turn=turn,
        error=error,
        spec=asked.spec,
        label=asked.name,
        key=asked.mask,
        now=now,
        window=asked.window,
        limit=asked.limit,
        had_no_credit=asked.had_no_credit,
        instead=asked.instead,
        used=used,
        is_at_limit=running.finish is FinishReason.LENGTH,
    )
    said = failures.failed(failure)
    if running.text and error.category in {"cut", "timeout", "network"}:
        said = texts.turns.cut(turn, name, running.text)
    elif running.text and not is_declined:
        said = texts.turns.broken_off(running.text, said)
    return Ending(
        state=TurnState.FAILED,
        detail=error.category,
        answer=None if is_declined else running.text or None,
        usage=usage,
        cost_usd=usd,
        replies=(_out(turn, said),),
    )


def broken(running: Running, asked: Asked, now: datetime, reference: str) -> Ending:
    """Our own fault while the vendor was asked: what was written stays and is paid."""
    usage, usd = settle(running, asked, now) if running.is_sent else (None, None)
    turn = replace(running.turn, attempt=running.attempt)
    said = texts.turns.broken_turn(turn, reference)
    if running.text:
        said = texts.turns.broken_off(running.text, said)
    return Ending(
        state=TurnState.FAILED,
        detail="ours",
        answer=running.text or None,
        usage=usage,
        cost_usd=usd,
        replies=(_out(turn, said),),
    )


def interrupted(
    turn: Turn, spec: ProviderSpec | None, price: Price | None, now: datetime
) -> Ending:
    """The process ended while the vendor was asked; it may have been billed."""
    usage = Usage(
        input_tokens=estimate_tokens((turn.choices.instructions, turn.question)),
        output_tokens=estimate_tokens((turn.partial,)) if turn.partial else 0,
        is_estimated=True,
    )
    reply = texts.turns.interrupted(turn, turn.choices.model, turn.partial)
    return Ending(
        state=TurnState.INTERRUPTED,
        answer=turn.partial or None,
        usage=usage,
        cost_usd=_cost(usage, spec, price, now),
        replies=(_out(turn, reply),),
    )


def settle(running: Running, asked: Asked, now: datetime) -> tuple[Usage, Decimal | None]:
    """Return the vendor's own count, else ours marked as such, and the cost where it is known.

    Prices are those that hold as it ends: vendors with dearer hours look at that moment.
    """
    usage = running.usage or Usage(
        input_tokens=estimate_tokens(
            (asked.request.system, *(message.text for message in asked.request.messages))
        ),
        output_tokens=estimate_tokens((running.text,)) if running.text else 0,
        is_estimated=True,
    )
    return usage, _cost(usage, asked.spec, asked.price, now)


def _cost(
    usage: Usage, spec: ProviderSpec | None, price: Price | None, now: datetime
) -> Decimal | None:
    """Return the charge the vendor reported, else the price times the tokens; None: unknown."""
    if usage.cost_usd is not None:
        return usage.cost_usd
    if spec is not None and spec.is_free:
        return Decimal(0)
    return price.cost(usage, now) if price else None


def in_parts(ending: Ending, frontend: Frontend) -> Ending:
    """Cut an ending's messages to what the messenger shows whole; the last one has the rest."""
    return replace(
        ending, replies=tuple(part for out in ending.replies for part in _split(out, frontend))
    )


def _split(out: Outgoing, frontend: Frontend) -> Sequence[Outgoing]:
    parts = frontend.split(prefixed(out.reply, frontend.abilities.prefix))
    return [replace(out, part=index, reply=part) for index, part in enumerate(parts)]


def _out(turn: Turn, reply: Reply) -> Outgoing:
    return Outgoing(place=turn.place, member=turn.member, reply=reply, turn=turn.id)
