"""/new and /sessions: beginning, finding, naming and deleting conversations."""

from collections.abc import Sequence
from typing import Final

from bot import texts
from bot.commands import topics
from bot.commands.here import (
    await_answer,
    by_verb,
    current_label,
    leaves,
    look,
    read_number,
    simply,
)
from bot.commands.spec import Call, Command, Outcome, Where
from bot.domain.chat import Session, SessionId
from bot.domain.effects import DeleteSession, RenameSession, StartSession, SwitchSession
from bot.texts.conversation import PAGE, About, title
from bot.texts.stamps import is_fresh, old_question, stamp
from bot.texts.usage import total

MOST_TITLE: Final = 60
_BATCH: Final = 100


async def _new(call: Call) -> Outcome:
    name = " ".join(call.args.split())
    if len(name) > MOST_TITLE:
        return Outcome(reply=texts.conversation.title_too_long(len(name), MOST_TITLE))
    if topics.are_offered(call):
        return Outcome(reply=texts.topics.here_or_topic(topics.carried(name)))
    return await _begin(call, name)


async def _begin_untitled(call: Call) -> Outcome:
    return await _begin(call, "")


async def _begin_here(call: Call) -> Outcome:
    return await _begin(call, " ".join(call.args.split())[:MOST_TITLE])


async def _begin(call: Call, name: str) -> Outcome:
    here = await look(call)
    has_messages = here.session.messages > 0
    is_empty = not has_messages and here.session.root is None
    if is_empty and not name:
        return Outcome(reply=texts.conversation.empty_already(), is_apart=call.verb == "start")
    if is_empty:
        rename = RenameSession(member=call.member.id, session=here.session.id, title=name)
        return Outcome(reply=texts.conversation.named(name), effects=(rename,))
    undo = f"new:undo:{here.session.id}"
    reply = texts.conversation.begun_named(name, undo) if name else texts.conversation.begun(undo)
    if call.place.thread:
        where = "thread" if call.abilities.threads_hang else "topic"
        reply = texts.topics.afresh(where, name, undo if has_messages else None)
    if not call.place.is_private:
        reply = texts.groups.begun(call.member.name, name, undo)
    start = StartSession(member=call.member.id, place=call.place, title=name)
    return Outcome(reply=reply, effects=(start,), is_apart=call.verb == "start")


async def _undo_new(call: Call) -> Outcome:
    return await _go(call)


async def _sessions(call: Call) -> Outcome:
    words = call.args.casefold().split() if not call.verb else []
    if not words:
        return await _list(call)
    every = await _every(call)
    found = [each for each in every if all(word in each.title.casefold() for word in words)]
    if not every:
        return Outcome(reply=texts.conversation.no_sessions())
    if not found:
        return Outcome(reply=texts.conversation.no_session_matches(call.args))
    here = await look(call)
    return Outcome(
        reply=texts.conversation.sessions(
            found[:PAGE],
            here=here.session.id,
            page=0,
            total=len(found),
            now=call.desk.clock.now(),
            frontend=call.place.frontend,
            matching=call.args,
        )
    )


async def _list(call: Call) -> Outcome:
    wanted = (read_number(call.args) or 0) if call.verb else 0
    settings, member = call.desk.stores.settings, call.member.id
    shown, count = await settings.sessions(member, call.place, offset=wanted * PAGE, limit=PAGE)
    if not shown and wanted:
        wanted = 0
        shown, count = await settings.sessions(member, call.place, limit=PAGE)
    if not shown:
        return Outcome(reply=texts.conversation.no_sessions())
    here = await look(call)
    return Outcome(
        reply=texts.conversation.sessions(
            shown,
            here=here.session.id,
            page=wanted,
            total=count,
            now=call.desk.clock.now(),
            frontend=call.place.frontend,
        )
    )


async def _every(call: Call) -> Sequence[Session]:
    found: list[Session] = []
    while True:
        batch, count = await call.desk.stores.settings.sessions(
            call.member.id, call.place, offset=len(found), limit=_BATCH
        )
        found.extend(batch)
        if not batch or len(found) >= count:
            return found


async def _find(call: Call, wanted: str) -> Session | None:
    """Return the member's session of this place with that id; the current one at once."""
    number = read_number(wanted)
    if number is None:
        return None
    here = await look(call)
    if here.session.id == number:
        return here.session
    return next((each for each in await _every(call) if each.id == number), None)


async def _open(call: Call) -> Outcome:
    session = await _find(call, call.args)
    if session is None:
        return Outcome(reply=texts.conversation.gone())
    stores, member = call.desk.stores, call.member.id
    here = await look(call)
    last = await stores.turns.last(session.id, member)
    spent = await stores.settings.spent(member, session=session.id)
    choices = await stores.settings.choices(session.id, member)
    return Outcome(
        reply=texts.conversation.session(
            About(
                session=session,
                model=current_label(call, choices),
                cost=total(spent) if spent.answers else "no cost yet",
                question=last.question if last else "",
                is_here=session.id == here.session.id,
            )
        )
    )


async def _go(call: Call) -> Outcome:
    session = await _find(call, call.args)
    if session is None:
        return Outcome(reply=texts.conversation.gone())
    switch = SwitchSession(member=call.member.id, place=call.place, session=session.id)
    return Outcome(
        reply=texts.conversation.back_in(title(session)),
        effects=(switch,),
        if_stale=texts.conversation.gone(),
    )


async def _rename(call: Call) -> Outcome:
    session = await _find(call, call.args)
    if session is None:
        return Outcome(reply=texts.conversation.gone())
    return Outcome(
        reply=texts.conversation.ask_title(title(session), MOST_TITLE),
        effects=(await_answer(call, f"sessions:name:{session.id}"),),
    )


async def _name(call: Call) -> Outcome:
    name = " ".join(call.text.split())
    number = read_number(call.args)
    if not name or leaves(call, name) or number is None:
        return Outcome(reply=texts.conversation.not_renamed())
    if len(name) > MOST_TITLE:
        return Outcome(
            reply=texts.conversation.title_too_long(len(name), MOST_TITLE),
            effects=(await_answer(call, f"sessions:name:{call.args}"),),
        )
    rename = RenameSession(member=call.member.id, session=SessionId(number), title=name)
    return Outcome(
        reply=texts.conversation.renamed(name),
        effects=(rename,),
        if_stale=texts.conversation.gone(),
    )


async def _cancel(call: Call) -> Outcome:  # noqa: ARG001 - every handler takes a call
    return Outcome(reply=texts.conversation.not_renamed())


async def _delete(call: Call) -> Outcome:
    session = await _find(call, call.args)
    if session is None:
        return Outcome(reply=texts.conversation.gone())
    stamped = stamp(call.desk.clock.now())
    return Outcome(reply=texts.conversation.confirm_deletion(session, stamped))


async def _erase(call: Call) -> Outcome:
    """Cancel what runs in the session, then erase it."""
    wanted, _, stamped = call.args.rpartition(":")
    if not is_fresh(stamped, call.desk.clock.now()):
        return Outcome(reply=old_question(f"sessions:delete:{wanted}"))
    session = await _find(call, wanted)
    if session is None:
        return Outcome(reply=texts.conversation.gone())
    await call.desk.runner.cancel(call.member.id, session=session.id)
    return Outcome(
        reply=texts.conversation.deleted(title(session)),
        effects=(DeleteSession(member=call.member.id, session=session.id),),
        if_stale=texts.conversation.gone(),
    )


async def _keep(call: Call) -> Outcome:
    session = await _find(call, call.args)
    if session is None:
        return Outcome(reply=texts.conversation.gone())
    return Outcome(reply=texts.conversation.kept(title(session)))


async def _close(call: Call) -> Outcome:
    _, count = await call.desk.stores.settings.sessions(call.member.id, call.place, limit=1)
    return Outcome(reply=texts.conversation.sessions_closed(count))


COMMANDS = (
    Command(
        name="new",
        help="start afresh",
        usage="[TITLE]",
        example="new Trip to Porto",
        run=_new,
        press=by_verb(
            {
                "start": _begin_untitled,
                "here": _begin_here,
                "topic": topics.open_one,
                "undo": _undo_new,
                "cancel": simply(texts.topics.not_begun()),
            }
        ),
        where=Where.ANYWHERE,
        menu=1,
        group_menu=4,
    ),
    Command(
        name="sessions",
        help="your earlier conversations",
        usage="[WORDS]",
        example="sessions porto",
        run=_sessions,
        press=by_verb(
            {
                "list": _list,
                "new": _begin_untitled,
                "open": _open,
                "go": _go,
                "rename": _rename,
                "name": _name,
                "delete": _delete,
                "erase": _erase,
                "keep": _keep,
                "close": _close,
                "cancel": _cancel,
            }
        ),
        menu=10,
    ),
)
