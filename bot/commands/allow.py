"""/allow and /answer: where the bot speaks, and when."""

from typing import Final

from bot import texts
from bot.commands.here import by_verb, read_number
from bot.commands.spec import Call, Command, Outcome, Where, Who
from bot.domain.chat import Place, PlaceKind
from bot.domain.effects import ChangeGroup
from bot.domain.errors import FrontendError
from bot.domain.groups import HISTORY_TOKENS, Group, GroupId, When
from bot.domain.ports import Around

HISTORIES: Final = (0, 2_000, 4_000, HISTORY_TOKENS, 16_000, 32_000)


async def _allow(call: Call) -> Outcome:
    """Allow the group it is sent in; in private one that is named by its id."""
    wanted = call.args.strip()
    if call.place.is_private and not wanted:
        return Outcome(reply=texts.groups.only_in_groups("allow"))
    groups = call.desk.stores.groups
    if not call.place.is_private:
        around = await _around(call, call.place)
        group = await groups.note(call.place, title=around.title)
        if group.is_allowed:
            return Outcome(reply=texts.allow.allowed_already())
        said = texts.allow.allowed_here(group.id, hears_all=around.hears_all, when=group.when)
        return Outcome(reply=said, effects=(_change(group, is_allowed=True),))
    place = Place(call.place.frontend, wanted, kind=PlaceKind.GROUP)
    return _allow_known(await groups.find(place))


def _allow_known(group: Group | None) -> Outcome:
    if group is None:
        return Outcome(reply=texts.allow.no_such_group())
    reply = texts.allow.allowed(group.title, group.id)
    return Outcome(reply=reply, effects=(_change(group, is_allowed=True),))


def _change(group: Group, *, is_allowed: bool) -> ChangeGroup:
    return ChangeGroup(group=group.id, is_allowed=is_allowed)


async def _find(call: Call) -> Group | None:
    number = read_number(call.args)
    return None if number is None else await call.desk.stores.groups.get(GroupId(number))


async def _yes(call: Call) -> Outcome:
    return _allow_known(await _find(call))


async def _no(call: Call) -> Outcome:
    group = await _find(call)
    if group is None:
        return Outcome(reply=texts.allow.no_such_group())
    return Outcome(
        reply=texts.allow.not_allowed(group.id), effects=(_change(group, is_allowed=False),)
    )


async def _leave(call: Call) -> Outcome:
    group = await _find(call)
    if group is None:
        return Outcome(reply=texts.allow.no_such_group())
    muted = (_change(group, is_allowed=False),)
    try:
        await call.desk.messengers[group.place.frontend].leave(group.place)
    except (FrontendError, KeyError):
        return Outcome(reply=texts.allow.not_left(group.title, group.id), effects=muted)
    return Outcome(reply=texts.allow.gone(group.title), effects=muted)


async def _here(call: Call) -> tuple[Group, Around]:
    around = await _around(call, call.place)
    return await call.desk.stores.groups.note(call.place, title=around.title), around


async def _around(call: Call, place: Place) -> Around:
    try:
        return await call.messenger.around(place)
    except FrontendError:
        return Around()


async def _answer(call: Call) -> Outcome:
    typed = call.args.strip().casefold()
    group, around = await _here(call)
    if not typed:
        return Outcome(reply=texts.allow.answers(group.when, hears_all=around.hears_all))
    if typed not in set(When):
        return Outcome(reply=texts.allow.answers_misfit(group.when))
    return _set(group, When(typed), around)


async def _menu(call: Call) -> Outcome:
    group, around = await _here(call)
    return Outcome(reply=texts.allow.answers(group.when, hears_all=around.hears_all))


async def _tap(call: Call) -> Outcome:
    group, around = await _here(call)
    if call.args not in set(When):
        return Outcome(reply=texts.turns.old_button())
    return _set(group, When(call.args), around)


def _set(group: Group, when: When, around: Around) -> Outcome:
    reply = texts.allow.answers_set(when, group.when, hears_all=around.hears_all)
    return Outcome(reply=reply, effects=(ChangeGroup(group=group.id, when=when),))


async def _history(call: Call) -> Outcome:
    group, _ = await _here(call)
    return Outcome(reply=texts.allow.history(group.history_tokens, HISTORIES))


async def _most(call: Call) -> Outcome:
    group, _ = await _here(call)
    most = read_number(call.args)
    if most is None or most > HISTORIES[-1]:
        return Outcome(reply=texts.turns.old_button())
    reply = texts.allow.history_set(most, group.history_tokens)
    return Outcome(reply=reply, effects=(ChangeGroup(group=group.id, history_tokens=most),))


async def _close(call: Call) -> Outcome:
    group, _ = await _here(call)
    return Outcome(reply=texts.allow.answers_closed(group.when))


COMMANDS = (
    Command(
        name="allow",
        help="let me speak in a group",
        usage="[GROUP]",
        run=_allow,
        press=by_verb({"yes": _yes, "no": _no, "leave": _leave}),
        where=Where.ANYWHERE,
        who=Who.OPERATORS,
    ),
    Command(
        name="answer",
        help="when I answer in a group",
        usage="[mention, always or commands]",
        example="answer mention",
        run=_answer,
        press=by_verb(
            {"menu": _menu, "set": _tap, "history": _history, "most": _most, "close": _close}
        ),
        where=Where.GROUP,
        who=Who.ADMINS,
    ),
)
