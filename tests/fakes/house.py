"""The application's core on fakes: what a test says to it, and what it showed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count

from adapters.providers.registry import key_forms
from bot.access import Access
from bot.assents import Assents
from bot.claims import Claims
from bot.commands.spec import Command as Row
from bot.commands.spec import Desk
from bot.delivery import Courier
from bot.discretion import Discretion
from bot.domain.chat import Identity, MemberId, Overrides, Place, PlaceKind, Scope, Turn, TurnId
from bot.domain.effects import ChangePayer, Choose, PutKey
from bot.domain.events import Body, Command, Incoming, MessageRef, Press, SecretText, Text
from bot.domain.groups import Agreed
from bot.domain.keys import KeyHealth
from bot.domain.secret import Secret
from bot.failurenotes import FailureNotes
from bot.fairness import Fairness
from bot.held import HeldSecrets
from bot.invitations import Invitations
from bot.links import Links
from bot.modellists import ModelLists
from bot.notices import Notices
from bot.paying import Paying
from bot.pricebook import PriceBook
from bot.questions import Questions
from bot.roster import Roster
from bot.router import Router
from bot.sessions import SessionManager
from bot.tasks import Tasks
from storage.memory import MemoryStores
from tests.fakes.clock import FakeClock, let_run
from tests.fakes.commands import Gate, table
from tests.fakes.frontend import FakeFrontend
from tests.fakes.prices import FakePrices
from tests.fakes.provider import ACME, FakeProvider

ALICE = Identity("fake", "alice")
BOB = Identity("fake", "bob")
STRANGER = Identity("fake", "mallory")
HOME = Place("fake", "alice")
BOBS = Place("fake", "bob")
AGREED = Agreed(ACME.id, "acme-1", None)
CLUB = Place("fake", "club", kind=PlaceKind.GROUP)


class House:
    """One running application. A crash is `crash` and then `open` again on the same stores."""

    def __init__(
        self,
        frontend: FakeFrontend | None = None,
        *,
        clock: FakeClock | None = None,
        is_owned: bool = True,
        at_once: int | None = None,
        per_minute: int | None = None,
        commands: Mapping[str, Row] | None = None,
    ) -> None:
        self.clock = clock or FakeClock()
        self.at_once, self.per_minute = at_once, per_minute
        self.stores = MemoryStores(self.clock)
        self.provider = FakeProvider()
        self.prices = FakePrices()
        self.frontend = frontend or FakeFrontend()
        self.is_owned = is_owned
        self.commands = commands
        self.access = Access(allowed=frozenset({ALICE, BOB} if is_owned else ()))
        self.printed: list[str] = []
        self.toast = ""
        self.gate = Gate()
        self._updates = count(1)
        self._build()

    def _build(self) -> None:
        self.tasks = Tasks()
        providers = {ACME.id: self.provider}
        frontends = {self.frontend.name: self.frontend}
        abilities = {self.frontend.name: self.frontend.abilities}
        self.courier = Courier(self.stores.turns, frontends, self.clock, self.tasks)
        self.questions = Questions(self.clock, abilities)
        self.held = HeldSecrets(self.clock)
        self.models = ModelLists(self.stores.keys, providers, self.clock)
        book = PriceBook(self.prices, self.models)
        self.failures = FailureNotes()
        self.claims = Claims(
            self.access, self.clock, is_open=not self.is_owned, show=self.printed.append
        )
        discretion = Discretion(self.stores, frontends)
        paying = Paying(
            stores=self.stores,
            frontends=frontends,
            providers=providers,
            models=self.models,
            prices=book,
            clock=self.clock,
        )
        self.sessions = SessionManager(
            stores=self.stores,
            providers=providers,
            frontends=frontends,
            courier=self.courier,
            questions=self.questions,
            models=self.models,
            clock=self.clock,
            tasks=self.tasks,
            prices=book,
            failures=self.failures,
            paying=paying,
            discretion=discretion,
            fairness=Fairness(self.clock, at_once=self.at_once, per_minute=self.per_minute),
        )
        desk = Desk(
            stores=self.stores,
            providers=providers,
            clock=self.clock,
            runner=self.sessions,
            held=self.held,
            assents=Assents(self.clock),
            notices=Notices(self.courier, self.clock, self.tasks),
            models=self.models,
            prices=book,
            failures=self.failures,
            paying=paying,
            discretion=discretion,
            key_forms=key_forms(),
            commands=table(self.gate) if self.commands is None else self.commands,
            abilities=abilities,
            messengers=frontends,
            access=self.access,
            roster=Roster(self.stores, self.access),
            claims=self.claims,
            invitations=Invitations(self.stores.people, self.clock),
            links=Links(self.clock),
        )
        self.router = Router(
            stores=self.stores,
            frontends=frontends,
            access=self.access,
            questions=self.questions,
            sessions=self.sessions,
            courier=self.courier,
            desk=desk,
            tasks=self.tasks,
        )

    async def member(self, who: Identity = ALICE) -> MemberId:
        """Return the id of the member behind an account."""
        return (await self.stores.settings.member(who, "", is_operator=False)).id

    async def give_key(
        self,
        who: Identity = ALICE,
        place: Place = HOME,
        *,
        key: str = "sk-canary-alice",
        overrides: Overrides | None = None,
    ) -> None:
        """Let a member have a key and a model, and pay in the club, without a word being said."""
        member = await self.member(who)
        club = await self.stores.groups.note(CLUB, title="Club", is_allowed=True)
        session = await self.stores.settings.session(place, member)
        chosen = Overrides(provider=ACME.id, model="acme-1", window=None)
        row = await self.stores.intake.accept(self._incoming(Command("setup"), who, place))
        assert row is not None
        await self.stores.intake.finish(
            row.id,
            (
                PutKey(
                    member=member,
                    provider=ACME.id,
                    origin=ACME.origin,
                    key=Secret(key),
                    health=KeyHealth.WORKS,
                ),
                Choose(
                    scope=Scope.SESSION,
                    member=member,
                    session=session.id,
                    overrides=chosen.merged(overrides or Overrides()),
                ),
                ChangePayer(member=member, group=club.id, agreed=AGREED),
            ),
            (),
        )

    def _incoming(
        self,
        body: Body,
        who: Identity,
        place: Place,
        *,
        update: str = "",
        message: str = "",
        is_addressed: bool = True,
    ) -> Incoming:
        number = next(self._updates)
        return Incoming(
            update=update or f"u{number}",
            sender=who,
            sender_name=who.id.title(),
            place=place,
            body=body,
            sent_at=self.clock.now(),
            message=MessageRef(message or f"m{number}"),
            is_addressed=is_addressed,
        )

    async def receive(
        self,
        body: Body,
        who: Identity = ALICE,
        place: Place = HOME,
        *,
        update: str = "",
        message: str = "",
        is_addressed: bool = True,
        before: Sequence[Body] = (),
    ) -> Incoming:
        """Hand over an update, with its earlier pieces; it is durable when this returns."""
        earlier = tuple(self._incoming(each, who, place) for each in before)
        incoming = replace(
            self._incoming(
                body, who, place, update=update, message=message, is_addressed=is_addressed
            ),
            before=earlier,
        )
        self.toast = await self.router.receive(incoming)
        return incoming

    async def say(self, line: str, who: Identity = ALICE, place: Place = HOME) -> None:
        """Type a line (`/name args` is a command) and let everything run."""
        body: Body = Text(line)
        if line.startswith("/"):
            name, _, args = line[1:].partition(" ")
            body = Command(name, args)
        await self.receive(body, who, place)
        await let_run()

    async def press(
        self, action: str, who: Identity = ALICE, place: Place = HOME, *, message: str = "b1"
    ) -> None:
        """Press a button and let everything run."""
        await self.receive(Press(action), who, place, message=message)
        await let_run()

    async def paste(self, command: str, key: str, who: Identity = ALICE) -> None:
        """Send a secret as a messenger that knows commands hands it over."""
        name, _, args = command.partition(" ")
        await self.receive(SecretText(Command(name, args), Secret(key)), who)
        await let_run()

    async def start(self) -> None:
        """Start, and let everything run."""
        await self.router.start()
        _ = self.tasks.start(self.claims.run())
        await let_run()

    async def crash(self) -> None:
        """End as a killed process does: no commit is made on the way out."""
        await self.tasks.close()
        self._build()

    async def restart(self) -> None:
        """Crash and start again."""
        await self.crash()
        await self.start()

    async def turns(self) -> Sequence[Turn]:
        """Return every turn there is, oldest first."""
        found = [await self.stores.turns.find(TurnId(id_)) for id_ in range(1, 500)]
        return [turn for turn in found if turn is not None]

    @property
    def code(self) -> str:
        """The code that was printed last, as it is typed without a dash."""
        return self.printed[-1].rpartition(" ")[2].replace("-", "")

    @property
    def at_rest(self) -> str:
        """All that is stored, but for the keys themselves, which repr hides."""
        return repr(self.stores._state)

    @property
    def said(self) -> list[str]:
        """Every text that was shown, in order."""
        return self.frontend.texts
