"""Whatever two members do at once, nothing of one reaches the other, and nothing acts twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.chat import Finish, FinishReason, Identity, Place, TextDelta, TurnState
from bot.domain.events import Body, Command, Incoming, Press, Text
from tests.fakes.clock import let_run
from tests.fakes.house import ALICE, BOB, BOBS, CLUB, HOME, House
from tests.fakes.provider import USED

MEMBERS = (ALICE, BOB)
HOMES = {ALICE: HOME, BOB: BOBS}


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that happens: `what` a member does, `number` tells two of a kind apart."""

    what: str
    who: Identity
    number: int
    is_at_home: bool = True

    @property
    def place(self) -> Place:
        """Where it happens."""
        return HOMES[self.who] if self.is_at_home else CLUB

    def body(self) -> Body:
        """What it hands over."""
        name = self.who.id
        match self.what:
            case "ask":
                return Text(f"{name} asks {self.number}")
            case "model":
                return Command("model", f"{name}-{self.number}")
            case "stop":
                return Command("stop")
            case _:
                return Press(f"retry:again:{self.number}:1")


DEEDS = st.builds(
    Deed,
    what=st.sampled_from(["ask", "ask", "ask", "model", "stop", "retry", "again", "go", "rest"]),
    who=st.sampled_from(MEMBERS),
    number=st.integers(0, 30),
    is_at_home=st.booleans(),
).filter(lambda deed: deed.what != "model" or deed.is_at_home)


def _words(question: str) -> str:
    """Return a question without what a group puts before it."""
    label, colon, words = question.partition(": ")
    return words if colon and label.startswith("M") else question


class Play:
    """The house while the deeds are done, and what was handed over."""

    def __init__(self) -> None:
        self.house = House()
        self.sent: list[Incoming] = []
        self._gates: list[asyncio.Event] = []

    async def open(self) -> None:
        """Give each member a key of their own, everywhere they talk."""
        await self.house.start()
        for who in MEMBERS:
            for place in (HOMES[who], CLUB):
                await self.house.give_key(who, place, key=f"sk-canary-{who.id}")

    async def do(self, deed: Deed) -> None:
        """Let it happen; what is handed over need not be handled before the next."""
        match deed.what:
            case "go":
                for gate in self._gates[deed.number % 3 :: 3]:
                    gate.set()
            case "rest":
                await let_run()
            case "again":
                if self.sent:
                    await self.house.router.receive(self.sent[deed.number % len(self.sent)])
            case _:
                self._answer()
                self.sent.append(await self.house.receive(deed.body(), deed.who, deed.place))

    def _answer(self) -> None:
        gate = asyncio.Event()
        self._gates.append(gate)
        self.house.provider.enqueue(
            TextDelta("Well"), gate, TextDelta(", yes"), USED, Finish(FinishReason.STOP)
        )

    async def end(self) -> None:
        """Let all that was begun come to its end."""
        for _ in range(len(self.sent) + 1):
            for gate in self._gates:
                gate.set()
            await let_run()


async def play(deeds: Sequence[Deed]) -> Play:
    """Do all deeds, one after the other, and let everything come to its end."""
    it = Play()
    await it.open()
    for deed in deeds:
        await it.do(deed)
    await it.end()
    return it


def asked_once(play_: Play) -> Counter[str]:
    """Return how often each question may be asked: once a message, once more per own retry."""
    words = [sent for sent in play_.sent if isinstance(sent.body, Text)]
    return Counter(sent.body.text for sent in words if isinstance(sent.body, Text))


@given(st.lists(DEEDS, max_size=25))
def test_text_keys_and_settings_of_members_never_mix(deeds: list[Deed]) -> None:
    """A request holds its member's key; at home only their words and their model."""
    it = asyncio.run(play(deeds))
    for asked in it.house.provider.asked:
        owner = _words(asked.question).split(" ", 1)[0]
        assert asked.key == f"sk-canary-{owner}"
        models = {asked.request.model}
        assert models <= {"acme-1"} | {f"{owner}-{number}" for number in range(31)}
    for who, other in ((ALICE, BOB), (BOB, ALICE)):
        home = [turn for turn in asyncio.run(it.house.turns()) if turn.place == HOMES[who]]
        assert all(turn.question.startswith(who.id) for turn in home)
        assert all(other.id not in text for text in it.house.frontend.texts_in(HOMES[who]))
    for asked in it.house.provider.asked:
        names = {
            message.text.split(" ", 1)[0]
            for message in asked.request.messages
            if " asks " in message.text
        }
        if asked.request.model != "acme-1":  # the club's model is never a member's own
            assert len(names) == 1


@given(st.lists(DEEDS, max_size=25))
def test_every_message_comes_to_one_end_and_no_update_acts_twice(deeds: list[Deed]) -> None:
    """One turn a message; a repeated update changes nothing; a retry adds one attempt."""
    it = asyncio.run(play(deeds))
    turns = asyncio.run(it.house.turns())
    allowed = asked_once(it)
    assert Counter(turn.question for turn in turns) == allowed
    assert {turn.state for turn in turns} <= {TurnState.ANSWERED, TurnState.STOPPED}
    retries = {
        (sent.sender.id, sent.body.action) for sent in it.sent if isinstance(sent.body, Press)
    }
    requests = Counter(_words(asked.question) for asked in it.house.provider.asked)
    for question, times in requests.items():
        ids = {turn.id for turn in turns if turn.question == question}
        name = question.split(" ", 1)[0]
        more = sum((name, f"retry:again:{id_}:1") in retries for id_ in ids)
        assert times <= allowed[question] + more


@given(st.lists(DEEDS, max_size=25))
def test_a_stop_ends_nothing_of_anybody_else(deeds: list[Deed]) -> None:
    """Whoever never said stop in a place has no stopped turn there."""
    it = asyncio.run(play(deeds))
    said = {(sent.sender.id, sent.place) for sent in it.sent if sent.body == Command("stop")}
    for turn in asyncio.run(it.house.turns()):
        if turn.state is TurnState.STOPPED:
            assert (turn.question.split(" ", 1)[0], turn.place) in said
