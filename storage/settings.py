"""Members, sessions, choices and usage in SQLite: what handlers read."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from sqlite3 import Row

from bot.domain.chat import (
    Adjustment,
    Choices,
    Identity,
    Member,
    MemberId,
    Overrides,
    Place,
    Session,
    SessionId,
)
from bot.domain.ports import OpenQuestion, Operator, Spent, SpentLine, UsedTurn
from storage import usage
from storage.codec import load_question
from storage.conversations import (
    choices_in,
    find_session,
    list_sessions,
    open_session,
    take_session,
)
from storage.keyrings import Of
from storage.people import (
    account,
    chosen_by,
    find_account,
    keep_name,
    name_by,
    name_of,
    operators,
    read_place,
    seat,
)
from storage.roots import take_hanging
from storage.rules import ADJUSTMENT_DAYS, NAME_CHARS, storable
from storage.tx import Repository, Tx
from storage.vault import Cell

_ADJUSTMENT_MS = timedelta(days=ADJUSTMENT_DAYS) // timedelta(milliseconds=1)


class SqlSettings(Repository):
    """Settings in SQLite."""

    async def member(self, identity: Identity, name: str, *, is_operator: bool) -> Member:
        """Return the person behind an account, made known if they are new."""
        called = storable(name[:NAME_CHARS])

        async def look(tx: Tx) -> MemberId | None:
            found = await find_account(tx, identity)
            is_known = found and (not called or await name_by(tx, found) == called)
            return found.member if found and is_known else None

        async def note(tx: Tx) -> MemberId:
            found = await account(tx, identity)
            if called:
                await keep_name(tx, found, called)
            return found.member

        known = await self.read(look)
        member = known if known is not None else await self.write(note)
        return Member(id=member, identity=identity, name=name, is_operator=is_operator)

    async def name(self, member: MemberId) -> str:
        """Return what a member was called last; empty if that is not known."""
        return await self.read(lambda tx: name_of(tx, member))

    async def operators(self) -> Sequence[Operator]:
        """Return the accounts of those who claimed the bot."""
        return await self.read(operators)

    async def session(self, place: Place, member: MemberId, *, hangs: bool = False) -> Session:
        """Return the place's session, made if there is none. Raises LookupError: no member."""
        return await self.write(lambda tx: _take(tx, place, member, hangs=hangs))

    async def choices(self, session: SessionId, member: MemberId) -> Choices:
        """Return what a turn of the member in the session runs with. Raises LookupError."""

        async def work(tx: Tx) -> Choices:
            row = await find_session(tx, session)
            if row is None:
                raise LookupError(session)
            return await choices_in(tx, row, member)

        return await self.read(work)

    async def overrides(self, member: MemberId) -> Overrides:
        """Return the member's own choices."""
        return (await self.read(lambda tx: chosen_by(tx, member))).overrides

    async def sessions(
        self, member: MemberId, place: Place, *, offset: int = 0, limit: int = 5
    ) -> tuple[Sequence[Session], int]:
        """Return sessions with messages, newest first, and how many there are."""
        return await self.read(
            lambda tx: list_sessions(tx, member, place, offset=offset, limit=limit)
        )

    async def has_noted(self, member: MemberId, notice: str) -> bool:
        """Return whether the member got a notice that comes once."""
        sql = "SELECT 1 FROM notices WHERE member = ? AND notice = ?"
        return await self.read(lambda tx: tx.one(sql, member, notice)) is not None

    async def questions(self) -> Sequence[OpenQuestion]:
        """Return every open question; one that does not authenticate is left out."""

        async def work(tx: Tx) -> Sequence[OpenQuestion]:
            rows = await tx.all(
                "SELECT q.*, p.frontend, p.chat, p.thread, p.kind FROM questions q"
                " JOIN places p ON p.id = q.place ORDER BY q.id"
            )
            found = [await _question(tx, row) for row in rows]
            return tuple(question for question in found if question)

        return await self.read(work)

    async def adjustments(self, provider: str, model: str) -> frozenset[Adjustment]:
        """Return what was learned about a model in the last 30 days."""

        async def work(tx: Tx) -> frozenset[Adjustment]:
            rows = await tx.all(
                "SELECT adjustment FROM adjustments"
                " WHERE provider = ? AND model = ? AND learned_at > ?",
                provider,
                model,
                tx.now - _ADJUSTMENT_MS,
            )
            return frozenset(Adjustment(row["adjustment"]) for row in rows)

        return await self.read(work)

    async def spent(
        self,
        member: MemberId,
        *,
        since: datetime | None = None,
        session: SessionId | None = None,
    ) -> Spent:
        """Return the member's sum since a time, in one session or in all."""
        return await self.read(lambda tx: usage.total(tx, member, since=since, session=session))

    async def spent_by_model(self, member: MemberId, *, since: datetime) -> Sequence[SpentLine]:
        """Return the sums per provider and model, dearest first."""
        return await self.read(lambda tx: usage.by_model(tx, member, since=since))

    async def spent_by_day(self, member: MemberId, *, since: datetime) -> Sequence[SpentLine]:
        """Return the sums per UTC day, newest first."""
        return await self.read(lambda tx: usage.by_day(tx, member, since=since))

    async def last_used(self, member: MemberId) -> UsedTurn | None:
        """Return what the member's newest request took; None before the first."""
        return await self.read(lambda tx: usage.last(tx, member))


async def _take(tx: Tx, place: Place, member: MemberId, *, hangs: bool) -> Session:
    here = await seat(tx, place, member)
    if here is None:
        raise LookupError(member)
    take = take_hanging if hangs else take_session
    return await open_session(tx, await take(tx, here))


async def _question(tx: Tx, row: Row) -> OpenQuestion | None:
    cell = Cell("questions", "question", str(row["id"]))
    of = Of(row["member"], row["place"])
    question = await tx.find(row["question"], cell, of, load_question)
    if question is None:
        return None
    return OpenQuestion(member=MemberId(row["member"]), place=read_place(row), question=question)
