"""Short ways to say what happens in a house: for tests of the stores."""

import itertools
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from bot.domain.chat import Identity, Member, Place, PlaceKind, Turn, TurnState
from bot.domain.effects import Effect
from bot.domain.events import (
    Body,
    Command,
    Delivery,
    Incoming,
    MessageRef,
    Outgoing,
    Press,
    Reply,
    Text,
)
from bot.domain.ports import Ending, Result, Stores
from bot.domain.usage import Usage
from tests.fakes.clock import FakeClock

ALICE = Identity("console", "alice")
BOB = Identity("console", "bob")
HERS = Place("console", "alice")
HIS = Place("console", "bob")
GROUP = Place("console", "family", kind=PlaceKind.GROUP)
ORIGIN = "https://api.example.org"
DAY_S = 86_400


class Neighbours:
    """Stores with a clock, and people who write in them."""

    def __init__(self, stores: Stores, clock: FakeClock) -> None:
        """Wrap the stores under test."""
        self.stores = stores
        self.clock = clock
        self._updates = itertools.count(1)

    def incoming(
        self,
        body: Body,
        *,
        sender: Identity = ALICE,
        place: Place = HERS,
        update: str = "",
        message: str | None = None,
        minutes_ago: int = 0,
    ) -> Incoming:
        """Return an update; a new one unless `update` is given."""
        return Incoming(
            update=update or f"u{next(self._updates)}",
            sender=sender,
            sender_name=sender.id.title(),
            place=place,
            body=body,
            sent_at=self.clock.now() - timedelta(minutes=minutes_ago),
            message=None if message is None else MessageRef(message),
        )

    async def member(self, identity: Identity = ALICE) -> Member:
        """Return the member behind an account."""
        return await self.stores.settings.member(identity, identity.id.title(), is_operator=False)

    async def ask(
        self, text: str = "What about eggs?", *, sender: Identity = ALICE, place: Place = HERS
    ) -> Turn:
        """Let somebody write."""
        incoming = self.incoming(Text(text), sender=sender, place=place)
        turn = await self.stores.intake.accept_turn(incoming, limit=100)
        assert turn is not None
        return turn

    async def answer(
        self,
        turn: Turn,
        text: str = "Boil them.",
        *,
        cost: Decimal | None = None,
        state: TurnState = TurnState.ANSWERED,
        replies: Sequence[Outgoing] = (),
    ) -> Sequence[Delivery]:
        """Ask and answer a turn's next attempt."""
        attempt = turn.attempt + 1
        assert await self.stores.turns.begin_attempt(turn.id, attempt, edits=turn.edits)
        ending = Ending(
            state=state,
            answer=text,
            usage=Usage(input_tokens=10, output_tokens=20),
            cost_usd=cost,
            replies=tuple(replies),
        )
        return await self.stores.turns.end(turn.id, attempt, ending)

    async def talk(
        self,
        text: str,
        answer: str,
        *,
        sender: Identity = ALICE,
        place: Place = HERS,
    ) -> Turn:
        """Let somebody write and be answered."""
        turn = await self.ask(text, sender=sender, place=place)
        await self.answer(turn, answer)
        return turn

    async def do(
        self,
        *effects: Effect,
        replies: Sequence[Outgoing] = (),
        sender: Identity = ALICE,
        place: Place = HERS,
        body: Body | None = None,
    ) -> Result:
        """Handle a command of somebody with these effects."""
        incoming = self.incoming(body or Command("do"), sender=sender, place=place)
        row = await self.stores.intake.accept(incoming)
        assert row is not None
        return await self.stores.intake.finish(row.id, effects, replies)

    async def press(self, *effects: Effect, sender: Identity = ALICE) -> Result:
        """Handle a button."""
        return await self.do(*effects, sender=sender, body=Press("some:button"))

    def reply(
        self, member: Member, text: str = "Done.", *, turn: Turn | None = None, part: int = 0
    ) -> Outgoing:
        """Return a reply to a member in private, or to a turn where it was asked."""
        place = turn.place if turn else Place(member.identity.frontend, member.identity.id)
        return Outgoing(
            place=place,
            member=member.id,
            reply=Reply(text=text),
            turn=turn.id if turn else None,
            part=part,
        )
