"""Invitations: codes sealed for the host, each good for one person and for a while."""

from datetime import timedelta
from typing import Final

from bot.domain.chat import MemberId
from bot.domain.effects import Invite
from bot.domain.people import Invitation, InvitationId
from bot.domain.secret import Secret
from storage.codec import dump_text, from_ms, load_text, to_ms
from storage.keyrings import OF_HOST
from storage.people import host_key, own_account
from storage.tx import Tx
from storage.vault import Cell

KEPT: Final = timedelta(days=30)  # beyond its end, so that the same one is not made again


def _cell(id_: str) -> Cell:
    return Cell("invitations", "code", id_)


async def invite(tx: Tx, effect: Invite) -> bool:
    """Store an invitation, or when it ends; False if it was spent, or nobody invites."""
    if not await own_account(tx, effect.member):
        return False
    end = to_ms(effect.expires_at)
    row = await tx.one("SELECT spent FROM invitations WHERE id = ?", effect.id)
    if row:
        sql = "UPDATE invitations SET expires_at = ? WHERE id = ? AND spent = 0"
        return await tx.run(sql, end, effect.id) > 0
    code = dump_text(effect.code.reveal())
    await tx.insert(
        "invitations",
        id=effect.id,
        code=await tx.seal(await host_key(tx), code, _cell(effect.id)),
        member=effect.member,
        made_at=tx.now,
        expires_at=end,
    )
    return True


async def spend(tx: Tx, invitation: InvitationId, *, by: MemberId) -> bool:
    """Note who used an invitation; False if it does not work any more."""
    return await _spend(tx, invitation, by)


async def withdraw(tx: Tx, invitation: InvitationId) -> bool:
    """Let an invitation work no more; False if it does not anyway."""
    return await _spend(tx, invitation, None)


async def _spend(tx: Tx, invitation: InvitationId, by: MemberId | None) -> bool:
    changed = await tx.run(
        "UPDATE invitations SET spent = 1, used_by = ?"
        " WHERE id = ? AND spent = 0 AND expires_at > ?",
        by,
        invitation,
        tx.now,
    )
    return changed > 0


async def usable(tx: Tx) -> tuple[Invitation, ...]:
    """Return the invitations that can still be used, the oldest first."""
    rows = await tx.all(
        "SELECT * FROM invitations WHERE spent = 0 AND expires_at > ? ORDER BY made_at, id",
        tx.now,
    )
    found = []
    for row in rows:
        code = await tx.find(row["code"], _cell(row["id"]), OF_HOST, load_text)
        if code is not None:
            invitation = Invitation(
                id=InvitationId(row["id"]),
                code=Secret(code),
                by=MemberId(row["member"]),
                expires_at=from_ms(row["expires_at"]),
            )
            found.append(invitation)
    return tuple(found)


async def tidy_invitations(tx: Tx) -> None:
    """Delete those that ended long ago."""
    oldest = tx.now - KEPT // timedelta(milliseconds=1)
    await tx.run("DELETE FROM invitations WHERE expires_at < ?", oldest)
