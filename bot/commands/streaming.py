"""/stream: how an answer appears while it is written."""

from typing import Final

from bot import texts
from bot.commands.here import Here, by_verb, look
from bot.commands.settingchange import choose, verbs_of
from bot.commands.spec import Call, Command, Outcome
from bot.domain.chat import Streaming
from bot.texts.stamps import mark
from bot.texts.tuning import way_words

_VALUES: Final = {each.value: each for each in Streaming}
# The labels of the buttons may be typed, too.
_TYPED: Final = {**_VALUES, **{way_words(each): each for each in Streaming}}


async def _stream(call: Call) -> Outcome:
    if not call.abilities.streams:
        return Outcome(reply=texts.streaming.no_streaming())
    typed = call.args.strip().casefold()
    if not typed:
        return await _menu(call)
    here = await look(call)
    way = _TYPED.get(typed)
    if way is None:
        return Outcome(reply=texts.streaming.streaming_misfit(here.choices.stream))
    return _set(call, here, way)


async def _menu(call: Call) -> Outcome:
    now, is_panel = (await look(call)).choices.stream, call.args == "p"
    return Outcome(reply=texts.streaming.streaming(now, is_panel=is_panel))


async def _tap(call: Call) -> Outcome:
    tapped, _, panel = call.args.partition(":")
    way = _VALUES.get(tapped)
    if way is None:
        return Outcome(reply=texts.turns.old_button())
    return _set(call, await look(call), way, is_panel=panel == "p")


def _set(call: Call, here: Here, way: Streaming, *, is_panel: bool = False) -> Outcome:
    return Outcome(
        reply=texts.streaming.streaming_set(
            way, here.choices.stream, mark(way), is_panel=is_panel
        ),
        effects=(choose(call, here, "stream", way),),
    )


async def _close(call: Call) -> Outcome:
    here = await look(call)
    return Outcome(reply=texts.streaming.streaming_closed(here.choices.stream))


COMMANDS = (
    Command(
        name="stream",
        help="how answers appear while they are written",
        usage="[auto, draft, edit or off]",
        example="stream edit",
        run=_stream,
        is_own_setting=True,
        press=by_verb(
            {
                "menu": _menu,
                "set": _tap,
                **verbs_of("stream", "Streaming", way_words, "stream"),
                "close": _close,
            }
        ),
    ),
)
