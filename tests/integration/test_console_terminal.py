"""The console on a real pseudo-terminal: what is typed, what is seen, what is not."""

import asyncio
import fcntl
import os
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from adapters.console.seat import private_of, room_of
from bot.domain.events import Button, Command, Incoming, QuestionKind, Reply, SecretText, Text
from bot.domain.secret import Secret
from tests.fakes.receiver import ScriptedReceiver
from tests.fakes.terminal import COLUMNS, CTRL_C, CTRL_D, UP, console


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, TextIO, TextIO]]:
    """Give a pseudo-terminal: the keyboard's end, and the two streams of the program."""
    monkeypatch.setenv("TERM", "xterm-256color")
    keyboard, program = os.openpty()
    fcntl.ioctl(program, termios.TIOCSWINSZ, struct.pack("HHHH", 30, COLUMNS, 0, 0))
    with (
        os.fdopen(program, encoding="utf-8") as stdin,
        os.fdopen(os.dup(program), "w", encoding="utf-8") as stdout,
    ):
        yield keyboard, stdin, stdout
    os.close(keyboard)


async def silent(receiver: ScriptedReceiver, incoming: Incoming) -> None:
    """Answer nothing."""


async def said(receiver: ScriptedReceiver, incoming: Incoming) -> None:
    """Say what was received, if it may be said."""
    match incoming.body:
        case Text(text):
            await receiver.say(Reply(text=f"Got {text}"))
        case Command(name):
            await receiver.say(Reply(text=f"Ran {name}"))
        case _:
            await receiver.say(Reply(text="Got a secret"))


async def test_a_message_and_its_answer(devices: tuple[int, TextIO, TextIO]) -> None:
    """What is typed stays, the answer stands below it, and the prompt is there again."""
    async with console(devices, said) as terminal:
        terminal.press("hello\r")
        await terminal.until("Got hello\n\nyou>")
        assert terminal.screen.text == "Hearthkey console.\n\nyou> hello\nGot hello\n\nyou>"
        assert terminal.receiver.bodies == [Text("hello")]


class Stream:
    """A script whose answer grows when the test says so, and ends when it is stopped."""

    def __init__(self) -> None:
        self.text = ""
        self.end = asyncio.Event()
        self._grown = asyncio.Event()

    def grow(self, text: str) -> None:
        """Let the answer have more text."""
        self.text += text
        self._grown.set()

    async def __call__(self, receiver: ScriptedReceiver, incoming: Incoming) -> None:
        """Answer a text; a command is only said, and /stop ends."""
        match incoming.body:
            case Text():
                await self._answer(receiver)
            case Command("stop"):
                self.end.set()
            case Command(name):
                await receiver.say(Reply(text=f"Ran {name}"))
            case _:
                raise AssertionError

    async def _answer(self, receiver: ScriptedReceiver) -> None:
        sink = receiver.sink()
        await sink.open()
        while not self.end.is_set():
            sink.show(self.text)
            waits = [asyncio.ensure_future(e.wait()) for e in (self._grown, self.end)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            self._grown.clear()
            for wait in waits:
                wait.cancel()
        await sink.finish(Reply(text=self.text, footer="Demo, free"), key="k")


async def test_an_answer_grows_and_stays_once(devices: tuple[int, TextIO, TextIO]) -> None:
    """Each state is seen; at the end every block is there once, with the footer."""
    stream = Stream()
    async with console(devices, stream) as terminal:
        terminal.press("hi\r")
        await terminal.until("…")
        stream.grow("# Leeks\n\nWash th")
        await terminal.until("Leeks\n\nWash th\n\nyou>", gone="…")
        stream.grow("em.\n\n- one\n- tw")
        await terminal.until("Wash them.\n\n• one\n• tw\n\nyou>")
        stream.grow("o\n\n```\ncode\n```")
        stream.end.set()
        await terminal.until("Demo, free\n\nyou>")
        assert terminal.screen.text == (
            "Hearthkey console.\n\nyou> hi\n"
            "Leeks\n\nWash them.\n\n• one\n• two\n\n    code\nDemo, free\n\nyou>"
        )


async def test_ctrl_c_stops_and_then_leaves(devices: tuple[int, TextIO, TextIO]) -> None:
    """The first one is /stop for what runs; the next, with nothing running, ends the run."""
    stream = Stream()
    async with console(devices, stream) as terminal:
        terminal.press("hi\r")
        stream.grow("What was th")
        await terminal.until("What was th\n\nyou>")
        terminal.press(CTRL_C)
        await terminal.until("What was th\nDemo, free\n\nyou>")
        assert terminal.receiver.bodies == [Text("hi"), Command("stop")]
        await terminal.receiver.settled(terminal.receiver.incoming[-1].place)
        await asyncio.sleep(0.01)
        assert not terminal.run.done()
        terminal.press(CTRL_C)
        await terminal.left()
        assert terminal.receiver.bodies == [Text("hi"), Command("stop")]


async def test_a_second_ctrl_c_leaves_although_it_runs(
    devices: tuple[int, TextIO, TextIO],
) -> None:
    """When nothing stops, the member still gets out."""
    never = asyncio.Event()

    async def deaf(receiver: ScriptedReceiver, incoming: Incoming) -> None:
        if isinstance(incoming.body, Text):
            await receiver.sink().open()
            await never.wait()

    async with console(devices, deaf) as terminal:
        terminal.press("hi\r")
        await terminal.until("…")
        terminal.press(CTRL_C)
        await terminal.receiver.took(2)
        terminal.press(CTRL_C)
        await terminal.left()
        assert "…" not in terminal.screen.text
        never.set()


async def test_ctrl_c_clears_a_line_first(devices: tuple[int, TextIO, TextIO]) -> None:
    """With words on the line and nothing running, they go; then it leaves."""
    async with console(devices, silent) as terminal:
        terminal.press("half a thou")
        await terminal.until("you> half a thou")
        terminal.press(CTRL_C)
        await terminal.until("you>", gone="half")
        terminal.press(CTRL_C)
        await terminal.left()
        assert terminal.receiver.bodies == []


@pytest.mark.parametrize("keys", [CTRL_D, "/exit\r", "/quit\r"])
async def test_other_ways_out(devices: tuple[int, TextIO, TextIO], keys: str) -> None:
    """Each leaves, and the terminal is as it was before."""
    before = termios.tcgetattr(devices[1])
    async with console(devices, silent) as terminal:
        assert not terminal.is_echoing()
        terminal.press(keys)
        await terminal.left()
        assert termios.tcgetattr(terminal.stdin) == before


async def key_dialogue(receiver: ScriptedReceiver, incoming: Incoming) -> None:
    """Ask for a company, then a key, then thank."""
    match incoming.body:
        case Command("addkey", ""):
            receiver.ask(QuestionKind.MENU)
            rows = ((Button("Demo", "addkey:company:demo"), Button("Cancel", "addkey:cancel")),)
            await receiver.say(Reply(text="Which company is the key from?", buttons=rows))
        case Text("1"):
            receiver.ask(QuestionKind.KEY)
            await receiver.say(Reply(text="Send the key."))
        case _:
            receiver.ask(None)
            await receiver.say(Reply(text="Saved it."))


async def test_a_key_is_typed_unseen(
    devices: tuple[int, TextIO, TextIO], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never comes back on the screen, in the history, or on the disk."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    async with console(devices, key_dialogue) as terminal:
        terminal.press("/addkey\r")
        await terminal.until("1 Demo  0 Cancel\n\nchoose>")
        terminal.press("1\r")
        await terminal.until("Paste the key (it is not shown):")
        terminal.press("\x1b[200~sk-canary-1\x1b[201~")
        terminal.press("234\r")
        await terminal.until("Saved it.\n\nyou>")
        terminal.press("/addkey demo sk-canary-5678\r")
        await terminal.until("sk-canary-5678\nSaved it.\n\nyou>")
        assert terminal.receiver.bodies == [
            Command("addkey"),
            Text("1"),
            SecretText(Command(""), Secret("sk-canary-1234")),
            SecretText(Command("addkey", "demo"), Secret("sk-canary-5678")),
        ]
        assert "sk-canary-1" not in terminal.screen.raw
        assert "234" not in terminal.screen.raw
        terminal.press(UP)
        await terminal.until("sk-canary-5678\nSaved it.\n\nyou> /addkey")
        assert terminal.screen.text.endswith("you> /addkey")
        assert terminal.recent == ["/addkey"]
        assert list(tmp_path.rglob("*")) == []


async def test_what_was_typed_unseen_stays_a_secret(
    devices: tuple[int, TextIO, TextIO],
) -> None:
    """A question that ends while a key is being typed does not make the key a message."""
    async with console(devices, said) as terminal:
        terminal.receiver.ask(QuestionKind.KEY)
        terminal.press("x\x7f")
        await terminal.until("Paste the key")
        terminal.press("sk-canary-1")
        await asyncio.sleep(0.05)
        terminal.receiver.question = None
        terminal.press("\r")
        await terminal.until("Got a secret")
        assert terminal.receiver.bodies == [SecretText(Command(""), Secret("sk-canary-1"))]
        assert "canary" not in terminal.screen.raw


async def test_typed_between_prompts_is_neither_lost_nor_echoed(
    devices: tuple[int, TextIO, TextIO],
) -> None:
    """Lines typed faster than the console reads arrive in order, each shown once."""
    async with console(devices, said) as terminal:
        terminal.press("one\rtwo\rthree\r")
        await terminal.until("Got three")
        assert terminal.receiver.bodies == [Text("one"), Text("two"), Text("three")]
        assert terminal.screen.text.count("you> two") == 1
        assert not terminal.is_echoing()


async def test_somebody_else_in_a_room(devices: tuple[int, TextIO, TextIO]) -> None:
    """The prompt shows who is where; what goes to another place says so."""

    async def told(receiver: ScriptedReceiver, incoming: Incoming) -> None:
        await said(receiver, incoming)
        await receiver.frontend.post(private_of("me"), Reply(text="Bob wrote"), key="k")

    async with console(devices, told) as terminal:
        terminal.press("/as bob\r")
        await terminal.until("bob>")
        terminal.press("/in club\r")
        await terminal.until("chat.\n\nbob in club>")
        terminal.press("@bot hello\r")
        await terminal.until(
            "bob in club> @bot hello\nGot hello\n\nTo me in private:\nBob wrote\n\nbob in club>"
        )
        terminal.press("/in\r/as me\r")
        await terminal.until("bob> /as me\nyou>")
        assert [each.place for each in terminal.receiver.incoming] == [room_of("club")]


async def test_the_question_is_that_of_who_is_there(devices: tuple[int, TextIO, TextIO]) -> None:
    """A key is hidden, a menu waits, and a text does, for whom they were asked."""
    async with console(devices, silent) as terminal:
        terminal.press("/as bob\r")
        await terminal.until("bob>")
        for kind, prompt in (
            (QuestionKind.MENU, "bob, choose>"),
            (QuestionKind.TEXT, "bob, text>"),
            (QuestionKind.KEY, "bob: Paste the key (it is not shown):"),
        ):
            terminal.receiver.ask(kind)
            terminal.press("x\x7f")
            await terminal.until(prompt)
        terminal.press("sk-canary-1\r")
        await terminal.receiver.took(1)
        assert terminal.receiver.bodies == [SecretText(Command(""), Secret("sk-canary-1"))]
        assert terminal.receiver.incoming[0].sender.id == "bob"
        assert "canary" not in terminal.screen.raw


async def test_a_secret_after_a_mention_is_not_kept(devices: tuple[int, TextIO, TextIO]) -> None:
    """The arrow keys do not bring it back."""
    async with console(devices, said) as terminal:
        terminal.press("/in club\r@bot /addkey demo sk-canary-1\r")
        await terminal.until("Got a secret")
        assert terminal.recent == ["/in club"]


async def test_ctrl_c_stops_what_runs_elsewhere(devices: tuple[int, TextIO, TextIO]) -> None:
    """It is said by whoever spoke last where the answer grows."""
    stream = Stream()
    async with console(devices, stream) as terminal:
        terminal.press("/as bob\r/in club\r")
        await terminal.until("bob in club>")
        terminal.press("@bot hi\r")
        stream.grow("What was th")
        await terminal.until("What was th\n\nbob in club>")
        terminal.press("/in\r/as carol\r")
        await terminal.until("In club:\nWhat was th\n\ncarol>")
        terminal.press(CTRL_C)
        await terminal.until("In club:\nWhat was th\nDemo, free\n\ncarol>")
        stopped = terminal.receiver.incoming[-1]
        assert stopped.body == Command("stop")
        assert (stopped.sender.id, stopped.place) == ("bob", room_of("club"))
        assert not terminal.run.done()


async def test_a_paste_is_one_message(devices: tuple[int, TextIO, TextIO]) -> None:
    """Lines of a paste, and lines parted by Alt-Enter, are one message."""
    async with console(devices, silent) as terminal:
        terminal.press("\x1b[200~one\r\ntwo\n\nthree\x1b[201~\r")
        terminal.press("four\x1b\rfive\r")
        await terminal.receiver.took(2)
        assert terminal.receiver.bodies == [Text("one\ntwo\n\nthree"), Text("four\nfive")]


async def test_commands_are_completed(devices: tuple[int, TextIO, TextIO]) -> None:
    """A slash shows what there is, with its help; Tab takes it."""
    async with console(devices, said) as terminal:
        terminal.press("/")
        await terminal.until("/addkey [COMPANY] [KEY]")
        await terminal.until("/exit")
        terminal.press("mo")
        await terminal.until("/model", gone="/exit")
        terminal.press("\t")
        await terminal.until("you> /model")
        terminal.press("\r")
        await terminal.until("Ran model")
        assert terminal.receiver.bodies == [Command("model")]


async def test_a_reply_between_the_blocks_of_an_answer(
    devices: tuple[int, TextIO, TextIO],
) -> None:
    """A command is answered at once; the answer goes on below it and says so."""
    stream = Stream()
    async with console(devices, stream) as terminal:
        terminal.press("hi\r")
        stream.grow("one\n\ntwo,\nth")
        await terminal.until("one\n\ntwo,\nth\n\nyou>")
        terminal.press("/usage\r")
        await terminal.until("Ran usage\n\ntwo,\nth\n\nyou>")
        stream.grow("ree\n\nfour")
        stream.end.set()
        await terminal.until("Demo, free\n\nyou>")
        assert terminal.screen.text == (
            "Hearthkey console.\n\nyou> hi\none\n\nyou> /usage\nRan usage\n\n"
            "(the answer goes on)\ntwo,\nthree\n\nfour\nDemo, free\n\nyou>"
        )


async def test_a_model_does_not_drive_the_terminal(devices: tuple[int, TextIO, TextIO]) -> None:
    """Sequences in an answer are seen as pictures, while it grows and at its end."""
    stream = Stream()
    async with console(devices, stream) as terminal:
        terminal.press("hi\r")
        stream.grow("a\x1b[2Jb\x1b]0;t\x07\n\nc\x9b1A")
        await terminal.until("c\ufffd1A\n\nyou>")
        stream.end.set()
        await terminal.until("a␛[2Jb␛]0;t␇\n\nc\ufffd1A\nDemo, free")
        assert "\x1b[2J" not in terminal.screen.raw
        assert "\x1b]" not in terminal.screen.raw


async def test_a_long_answer_keeps_to_its_window(devices: tuple[int, TextIO, TextIO]) -> None:
    """While code longer than the window grows its end is seen; at the end all of it is there."""
    stream = Stream()
    async with console(devices, stream) as terminal:
        terminal.press("hi\r")
        lines = [f"line {number};" for number in range(100)]
        stream.grow("```\n" + "\n".join(lines))
        await terminal.until("line 99;")
        assert "line 50;" not in terminal.screen.text
        stream.end.set()
        await terminal.until("Demo, free\n\nyou>")
        assert [
            line.strip() for line in terminal.screen.text.splitlines() if "line" in line
        ] == lines


async def test_nothing_can_be_stored(devices: tuple[int, TextIO, TextIO]) -> None:
    """That is the application's to say; the prompt stays."""
    async with console(devices, silent) as terminal:
        terminal.receiver.is_full = True
        terminal.press("hi\r")
        await terminal.until("you> hi")
        terminal.receiver.is_full = False
        terminal.press("again\r")
        await terminal.until("you> again")


async def test_a_closed_window_ends_it(devices: tuple[int, TextIO, TextIO]) -> None:
    """When the other side goes away, the run ends and nothing is raised."""
    async with console(devices, silent) as terminal:
        asyncio.get_running_loop().remove_reader(terminal.keyboard)
        os.dup2(os.open(os.devnull, os.O_RDONLY), terminal.keyboard)
        async with asyncio.timeout(5):
            await terminal.run


def test_only_a_terminal_costs_the_libraries() -> None:
    """A bot without a terminal does not load what draws on one."""
    check = (
        "import sys, adapters.console.frontend as f; from bot.clock import SystemClock;"
        "f.ConsoleFrontend(commands=(), clock=SystemClock())._screen;"
        "print([m for m in ('rich', 'prompt_toolkit', 'markdown_it') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    assert done.stdout == b"[]\n"
