"""Sessions: rows, titles, and the choices made in them."""

from dataclasses import dataclass
from sqlite3 import Row

from bot.domain.chat import Choices, MemberId, Place, Session, SessionId, TurnId
from storage.codec import (
    dump_chosen,
    dump_text,
    from_ms,
    load_chosen,
    load_text,
)
from storage.keyrings import Of
from storage.people import Seat, chosen_by, read_place
from storage.rules import Chosen, bind, owner_of
from storage.tx import Tx
from storage.vault import Cell

_SELECT = (
    "SELECT s.*, p.frontend, p.chat, p.thread, p.kind"
    " FROM sessions s JOIN places p ON p.id = s.place"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A stored session; title and choices are still sealed."""

    id: int
    place: Place
    place_id: int
    owner: MemberId | None
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
        title=await _sealed_title(tx, seat, id_, title) if title else None,
        started_at=tx.now,
        last_at=tx.now,
        root=root,
    )
    await tx.run("UPDATE places SET session = ? WHERE id = ?", id_, seat.place_id)
    (row,) = await tx.all(f"{_SELECT} WHERE s.id = ?", id_)
    return _read(row)


async def _sealed_title(tx: Tx, seat: Seat, session: int, title: str) -> bytes:
    cell = Cell("sessions", "title", str(session))
    return await tx.seal(seat.data_key, dump_text(title), cell)


async def rename_session(tx: Tx, seat: Seat, session: int, title: str) -> None:
    """Store another title."""
    sealed = await _sealed_title(tx, seat, session, title) if title else None
    await tx.run("UPDATE sessions SET title = ? WHERE id = ?", sealed, session)


async def chosen_in(tx: Tx, session: SessionRow) -> Chosen:
    """Return the choices made in a session; none if they do not authenticate."""
    cell = Cell("sessions", "chosen", str(session.id))
    return await tx.find(session.row["chosen"], cell, session.of, load_chosen) or Chosen()


async def keep_chosen_in(tx: Tx, seat: Seat, session: SessionRow, chosen: Chosen) -> None:
    """Store the choices made in a session."""
    cell = Cell("sessions", "chosen", str(session.id))
    sealed = await tx.seal(seat.data_key, dump_chosen(chosen), cell)
    await tx.run("UPDATE sessions SET chosen = ? WHERE id = ?", sealed, session.id)


async def choices_in(tx: Tx, session: SessionRow, member: MemberId) -> Choices:
    """Return what a turn of the member there runs with now."""
    mine, here = await chosen_by(tx, member), await chosen_in(tx, session)
    return bind(session.place, mine=mine.overrides, session=here.overrides)


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
    """Return the place's sessions with messages, newest first, and how many there are."""
    where = (
        " WHERE p.frontend = ? AND p.chat = ? AND p.thread = ? AND p.kind = ?"
        " AND (s.owner IS NULL OR s.owner = ?) AND s.messages > 0"
    )
    values = (place.frontend, place.chat, place.thread, place.kind.value, member)
    counted = "SELECT count(*) AS n FROM sessions s JOIN places p ON p.id = s.place"
    (count,) = await tx.all(counted + where, *values)
    rows = await tx.all(
        f"{_SELECT}{where} ORDER BY s.last_at DESC, s.id DESC LIMIT ? OFFSET ?",
        *values,
        limit,
        offset,
    )
    return tuple([await open_session(tx, _read(row)) for row in rows]), int(count["n"])
