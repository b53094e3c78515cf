"""What every frontend promises: the one of the tests, the console, and each messenger's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from bot.domain.chat import Place, Streaming
from bot.domain.errors import FrontendError, StorageUnavailable
from bot.domain.events import Button, Command, Incoming, MessageRef, Reply, ReplyKind, Text
from bot.domain.ports import Growth
from tests.contract.stands import CLUB, Stand, console, fake
from tests.contract.stands_online import matrix, telegram
from tests.fakes.frontend import BUTTONS, PLAIN
from tests.fakes.receiver import ScriptedReceiver

STANDS: Final[Mapping[str, Callable[[Path], AbstractAsyncContextManager[Stand]]]] = {
    "fake": lambda _: fake(replace(BUTTONS, seals=True, opens_private=True), opens_topics=True),
    "plain": lambda _: fake(PLAIN),
    "console": lambda _: console(),
    "telegram": lambda _: telegram(),
    "matrix": matrix,
}
ANSWER: Final = "The answer has quite a few words, so that it is seen while it grows: here is all"


async def nothing(receiver: ScriptedReceiver, incoming: Incoming) -> None:
    """Answer nothing."""
    del receiver, incoming


class Forgetful(ScriptedReceiver):
    """Stores nothing the first time; `refused` are the updates it did not take."""

    def __init__(self) -> None:
        super().__init__(nothing)
        self.refused: list[str] = []

    async def receive(self, incoming: Incoming) -> str:
        if not self.refused:
            self.refused.append(incoming.update)
            raise StorageUnavailable("full")
        return await super().receive(incoming)


@pytest.fixture(params=STANDS)
async def idle(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stand]:
    """Every frontend there is, not started; at the end nothing of it goes on."""
    async with STANDS[request.param](tmp_path) as stand:
        yield stand
        await stand.close()
        assert not at_work()


@pytest.fixture
def receiver() -> ScriptedReceiver:
    """Return what takes everything and answers nothing."""
    return ScriptedReceiver(nothing)


@pytest.fixture
async def stand(idle: Stand, receiver: ScriptedReceiver) -> Stand:
    """Every frontend there is, running."""
    await idle.start(receiver)
    return idle


def at_work() -> set[str]:
    """Return what the adapters' tasks are named that have not ended."""
    return {each.get_name() for each in asyncio.all_tasks() if "adapters" in _home(each)}


def _home(task: asyncio.Task[object]) -> str:
    code = getattr(task.get_coro(), "cr_code", None)
    return str(code.co_filename) if code else ""


async def test_what_is_said_comes_in_order(stand: Stand, receiver: ScriptedReceiver) -> None:
    """Each message comes once, from its sender and place, under a name of its own."""
    said = [await stand.say(text) for text in ("one", "two", "three")]
    await receiver.took(3)
    assert receiver.bodies == [Text("one"), Text("two"), Text("three")]
    assert {each.sender for each in receiver.incoming} == {stand.identity}
    assert {each.place for each in receiver.incoming} == {stand.place}
    assert len({each.update for each in receiver.incoming}) == 3
    if stand.frontend.abilities.can_delete:
        assert [each.message for each in receiver.incoming] == said


async def test_commands_are_read(stand: Stand, receiver: ScriptedReceiver) -> None:
    """A name and the rest, after the messenger's own sign and after a stroke."""
    for prefix in (stand.frontend.abilities.prefix, "/"):
        _ = await stand.say(f"{prefix}Model  fast one ")
    await receiver.took(2)
    assert receiver.bodies == [Command("model", "fast one")] * 2


async def test_what_was_not_stored_comes_again(idle: Stand) -> None:
    """The same update, before what follows; where nothing comes again, what follows comes."""
    receiver = Forgetful()
    await idle.start(receiver)
    _ = await idle.say("one")
    _ = await idle.say("two")
    again = ["one"] if idle.frontend.abilities.redelivers else []
    await receiver.took(len(again) + 1)
    assert receiver.bodies == [*map(Text, again), Text("two")]
    updates = [each.update for each in receiver.incoming]
    assert (updates[0] == receiver.refused[0]) is bool(again)


async def test_a_message_is_shown_and_changed(stand: Stand) -> None:
    """What can be changed has a name, and the new text stands where the old one was."""
    frontend = stand.frontend
    _ = await frontend.post(stand.place, Reply(text="one"), key="k1")
    message = await frontend.post(stand.place, Reply(text="two"), key="k2")
    _ = await frontend.post(stand.place, Reply(text="three"), key="k3")
    assert list(stand.shown()) == ["one", "two", "three"]
    if frontend.abilities.can_edit:
        assert message is not None
        await frontend.edit(stand.place, message, Reply(text="changed"))
        await frontend.edit(stand.place, message, Reply(text="changed"))
        assert list(stand.shown()) == ["one", "changed", "three"]


async def test_a_key_is_one_message(stand: Stand) -> None:
    """Where a repeat does no harm, the same key is the same message."""
    sent = [await stand.frontend.post(stand.place, Reply(text="once"), key="k1") for _ in range(2)]
    is_one = stand.frontend.abilities.sends_once
    assert list(stand.shown()) == ["once"] * (1 if is_one else 2)
    assert (sent[0] == sent[1] is not None) is is_one


async def test_a_long_reply_comes_in_parts(stand: Stand) -> None:
    """Every part is taken, no word is lost, and the last one has the footer and the choices."""
    words = [f"word{number}" for number in range(2_500)]
    button = Button(label="Choose this", action="model:set")
    reply = Reply(
        text=" ".join(words), footer="That was all", buttons=((button,),), kind=ReplyKind.ANSWER
    )
    parts = stand.frontend.split(reply)
    assert [part.footer for part in parts] == [""] * (len(parts) - 1) + ["That was all"]
    assert [part.buttons for part in parts] == [()] * (len(parts) - 1) + [((button,),)]
    assert {part.kind for part in parts} == {ReplyKind.ANSWER}
    for number, part in enumerate(parts):
        _ = await stand.frontend.post(stand.place, part, key=f"k{number}")
    shown = stand.shown()
    assert len(shown) == len(parts)
    assert "".join("".join(shown).split()).startswith("".join(words))
    assert ["That was all" in text for text in shown] == [False] * (len(parts) - 1) + [True]


@pytest.mark.parametrize("stream", Streaming)
async def test_an_answer_stands_once(stand: Stand, stream: Streaming) -> None:
    """However it grew, its final text is there once, and beside it what came in between."""
    sink = stand.frontend.sink(stand.place, Growth(stream=stream))
    await sink.open()
    for end in range(0, len(ANSWER), 8):
        sink.show(ANSWER[:end])
        await asyncio.sleep(0)
    _ = await stand.frontend.post(stand.place, Reply(text="meanwhile"), key="k1")
    sink.show(ANSWER)
    message = await sink.finish(Reply(text=f"{ANSWER}.", kind=ReplyKind.ANSWER), key="k2")
    assert sorted(stand.shown()) == [f"{ANSWER}.", "meanwhile"]
    assert message is not None or not stand.frontend.abilities.can_edit


async def test_an_answer_of_no_words_yet_ends(stand: Stand) -> None:
    """Nothing was shown, nor even begun: the end is a message all the same."""
    sink = stand.frontend.sink(stand.place, Growth())
    _ = await sink.finish(Reply(text="at once", kind=ReplyKind.ANSWER), key="k1")
    assert list(stand.shown()) == ["at once"]


@pytest.mark.parametrize("text", ["", ANSWER], ids=["unseen", "seen"])
async def test_an_answer_let_go_leaves_nothing_behind(stand: Stand, text: str) -> None:
    """No task goes on, and the next message is as any other."""
    before = at_work()
    sink = stand.frontend.sink(stand.place, Growth())
    await sink.open()
    sink.show(text)
    _ = await stand.frontend.post(stand.place, Reply(text="meanwhile"), key="k1")
    await sink.close()
    assert at_work() == before
    _ = await stand.frontend.post(stand.place, Reply(text="after"), key="k2")
    assert stand.shown()[-1] == "after"


async def test_an_end_that_failed_is_made_again(stand: Stand) -> None:
    """The second one shows the text, once; where nobody reads any more there is none."""
    sink = stand.frontend.sink(stand.place, Growth())
    await sink.open()
    sink.show(ANSWER)
    stand.cut()
    with pytest.raises(FrontendError):
        _ = await sink.finish(Reply(text=f"{ANSWER}."), key="k1")
    if stand.frontend.abilities.is_local:
        return
    stand.mend()
    _ = await sink.finish(Reply(text=f"{ANSWER}."), key="k1")
    assert list(stand.shown()) == [f"{ANSWER}."]


async def test_a_members_message_is_deleted(stand: Stand, receiver: ScriptedReceiver) -> None:
    """It is gone and the others stay; where that is not possible, it is said so."""
    message = await stand.say("it has a key")
    _ = await stand.say("it stays")
    await receiver.took(2)
    is_gone = await stand.frontend.delete(stand.place, message)
    assert is_gone is stand.frontend.abilities.can_delete
    assert list(stand.typed()) == [*([] if is_gone else ["it has a key"]), "it stays"]


async def test_a_cut_line_is_a_frontend_error(stand: Stand, receiver: ScriptedReceiver) -> None:
    """No other error leaves a call, and all goes on when the line is there again.

    Where people sit at this very process, there is nobody to come back, and the run ends.
    """
    member = await stand.say("hello")
    await receiver.took(1)
    message = await stand.frontend.post(stand.place, Reply(text="before"), key="k0")
    stand.cut()
    await stand.frontend.seen(stand.place, member)
    for call in calls(stand, member, message):
        with pytest.raises(FrontendError):
            _ = await call()
    if stand.frontend.abilities.is_local:
        await stand.ended()
        return
    stand.mend()
    for call in calls(stand, member, message):
        _ = await call()
    assert "posted" in stand.shown()
    _ = await stand.say("again")
    await receiver.took(2)


def calls(
    stand: Stand, member: MessageRef, message: MessageRef | None
) -> Sequence[Callable[[], Awaitable[object]]]:
    """Return the calls that need the line, as far as the messenger has them."""
    frontend, place = stand.frontend, stand.place
    found: list[Callable[[], Awaitable[object]]] = [
        lambda: frontend.post(place, Reply(text="posted"), key="k1"),
        lambda: frontend.sink(place, Growth()).finish(Reply(text="ended"), key="k2"),
    ]
    if message is not None and frontend.abilities.can_edit:
        found.append(lambda: frontend.edit(place, message, Reply(text="changed")))
    if frontend.abilities.can_delete:
        found.append(lambda: frontend.delete(place, member))
    if frontend.abilities.opens_private:
        found.append(lambda: frontend.open_private(stand.identity))
    if frontend.has_topics(place):
        found.append(lambda: frontend.open_topic(place, "Porto"))
    return found


async def test_a_private_chat_is_named_or_opened(stand: Stand) -> None:
    """There is an address or none; who can open chats opens closed ones, and no second one."""
    link = stand.frontend.private_link("claim-1")
    assert not link or link.endswith("claim-1")
    assert bool(link) is bool(stand.frontend.private_link())
    opened = await stand.frontend.open_private(stand.identity)
    assert opened.is_private
    assert not stand.frontend.is_unsealed(opened)
    assert await stand.frontend.open_private(stand.identity) == opened
    _ = await stand.frontend.post(opened, Reply(text="type it here"), key="k1")


async def test_only_who_can_seal_has_open_chats(stand: Stand) -> None:
    """Elsewhere no chat is worse than another."""
    assert stand.frontend.abilities.seals or not stand.frontend.is_unsealed(stand.place)


async def test_topics_are_opened_or_refused(stand: Stand) -> None:
    """A topic is a place in the same chat; where there are none, it is an error as any other."""
    if not stand.frontend.has_topics(stand.place):
        with pytest.raises(FrontendError):
            _ = await stand.frontend.open_topic(stand.place, "Porto")
        return
    topic = await stand.frontend.open_topic(stand.place, "Porto")
    assert topic.thread
    assert replace(topic, thread="") == stand.place


async def test_what_a_messenger_knows_of_a_group(stand: Stand) -> None:
    """Its name, how many people are in it beside the bot, and who decides there."""
    frontend, group = stand.frontend, stand.group
    if group is None:
        return
    around = await frontend.around(group)
    assert (around.title, around.people) == (CLUB, 2)
    for _ in range(2):
        assert await frontend.is_admin(group, stand.admin)
        assert not await frontend.is_admin(group, stand.identity)


async def test_what_is_only_for_one_is_seen_by_that_one(stand: Stand) -> None:
    """The others see it only where the messenger can hide nothing; what follows all see."""
    frontend, group = stand.frontend, stand.group
    if group is None:
        return
    secret = Reply(text="only you", only_for=stand.identity.id)
    message = await frontend.post(group, secret, key="k1")
    assert list(stand.seen_in_group(stand.identity)) == ["only you"]
    assert list(stand.seen_in_group(stand.admin)) == ([] if stand.whispers else ["only you"])
    if frontend.abilities.can_edit:
        assert message is not None
        await frontend.edit(group, message, replace(secret, text="you alone"))
        assert list(stand.seen_in_group(stand.identity)) == ["you alone"]
    _ = await frontend.post(group, Reply(text="for all"), key="k2")
    assert stand.seen_in_group(stand.admin)[-1] == "for all"


async def test_a_group_is_left(stand: Stand) -> None:
    """The bot is not in it any more; that it is gone already is no error."""
    if stand.group is None:
        return
    assert stand.is_in_group
    for _ in range(2):
        await stand.frontend.leave(stand.group)
    assert not stand.is_in_group


async def test_a_group_over_a_cut_line(stand: Stand) -> None:
    """What is not known of a group is not guessed, and no other error leaves a call."""
    group = stand.group
    if group is None:
        return
    known = [await call() for call in group_questions(stand, group)]
    stand.cut()
    for call, before in zip(group_questions(stand, group), known, strict=True):
        with suppress(FrontendError):
            assert await call() == before
    for call in group_calls(stand, group):
        with pytest.raises(FrontendError):
            _ = await call()
    stand.mend()
    for call in group_calls(stand, group):
        _ = await call()


def group_questions(stand: Stand, group: Place) -> Sequence[Callable[[], Awaitable[object]]]:
    """Return the questions about a group, which some messengers need the line for."""
    frontend = stand.frontend
    return (
        lambda: frontend.around(group),
        lambda: frontend.is_admin(group, stand.admin),
        lambda: frontend.is_admin(group, stand.identity),
    )


def group_calls(stand: Stand, group: Place) -> Sequence[Callable[[], Awaitable[object]]]:
    """Return the calls about a group that need the line everywhere."""
    frontend = stand.frontend
    return (
        lambda: frontend.post(group, Reply(text="so", only_for=stand.identity.id), key="k3"),
        lambda: frontend.leave(group),
    )
