"""Groups on Telegram: what is known of them, and what one alone sees, at a simulated Bot API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from adapters.shared.http import HttpClient
from adapters.telegram.frontend import TelegramFrontend
from adapters.telegram.menu import MenuEntry
from bot.clock import SystemClock
from bot.domain.chat import Identity
from bot.domain.errors import ChatGone, FrontendError
from bot.domain.events import Button, Incoming, MessageRef, Reply, Text
from bot.domain.ports import Clock
from bot.domain.secret import Secret
from tests.fakes.clock import FakeClock
from tests.fakes.provider import answer
from tests.fakes.receiver import ScriptedReceiver
from tests.fakes.telegram import ALICE, BOB, GROUP, place, telegram_house
from tests.simulators.telegram.faults import Fault
from tests.simulators.telegram.server import Simulator
from tests.simulators.telegram.whispers import NEWER

CLUB = place(GROUP)
MENU = (
    MenuEntry(name="new", help="start afresh", in_groups=1),
    MenuEntry(name="invite", help="let somebody in", is_for_operators=True),
)


def who(person: int) -> Identity:
    """Return somebody's account."""
    return Identity("telegram", str(person))


async def nothing(receiver: ScriptedReceiver, incoming: Incoming) -> None:
    """Answer nothing."""
    del receiver, incoming


class Stand:
    """A bot in a group with Alice and its admin Bob, and what is handed over."""

    def __init__(self, sim: Simulator, frontend: TelegramFrontend) -> None:
        self.sim = sim
        self.frontend = frontend
        self.receiver = ScriptedReceiver(nothing)
        self.operators: list[str] = []

    def sees(self, person: int) -> list[str]:
        """Return the bot's messages that somebody sees in the group."""
        return [each.text for each in self.sim.people.sees(person, GROUP) if each.is_ours]

    def asked(self, method: str) -> int:
        """Return how many calls of a method there were."""
        return len([each for each in self.sim.calls if each.method == method])

    async def whisper(self, text: str = "only you") -> MessageRef:
        """Say something in the group to Alice alone."""
        message = await self.frontend.post(CLUB, only(text), key="k")
        assert message is not None
        return message


def only(text: str) -> Reply:
    """Return what is only for Alice."""
    return Reply(text=text, only_for=str(ALICE))


@asynccontextmanager
async def standing(
    clock: Clock | None = None, *, without: frozenset[str] = frozenset()
) -> AsyncIterator[Stand]:
    """Give a bot that is an admin of the group, not running."""
    http = HttpClient()
    async with Simulator(without=set(without)) as sim:
        sim.people.private(ALICE, "Alice")
        club = sim.people.group(GROUP, "Cooking club", members=(ALICE,), admins=(BOB,))
        club.bot = "administrator"
        operators: list[str] = []
        frontend = TelegramFrontend(
            Secret(sim.token),
            http=http,
            clock=clock or SystemClock(),
            menu=MENU,
            operators=lambda: operators,
            base=sim.url,
        )
        await frontend.check()
        stand = Stand(sim, frontend)
        stand.operators = operators
        yield stand
        await frontend.close()
        assert sim.state.strange == set()
    await http.close()


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    """Return a bot that is an admin of the group."""
    async with standing() as stand:
        yield stand


@pytest.mark.parametrize(
    ("privacy", "status", "hears_all"),
    [(True, "member", False), (False, "member", True), (True, "administrator", True)],
    ids=["private", "open", "admin"],
)
async def test_what_is_known_of_a_group(
    stand: Stand, privacy: bool, status: str, hears_all: bool
) -> None:
    """Its name, its people without the bot, and whether all that is written comes."""
    stand.sim.people.set_privacy(is_on=privacy)
    stand.sim.state.chats[GROUP].bot = status
    found = await stand.frontend.around(CLUB)
    assert (found.title, found.people, found.hears_all) == ("Cooking club", 2, hears_all)


async def test_who_is_an_admin_is_asked_once_a_minute() -> None:
    """Each person by themselves, the negative as well; what failed is asked again."""
    clock = FakeClock()
    async with standing(clock) as stand:
        stand.sim.faults.add("getChatMember", Fault(status=500))
        with pytest.raises(FrontendError):
            _ = await stand.frontend.is_admin(CLUB, who(BOB))
        for _ in range(3):
            assert await stand.frontend.is_admin(CLUB, who(BOB))
            assert not await stand.frontend.is_admin(CLUB, who(ALICE))
        assert stand.asked("getchatmember") == 3
        stand.sim.state.chats[GROUP].members |= {ALICE: "creator", BOB: "left"}
        await clock.advance(61)
        assert await stand.frontend.is_admin(CLUB, who(ALICE))
        assert not await stand.frontend.is_admin(CLUB, who(BOB))


async def test_a_group_where_the_bot_is_no_more(stand: Stand) -> None:
    """Nothing is known of it, and it can be left again."""
    await stand.frontend.leave(CLUB)
    for ask in (
        lambda: stand.frontend.around(CLUB),
        lambda: stand.frontend.is_admin(CLUB, who(BOB)),
    ):
        with pytest.raises(ChatGone):
            _ = await ask()
    await stand.frontend.leave(CLUB)


async def test_what_is_only_for_one_has_buttons_and_can_change(stand: Stand) -> None:
    """Nobody else sees it at any time; its button comes back as a press on it."""
    button = Button(label="Days", action="usage:days")
    message = await stand.frontend.post(
        CLUB, replace(only("only you"), buttons=((button,),)), key="k"
    )
    assert message is not None
    (shown,) = stand.sim.people.sees(ALICE, GROUP)
    assert shown.rows[0][0]["callback_data"] == "usage:days"
    await stand.frontend.edit(CLUB, message, Reply(text="you alone"))
    assert (stand.sees(ALICE), stand.sees(BOB)) == (["you alone"], [])
    assert await stand.frontend.delete(CLUB, message)
    assert stand.sees(ALICE) == []


async def test_what_one_alone_saw_and_is_gone_is_said_anew(stand: Stand) -> None:
    """To them alone as before."""
    message = await stand.whisper()
    assert await stand.frontend.delete(CLUB, message)
    await stand.frontend.edit(CLUB, message, Reply(text="anew"))
    assert (stand.sees(ALICE), stand.sees(BOB)) == (["anew"], [])


@pytest.mark.parametrize("is_older", [False, True], ids=["no admin", "older server"])
async def test_where_nothing_can_be_hidden_all_see_it(is_older: bool) -> None:
    """A refusal is no failure, and an older server is not even asked; it changes as any other."""
    async with standing(without=NEWER if is_older else frozenset()) as stand:
        if not is_older:
            stand.sim.state.chats[GROUP].bot = "member"
        message = await stand.whisper()
        await stand.frontend.edit(CLUB, message, only("changed"))
        assert stand.sees(BOB) == ["changed"]
        assert stand.asked("sendmessage") == (1 if is_older else 2)


async def test_a_private_chat_has_nobody_to_hide_from(stand: Stand) -> None:
    """What is only for one is an ordinary message there."""
    _ = await stand.frontend.post(place(ALICE), only("you"), key="k")
    assert [each.only_for for each in stand.sim.people.sees(ALICE, ALICE)] == [0]


async def test_a_command_that_the_bot_alone_sees(stand: Stand) -> None:
    """It can be deleted, an answer hangs on nothing, and no emoji is put under it."""
    number, _ = stand.sim.people.whisper(ALICE, "/usage", GROUP)
    async with running(stand):
        await stand.receiver.took(1)
        message = stand.receiver.incoming[0].message
        assert message is not None
        sent = await stand.frontend.post(CLUB, Reply(text="to all"), key="k")
        await stand.frontend.seen(CLUB, message)
        assert await stand.frontend.delete(CLUB, message)
    assert sent is not None
    assert number not in stand.sim.state.chats[GROUP].whispers
    assert stand.asked("setmessagereaction") == 0


@asynccontextmanager
async def running(stand: Stand) -> AsyncIterator[None]:
    """Run the bot for a while."""
    task = asyncio.ensure_future(stand.frontend.run(stand.receiver))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_who_adds_the_bot_is_told(stand: Stand) -> None:
    """Once, also where the bot is made an admin afterwards."""
    stand.sim.state.chats[GROUP].bot = "left"
    async with running(stand):
        stand.sim.people.names[ALICE] = "Alice Ames"
        _ = stand.sim.people.add_bot(ALICE, GROUP)
        await stand.sim.until(lambda: bool(stand.receiver.joins))
        update = stand.sim.people.change_bot(BOB, GROUP, "administrator")
        await stand.sim.until(lambda: stand.sim.updates.confirmed >= update)
    assert stand.receiver.joins == [(CLUB, who(ALICE), "Alice Ames")]


async def test_a_group_that_moves_adds_nobody(stand: Stand) -> None:
    """Its owner seems to add the bot to the new one, which they did not."""
    async with running(stand):
        update = stand.sim.people.migrate(GROUP, -1_002)
        await stand.sim.until(lambda: stand.sim.updates.confirmed >= update)
    assert (stand.receiver.joins, stand.receiver.moves) == ([], [(CLUB, "-1002")])


async def test_the_first_message_of_a_topic(stand: Stand) -> None:
    """It opens the topic, the next one does not."""
    async with running(stand):
        topic = stand.sim.people.open_topic(ALICE, GROUP, "Porto")
        for text in ("one", "two"):
            _ = stand.sim.people.say(ALICE, text, chat=GROUP, thread=topic)
        await stand.receiver.took(2)
    assert [each.opens for each in stand.receiver.incoming] == [True, False]


async def test_group_privacy_hides_talk(stand: Stand) -> None:
    """Commands and replies come; mentions and all else only to an admin, or without privacy."""
    stand.sim.people.set_privacy(is_on=True)
    club = stand.sim.state.chats[GROUP]
    club.bot, club.is_discreet = "member", True
    sent = await stand.frontend.post(CLUB, Reply(text="Well?"), key="k")
    assert sent is not None
    async with running(stand):
        for text in ("talk", "@hearth_bot go", "/ask one", "/ask@hearth_bot two", "/a@other_bot"):
            _ = stand.sim.people.say(ALICE, text, chat=GROUP)
        _ = stand.sim.people.say(ALICE, "yes", chat=GROUP, reply_to=int(sent))
        await stand.receiver.took(3)
        club.bot = "administrator"
        _ = stand.sim.people.say(ALICE, "talk", chat=GROUP)
        await stand.receiver.took(4)
    assert stand.receiver.bodies[2:] == [Text("yes"), Text("talk")]
    assert [each.is_addressed for each in stand.receiver.incoming[2:]] == [True, False]


async def test_operators_come_and_go(stand: Stand) -> None:
    """Their menu comes when they have a chat with the bot, and goes with their standing."""
    menus = stand.sim.state.commands
    stand.operators += [str(ALICE), str(BOB)]
    async with running(stand):
        await stand.sim.until(
            lambda: f"chat {ALICE}" in menus and stand.asked("setmycommands") > 3
        )
        assert f"chat {BOB}" not in menus
        assert [each["command"] for each in menus[f"chat {ALICE}"]] == ["invite", "new"]
        assert [each["command"] for each in menus["all_private_chats"]] == ["new"]
        _ = stand.sim.people.say(BOB, "hello")
        await stand.sim.until(lambda: f"chat {BOB}" in menus)
        stand.operators.remove(str(ALICE))
        _ = stand.sim.people.say(BOB, "hello")
        await stand.sim.until(lambda: f"chat {ALICE}" not in menus)


async def test_an_answer_hangs_on_its_question() -> None:
    """Where several talk at once, all see to whom it is said."""
    async with telegram_house() as house:
        house.sim.people.group(GROUP, "Cooking club")
        await house.ask("/addkey anthropic sk-ant-api03-canary-0000000abcd")
        await house.pays(ALICE)
        house.companies["anthropic"].enqueue(*answer("Potatoes."))
        asked = await house.ask("/ask What goes with leeks?", chat=GROUP)
        (said,) = [each for each in house.screen(GROUP) if each.is_ours]
        assert (said.text, said.reply_to) == ("Potatoes.", asked)
