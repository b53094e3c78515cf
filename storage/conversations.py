"""Sessions: rows, titles, and the choices made in them."""

# ruff: noqa: S608  # the pieces of SQL put together here are constants of this package

from dataclasses import dataclass
from sqlite3 import Row
from typing import Final

from bot.domain.chat import INHERIT, Choices, Inherit, MemberId, Place, Session, SessionId, TurnId
from storage.codec import (
    dump_chosen,
    dump_text,
    from_ms,
    load_chosen,
    load_text,
)
from storage.groups import chosen_for, find_group_row
from storage.keyrings import Of
from storage.people import Seat, chosen_by, read_place
from storage.rules import Chosen, bind, owner_of
from storage.tx import Tx
from storage.vault import Cell

_SELECT = (
    "SELECT s.*, p.frontend, p.chat, p.thread, p.kind,"
    " coalesce(p.data_key, i.data_key) AS data_key"
    " FROM sessions s JOIN places p ON p.id = s.place LEFT JOIN identities i ON i.id = s.account"
)
# By indexes: of the place, and by each of the member's accounts.
_LISTED: Final = (
    "SELECT s.id FROM places p JOIN sessions s ON s.place = p.id"
    " WHERE p.frontend = ?1 AND p.chat = ?2 AND p.thread = ?3 AND p.kind = ?4"
    " AND (s.owner IS NULL OR s.owner = ?5) AND s.messages > 0"
    " UNION SELECT s.id FROM identities i JOIN sessions s ON s.account = i.id"
    " JOIN places p ON p.id = s.place"
    " WHERE ?4 = 'private' AND i.member = ?5 AND s.owner = ?5 AND s.messages > 0"
    " AND (p.frontend <> ?1 OR s.id = (SELECT session FROM places"
    " WHERE frontend = ?1 AND chat = ?2 AND thread = ?3 AND kind = ?4))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A stored session; title and choices are still sealed.

    In private it has the account and the data key of the place where it began, also where it
    goes on in another one of its owner's: so all that is said in it stays together.
    """

    id: int
    place: Place
    place_id: int
    owner: MemberId | None
    data_key: str
    account: int | None
    row: Row

    @property
    def of(self) -> Of:
        """Return whose its cells are."""
        return Of(self.owner, self.place_id)

    def may_be_changed_by(self, member: MemberId) -> bool:
        """Whether it is the member's own, or a group's (whose rules are above)."""
        return self.owner in {None, member}


def _read(row: Row) -> SessionRow:
    return SessionRow(
        id=row["id"],
        place=read_place(row),
        place_id=row["place"],
        owner=row["owner"],
        data_key=row["data_key"],
        account=row["account"],
        row=row,
    )


async def find_session(tx: Tx, session: int) -> SessionRow | None:
    """Return a session's row."""
    row = await tx.one(f"{_SELECT} WHERE s.id = ?", session)
    return _read(row) if row else None


async def active_session(tx: Tx, seat: Seat) -> SessionRow | None:
    """Return the place's session, if there is one of this member's."""
    found = None if seat.active is None else await find_session(tx, seat.active)
    return found if found and found.owner == owner_of(seat.place, seat.member) else None


async def take_session(tx: Tx, seat: Seat) -> SessionRow:
    """Return the place's session, made if there is none of this member's."""
    return await active_session(tx, seat) or await start_session(tx, seat, "")


async def start_session(
    tx: Tx, seat: Seat, title: str, *, root: TurnId | None = None
) -> SessionRow:
    """Begin a session and make it the place's own."""
    id_ = tx.ids.next("sessions")
    await tx.insert(
        "sessions",
        id=id_,
        place=seat.place_id,
        owner=owner_of(seat.place, seat.member),
        account=seat.account if seat.place.is_private else None,
        title=await _sealed_title(tx, seat.data_key, id_, title) if title else None,
        started_at=tx.now,
        last_at=tx.now,
        root=root,
    )
    await tx.run("UPDATE places SET session = ? WHERE id = ?", id_, seat.place_id)
    (row,) = await tx.all(f"{_SELECT} WHERE s.id = ?", id_)
    return _read(row)


async def _sealed_title(tx: Tx, data_key: str, session: int, title: str) -> bytes:
    cell = Cell("sessions", "title", str(session))
    return await tx.seal(data_key, dump_text(title), cell)


async def rename_session(tx: Tx, session: SessionRow, title: str) -> None:
    """Store another title."""
    sealed = await _sealed_title(tx, session.data_key, session.id, title) if title else None
    await tx.run("UPDATE sessions SET title = ? WHERE id = ?", sealed, session.id)


async def chosen_in(tx: Tx, session: SessionRow) -> Chosen:
    """Return the choices made in a session, which are its group's; none if they do not open."""
    if not session.place.is_private:
        group = await find_group_row(tx, session.place)
        return await chosen_for(tx, group) if group else Chosen()
    cell = Cell("sessions", "chosen", str(session.id))
    return await tx.find(session.row["chosen"], cell, session.of, load_chosen) or Chosen()


async def keep_chosen_in(tx: Tx, session: SessionRow, chosen: Chosen) -> None:
    """Store the choices made in a session."""
    cell = Cell("sessions", "chosen", str(session.id))
    sealed = await tx.seal(session.data_key, dump_chosen(chosen), cell)
    await tx.run("UPDATE sessions SET chosen = ? WHERE id = ?", sealed, session.id)


async def choices_in(tx: Tx, session: SessionRow, member: MemberId) -> Choices:
    """Return what a turn of the member there runs with now."""
    mine, here = await chosen_by(tx, member), (await chosen_in(tx, session)).overrides
    has_key = not session.place.is_private and await _has_key(tx, member, here.provider)
    return bind(session.place, mine=mine.overrides, session=here, has_key=has_key)


async def _has_key(tx: Tx, member: MemberId, provider: str | Inherit) -> bool:
    if provider is INHERIT:
        return False
    sql = "SELECT 1 FROM api_keys WHERE member = ? AND provider = ? AND active = 1"
    return await tx.one(sql, member, provider) is not None


async def open_session(tx: Tx, session: SessionRow) -> Session:
    """Return a session as the port shows it; a title that does not authenticate is empty."""
    cell = Cell("sessions", "title", str(session.id))
    title = await tx.find(session.row["title"], cell, session.of, load_text)
    chosen = await chosen_in(tx, session)
    return Session(
        id=SessionId(session.id),
        place=session.place,
        owner=session.owner,
        title=title or "",
        overrides=chosen.overrides,
        started_at=from_ms(session.row["started_at"]),
        last_at=from_ms(session.row["last_at"]),
        messages=session.row["messages"],
        root=None if session.row["root"] is None else TurnId(session.row["root"]),
    )


async def list_sessions(
    tx: Tx, member: MemberId, place: Place, *, offset: int, limit: int
) -> tuple[tuple[Session, ...], int]:
    """Return sessions with messages, newest first, and how many there are.

    Those of the place and, in private, the one that goes on there and the member's private ones
    on other messengers.
    """
    here = (place.frontend, place.chat, place.thread, place.kind.value)
    values = (*here, member)
    (count,) = await tx.all(f"SELECT count(*) AS n FROM sessions WHERE id IN ({_LISTED})", *values)
    rows = await tx.all(
        f"{_SELECT} WHERE s.id IN ({_LISTED})"
        " ORDER BY s.last_at DESC, s.id DESC LIMIT ?6 OFFSET ?7",
        *values,
        limit,
        offset,
    )
    return tuple([await open_session(tx, _read(row)) for row in rows]), int(count["n"])
