"""What comes in from Matrix over real sockets: each message once, in order, whatever else."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from bot.domain.events import Edited, Incoming, Text
from bot.domain.secret import Secret
from tests.fakes.clock import FakeClock, let_run
from tests.fakes.matrix_line import ALICE, MatrixLine, matrix_line, waited
from tests.fakes.receiver import ScriptedReceiver
from tests.simulators.matrix.faults import Fault

HOUR_S: Final = 3_600.0
ODD: Final[tuple[Any, ...]] = (
    *(None, 1, 1.5, True, "m.thread", [], [[]], {}, {"rel_type": 1, "event_id": 2}),
    *({"rel_type": "m.thread"}, {"rel_type": "m.thread", "event_id": ["$x"]}),
    *({"rel_type": "m.thread", "event_id": "$no:other"}, {"rel_type": "m.thread", "event_id": ""}),
    *({"m.in_reply_to": []}, {"m.in_reply_to": {"event_id": {}}}, {"m.in_reply_to": None}),
    *({"m.in_reply_to": {"event_id": "\x00/../?#%"}}, {"rel_type": {"a": []}, "key": 5}),
    {"rel_type": "m.reference", "event_id": "$no"},
)
ODD_ANSWERS: Final[tuple[Any, ...]] = (
    {"rooms": []},
    {"rooms": {"join": [], "invite": 3, "leave": "all", "knock": None}},
    {"rooms": {"join": {"!odd:home.test": 7}, "leave": {"!odd:home.test": {}}}},
    {"rooms": {"join": {"!odd:home.test": {"state": {"events": [5]}, "timeline": []}}}},
    {"rooms": {"join": {"!odd:home.test": {"timeline": {"events": [{}, [], {"type": 1}]}}}}},
    {"rooms": {"join": {"!odd:home.test": {"timeline": {"limited": True, "prev_batch": 4}}}}},
    {"to_device": [], "device_lists": 4, "account_data": {"events": [1, {}, {"content": 1}]}},
    {"to_device": {"events": [{}, 1, {"type": "m.room.encrypted", "content": []}]}},
    {"device_lists": {"changed": "x", "left": 1}, "device_one_time_keys_count": []},
    {"device_one_time_keys_count": {"signed_curve25519": "x"}},
    {"device_unused_fallback_key_types": {"a": 1}, "account_data": []},
)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[MatrixLine]:
    """Return an account at a homeserver of its own, not started."""
    async with matrix_line(tmp_path) as line:
        yield line


@pytest.fixture
async def still(tmp_path: Path) -> AsyncIterator[tuple[MatrixLine, FakeClock]]:
    """Return the same on a clock that stands still."""
    clock = FakeClock()
    async with matrix_line(tmp_path, clock) as line:
        yield line, clock


@pytest.mark.parametrize("count", [60, 230], ids=["at once", "in pages"])
async def test_what_came_while_away_is_handed_over(line: MatrixLine, count: int) -> None:
    """All of it, once, in order, from where the last run came to."""
    room = line.sim.people.direct("alice")
    await line.start()
    await line.hears("before")
    await line.stop()
    texts = [f"message {number}" for number in range(count)]
    made = line.sim.people.backlog("alice", texts)
    await line.start()
    await line.taken(made[-1].update)
    assert line.receiver.bodies == [Text("before"), *map(Text, texts)]
    assert {each.place for each in line.receiver.incoming} == {line.place(room)}
    assert bool(line.count("messages")) is (count > 100)


async def test_old_messages_are_not_answered_at_a_first_start(line: MatrixLine) -> None:
    """What was said a moment before it was set up is."""
    line.sim.people.direct("alice")
    line.sim.people.say("alice", "long ago", age_s=HOUR_S)
    line.sim.people.say("alice", "just now", age_s=60.0)
    await line.start()
    await line.hears("and now")
    assert line.receiver.bodies == [Text("just now"), Text("and now")]


@pytest.mark.parametrize("is_away", [False, True], ids=["running", "away"])
async def test_what_was_said_before_the_bot_came_is_not_its_affair(
    line: MatrixLine, *, is_away: bool
) -> None:
    """Of a room it comes into it hears what follows its invitation, however it came in."""
    line.sim.people.direct("alice")
    await line.start()
    await line.hears("hello")
    if is_away:
        await line.stop()
    room = line.sim.people.group("alice", is_joined=False)
    line.sim.people.say("alice", "among ourselves", room=room, age_s=HOUR_S)
    line.sim.people.say("alice", "are you there?", room=room)
    line.sim.people.join("hearth", room=room)
    if is_away:
        await line.start()
    await line.hears("well?", room=room)
    assert line.receiver.bodies == [Text("hello"), Text("are you there?"), Text("well?")]


async def test_another_name_hides_no_backlog(line: MatrixLine) -> None:
    """That the bot was renamed is an event like that of its coming, and is none."""
    line.sim.people.direct("alice")
    await line.start()
    await line.hears("hello")
    await line.stop()
    line.sim.people.say("alice", "while away", age_s=60.0)
    line.sim.people.rename("hearth", "Hearth")
    await line.start()
    await line.hears("and now")
    assert line.receiver.bodies == [Text("hello"), Text("while away"), Text("and now")]


async def test_clear_text_is_left_out_where_all_is_encrypted(line: MatrixLine) -> None:
    """Whoever runs a server could write it; what was said before it was switched on counts."""
    line.sim.people.direct("alice")
    await line.start()
    await line.hears("in the clear")
    line.sim.people.encrypt("alice")
    await line.hears("forged")
    await line.restart()
    await line.hears("forged again")
    assert line.receiver.bodies == [Text("in the clear")]


async def test_whatever_a_message_relates_to_is_read(line: MatrixLine) -> None:
    """None of it stops what follows, and it is a message all the same."""
    line.sim.people.direct("alice")
    await line.start()
    for number, odd in enumerate(ODD):
        content = {"msgtype": "m.text", "body": f"odd {number}", "m.relates_to": odd}
        line.sim.people.send("alice", content)
    await line.hears("even")
    heard = [f"odd {number}" for number in range(len(ODD))]
    assert line.receiver.bodies == [*map(Text, heard), Text("even")]


async def test_changes_and_signs_of_nothing_are_nothing(line: MatrixLine) -> None:
    """Whatever they say they relate to is not there."""
    line.sim.people.direct("alice")
    await line.start()
    for target in ("$none", "", 4, None):
        relates = {"rel_type": "m.annotation", "event_id": target, "key": "x"}
        line.sim.people.send("alice", {"m.relates_to": relates}, kind="m.reaction")
        relates = {"rel_type": "m.replace", "event_id": target}
        new = {"msgtype": "m.text", "body": "x"}
        line.sim.people.send("alice", {**new, "m.new_content": new, "m.relates_to": relates})
    await line.hears("even")
    assert line.receiver.bodies == [Text("even")]


async def test_a_message_is_no_other_whatever_it_says(line: MatrixLine) -> None:
    """What is done to it, such as its deletion, is done to no message that it names."""
    room = line.sim.people.direct("alice")
    await line.start()
    root = line.sim.people.say("alice", "root")
    inside = line.sim.people.say("alice", "inside", thread=root.event)
    relates = {"rel_type": "m.annotation", "event_id": inside.event, "key": "x"}
    content = {"msgtype": "m.text", "body": "not inside", "m.relates_to": relates}
    said = line.sim.people.send("alice", content)
    await line.taken(said.update)
    assert line.receiver.incoming[-1].message == said.event
    assert line.receiver.incoming[-1].place == line.place(room)


async def test_the_bot_and_other_bots_are_not_listened_to(line: MatrixLine) -> None:
    """Nor what it says from another device, nor what is marked as a notice."""
    room = line.sim.people.direct("alice")
    await line.start()
    line.sim.people.say("hearth", "from elsewhere", room=room)
    line.sim.people.send("alice", {"msgtype": "m.notice", "body": "I am a bot too"})
    await line.hears("hello")
    assert line.receiver.bodies == [Text("hello")]


async def test_a_change_belongs_to_its_messages_thread(line: MatrixLine) -> None:
    """It names no thread itself, and the message may be from before this process."""
    room = line.sim.people.direct("alice")
    await line.start()
    root = line.sim.people.say("alice", "root")
    inside = line.sim.people.say("alice", "inside", thread=root.event)
    await line.taken(inside.update)
    for text in ("changed", "changed again"):
        await line.taken(line.sim.people.edit("alice", inside.event, text).update)
        await line.restart()
    changes = [each for each in line.receiver.incoming if isinstance(each.body, Edited)]
    assert [each.body for each in changes] == [Edited("changed"), Edited("changed again")]
    assert {each.place for each in changes} == {line.place(room, root.event)}
    assert {each.message for each in changes} == {inside.event}


async def test_one_poison_message_stops_no_other(
    line: MatrixLine, caplog: pytest.LogCaptureFixture
) -> None:
    """It is left out with one line that says nothing of it."""

    class Poisoned(ScriptedReceiver):
        async def receive(self, incoming: Incoming) -> str:
            if incoming.body == Text("poison"):
                raise RuntimeError("poison")
            return await super().receive(incoming)

    line.receiver = Poisoned(line.receiver._answer)
    line.sim.people.direct("alice")
    await line.start()
    for text in ("one", "poison", "two"):
        line.sim.people.say("alice", text)
    await line.hears("three")
    assert line.receiver.bodies == [Text("one"), Text("two"), Text("three")]
    lines = [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]
    assert lines == ["an event failed and is left out: RuntimeError"]


async def test_bad_answers_are_waited_out(
    still: tuple[MatrixLine, FakeClock], caplog: pytest.LogCaptureFixture
) -> None:
    """Ever more slowly, with one line for each kind of trouble; then it goes on where it was."""
    line, clock = still
    line.sim.people.direct("alice")
    faults = [Fault(garbage=True)] * 3 + [Fault(status=502)] * 3 + [Fault(answer={"next": 1})]
    line.sim.faults.add("sync", *faults)
    await line.start()
    said = line.sim.people.say("alice", "hello")
    await waited(clock, 1.0, 2.0, 4.0, 1.0, 2.0, 4.0, 1.0)
    await line.taken(said.update)
    assert line.receiver.bodies == [Text("hello")]
    lines = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert len(lines) == 4
    assert "works again" in lines[-1]


@pytest.mark.parametrize("odd", ODD_ANSWERS)
async def test_an_answer_of_any_form_is_survived(line: MatrixLine, odd: dict[str, Any]) -> None:
    """What is of no use in it is left out, and the next one is read."""
    line.sim.people.direct("alice")
    await line.start()
    await line.hears("before")
    pos = line.sim.people.say("alice", "and then").update
    line.sim.faults.add("sync", Fault(answer={"next_batch": f"s{pos}_{pos}", **odd}))
    await line.sim.until(lambda: not line.sim.faults.queues["sync"])
    await line.hears("after")
    assert line.receiver.bodies == [Text("before"), Text("and then"), Text("after")]


async def test_what_a_message_refers_to_is_not_waited_for_in_vain(
    still: tuple[MatrixLine, FakeClock],
) -> None:
    """A server may fail at it each time, and anybody could so stop all that is said."""
    line, clock = still
    line.sim.people.direct("alice")
    await line.start()
    line.sim.faults.add("event", *[Fault(status=500)] * 3)
    said = line.sim.people.say("alice", "hello", reply_to="$none")
    await waited(clock, 1.0, 2.0)
    await line.taken(said.update)
    assert line.receiver.bodies == [Text("hello")]


@pytest.mark.parametrize("status", [401, 429, 502])
async def test_what_a_message_refers_to_is_asked_for_again(line: MatrixLine, status: int) -> None:
    """A moment's trouble makes no message of a thread one of its room, nor loses a change."""
    line.sim.people.direct("alice")
    await line.start()
    root = line.sim.people.say("alice", "root")
    inside = line.sim.people.say("alice", "inside", thread=root.event)
    await line.taken(inside.update)
    await line.stop()
    line.sim.faults.add("event", Fault(status=status))
    edit = line.sim.people.edit("alice", inside.event, "changed")
    await line.start()
    await line.taken(edit.update)
    assert line.receiver.bodies[-1] == Edited("changed")
    assert line.receiver.incoming[-1].place.thread == root.event


@pytest.mark.parametrize("status", [401, 429, 502])
async def test_what_waits_for_its_key_is_kept_through_a_moments_trouble(
    line: MatrixLine, status: int
) -> None:
    """Only what the server surely does not have any more is given up."""
    line.sim.people.direct("alice", is_encrypted=True)
    line.sim.people.direct("bob")
    await line.start()
    sealed = {"algorithm": "m.megolm.v1.aes-sha2", "session_id": "s1", "ciphertext": "x"}
    waits = line.sim.people.send("alice", sealed, kind="m.room.encrypted")
    await line.taken(waits.update)
    await line.stop()
    line.sim.faults.add("event", Fault(status=status))
    await line.start()
    await line.sim.until(lambda: not line.sim.faults.queues["event"])
    await line.taken(line.sim.people.say("bob", "hello").update)
    kept = await line.stores.keepsakes.get("matrix/unopened")
    assert kept is not None
    assert waits.event in kept.reveal()


async def test_an_ended_session_is_begun_anew(line: MatrixLine) -> None:
    """With a password the bot is there again as another device, and nothing was lost."""
    room = line.sim.people.direct("alice")
    await line.start()
    await line.hears("before")
    first = line.frontend.device
    line.sim.people.revoke()
    await line.hears("after")
    assert line.frontend.device != first
    assert line.receiver.bodies == [Text("before"), Text("after")]
    assert {each.place for each in line.receiver.incoming} == {line.place(room)}


async def test_a_token_that_was_revoked_is_not_tried_for_ever(
    still: tuple[MatrixLine, FakeClock], caplog: pytest.LogCaptureFixture
) -> None:
    """One line says what to do, and the server is asked once a minute whether it is done."""
    line, clock = still
    line.sim.people.direct("alice")
    await line.start(password=None, access_token=Secret(line.sim.token("GIVEN")))
    await line.hears("before")
    line.sim.people.revoke()
    await waited(clock, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, *[60.0] * 5)
    assert line.count("whoami") <= 12
    lines = [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]
    assert len(lines) == 1
    assert "HEARTHKEY_MATRIX_ACCESS_TOKEN" in lines[0]


async def test_what_was_read_is_shown_to_be(line: MatrixLine) -> None:
    """Up to the newest message, and in a thread up to the newest there."""
    line.sim.people.direct("alice")
    await line.start()
    root = line.sim.people.say("alice", "root")
    inside = line.sim.people.say("alice", "inside", thread=root.event)

    def read() -> set[tuple[str, str]]:
        rows = [each for each in line.sim.journal.rows if each["op"] == "read"]
        return {(each["target"], each["thread"]) for each in rows}

    await line.sim.until(lambda: read() >= {(inside.event, root.event)})
    last = line.sim.people.say("alice", "last")
    await line.sim.until(lambda: (last.event, "main") in read())


async def test_a_stop_leaves_no_call_on_its_way(line: MatrixLine) -> None:
    """Not even one that only shows something, at a server that does not answer."""
    room = line.sim.people.direct("alice")
    line.sim.faults.add("receipt", Fault(hang=True))
    await line.start()
    said = line.sim.people.say("alice", "hello")
    await line.sim.until(lambda: bool(line.count("receipt")))
    await line.taken(said.update)
    await line.frontend.close()
    await let_run()
    assert not line.http.is_busy
    assert line.receiver.incoming[0].place == line.place(room)
    assert line.receiver.incoming[0].sender == ALICE
