"""People in SQLite: members with their accounts, and what was decided about them."""

from collections.abc import Sequence

from bot.domain.chat import Identity, MemberId
from bot.domain.people import Invitation, Person
from storage.codec import from_ms
from storage.invitations import usable
from storage.people import Account, accounts_of, find_account, is_operator, name_by
from storage.standing import standing_among
from storage.tx import Repository, Tx


class SqlPeople(Repository):
    """People in SQLite."""

    async def roster(self) -> Sequence[Person]:
        """Return everybody who is known, the oldest first."""

        async def work(tx: Tx) -> Sequence[Person]:
            rows = await tx.all("SELECT member FROM identities WHERE before IS NULL ORDER BY id")
            found = [await _person(tx, MemberId(row["member"])) for row in rows]
            return tuple(person for person in found if person)

        return await self.read(work)

    async def person(self, member: MemberId) -> Person | None:
        """Return one of them."""
        return await self.read(lambda tx: _person(tx, member))

    async def of(self, identity: Identity) -> Person | None:
        """Return whose an account is, if it is known."""

        async def work(tx: Tx) -> Person | None:
            account = await find_account(tx, identity)
            return await _person(tx, account.member) if account else None

        return await self.read(work)

    async def invitations(self) -> Sequence[Invitation]:
        """Return those that can still be used, the oldest first; none that does not open."""
        return await self.read(usable)


async def _person(tx: Tx, member: MemberId) -> Person | None:
    accounts = await accounts_of(tx, member)
    row = await tx.one("SELECT made_at, erase_at FROM members WHERE id = ?", member)
    if not accounts or row is None:
        return None
    of = await tx.all("SELECT * FROM identities WHERE member = ? ORDER BY id", member)
    return Person(
        id=member,
        name=await _name(tx, accounts),
        identities=tuple(Identity(each["frontend"], each["account"]) for each in of),
        linked=tuple(Identity(each["frontend"], each["account"]) for each in of if each["before"]),
        is_operator=await is_operator(tx, accounts),
        standing=await standing_among(tx, accounts),
        since=from_ms(row["made_at"]),
        erase_at=None if row["erase_at"] is None else from_ms(row["erase_at"]),
    )


async def _name(tx: Tx, accounts: Sequence[Account]) -> str:
    """Return what a member is called, by their own account if by that."""
    names = [await name_by(tx, account) for account in accounts]
    return next((name for name in names if name), "")
