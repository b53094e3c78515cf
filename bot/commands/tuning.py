"""/temp and /maxtokens: how exact, how long."""

import re
from typing import Final

from bot import texts
from bot.commands.here import Here, by_verb, current_label, look, taken
from bot.commands.settingchange import choose, verbs_of
from bot.commands.spec import Call, Command, Outcome
from bot.domain.chat import DEFAULT_MAX_TOKENS, Choices
from bot.domain.models import TemperatureUse
from bot.texts.stamps import changed_since, mark
from bot.texts.tuning import degrees, length

_NUMBER: Final = re.compile(r"\d{1,4}(?:[.,]\d{1,6})?|[.,]\d{1,6}")
_LENGTH: Final = re.compile(r"(\d{1,3}(?:[.,' ]\d{3})+|\d{1,9})\s*(k?)")
_OWN: Final = frozenset({"default", "own", "model", "off"})
_NO_LIMIT: Final = frozenset({"off", "none", "no", "unlimited"})
LEAST_LENGTH: Final = 256
MOST_LENGTH: Final = 64_000
_RAISE: Final = 4


async def _temperature_use(call: Call, choices: Choices) -> TemperatureUse:
    return (await taken(call, choices)).temperature_now(choices.effort)


async def most_length(call: Call, choices: Choices) -> tuple[int, str]:
    """Return the longest answer one may ask for, and the model's name if it is its limit."""
    most = (await taken(call, choices)).most_tokens
    if most and most >= LEAST_LENGTH:
        return most, current_label(call, choices)
    return MOST_LENGTH, ""


async def _temp(call: Call) -> Outcome:
    typed = call.args.strip().casefold()
    if not typed:
        return await _temp_menu(call)
    here = await look(call)
    if typed in _OWN:
        return await _set_temp(call, here, None)
    number = typed.replace(",", ".")
    if not _NUMBER.fullmatch(typed) or not 0 <= float(number) <= 1:
        return Outcome(reply=texts.tuning.temperature_misfit(here.choices.temperature))
    return await _set_temp(call, here, round(float(number), 2))


async def _temp_menu(call: Call) -> Outcome:
    here = await look(call)
    value, is_panel = here.choices.temperature, call.args == "p"
    use = await _temperature_use(call, here.choices)
    if use is not TemperatureUse.ALWAYS:
        label = current_label(call, here.choices)
        can_stop = use is TemperatureUse.UNLESS_THINKING
        return Outcome(
            reply=texts.tuning.temperature_unused(
                value, label, can_stop_thinking=can_stop, is_panel=is_panel
            )
        )
    return Outcome(reply=texts.tuning.temperature(value, is_panel=is_panel))


async def _tap_temp(call: Call) -> Outcome:
    tapped, _, panel = call.args.partition(":")
    value = None if tapped == "own" else float(tapped) if _NUMBER.fullmatch(tapped) else -1.0
    here = await look(call)
    if value is not None and not 0 <= value <= 1:
        return Outcome(reply=texts.turns.old_button())
    return await _set_temp(call, here, value, is_panel=panel == "p")


async def _set_temp(
    call: Call, here: Here, value: float | None, *, is_panel: bool = False
) -> Outcome:
    use = await _temperature_use(call, here.choices)
    unused_by = "" if use is TemperatureUse.ALWAYS else current_label(call, here.choices)
    before = here.choices.temperature
    return Outcome(
        reply=texts.tuning.temperature_set(
            value,
            before,
            mark(value),
            unused_by=unused_by,
            can_stop_thinking=use is TemperatureUse.UNLESS_THINKING,
            is_panel=is_panel,
        ),
        effects=(choose(call, here, "temperature", value),),
    )


async def _close_temp(call: Call) -> Outcome:
    here = await look(call)
    return Outcome(reply=texts.tuning.temperature_closed(here.choices.temperature))


async def _length(call: Call) -> Outcome:
    typed = call.args.strip().casefold()
    if not typed:
        return await _length_menu(call)
    here = await look(call)
    if typed in _NO_LIMIT:
        return await _set_length(call, here, None)
    most, model = await most_length(call, here.choices)
    value = read_length(typed)
    if value is None or not LEAST_LENGTH <= value <= most:
        now = here.choices.max_tokens
        return Outcome(reply=texts.tuning.max_tokens_misfit(now, most, model))
    return await _set_length(call, here, value)


def read_length(typed: str) -> int | None:
    """Read `2000`, `4,096` or `2k` (2,048); None if it is no length."""
    found = _LENGTH.fullmatch(typed)
    if not found:
        return None
    return int(re.sub(r"\D", "", found[1])) * (1_024 if found[2] else 1)


async def _length_menu(call: Call) -> Outcome:
    here = await look(call)
    reply = texts.tuning.max_tokens(here.choices.max_tokens, is_panel=call.args == "p")
    return Outcome(reply=reply)


async def _tap_length(call: Call) -> Outcome:
    tapped, _, panel = call.args.partition(":")
    value = None if tapped == "off" else read_length(tapped)
    here = await look(call)
    if tapped != "off" and value is None:
        return Outcome(reply=texts.turns.old_button())
    most, _ = await most_length(call, here.choices)
    fitting = None if value is None else min(value, most)
    return await _set_length(call, here, fitting, is_panel=panel == "p")


async def _set_length(
    call: Call, here: Here, value: int | None, *, is_panel: bool = False, is_apart: bool = False
) -> Outcome:
    before, traits = here.choices.max_tokens, await taken(call, here.choices)
    fitted = traits.fitted(value, here.choices.effort)
    is_raised = value is not None and fitted is not None and fitted > value
    return Outcome(
        reply=texts.tuning.max_tokens_set(
            value,
            before,
            mark(value),
            least=traits.least_tokens,
            thinker=current_label(call, here.choices) if is_raised else "",
            is_panel=is_panel,
        ),
        effects=(choose(call, here, "max_tokens", value),),
        is_apart=is_apart,
    )


async def _raise_length(call: Call) -> Outcome:
    """Go one step up from what was really sent, once, from under an answer cut at the limit."""
    here = await look(call)
    now, (most, _) = here.choices.max_tokens, await most_length(call, here.choices)
    if call.args != mark(now):
        return Outcome(reply=changed_since(), is_apart=True)
    if now is None or now >= most:
        return Outcome(reply=texts.tuning.max_tokens_at_most(now), is_apart=True)
    traits = await taken(call, here.choices)
    sent = traits.fitted(now, here.choices.effort) or now
    raised = min(max(sent * _RAISE, DEFAULT_MAX_TOKENS), most)
    return await _set_length(call, here, raised, is_apart=True)


async def _close_length(call: Call) -> Outcome:
    here = await look(call)
    return Outcome(reply=texts.tuning.length_closed(here.choices.max_tokens))


COMMANDS = (
    Command(
        name="temp",
        help="how exact or surprising answers are",
        usage="[0 to 1]",
        example="temp 0.4",
        run=_temp,
        is_own_setting=True,
        press=by_verb(
            {
                "menu": _temp_menu,
                "set": _tap_temp,
                **verbs_of("temperature", "Temperature", degrees, "temp"),
                "close": _close_temp,
            }
        ),
    ),
    Command(
        name="maxtokens",
        help="how long answers may get",
        usage="[NUMBER]",
        example="maxtokens 2000",
        run=_length,
        is_own_setting=True,
        press=by_verb(
            {
                "menu": _length_menu,
                "set": _tap_length,
                "raise": _raise_length,
                **verbs_of("max_tokens", "Longest answer", length, "maxtokens"),
                "close": _close_length,
            }
        ),
    ),
)
