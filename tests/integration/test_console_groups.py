"""A group tried alone: several people at one console, with the whole application behind it."""

from pathlib import Path

import pytest

from adapters.console.frontend import ConsoleFrontend
from adapters.console.seat import Seat
from adapters.console.translate import CommandHint
from bot.access import Access
from bot.app import assemble
from bot.clock import SystemClock
from storage.memory import MemoryStores
from tests.fakes.prices import FakePrices
from tests.fakes.provider import ACME, FakeProvider

HINTS = (CommandHint(name="addkey", has_secret=True),)


class Sitting:
    """One run of the console after the other, all on the same data."""

    def __init__(self, folder: Path) -> None:
        self.clock = SystemClock()
        self.stores = MemoryStores(self.clock)
        self.provider = FakeProvider()
        self._folder = folder

    async def type(self, *lines: str, name: str = "me", room: str = "") -> list[str]:
        """Type lines until the input ends; return what was printed, message by message."""
        typed, printed = self._folder / "typed", self._folder / "printed"
        typed.write_text("".join(f"{line}\n" for line in lines))
        with typed.open() as stdin, printed.open("w") as stdout:
            console = ConsoleFrontend(
                commands=HINTS,
                clock=self.clock,
                name=name,
                room=room,
                stdin=stdin,
                stdout=stdout,
            )
            router = assemble(
                stores=self.stores,
                providers={ACME.id: self.provider},
                frontends=[console],
                clock=self.clock,
                access=Access(
                    operators=frozenset({Seat().identity}), local=frozenset({console.name})
                ),
                prices=FakePrices(),
            )
            await router.start()
            await console.run(router)
            await router.close()
        return printed.read_text().removesuffix("\n").split("\n\n")


@pytest.fixture
def sitting(tmp_path: Path) -> Sitting:
    """A console over an empty house."""
    return Sitting(tmp_path)


async def test_several_people_in_a_room(sitting: Sitting) -> None:
    """Each is asked in private before they pay, and pays for what they ask."""
    printed = await sitting.type(
        "/in club",
        "/as bob",
        "/in",
        "/addkey acme sk-canary-bob",
        "/in club",
        "@bot What goes with leeks?",
        "/as carol",
        "They are nice.",
        "@bot And for dessert?",
        "/as bob",
        "/in",
        "1",
    )
    assert any(each.startswith("Hello.") for each in printed)
    assert any(each.startswith("Bob, one tap in private first") for each in printed)
    assert any(each.startswith("Carol, you have no key yet") for each in printed)
    asked = next(each for each in printed if each.startswith("To bob in private:"))
    assert 'Use your key in "club"' in asked
    assert printed[-1].startswith("In club:\n")
    (only,) = sitting.provider.asked
    assert only.key == "sk-canary-bob"
    assert only.question.endswith("What goes with leeks?")
    assert "nice" not in repr(only.request)


async def test_a_room_is_the_same_the_next_time(sitting: Sitting) -> None:
    """Who is a member of it, what it was allowed, and what was agreed to, is kept."""
    _ = await sitting.type("hello", room="club")
    lines = ("/in", "/addkey acme sk-canary-bob", "/in club", "@bot one", "/in", "1")
    _ = await sitting.type(*lines, name="bob", room="club")
    printed = await sitting.type("@bot two", name="bob", room="club")
    assert len(printed) == 2, "the greeting of the room, and the answer"
    assert [each.key for each in sitting.provider.asked] == ["sk-canary-bob"] * 2


async def test_a_room_that_a_member_opens_is_mute(sitting: Sitting) -> None:
    """Until whoever started the bot allows it; a member cannot."""
    lines = ("@bot hello", "/help", "/allow")
    printed = await sitting.type(*lines, name="bob", room="club")
    assert [each.partition(":")[0] for each in printed[1:]] == ["To me in private"]
    _ = await sitting.type("/allow", room="club")
    _, answer = await sitting.type("/help", name="bob", room="club")
    assert "private" in answer
    assert not answer.startswith("To ")


async def test_a_key_in_a_room_is_lost(sitting: Sitting) -> None:
    """It is stored nowhere, as on any messenger."""
    printed = await sitting.type("hi", "/as bob", "/addkey acme sk-canary-bob", room="club")
    assert printed[-1].startswith("Bob, a key was posted here")
    assert "canary" not in repr(sitting.stores._state)
    assert sitting.provider.checked == []


async def test_a_number_is_the_choice_of_who_types_it(sitting: Sitting) -> None:
    """Where somebody else was asked, it is only a number said to the others."""
    printed = await sitting.type("/answer", "/as bob", "2", "/as me", "2", "/answer", room="club")
    settled = [each for each in printed if "from now on" in each]
    assert len(settled) == 1
    assert printed.index(settled[0]) == len(printed) - 2
