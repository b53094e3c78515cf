"""/usage: what it costs. Days and months are UTC's, as the sums by day are."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from bot import texts
from bot.commands.here import by_verb, company, is_free, last_answer, look, model_label
from bot.commands.spec import Call, Command, Outcome
from bot.domain.ports import SpentLine
from bot.texts.format import month

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PERIODS: Final = frozenset({"day", "month", "all"})


def _today(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _since(period: str, now: datetime) -> datetime:
    if period == "all":
        return _BEGINNING
    return _today(now) if period == "day" else _today(now).replace(day=1)


def _title(period: str, now: datetime) -> str:
    return {"day": "Today", "all": "So far"}.get(period, month(now.astimezone(UTC)))


async def _run(call: Call) -> Outcome:
    typed = call.args.strip().casefold()
    if not typed:
        return await _overview(call)
    if typed not in _PERIODS:
        return Outcome(reply=texts.usage.misfit())
    settings, member, now = call.desk.stores.settings, call.member.id, call.desk.clock.now()
    since = _since(typed, now)
    spent = await settings.spent(member, since=since)
    if not spent.answers:
        return Outcome(reply=texts.usage.nothing())
    lines = await settings.spent_by_model(member, since=since)
    title = _title(typed, now)
    return Outcome(reply=texts.usage.period(title, spent, _lines(call, lines)))


async def _overview(call: Call) -> Outcome:
    settings, member, now = call.desk.stores.settings, call.member.id, call.desk.clock.now()
    if not (await settings.spent(member)).answers:
        return Outcome(reply=texts.usage.nothing())
    here = await look(call)
    return Outcome(
        reply=texts.usage.overview(
            await settings.spent(member, since=_today(now)),
            await settings.spent(member, since=_since("month", now)),
            await settings.spent(member, session=here.session.id),
            await last_answer(call),
            now.astimezone(UTC),
        )
    )


async def _models(call: Call) -> Outcome:
    now = call.desk.clock.now()
    lines = await call.desk.stores.settings.spent_by_model(
        call.member.id, since=_since("month", now)
    )
    if not lines:
        return Outcome(reply=texts.usage.nothing())
    title = _title("month", now)
    return Outcome(reply=texts.usage.by_model(title, _lines(call, lines)))


def _lines(call: Call, lines: Sequence[SpentLine]) -> list[tuple[str, SpentLine, bool]]:
    """Name each model, with its company where there are several."""
    has_several = len({line.provider for line in lines}) > 1
    named = []
    for line in lines:
        label = model_label(call, line.provider, line.key)
        name = company(call, line.provider)
        if has_several and name != label:
            label = f"{label} ({name})"
        named.append((label, line, is_free(call, line.provider)))
    return named


async def _days(call: Call) -> Outcome:
    now = call.desk.clock.now()
    lines = await call.desk.stores.settings.spent_by_day(
        call.member.id, since=_since("month", now)
    )
    if not lines:
        return Outcome(reply=texts.usage.nothing())
    return Outcome(reply=texts.usage.by_day(_title("month", now), lines, now))


async def _close(call: Call) -> Outcome:
    today = _today(call.desk.clock.now())
    spent = await call.desk.stores.settings.spent(call.member.id, since=today)
    return Outcome(reply=texts.usage.closed(spent))


COMMANDS = (
    Command(
        name="usage",
        help="what it cost",
        usage="[day, month or all]",
        example="usage month",
        run=_run,
        press=by_verb({"main": _overview, "models": _models, "days": _days, "close": _close}),
        menu=9,
    ),
)
