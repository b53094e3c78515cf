"""Where a command may be used, and by whom; what of its answer may be read by a group."""

from dataclasses import replace

from bot import texts
from bot.commands.here import current_label, look
from bot.commands.spec import Call, Command, Desk, Outcome, Where, Who
from bot.domain.errors import FrontendError
from bot.domain.events import Button, Outgoing, Reply, Rows


async def is_admin(call: Call) -> bool:
    """Return whether whoever calls may choose for a group: its admins, and operators."""
    if call.desk.access.is_operator(call.member.identity):
        return True
    try:
        return await call.messenger.is_admin(call.place, call.member.identity)
    except FrontendError:
        return False


class Manners:
    """The rules of one declared row, kept for all commands alike."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def refusal(self, call: Call, command: Command) -> Outcome | None:
        """Return what is said instead of running a command here; None: it may run."""
        is_private = call.place.is_private
        if command.who is Who.OPERATORS and not self._desk.access.is_operator(
            call.member.identity
        ):
            return Outcome(reply=texts.groups.operators_only(command.name))
        if is_private:
            if command.where is not Where.GROUP:
                return None
            return Outcome(reply=texts.groups.only_in_groups(command.name))
        if command.where is Where.PRIVATE:
            return await self._in_private(call, command)
        if command.who is Who.ADMINS and not await is_admin(call):
            return Outcome(reply=await self._admins_choose(call, command))
        return None

    def fitted(self, call: Call, outcome: Outcome) -> Outcome:
        """Return an outcome without the buttons that are of no use in a group."""
        if call.place.is_private or outcome.reply is None:
            return outcome
        buttons = self._fit(outcome.reply.buttons)
        return replace(outcome, reply=replace(outcome.reply, buttons=buttons))

    def _fit(self, rows: Rows) -> Rows:
        kept = (tuple(each for each in row if self._is_fit(each)) for row in rows)
        return tuple(row for row in kept if row)

    def _is_fit(self, button: Button) -> bool:
        name, _, rest = button.action.partition(":")
        command = self._desk.commands.get(name)
        is_default = rest.partition(":")[0] in {"default", "undodefault"}
        return not (is_default or (command is not None and command.where is Where.PRIVATE))

    async def _in_private(self, call: Call, command: Command) -> Outcome:
        """Answer a personal command in the private chat, and say so where it was typed."""
        link = call.messenger.private_link()
        account = call.member.identity.id
        if command.is_own_setting:
            return Outcome(reply=replace(texts.groups.own_settings(link), only_for=account))
        there = await call.desk.discretion.chat_with(call.member.identity)
        if there is None:
            is_direct = call.abilities.opens_private
            reply = texts.groups.private_only(command.name, link, is_direct=is_direct)
            return Outcome(reply=replace(reply, only_for=account))
        incoming = replace(call.incoming, place=there)
        outcome = await command.run(replace(call, incoming=incoming, verb="", text=""))
        said = Outcome(reply=replace(texts.groups.sent_privately(link), only_for=account))
        if outcome.reply is None:
            return replace(said, effects=outcome.effects)
        out = Outgoing(place=there, member=call.member.id, reply=outcome.reply)
        return replace(said, effects=outcome.effects, also=(out, *outcome.also))

    async def _admins_choose(self, call: Call, command: Command) -> Reply:
        link = call.messenger.private_link()
        if command.name != "model":
            return texts.groups.admins_choose(command.name, link)
        label = current_label(call, (await look(call)).choices)
        return texts.groups.admins_choose_model(label, link)
