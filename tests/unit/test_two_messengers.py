"""One person on two messengers: linked across them, and a conversation that goes on."""

from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest

from bot.access import Access
from bot.app import assemble
from bot.domain.chat import Identity, Place
from bot.domain.events import Body, Command, Incoming, MessageRef, Press, Text
from bot.router import Router
from storage.memory import MemoryStores
from tests.fakes.clock import FakeClock, let_run
from tests.fakes.frontend import BUTTONS, FakeFrontend
from tests.fakes.prices import FakePrices
from tests.transcripts.cast import companies

HERE = Identity("telegram", "12345")
THERE = Identity("matrix", "@alice:hs")
CHAT = Place("telegram", "12345")
ROOM = Place("matrix", "@alice:hs")
KEY = "anthropic sk-ant-api03-canary-0000000abcd"


class Bot:
    """The application on two messengers, open to Alice's account on one of them."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)
        self.companies = companies()
        self.fronts = {name: FakeFrontend(name, BUTTONS) for name in ("telegram", "matrix")}
        self.access = Access(operators=frozenset({HERE}))
        self._numbers = count(1)
        self._codes: Iterator[str] = iter(("7KQM4TXDV3PN", "H2YB6ZSGM9DF"))
        self.router: Router = assemble(
            stores=self.stores,
            providers=self.companies,
            frontends=list(self.fronts.values()),
            clock=self.clock,
            access=self.access,
            prices=FakePrices(),
            draw=lambda length: next(self._codes)[:length],
        )

    async def receive(self, body: Body, who: Identity, place: Place) -> str:
        """Let an update in and return the newest text that was shown there."""
        number = next(self._numbers)
        await self.router.receive(
            Incoming(
                update=f"u{number}",
                sender=who,
                sender_name="Alice",
                place=place,
                body=body,
                sent_at=self.clock.now(),
                message=MessageRef(f"m{number}"),
            )
        )
        await let_run()
        return (self.fronts[place.frontend].texts_in(place) or [""])[-1]

    async def here(self, body: Body) -> str:
        """Let her act where she is known."""
        return await self.receive(body, HERE, CHAT)

    async def there(self, body: Body) -> str:
        """Let her act on the other messenger."""
        return await self.receive(body, THERE, ROOM)

    async def tap(self, label: str, who: Identity, place: Place) -> str:
        """Tap the newest button with that label in a chat."""
        shown = self.fronts[place.frontend].shown
        for each in reversed(shown):
            for button in (button for row in each.reply.buttons for button in row):
                if each.place == place and button.label.startswith(label) and button.action:
                    return await self.receive(Press(button.action), who, place)
        raise AssertionError(label)

    async def link(self) -> None:
        """Link both accounts, with the words of both."""
        await self.here(Command("link"))
        await self.there(Command("link", "7KQM-4TXD"))
        await self.tap("Link accounts", THERE, ROOM)
        await self.tap("Link accounts", HERE, CHAT)


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    """A bot that runs."""
    bot = Bot()
    await bot.router.start()
    yield bot
    await bot.router.close()


async def test_each_side_reads_the_whole_id_of_the_other(bot: Bot) -> None:
    """Before it says yes; and the code is typed as it is typed there."""
    begun = await bot.here(Command("link"))
    assert "on Matrix" in begun
    asked = await bot.there(Command("link", "7KQM-4TXD"))
    assert "telegram:12345" in asked
    await bot.tap("Link accounts", THERE, ROOM)
    assert "matrix:@alice:hs" in bot.fronts["telegram"].texts_in(CHAT)[-1]


async def test_a_linked_account_is_let_in_and_decides_as_the_first_does(bot: Bot) -> None:
    """Until they are taken apart; then it is a stranger's again."""
    assert not bot.access.admits(THERE)
    await bot.link()
    assert bot.access.is_operator(THERE)
    assert (await bot.there(Command("members"))).startswith("**Members**")
    await bot.tap("Not me, unlink", THERE, ROOM)
    assert not bot.access.admits(THERE)
    assert bot.fronts["telegram"].texts_in(CHAT)[-1].startswith("Unlinked")
    assert (await bot.there(Text("hello"))).startswith("This is a private bot.")


async def test_a_conversation_goes_on_where_its_person_is(bot: Bot) -> None:
    """The list names its messenger, and the model reads what was said there."""
    await bot.here(Command("addkey", KEY))
    await bot.here(Text("What is a leek?"))
    await bot.link()
    await bot.there(Command("sessions"))
    labels = [b.label for row in bot.fronts["matrix"].shown[-1].reply.buttons for b in row]
    assert labels[0].startswith("What is")
    assert labels[0].endswith(", Telegram, now")
    await bot.tap("What is", THERE, ROOM)
    await bot.tap("Continue here", THERE, ROOM)
    await bot.there(Text("And how is it cooked?"))
    first, *_, last = bot.companies["anthropic"].asked[-1].request.messages
    assert (first.text, last.text) == ("What is a leek?", "And how is it cooked?")


async def test_an_invitation_serves_either_messenger(bot: Bot) -> None:
    """Its maker hears where they made it who came elsewhere."""
    bot.fronts["telegram"].link = "https://t.me/hearth_bot"
    made = await bot.here(Command("invite"))
    assert "https://t.me/hearth_bot?start=i_7KQM4TXDV3PN" in made
    assert "On Matrix they send me this: `/start 7KQM-4TXD-V3PN`" in made
    welcome = await bot.there(Command("start", "7KQM-4TXD-V3PN"))
    assert "Alice invited you" in welcome
    assert "(matrix:@alice:hs)" in bot.fronts["telegram"].texts_in(CHAT)[-1]
