"""The outbox: a row per message to a messenger, its text sealed until it is sent."""

# ruff: noqa: S608  # the pieces of SQL put together here are constants of this package

from collections.abc import Iterable
from dataclasses import replace
from sqlite3 import Row
from typing import Final

from bot.domain.chat import MemberId, Place, TurnId
from bot.domain.errors import VaultCorrupt
from bot.domain.events import Delivery, DeliveryId, DeliveryState, MessageRef, Outgoing
from bot.domain.ports import Told
from storage.codec import dump_reply, load_reply
from storage.keyrings import Of
from storage.people import account_of, host_key, place_row, read_place
from storage.turn_rows import OPEN
from storage.tx import Tx
from storage.vault import Cell

WAITING: Final = "('pending', 'sending')"
_IN_CHAT: Final = "place IN (SELECT id FROM places WHERE frontend = ? AND chat = ?)"


def _cell(delivery: int) -> Cell:
    return Cell("outbox", "reply", str(delivery))


async def post(tx: Tx, replies: Iterable[Outgoing]) -> tuple[Delivery, ...]:
    """Put replies into the outbox."""
    return tuple([await _post(tx, reply) for reply in replies])


async def _post(tx: Tx, outgoing: Outgoing) -> Delivery:
    id_ = tx.ids.next("outbox")
    row = await place_row(tx, outgoing.place)
    outgoing = replace(outgoing, place=read_place(row))
    found = await account_of(tx, outgoing.member, outgoing.place.frontend, outgoing.place.chat)
    # To somebody who is no member there is no keyring; such replies are the host's own.
    key = (row["data_key"] or found.data_key) if found else await host_key(tx)
    await tx.insert(
        "outbox",
        id=id_,
        place=row["id"],
        member=outgoing.member,
        account=found.id if found else None,
        turn=outgoing.turn,
        part=outgoing.part,
        edits=outgoing.edits,
        state=DeliveryState.PENDING.value,
        made_at=tx.now,
        reply=await tx.seal(key, dump_reply(outgoing.reply), _cell(id_)),
    )
    return Delivery(id=DeliveryId(id_), outgoing=outgoing, state=DeliveryState.PENDING)


async def mark(
    tx: Tx, delivery: DeliveryId, state: DeliveryState, message: MessageRef | None
) -> None:
    """Note where a message stands; the text of one that is done is erased."""
    is_done = state in {DeliveryState.SENT, DeliveryState.UNDELIVERABLE}
    await tx.run(
        "UPDATE outbox SET state = ?, message = coalesce(?, message),"
        f" reply = CASE WHEN ? THEN NULL ELSE reply END WHERE id = ? AND state IN {WAITING}",
        state.value,
        message,
        is_done,
        delivery,
    )


async def edit_instead(tx: Tx, turn: TurnId, message: MessageRef) -> None:
    """Let the end of an answer that still waits go into a message; not if it has one."""
    await tx.run(
        "UPDATE outbox SET edits = ? WHERE edits IS NULL AND id = (SELECT max(id) FROM outbox"
        f" WHERE turn = ? AND part = 0 AND state IN {WAITING})",
        message,
        turn,
    )


async def told(tx: Tx, place: Place, message: MessageRef) -> Told | None:
    """Return what a message in a chat is: one that was sent, is being edited, or grows."""
    sent = await _sent(tx, place, message)
    if sent is None:
        return await _growing(tx, place, message)
    turn = None if sent["turn"] is None else TurnId(sent["turn"])
    later = "SELECT 1 FROM outbox WHERE"
    there = f"{later} place = ? AND member = ? AND id > ? LIMIT 1"
    is_last = await tx.one(there, sent["place"], sent["member"], sent["id"]) is None
    answered = f"{later} turn = ? AND part = 0 AND id > ? LIMIT 1"
    return Told(
        member=MemberId(sent["member"]),
        place=read_place(sent),
        turn=turn,
        is_last=is_last,
        is_current=turn is not None and await tx.one(answered, turn, sent["id"]) is None,
    )


async def _sent(tx: Tx, place: Place, message: MessageRef) -> Row | None:
    for condition in ("o.message = ?", f"o.edits = ? AND o.state IN {WAITING}"):
        row = await tx.one(
            "SELECT o.id, o.member, o.place, o.turn, p.frontend, p.chat, p.thread, p.kind"
            f" FROM outbox o JOIN places p ON p.id = o.place WHERE o.{_IN_CHAT} AND {condition}"
            " ORDER BY +o.id DESC LIMIT 1",  # + keeps the index
            place.frontend,
            place.chat,
            message,
        )
        if row:
            return row
    return None


async def _growing(tx: Tx, place: Place, message: MessageRef) -> Told | None:
    row = await tx.one(
        "SELECT t.id, t.member, p.frontend, p.chat, p.thread, p.kind FROM turns t"
        f" JOIN places p ON p.id = t.place WHERE t.{_IN_CHAT} AND t.shown = ?"
        f" AND t.state IN {OPEN} LIMIT 1",
        place.frontend,
        place.chat,
        message,
    )
    if row is None:
        return None
    return Told(
        member=MemberId(row["member"]),
        place=read_place(row),
        turn=TurnId(row["id"]),
        is_current=True,
    )


async def abandon(tx: Tx, place: Place) -> None:
    """Send nothing of what waits for a chat."""
    await tx.run(
        f"UPDATE outbox SET state = ?, reply = NULL WHERE state IN {WAITING}"
        " AND place IN (SELECT id FROM places WHERE frontend = ? AND chat = ?)",
        DeliveryState.UNDELIVERABLE.value,
        place.frontend,
        place.chat,
    )


async def give_up(tx: Tx) -> None:
    """Send nothing of what waits: a restored backup does not know what was sent since."""
    await tx.run(
        f"UPDATE outbox SET state = ?, reply = NULL WHERE state IN {WAITING}",
        DeliveryState.UNDELIVERABLE.value,
    )


async def waiting(tx: Tx) -> tuple[Delivery, ...]:
    """Return what is not sent yet, oldest first; what does not authenticate is left out."""
    rows = await tx.all(
        "SELECT o.*, p.frontend, p.chat, p.thread, p.kind FROM outbox o"
        f" JOIN places p ON p.id = o.place WHERE o.state IN {WAITING} ORDER BY o.id"
    )
    found = [await _read(tx, row) for row in rows]
    return tuple(delivery for delivery in found if delivery)


async def _read(tx: Tx, row: Row) -> Delivery | None:
    outgoing = await _opened(tx, row)
    if outgoing is None:
        return None
    state = DeliveryState(row["state"])
    return Delivery(
        id=DeliveryId(row["id"]),
        outgoing=outgoing,
        state=state,
        is_repeat=state is DeliveryState.SENDING,
    )


async def _opened(tx: Tx, row: Row) -> Outgoing | None:
    of = Of(row["member"], row["place"], is_host=True)
    try:
        reply = load_reply(await tx.open(row["reply"], _cell(row["id"]), of))
    except VaultCorrupt:
        return None
    return Outgoing(
        place=read_place(row),
        member=MemberId(row["member"]),
        reply=reply,
        turn=None if row["turn"] is None else TurnId(row["turn"]),
        part=row["part"],
        edits=row["edits"],
    )
