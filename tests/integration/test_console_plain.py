"""The console over real pipes: lines in, whole messages out."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from adapters.console.frontend import ConsoleFrontend
from adapters.console.translate import CommandHint
from bot.clock import SystemClock
from bot.domain.chat import Identity, Place, PlaceKind
from bot.domain.errors import FrontendError, SendUnknown
from bot.domain.events import (
    Button,
    Command,
    Incoming,
    MessageRef,
    QuestionKind,
    Reply,
    SecretText,
    Text,
)
from bot.domain.ports import Abilities, Around, Frontend, Growth
from bot.domain.secret import Secret
from tests.fakes.receiver import ScriptedReceiver

MESSAGE = MessageRef("1")
CLUB = Place("console", "room:club", kind=PlaceKind.GROUP)
HINTS = (CommandHint(name="addkey", has_secret=True), CommandHint(name="model"))


@dataclass
class Pipes:
    """A console between two pipes."""

    typed: TextIO
    printed: TextIO
    frontend: ConsoleFrontend


@pytest.fixture
def pipes() -> Iterator[Pipes]:
    """Give a console whose input and output are pipes."""
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    with (
        os.fdopen(in_read, encoding="utf-8") as stdin,
        os.fdopen(in_write, "w", encoding="utf-8", errors="surrogateescape") as typed,
        os.fdopen(out_read, encoding="utf-8") as printed,
        os.fdopen(out_write, "w", encoding="utf-8") as stdout,
    ):
        frontend = ConsoleFrontend(
            commands=HINTS, clock=SystemClock(), greeting="Hello.", stdin=stdin, stdout=stdout
        )
        yield Pipes(typed, printed, frontend)


async def echo(receiver: ScriptedReceiver, incoming: Incoming) -> None:
    """Answer every message after a moment, streaming."""
    body = incoming.body
    if not isinstance(body, Text):
        return
    sink = receiver.sink()
    await sink.open()
    for end in range(len(body.text)):
        sink.show(body.text[:end])
        await asyncio.sleep(0)
    await sink.finish(Reply(text=f"**{body.text}**", footer="Demo, free"), key="k")


async def run(pipes: Pipes, receiver: ScriptedReceiver, typed: str) -> str:
    """Type all of it, end the input, and return what was printed."""
    receiver.frontend = pipes.frontend
    pipes.typed.write(typed)
    pipes.typed.close()
    await pipes.frontend.run(receiver)
    pipes.frontend._stdout.close()
    return pipes.printed.read()


async def test_each_line_is_answered_whole(pipes: Pipes) -> None:
    """Answers come once, in order, each whole, and the end of input ends the run."""
    receiver = ScriptedReceiver(echo)
    printed = await run(pipes, receiver, "one\n\n  \ntwo")
    assert printed == "**one**\nDemo, free\n\n**two**\nDemo, free\n"
    assert receiver.bodies == [Text("one"), Text("two")]


async def test_who_and_where(pipes: Pipes) -> None:
    """Every line has an id of its own; sender and place are the console's."""
    receiver = ScriptedReceiver(echo)
    await run(pipes, receiver, "same\nsame\n")
    assert {incoming.sender for incoming in receiver.incoming} == {Identity("console", "me")}
    assert {incoming.place for incoming in receiver.incoming} == {Place("console", "me")}
    assert len({incoming.update for incoming in receiver.incoming}) == 2
    other = ConsoleFrontend(commands=HINTS, clock=SystemClock())
    ids = {incoming.update for incoming in receiver.incoming}
    assert other._keyboard.incoming(Text("same")).update not in ids


async def test_no_address_leads_to_it(pipes: Pipes) -> None:
    """And no topic is opened in it."""
    assert pipes.frontend.private_link("x") == ""
    assert not pipes.frontend.has_topics(pipes.frontend.place)
    with pytest.raises(FrontendError):
        await pipes.frontend.open_topic(pipes.frontend.place, "Porto")


async def test_others_in_a_room(pipes: Pipes) -> None:
    """What is typed is whose and where was said last; the bot is added to a room once."""
    receiver = ScriptedReceiver(echo)
    typed = "one\n/as bob\ntwo\n/in club\n@bot three\nfour\n/as me\nfive\n/in\n/in club\nsix\n"
    printed = await run(pipes, receiver, typed)
    assert [
        (each.sender.id, each.place.chat, each.is_addressed) for each in receiver.incoming
    ] == [
        ("me", "me", True),
        ("bob", "bob", True),
        ("bob", "room:club", True),
        ("bob", "room:club", False),
        ("me", "room:club", False),
        ("me", "room:club", False),
    ]
    assert receiver.joins == [(CLUB, Identity("console", "bob"), "Bob")]
    assert receiver.bodies[2] == Text("three")
    assert printed.count("You are in the room club.") == 1


async def test_a_name_that_does_not_fit(pipes: Pipes) -> None:
    """A line says what one is like, and nothing changes."""
    receiver = ScriptedReceiver(echo)
    printed = await run(pipes, receiver, "/as x-y\n/in a b\n/as\nhi\n")
    *said, answer = printed.split("\n\n")
    assert [line.partition(":")[0].partition(".")[0] for line in said] == [
        '"x-y" is no name',
        '"a b" is no name of a room',
        "You are me",
    ]
    assert answer.startswith("**hi**")
    assert receiver.incoming[-1].place == Place("console", "me")


async def test_what_goes_elsewhere_says_where(pipes: Pipes) -> None:
    """A message to another person or room stands under a line that names them."""

    async def tell(receiver: ScriptedReceiver, incoming: Incoming) -> None:
        del incoming
        for place in (CLUB, Place("console", "bob"), Place("console", "me")):
            await receiver.frontend.post(place, Reply(text="words"), key="k")
        sink = receiver.frontend.sink(Place("console", "bob"), Growth())
        await sink.finish(Reply(text="more"), key="k")

    printed = await run(pipes, ScriptedReceiver(tell), "hi\n")
    assert printed.split("\n\n") == [
        "In club:\nwords",
        "To bob in private:\nwords",
        "words",
        "To bob in private:\nmore\n",
    ]


async def test_a_room_is_known(pipes: Pipes) -> None:
    """By its name and those who spoke there; only who started the bot is its admin."""
    frontend: Frontend = pipes.frontend
    assert await frontend.around(CLUB) == Around(title="club")
    receiver = ScriptedReceiver(echo)
    await run(pipes, receiver, "/in club\n/as bob\nhi\n/as carol\nhi\n/as bob\nhi\n")
    assert await frontend.around(CLUB) == Around(title="club", people=2)
    assert await frontend.is_admin(CLUB, Identity("console", "me"))
    assert not await frontend.is_admin(CLUB, Identity("console", "bob"))
    assert await frontend.open_private(Identity("console", "bob")) == Place("console", "bob")


async def test_a_room_that_was_left_is_entered_anew(pipes: Pipes) -> None:
    """The bot is added to it again by whoever comes in."""

    async def go(receiver: ScriptedReceiver, incoming: Incoming) -> None:
        await receiver.frontend.leave(incoming.place)

    receiver = ScriptedReceiver(go)
    await run(pipes, receiver, "/in club\nhi\n/as bob\n/in club\n")
    assert [by.id for _, by, _ in receiver.joins] == ["me", "bob"]


async def test_it_opens_as_somebody_in_a_room(pipes: Pipes) -> None:
    """Before a word is typed the bot is added there."""
    stdin, stdout = pipes.frontend._stdin, pipes.frontend._stdout
    pipes.frontend = ConsoleFrontend(
        commands=HINTS,
        clock=SystemClock(),
        name="bob",
        room="club",
        stdin=stdin,
        stdout=stdout,
    )
    receiver = ScriptedReceiver(echo)
    await run(pipes, receiver, "/model\n")
    assert receiver.joins == [(CLUB, Identity("console", "bob"), "Bob")]
    assert [(each.sender.id, each.place) for each in receiver.incoming] == [("bob", CLUB)]


async def test_a_line_waits_for_the_one_before(pipes: Pipes) -> None:
    """A command after a message comes when its answer is there."""
    seen: list[str] = []

    async def slow(_: ScriptedReceiver, incoming: Incoming) -> None:
        seen.append(f"{incoming.body} began")
        await asyncio.sleep(0.01)
        seen.append(f"{incoming.body} ended")

    await run(pipes, ScriptedReceiver(slow), "a\n/model\n")
    assert seen == [
        f"{body} {what}" for body in (Text("a"), Command("model")) for what in ("began", "ended")
    ]


async def test_a_menu_is_printed_once_and_its_number_is_text(pipes: Pipes) -> None:
    """The core resolves numbers; the next line does not wait for a choice."""

    async def menu(receiver: ScriptedReceiver, incoming: Incoming) -> None:
        if isinstance(incoming.body, Command):
            rows = ((Button("Demo", "model:set:demo"), Button("Close", "model:close")),)
            await receiver.say(Reply(text="Model", buttons=rows))
            receiver.ask(QuestionKind.MENU)

    receiver = ScriptedReceiver(menu)
    assert await run(pipes, receiver, "/model\n1\n") == "Model\n1 Demo  0 Close\n"
    assert receiver.bodies == [Command("model"), Text("1")]


async def test_an_awaited_key_is_a_secret(pipes: Pipes) -> None:
    """With a question for a key open, the next line never is a text; nor is it printed."""

    async def ask(receiver: ScriptedReceiver, incoming: Incoming) -> None:
        receiver.ask(QuestionKind.KEY if isinstance(incoming.body, Command) else None)

    receiver = ScriptedReceiver(ask)
    printed = await run(pipes, receiver, "/addkey demo\nsk-canary-1\n/addkey demo sk-canary-2\n")
    assert receiver.bodies == [
        Command("addkey", "demo"),
        SecretText(Command(""), Secret("sk-canary-1")),
        SecretText(Command("addkey", "demo"), Secret("sk-canary-2")),
    ]
    assert "canary" not in printed
    assert "canary" not in repr(receiver.incoming)


async def test_leaving(pipes: Pipes) -> None:
    """What stands after /exit is not read."""
    receiver = ScriptedReceiver(echo)
    assert await run(pipes, receiver, "/exit\nmore\n") == ""
    assert receiver.bodies == []


async def test_bad_bytes(pipes: Pipes) -> None:
    """Bytes that are no text, NUL and controls do no harm."""
    receiver = ScriptedReceiver(echo)
    await run(pipes, receiver, "a\udcff\x00\x1b[2Jb\r\n")
    assert receiver.bodies == [Text("a\ufffd[2Jb")]


async def test_a_very_long_line_has_a_bound(pipes: Pipes, tmp_path: Path) -> None:
    """A file without line ends is taken in pieces; a regular file is read as a pipe is."""
    source = tmp_path / "typed"
    source.write_text("x" * 3_000_000 + "\nend\n")
    receiver = ScriptedReceiver(lambda _r, _i: asyncio.sleep(0))
    with source.open(encoding="utf-8") as stdin:
        await ConsoleFrontend(commands=(), clock=SystemClock(), stdin=stdin).run(receiver)
    lengths = [len(body.text) for body in receiver.bodies if isinstance(body, Text)]
    assert sum(lengths) == 3_000_003
    assert max(lengths) <= 1_048_576 + 65_536
    del pipes


async def test_no_room_to_store(pipes: Pipes) -> None:
    """What could not be taken is the application's to say; the console goes on."""
    receiver = ScriptedReceiver(echo)
    receiver.is_full = True
    assert await run(pipes, receiver, "a\nb\n") == ""


@pytest.mark.timeout(10)
async def test_a_reader_that_went_away_ends_it_quietly(pipes: Pipes) -> None:
    """The run ends although input goes on and the core keeps trying; nothing is raised."""
    raised: list[type[Exception]] = []

    async def insist(receiver: ScriptedReceiver, incoming: Incoming) -> None:
        del incoming
        while True:
            try:
                await receiver.say(Reply(text="x" * 100_000))
            except SendUnknown as error:
                raised.append(type(error))
                await asyncio.sleep(0.001)

    receiver = ScriptedReceiver(insist)
    receiver.frontend = pipes.frontend
    pipes.printed.close()
    pipes.typed.write("a\n")
    pipes.typed.flush()
    await pipes.frontend.run(receiver)
    assert raised
    pipes.frontend._stdout.write("more")
    pipes.frontend._stdout.flush()
    for task in set(receiver._tasks):
        task.cancel()


@pytest.mark.timeout(10)
async def test_a_stop_does_not_wait_for_input(pipes: Pipes) -> None:
    """Cancelled while it waits for a line, the run ends at once."""
    running = asyncio.ensure_future(pipes.frontend.run(ScriptedReceiver(echo)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_the_port(pipes: Pipes) -> None:
    """The console is a frontend that can neither edit nor delete."""
    frontend: Frontend = pipes.frontend
    place = pipes.frontend.place
    assert frontend.name == "console"
    assert frontend.abilities == Abilities(is_local=True)
    assert list(frontend.split(Reply(text="a" * 20_000))) == [Reply(text="a" * 20_000)]
    assert await frontend.post(place, Reply(text="one"), key="1") is None
    await frontend.edit(place, MESSAGE, Reply(text="two"))
    assert not await frontend.delete(place, MESSAGE)
    await frontend.seen(place, MESSAGE)
    sink = frontend.sink(place, Growth())
    await sink.open()
    sink.show("never")
    await sink.close()
    pipes.frontend._stdout.close()
    assert pipes.printed.read() == "one\n\ntwo\n"
