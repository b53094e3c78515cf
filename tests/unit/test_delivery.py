"""The outbox on its way: each step is committed around the call, and nothing is lost."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.delivery import Courier
from bot.domain.chat import Place, TurnId
from bot.domain.errors import (
    ChatGone,
    ChatMoved,
    FrontendError,
    SendRefused,
    SendThrottled,
    SendUnknown,
    ThreadGone,
)
from bot.domain.events import (
    Button,
    Delivery,
    DeliveryId,
    DeliveryState,
    MessageRef,
    Outgoing,
    Reply,
)
from bot.domain.ports import Abilities
from bot.tasks import Tasks
from bot.texts.turns import storage_waits
from storage.memory import MemoryStores
from tests.fakes.clock import FakeClock, let_run
from tests.fakes.disk import FullDisk
from tests.fakes.frontend import FakeFrontend, FakeSink
from tests.fakes.house import ALICE, BOBS, HOME


class Post:
    """A courier with its outbox, and a log of commits and calls in their order."""

    def __init__(self, frontend: FakeFrontend | None = None) -> None:
        self.clock = FakeClock()
        self.stores = MemoryStores(self.clock)
        self.frontend = frontend or FakeFrontend()
        self.tasks = Tasks()
        self.courier = Courier(self.stores.turns, {"fake": self.frontend}, self.clock, self.tasks)
        self.log: list[str] = []
        self._watch()

    def _watch(self) -> None:
        real = self.stores.turns.mark_delivery

        async def watched(
            delivery: DeliveryId, state: DeliveryState, message: MessageRef | None = None
        ) -> None:
            self.log.append(f"{state.value}{f' as {message}' if message else ''}")
            await real(delivery, state, message)
            if state is DeliveryState.SENDING:
                self.log.append(f"{len(self.frontend.shown)} shown")

        self.stores.turns.mark_delivery = watched  # type: ignore[method-assign]  # a probe

    def outbox(
        self,
        *texts: str,
        place: Place = HOME,
        edits: MessageRef | None = None,
        turn: TurnId | None = None,
    ) -> Sequence[Delivery]:
        """Put texts into the outbox."""
        member = self.stores._state.member(ALICE)
        return self.stores._state.post(
            tuple(
                Outgoing(
                    place=place, member=member, reply=Reply(text=text), turn=turn, edits=edits
                )
                for text in texts
            )
        )

    async def send(self, deliveries: Sequence[Delivery], sink: FakeSink | None = None) -> None:
        """Send, and let everything run."""
        self.courier.send(deliveries, sink)
        await let_run()

    @property
    def states(self) -> list[DeliveryState]:
        """Where each message stands."""
        return [row.state for row in self.stores._state.outbox.values()]


@pytest.fixture
async def post() -> Post:
    """A post office inside a running loop."""
    return Post()


async def test_sending_is_committed_before_the_call_and_sent_after_it(post: Post) -> None:
    """A crash between the two leaves a row that says the message may be there."""
    await post.send(post.outbox("hello"))
    assert post.log == ["sending", "0 shown", "sent as b1"]
    assert post.frontend.texts == ["hello"]


async def test_messages_of_a_place_keep_their_order_and_places_do_not_wait(post: Post) -> None:
    """What is held up in one chat holds up that chat only."""
    post.frontend.fail_next("post", SendThrottled(30))
    await post.send((*post.outbox("a1", "a2"), *post.outbox("b1", place=BOBS)))
    assert post.frontend.texts == ["b1"]
    assert len(post.courier.pending(HOME)) == 1
    await post.clock.advance(31)
    assert post.frontend.texts == ["b1", "a1", "a2"]
    assert post.courier.pending(HOME) == []


async def test_a_throttled_message_waits_as_long_as_it_was_told(post: Post) -> None:
    """It surely was not taken: it is pending meanwhile, and comes unmarked."""
    post.frontend.fail_next("post", SendThrottled(30))
    await post.send(post.outbox("hello"))
    assert post.states == [DeliveryState.PENDING]
    await post.clock.advance(29)
    assert post.frontend.texts == []
    await post.clock.advance(2)
    assert post.frontend.texts == ["hello"]


async def test_a_throttle_does_not_lengthen_later_pauses(post: Post) -> None:
    """After a long pause that was asked for, a failing line is tried again within seconds."""
    post.frontend.fail_next("post", SendThrottled(600), FrontendError())
    await post.send(post.outbox("hello"))
    await post.clock.advance(600)
    await post.clock.advance(3)
    assert post.frontend.texts == ["hello"]


async def test_a_messenger_that_is_down_is_tried_at_growing_pauses(post: Post) -> None:
    """One second at first, a minute at most."""
    post.frontend.fail_next("post", *(FrontendError() for _ in range(9)))
    await post.send(post.outbox("hello"))
    await post.clock.advance(1_000)
    assert post.clock.slept == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert post.frontend.texts == ["hello"]


@pytest.mark.parametrize("error", [ChatGone(), SendRefused()], ids=["gone", "refused"])
async def test_what_can_never_arrive_is_given_up(post: Post, error: FrontendError) -> None:
    """A blocked bot or a refused message does not hold up the next one."""
    post.frontend.fail_next("post", error)
    await post.send(post.outbox("one", "two"))
    assert post.states == [DeliveryState.UNDELIVERABLE, DeliveryState.SENT]
    assert post.frontend.texts == ["two"]


async def test_an_unknown_result_is_marked_where_the_messenger_repeats(post: Post) -> None:
    """The member sees that the message may be there twice."""
    post.frontend.fail_next("post", SendUnknown())
    await post.send(post.outbox("hello"))
    await post.clock.advance(2)
    assert post.frontend.texts == ["(sent again)\nhello"]


async def test_the_mark_does_not_move_a_stretch(post: Post) -> None:
    """A part that shows a stretch of its text says in its footer that it was sent again."""
    part = Reply(text="hello", footer="Demo", stretch=(1, 3))
    member = post.stores._state.member(ALICE)
    post.frontend.fail_next("post", SendUnknown())
    await post.send(post.stores._state.post((Outgoing(place=HOME, member=member, reply=part),)))
    await post.clock.advance(2)
    (shown,) = post.frontend.shown
    assert shown.reply == replace(part, footer="(sent again) Demo")


async def test_an_unknown_result_is_not_marked_where_a_message_is_sent_once() -> None:
    """There the same key makes the repeat harmless."""
    post = Post(FakeFrontend(abilities=Abilities(sends_once=True)))
    post.frontend.fail_next("post", SendUnknown())
    rows = post.outbox("hello")
    await post.send(rows)
    await post.clock.advance(2)
    assert post.frontend.texts == ["hello"]
    assert post.frontend.shown[0].key == f"d{rows[0].id}"


async def test_an_answer_ends_where_it_grew(post: Post) -> None:
    """The first part goes into its sink, and it is told which message that is."""
    sink = post.frontend.sink(HOME)
    await sink.open()
    await post.send(post.outbox("hello"), sink)
    assert [shown.how for shown in post.frontend.shown] == ["finish"]
    assert not sink.is_open


async def test_an_unknown_end_of_a_growing_answer_is_marked(post: Post) -> None:
    """What may have been the message's end comes again as a message of its own."""
    sink = post.frontend.sink(HOME)
    post.frontend.fail_next("finish", SendUnknown())
    await post.send(post.outbox("hello"), sink)
    await post.clock.advance(2)
    assert post.frontend.texts == ["(sent again)\nhello"]


@pytest.mark.parametrize("has_sink", [True, False], ids=["sink", "edit"])
async def test_an_answer_whose_message_is_gone_comes_as_one_of_its_own(
    post: Post, has_sink: bool
) -> None:
    """A member who deletes the growing message still gets the answer."""
    sink = post.frontend.sink(HOME) if has_sink else None
    post.frontend.fail_next("finish" if has_sink else "edit", SendRefused())
    await post.send(post.outbox("hello", edits=MessageRef("b9")), sink)
    assert [(shown.how, shown.reply.text) for shown in post.frontend.shown] == [("post", "hello")]
    assert post.states == [DeliveryState.SENT]


@pytest.mark.parametrize("has_sink", [True, False], ids=["sink", "post"])
async def test_an_answer_for_a_topic_that_is_gone_comes_into_the_chat(
    post: Post, has_sink: bool
) -> None:
    """Its first part says why; the parts after it do not, and the next answer does again."""
    topic = replace(HOME, thread="7")
    sink = post.frontend.sink(topic) if has_sink else None
    post.frontend.fail_next("finish" if has_sink else "post", ThreadGone())
    (first,) = post.outbox("one", place=topic, turn=TurnId(1))
    await post.send((first,), sink)
    post.frontend.fail_next("post", ThreadGone())
    await post.send(post.outbox("two", place=topic, turn=TurnId(1)))
    post.frontend.fail_next("post", ThreadGone())
    await post.send(post.outbox("three", place=topic, turn=TurnId(2)))
    line = "The topic is gone, so the answer is here:"
    assert post.frontend.texts == [f"{line}\none", "two", f"{line}\nthree"]
    assert {shown.place for shown in post.frontend.shown} == {HOME}
    assert post.states == [DeliveryState.SENT] * 3


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (SendUnknown(), "(sent again)"),
        (ThreadGone(), "The topic is gone, so the answer is here:"),
    ],
    ids=["again", "topic"],
)
async def test_a_part_of_a_long_block_is_marked_below(
    post: Post, error: FrontendError, line: str
) -> None:
    """It is a stretch counted in its text, so nothing is put before that."""
    part = Reply(text="```\nlong\n```", footer="Demo, free", stretch=(0, 2))
    member = post.stores._state.member(ALICE)
    place = replace(HOME, thread="7")
    post.frontend.fail_next("post", error)
    await post.send(post.stores._state.post((Outgoing(place=place, member=member, reply=part),)))
    await post.clock.advance(2)
    (shown,) = post.frontend.shown
    assert (shown.reply.text, shown.reply.stretch) == (part.text, part.stretch)
    assert shown.reply.footer == f"{line} Demo, free"


async def test_a_command_in_a_topic_that_is_gone_is_answered_in_the_chat(post: Post) -> None:
    """Each of its replies says why: they belong to no answer."""
    topic = replace(HOME, thread="7")
    for text in ("one", "two"):
        post.frontend.fail_next("edit", ThreadGone())
        await post.send(post.outbox(text, place=topic, edits=MessageRef("b9")))
    assert [text.rpartition("\n")[2] for text in post.frontend.texts] == ["one", "two"]
    assert all(text.startswith("The topic is gone") for text in post.frontend.texts)


@pytest.mark.parametrize("error", [ThreadGone(), ChatMoved(HOME.chat)], ids=["topic", "moved"])
async def test_an_error_that_makes_no_sense_ends_the_message(
    post: Post, error: FrontendError
) -> None:
    """A topic that is gone where there was none, or a move to where it is: no endless round."""
    post.frontend.fail_next("post", error)
    await post.send(post.outbox("hello"))
    assert post.states == [DeliveryState.UNDELIVERABLE]


async def test_a_moved_chat_is_told_to_storage_before_it_is_written_to(post: Post) -> None:
    """With a disk that is full it waits; the message is not marked as sent again."""
    disk = FullDisk(post.stores.turns, "moved")
    post.frontend.fail_next("post", ChatMoved("alice2"))
    await post.send(post.outbox("hello", edits=None))
    await post.clock.advance(10)
    assert post.frontend.texts == []
    disk.make_room()
    await post.clock.advance(3)
    (shown,) = post.frontend.shown
    assert (shown.place, shown.reply.text) == (Place("fake", "alice2"), "hello")
    assert post.states == [DeliveryState.SENT]


async def test_an_edit_is_repeated_unmarked(post: Post) -> None:
    """Putting the same text in a message's place twice does no harm."""
    post.frontend.fail_next("edit", SendUnknown())
    await post.send(post.outbox("hello", edits=MessageRef("b9")))
    await post.clock.advance(2)
    (shown,) = post.frontend.shown
    assert (shown.how, shown.message, shown.reply.text) == ("edit", "b9", "hello")
    assert post.log[-1] == "sent as b9"


async def test_a_messenger_that_is_not_configured_keeps_its_outbox(post: Post) -> None:
    """Its messages stay pending until it is there again."""
    await post.send(post.outbox("hello", place=Place("other", "alice")))
    assert post.states == [DeliveryState.PENDING]
    assert post.log == []


async def test_a_full_disk_delays_a_message_and_does_not_repeat_it(post: Post) -> None:
    """The call is made after `sending` could be committed, once; until then one line says why."""
    disk = FullDisk(post.stores.turns, "mark_delivery")
    await post.send(post.outbox("hello"))
    await post.clock.advance(30)
    assert post.frontend.texts == [storage_waits().text]
    disk.make_room()
    await post.clock.advance(3)
    assert post.frontend.texts[1:] == ["hello"]
    assert post.states == [DeliveryState.SENT]


async def test_a_note_may_be_lost_and_nothing_else_is(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    """What is not kept is said once; its failure is logged by type."""
    post.frontend.fail_next("post", ChatGone("the words"))
    await post.courier.say(HOME, Reply(text="psst", buttons=((Button("B", "b:c"),),)))
    await post.courier.say(HOME, Reply(text="psst"))
    assert post.frontend.texts == ["psst"]
    assert "ChatGone" in caplog.text
    assert "the words" not in caplog.text
