"""Effects in SQLite: one function per effect; None means stale, and then nothing was written."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from bot.domain import effects as fx
from bot.domain.chat import MemberId, Scope, Turn
from storage import keys
from storage.codec import dump_question, to_ms
from storage.conversations import (
    SessionRow,
    choices_in,
    chosen_in,
    find_session,
    keep_chosen_in,
    rename_session,
    start_session,
)
from storage.groups import GROUPS, chosen_for, group_row, keep_chosen_for
from storage.linking import LINKING
from storage.people import (
    account_of,
    accounts_of,
    chosen_by,
    keep_chosen_by,
    make_operator,
    operators,
    own_account,
    place_id,
    seat,
    where_now,
)
from storage.revisions import answer_revised, erase, revise
from storage.rules import NEWEST, Chosen, for_once, may_go_on_in
from storage.standing import PEOPLE, let_in_again
from storage.turn_rows import (
    OPEN,
    ask,
    bind_anew,
    ended_row,
    find_turn,
    run_with,
    turn_rows,
)
from storage.tx import Tx
from storage.vault import Cell

Turns = tuple[Turn, ...]
_DONE: Final[Turns] = ()
_ERASING: Final = (fx.DropKey, fx.DeleteSession, fx.EraseTurn, fx.PutKey, fx.RenameKey)


def erases(effects: Iterable[fx.Effect]) -> bool:
    """Whether effects delete what must be gone from the database's bytes."""
    return any(isinstance(effect, _ERASING) for effect in effects)


async def apply(tx: Tx, effect: fx.Effect, *, frontend: str) -> Turns | None:
    """Apply one effect; return the turns now to be run, or None if it was stale.

    `frontend` is where it comes from: a new key is of the member's account there.
    """
    return await _APPLY[type(effect)](tx, effect, frontend)


async def _own_session(tx: Tx, session: int, member: MemberId) -> SessionRow | None:
    found = await find_session(tx, session)
    return found if found and found.may_be_changed_by(member) else None


async def _chosen(
    tx: Tx, scope: Scope, session: int, member: MemberId
) -> tuple[Chosen, Callable[[Chosen], Awaitable[None]]] | None:
    """Return what was chosen in a scope and how to store it anew; None if it is not theirs."""
    if scope is Scope.MEMBER:
        found = await own_account(tx, member)
        if not found:
            return None
        return await chosen_by(tx, member), lambda chosen: keep_chosen_by(tx, found, chosen)
    row = await _own_session(tx, session, member)
    if not row:
        return None
    if not row.place.is_private:
        group = await group_row(tx, row.place)
        return await chosen_for(tx, group), lambda chosen: keep_chosen_for(tx, group, chosen)
    return await chosen_in(tx, row), lambda chosen: keep_chosen_in(tx, row, chosen)


async def _choose(tx: Tx, effect: fx.Choose, _: str) -> Turns | None:
    found = await _chosen(tx, effect.scope, effect.session, effect.member)
    if not found:
        return None
    chosen, keep = found
    await keep(chosen.choose(effect.overrides))
    return _DONE


async def _undo_choice(tx: Tx, effect: fx.UndoChoice, _: str) -> Turns | None:
    found = await _chosen(tx, effect.scope, effect.session, effect.member)
    undone = found[0].undo(effect.field) if found else None
    if not found or not undone:
        return None
    await found[1](undone)
    return _DONE


async def _make_default(tx: Tx, effect: fx.MakeDefault, _: str) -> Turns | None:
    row = await _own_session(tx, effect.session, effect.member)
    found = await _chosen(tx, Scope.MEMBER, effect.session, effect.member)
    if not row or not found or not row.place.is_private:
        return None
    chosen, keep = found
    here = await chosen_in(tx, row)
    await keep(chosen.choose(here.only(effect.fields)))
    return _DONE


async def _start_session(tx: Tx, effect: fx.StartSession, _: str) -> Turns | None:
    here = await seat(tx, effect.place, effect.member)
    if not here:
        return None
    await start_session(tx, here, effect.title)
    return _DONE


async def _switch_session(tx: Tx, effect: fx.SwitchSession, _: str) -> Turns | None:
    row = await _own_session(tx, effect.session, effect.member)
    place = await where_now(tx, effect.place)
    if not row or not may_go_on_in(row.place, place):
        return None
    there = await place_id(tx, place)
    await tx.run("UPDATE places SET session = ? WHERE id = ?", row.id, there)
    return _DONE


async def _rename_session(tx: Tx, effect: fx.RenameSession, _: str) -> Turns | None:
    row = await _own_session(tx, effect.session, effect.member)
    if not row:
        return None
    await rename_session(tx, row, effect.title)
    return _DONE


async def _delete_session(tx: Tx, effect: fx.DeleteSession, _: str) -> Turns | None:
    sql = "DELETE FROM sessions WHERE id = ? AND owner = ?"
    return _DONE if await tx.run(sql, effect.session, effect.member) else None


async def _put_key(tx: Tx, effect: fx.PutKey, frontend: str) -> Turns | None:
    found = await account_of(tx, effect.member, frontend)
    if not found:
        return None
    await keys.put_key(tx, found, effect)
    return _DONE


async def _drop_key(tx: Tx, effect: fx.DropKey, _: str) -> Turns | None:
    return _DONE if await keys.drop_key(tx, effect.member, effect.key) else None


async def _use_key(tx: Tx, effect: fx.UseKey, _: str) -> Turns | None:
    return _DONE if await keys.use_key(tx, effect.member, effect.key) else None


async def _rename_key(tx: Tx, effect: fx.RenameKey, _: str) -> Turns | None:
    return _DONE if await keys.rename_key(tx, effect.member, effect.key, effect.name) else None


async def _note_key_health(tx: Tx, effect: fx.NoteKeyHealth, _: str) -> Turns | None:
    found = await keys.note_health(tx, effect.member, effect.key, effect.health)
    return _DONE if found else None


async def _ask(tx: Tx, effect: fx.Ask, _: str) -> Turns | None:
    here = await seat(tx, effect.place, effect.member)
    return (await ask(tx, here, effect),) if here else None


async def _revise(tx: Tx, effect: fx.Revise, _: str) -> Turns | None:
    return _DONE if await revise(tx, effect) else None


async def _answer_revised(tx: Tx, effect: fx.AnswerRevised, _: str) -> Turns | None:
    turn = await answer_revised(tx, effect)
    return (turn,) if turn else None


async def _retry_turn(tx: Tx, effect: fx.RetryTurn, _: str) -> Turns | None:
    row = await ended_row(tx, effect.turn, effect.member, effect.attempt)
    turn = await find_turn(tx, row) if row else None
    session = await find_session(tx, row["session"]) if row else None
    if not row or not turn or not session:
        return None
    choices = for_once(effect, await choices_in(tx, session, effect.member))
    await tx.run(
        "UPDATE turns SET asked_at = ?, shown = NULL, revised = NULL WHERE id = ?",
        tx.now,
        turn.id,
    )
    return (await run_with(tx, row, replace(turn, revised=None), choices),)


async def _release_waiting(tx: Tx, effect: fx.ReleaseWaiting, _: str) -> Turns | None:
    place = await place_id(tx, effect.place) if effect.place else None
    rows = await turn_rows(
        tx,
        f"t.member = ? AND t.state IN {OPEN} AND t.state = 'waiting' AND t.taken_back = 0"  # noqa: S608  # a constant
        " AND t.detail = ? AND t.asked_at >= ? AND t.id <= ? AND t.place = coalesce(?, t.place)"
        " AND (? IS NULL OR p.kind = 'group' AND EXISTS (SELECT 1 FROM groups g WHERE g.id = ?"
        " AND g.frontend = p.frontend AND g.chat = p.chat)) ORDER BY t.id",
        effect.member,
        effect.reason.value,
        to_ms(effect.since) if effect.since else 0,
        NEWEST if effect.until is None else effect.until,
        place,
        effect.group,
        effect.group,
    )
    return tuple([await bind_anew(tx, row) for row in rows if await find_turn(tx, row)])


async def _drop_waiting(tx: Tx, effect: fx.DropWaiting, _: str) -> Turns | None:
    await tx.run(
        "UPDATE turns SET state = 'expired', detail = '', untold = 0"  # noqa: S608  # a constant
        f" WHERE member = ? AND place = ? AND state IN {OPEN} AND state <> 'requested'"
        " AND id IS NOT ? AND id <= ? AND (? IS NULL OR state = 'waiting' AND detail = ?)",
        effect.member,
        await place_id(tx, effect.place),
        effect.keep,
        NEWEST if effect.until is None else effect.until,
        effect.reason,
        effect.reason,
    )
    return _DONE


async def _take_back(tx: Tx, effect: fx.TakeBack, _: str) -> Turns | None:
    changed = await tx.run(
        "UPDATE turns SET taken_back = ? WHERE id = ? AND member = ? AND taken_back = ?",
        not effect.is_back,
        effect.turn,
        effect.member,
        effect.is_back,
    )
    return _DONE if changed else None


async def _erase_turn(tx: Tx, effect: fx.EraseTurn, _: str) -> Turns | None:
    return _DONE if await erase(tx, effect) else None


async def _set_question(tx: Tx, effect: fx.SetQuestion, _: str) -> Turns | None:
    here = await seat(tx, effect.place, effect.member)
    if not here:
        return None
    await tx.run(
        "DELETE FROM questions WHERE member = ? AND place = ?", effect.member, here.place_id
    )
    if effect.question:
        id_ = tx.ids.next("questions")
        cell = Cell("questions", "question", str(id_))
        await tx.insert(
            "questions",
            id=id_,
            member=effect.member,
            place=here.place_id,
            asked_at=to_ms(effect.question.asked_at),
            question=await tx.seal(here.data_key, dump_question(effect.question), cell),
        )
    return _DONE


async def _note_once(tx: Tx, effect: fx.NoteOnce, _: str) -> Turns | None:
    await tx.run("INSERT OR IGNORE INTO notices VALUES (?, ?)", effect.member, effect.notice)
    return _DONE


async def _learn_adjustment(tx: Tx, effect: fx.LearnAdjustment, _: str) -> Turns | None:
    await tx.run(
        "INSERT OR REPLACE INTO adjustments VALUES (?, ?, ?, ?)",
        effect.provider,
        effect.model,
        effect.adjustment.value,
        tx.now,
    )
    return _DONE


async def _claim_operator(tx: Tx, effect: fx.ClaimOperator, _: str) -> Turns | None:
    accounts = await accounts_of(tx, effect.member)
    if not accounts or await operators(tx):
        return None
    await make_operator(tx, accounts[0], effect.name)
    await let_in_again(tx, accounts)
    return _DONE


_APPLY: Final[dict[type[fx.Effect], Callable[[Tx, Any, str], Awaitable[Turns | None]]]] = {
    fx.Choose: _choose,
    fx.UndoChoice: _undo_choice,
    fx.MakeDefault: _make_default,
    fx.StartSession: _start_session,
    fx.SwitchSession: _switch_session,
    fx.RenameSession: _rename_session,
    fx.DeleteSession: _delete_session,
    fx.PutKey: _put_key,
    fx.DropKey: _drop_key,
    fx.UseKey: _use_key,
    fx.RenameKey: _rename_key,
    fx.NoteKeyHealth: _note_key_health,
    fx.Ask: _ask,
    fx.Revise: _revise,
    fx.AnswerRevised: _answer_revised,
    fx.RetryTurn: _retry_turn,
    fx.ReleaseWaiting: _release_waiting,
    fx.DropWaiting: _drop_waiting,
    fx.TakeBack: _take_back,
    fx.EraseTurn: _erase_turn,
    fx.SetQuestion: _set_question,
    fx.NoteOnce: _note_once,
    fx.LearnAdjustment: _learn_adjustment,
    fx.ClaimOperator: _claim_operator,
    **PEOPLE,
    **LINKING,
    **GROUPS,
}
