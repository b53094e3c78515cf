"""A small command table, so that the core is tried without the words of the real one."""

import asyncio
from typing import Final

from bot.commands import claim
from bot.commands.spec import Call, Command, Outcome, Where
from bot.domain import effects as fx
from bot.domain.chat import INHERIT, Overrides, Scope, TurnId, WaitReason
from bot.domain.events import Button, Question, QuestionKind, Reply
from bot.domain.keys import KeyHealth
from tests.fakes.clock import START
from tests.fakes.provider import ACME

MENU: Final = (
    (Button("One", "pick:one"), Button("Two", "pick:two")),
    (Button("Close", "pick:close"),),
)


class Gate:
    """Holds `/slow` back until a test opens it; counts how often it began."""

    def __init__(self) -> None:
        self.is_open = asyncio.Event()
        self.begun = 0


def _said(text: str) -> Outcome:
    return Outcome(reply=Reply(text=text))


async def _ping(call: Call) -> Outcome:
    return _said(f"pong {call.args}".strip())


async def _boom(call: Call) -> Outcome:
    raise ValueError(f"cannot read {call.args}")


async def _model(call: Call) -> Outcome:
    session = await call.desk.stores.settings.session(call.place, call.member.id)
    choose = fx.Choose(
        scope=Scope.SESSION,
        member=call.member.id,
        session=session.id,
        overrides=Overrides(provider=ACME.id, model=call.args or INHERIT, window=None),
    )
    return Outcome(reply=Reply(text=f"model {call.args}"), effects=(choose,))


async def _addkey(call: Call) -> Outcome:
    if call.secret is None:
        question = Question(
            kind=QuestionKind.KEY, asked_at=call.desk.clock.now(), action="addkey:key:acme"
        )
        ask = fx.SetQuestion(member=call.member.id, place=call.place, question=question)
        return Outcome(reply=Reply(text="send the key"), effects=(ask,))
    session = await call.desk.stores.settings.session(call.place, call.member.id)
    chosen = Overrides(provider=ACME.id, model="acme-1", window=None)
    return Outcome(
        reply=Reply(text=f"saved {call.secret.mask()}{' deleted' if call.is_deleted else ''}"),
        effects=(
            fx.PutKey(
                member=call.member.id,
                provider=ACME.id,
                origin=ACME.origin,
                key=call.secret,
                health=KeyHealth.WORKS,
            ),
            fx.Choose(
                scope=Scope.SESSION,
                member=call.member.id,
                session=session.id,
                overrides=chosen,
            ),
            fx.ReleaseWaiting(member=call.member.id, reason=WaitReason.KEY, since=START),
        ),
    )


async def _press_addkey(call: Call) -> Outcome:
    if call.verb == "cancel":
        return _said("no key then")
    if call.verb == "found":
        return _said(f"that looks like a key, around it: {call.text}")
    return await _addkey(call)


async def _removekey(call: Call) -> Outcome:
    await call.desk.runner.cancel(call.member.id, provider=ACME.id)
    mine = await call.desk.stores.keys.keys(call.member.id)
    return Outcome(
        reply=Reply(text="removed"),
        effects=tuple(fx.DropKey(member=call.member.id, key=info.id) for info in mine),
    )


async def _stop(call: Call) -> Outcome:
    is_stopped = call.desk.runner.stop(call.place, call.member.id)
    return Outcome() if is_stopped else _said("nothing to stop")


async def _menu(call: Call) -> Outcome:
    return Outcome(reply=Reply(text=f"menu {call.args}".strip(), buttons=MENU))


async def _pick(call: Call) -> Outcome:
    return _said(f"picked {call.verb} {call.args}".strip())


async def _title(call: Call) -> Outcome:
    question = Question(
        kind=QuestionKind.TEXT, asked_at=call.desk.clock.now(), action="title:set:it"
    )
    ask = fx.SetQuestion(member=call.member.id, place=call.place, question=question)
    return Outcome(reply=Reply(text="which title?"), effects=(ask,))


async def _press_title(call: Call) -> Outcome:
    return _said(f"titled {call.text}" if call.verb == "set" else f"title {call.verb}")


async def _again(call: Call) -> Outcome:
    turn, _, attempt = call.args.partition(":")
    retry = fx.RetryTurn(turn=TurnId(int(turn)), member=call.member.id, attempt=int(attempt))
    return Outcome(effects=(retry,), if_stale=Reply(text="that was done already"))


async def _drop(call: Call) -> Outcome:
    return Outcome(
        reply=Reply(text="dropped"),
        effects=(fx.DropWaiting(member=call.member.id, place=call.place),),
    )


async def _forget(call: Call) -> Outcome:
    session = await call.desk.stores.settings.session(call.place, call.member.id)
    await call.desk.runner.cancel(call.member.id, session=session.id)
    return Outcome(
        reply=Reply(text="deleted"),
        effects=(fx.DeleteSession(member=call.member.id, session=session.id),),
    )


def table(gate: Gate) -> dict[str, Command]:
    """Return the table; `/slow` waits at the gate."""

    async def slow(call: Call) -> Outcome:
        gate.begun += 1
        await gate.is_open.wait()
        return await _model(call)

    async def slow_forget(call: Call) -> Outcome:
        outcome = await _forget(call)
        await gate.is_open.wait()
        return outcome

    rows = (
        Command(name="ping", help="", run=_ping, where=Where.ANYWHERE),
        Command(name="boom", help="", run=_boom, where=Where.ANYWHERE),
        Command(name="model", help="", run=_model, where=Where.ANYWHERE),
        Command(name="slow", help="", run=slow, where=Where.ANYWHERE),
        Command(name="forget", help="", run=_forget),
        Command(name="slowforget", help="", run=slow_forget),
        Command(name="addkey", help="", run=_addkey, press=_press_addkey, has_secret=True),
        Command(name="removekey", help="", run=_removekey),
        Command(
            name="stop",
            help="",
            run=_stop,
            press=_stop,
            where=Where.ANYWHERE,
            is_instant=True,
        ),
        Command(name="menu", help="", run=_menu),
        Command(name="pick", help="", run=_pick, press=_pick),
        Command(name="title", help="", run=_title, press=_press_title),
        Command(name="retry", help="", run=_again, press=_again),
        Command(name="drop", help="", run=_drop),
        *claim.COMMANDS,
    )
    return {row.name: row for row in rows}
