"""One person with an account here and one elsewhere, which are linked and taken apart."""

from dataclasses import dataclass, replace

from bot.domain.chat import Identity, Member, Place, SessionId
from bot.domain.effects import Effect, LinkAccount, PutKey, SwitchSession, UnlinkAccount
from bot.domain.keys import KeyHealth
from bot.domain.people import Person
from bot.domain.ports import Applied
from bot.domain.secret import Secret
from tests.fakes.neighbours import ALICE, GROUP, HERS, ORIGIN, Neighbours

ELSEWHERE = Identity("matrix", "@alice:hs")
ROOM = Place("matrix", "!room:hs")
CLUB = replace(GROUP, frontend="matrix")


@dataclass(frozen=True)
class Two:
    """A house with one person in it who is still two members: here, and elsewhere."""

    house: Neighbours
    here: Member
    there: Member

    async def do(self, *effects: Effect, is_there: bool = False) -> Applied:
        """Handle a command of hers, from here or from there."""
        sender, place = (ELSEWHERE, ROOM) if is_there else (ALICE, HERS)
        return (await self.house.do(*effects, sender=sender, place=place)).applied

    async def link(self) -> None:
        """Let the account elsewhere join the member here."""
        effect = LinkAccount(member=self.here.id, identity=ELSEWHERE)
        assert await self.do(effect, is_there=True) is Applied.DONE

    async def unlink(self) -> None:
        """Take it off again."""
        effect = UnlinkAccount(member=self.here.id, identity=ELSEWHERE)
        assert await self.do(effect) is Applied.DONE

    async def put(self, member: Member, key: str, provider: str = "demo") -> None:
        """Store a key, by the account that the member has."""
        put = PutKey(
            member=member.id,
            provider=provider,
            origin=ORIGIN,
            key=Secret(key),
            health=KeyHealth.WORKS,
            name=f"name of {key}",
        )
        assert await self.do(put, is_there=member == self.there) is Applied.DONE

    async def key(self, member: Member, provider: str = "demo") -> str:
        """Return a member's active key; empty: none."""
        found = await self.house.stores.keys.open_key(member.id, provider, ORIGIN)
        return found.reveal() if found else ""

    async def names(self, member: Member) -> list[str]:
        """Return what a member's keys are called."""
        return [info.name for info in await self.house.stores.keys.keys(member.id)]

    async def titles(self, member: Member, place: Place) -> list[str]:
        """Return what a member's conversations are called there, oldest first."""
        listed, _ = await self.house.stores.settings.sessions(member.id, place)
        return [session.title for session in reversed(listed)]

    async def switch(self, session: SessionId, place: Place = ROOM) -> None:
        """Let her go on elsewhere with a conversation."""
        effect = SwitchSession(member=self.here.id, place=place, session=session)
        assert await self.do(effect, is_there=place == ROOM) is Applied.DONE

    async def person(self, identity: Identity = ALICE) -> Person:
        """Return whose an account is."""
        found = await self.house.stores.people.of(identity)
        assert found is not None
        return found

    @classmethod
    async def move_in(cls, house: Neighbours) -> "Two":
        """Let her be known by both accounts."""
        return cls(house, await house.member(ALICE), await house.member(ELSEWHERE))
