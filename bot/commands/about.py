"""/start, /help and /privacy."""

from dataclasses import replace

from bot import texts
from bot.commands import groups, invite
from bot.commands.here import by_verb, company, current_label, look
from bot.commands.manners import Manners
from bot.commands.near import near_names
from bot.commands.spec import Call, Outcome, Where, Who
from bot.commands.spec import Command as Row
from bot.domain.events import Reply
from bot.invitations import GIVEN as INVITED
from bot.texts.about import Carrier, Line
from bot.waiting import CONSENT

_FIRST_PAGE = 9


async def _start(call: Call) -> Outcome:
    if not call.place.is_private:
        return Outcome(reply=texts.about.help_group())
    if call.args.startswith(CONSENT):
        return await groups.ask(call)
    if call.incoming.body == INVITED and (outcome := await invite.accept(call)):
        return outcome
    if not await call.desk.stores.keys.keys(call.member.id):
        return Outcome(reply=_welcome(call))
    here = await look(call)
    shown, _ = await call.desk.stores.settings.sessions(call.member.id, call.place, limit=1)
    title = shown[0].title if shown else ""
    return Outcome(reply=texts.about.ready(current_label(call, here.choices), title))


def _welcome(call: Call) -> Reply:
    has_demo = any(provider.spec.is_demo for provider in call.desk.providers.values())
    operator = "" if call.member.is_operator else call.desk.access.operator_name
    return texts.about.welcome(call.member.name, operator, has_demo=has_demo)


def _rows(call: Call) -> list[Row]:
    """Return every command of use to the member, in the menu's order; those outside by name."""
    is_operator = call.desk.access.is_operator(call.member.identity)
    rows = {
        row.name: row
        for row in call.desk.commands.values()
        if is_operator or row.who is not Who.OPERATORS
    }
    return sorted(rows.values(), key=lambda row: (row.menu or 99, row.name))


def _line(row: Row) -> Line:
    return Line(
        name=row.name,
        usage=row.usage,
        help=row.help,
        example=row.example,
        synonyms=row.aliases,
    )


async def _help(call: Call) -> Outcome:
    wanted = call.args.strip().lstrip("/!").casefold()
    if not call.place.is_private:
        return Outcome(reply=texts.about.help_group())
    if not wanted:
        return await _main(call)
    row = call.desk.commands.get(wanted)
    if row is None:
        near = near_names(wanted, [each.name for each in _rows(call)])
        return Outcome(reply=texts.turns.unknown_command(wanted, near))
    return Outcome(reply=texts.about.one_command(_line(row)))


async def _main(call: Call) -> Outcome:
    """The commands of the short menu, but for the one a button leads to."""
    rows = [row for row in _rows(call) if 0 < row.menu <= _FIRST_PAGE and not row.has_secret]
    return Outcome(
        reply=texts.about.help_page(
            [_line(row) for row in rows],
            has_reactions=call.abilities.can_react,
            remembers="remember" in call.desk.commands,
        )
    )


async def _all(call: Call) -> Outcome:
    return Outcome(
        reply=texts.about.all_commands([_line(row) for row in _rows(call) if row.is_listed])
    )


async def _use(call: Call) -> Outcome:
    """Run a command from its help or from a near miss, as if typed without argument."""
    row = call.desk.commands.get(call.args)
    if row is None:
        return Outcome(reply=texts.turns.old_button())
    typed = replace(call, verb="", args="")
    return await Manners(call.desk).refusal(typed, row) or await row.run(typed)


async def _close_help(call: Call) -> Outcome:  # noqa: ARG001 - every handler takes a call
    return Outcome(reply=texts.about.closed())


async def _privacy(call: Call) -> Outcome:
    if not call.place.is_private:
        return Outcome(reply=texts.about.privacy_group())
    here = await look(call)
    return Outcome(
        reply=texts.about.privacy(
            company=company(call, here.choices.provider) if here.choices.model else "",
            messenger=call.place.frontend.capitalize(),
            carrier=_carrier(call),
            operator=call.desk.access.operator_name,
            is_operator=call.member.is_operator,
        )
    )


def _carrier(call: Call) -> Carrier:
    if call.abilities.is_local:
        return Carrier.TERMINAL
    if not call.abilities.seals:
        return Carrier.MESSENGER
    return Carrier.UNSEALED if call.messenger.is_unsealed(call.place) else Carrier.SEALED


async def _close_privacy(call: Call) -> Outcome:  # noqa: ARG001 - every handler takes a call
    return Outcome(reply=texts.about.privacy_closed())


COMMANDS = (
    Row(
        name="start",
        help="who I am, and the next step",
        run=_start,
        press=by_verb({"main": _start}),
        where=Where.ANYWHERE,
    ),
    Row(
        name="help",
        help="what I know",
        usage="[COMMAND]",
        example="help model",
        run=_help,
        press=by_verb({"main": _main, "all": _all, "use": _use, "close": _close_help}),
        where=Where.ANYWHERE,
        menu=11,
        group_menu=6,
    ),
    Row(
        name="privacy",
        help="who can read what",
        run=_privacy,
        press=by_verb({"main": _privacy, "close": _close_privacy}),
        where=Where.ANYWHERE,
        menu=12,
    ),
)
