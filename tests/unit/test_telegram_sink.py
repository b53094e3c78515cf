"""An answer growing on a phone: soon, in order, one call at a time, and its end always."""

import asyncio
import itertools
from collections.abc import Callable

import pytest

from adapters.shared.sink import GrowingSink, Way
from adapters.shared.text.entities import Rendered
from adapters.shared.text.growing import Preview
from adapters.telegram.render import FULL
from adapters.telegram.ways import Draft, DraftPace, Edit, Whole
from bot.domain.chat import Place, PlaceKind
from bot.domain.errors import FrontendError, SendRefused, SendThrottled
from bot.domain.events import Button, MessageRef, Reply
from bot.domain.ports import Growth
from tests.fakes.clock import FakeClock, let_run
from tests.fakes.outlet import FakeOutlet

HOME = Place("telegram", "7")
GROUP = Place("telegram", "-100", kind=PlaceKind.GROUP)
STOP = ((Button("Stop", "stop:now"),),)
LONG = "These are more than forty characters of an answer."


class Stand:
    """A sink over a recording outlet."""

    def __init__(self, place: Place = HOME) -> None:
        self.clock = FakeClock()
        self.outlet = FakeOutlet(self.clock)
        self.place = place
        self.appeared: list[MessageRef] = []
        self.pace = DraftPace()
        self.growth = Growth(buttons=STOP, reply_to=MessageRef("5"), appeared=self._note)

    async def _note(self, message: MessageRef) -> None:
        self.appeared.append(message)

    def sink(self, make: Callable[["Stand"], Way[Rendered]]) -> GrowingSink[Rendered]:
        """Return a sink that begins in one way and goes on in the next."""
        return GrowingSink(make(self), self.clock, draw=Preview(FULL).seen, instead=self._instead)

    def _instead(self, way: Way[Rendered]) -> Way[Rendered]:
        return edit(self) if isinstance(way, Draft) else whole(self)


def draft(stand: Stand) -> Way[Rendered]:
    """Return a draft over the recording outlet."""
    return Draft(stand.outlet, stand.place, stand.pace, 17)  # type: ignore[arg-type]  # the fake records


def edit(stand: Stand) -> Way[Rendered]:
    """Return an edited message over the recording outlet."""
    return Edit(stand.outlet, stand.place, stand.growth)  # type: ignore[arg-type]  # the fake records


def whole(stand: Stand) -> Way[Rendered]:
    """Return a whole message over the recording outlet."""
    return Whole(stand.outlet, stand.place, stand.growth)  # type: ignore[arg-type]  # the fake records


async def test_a_draft_shows_the_first_words_at_once_and_the_newest_each_second() -> None:
    """Whatever comes in between is left out, never queued."""
    stand = Stand()
    sink = stand.sink(draft)
    await sink.open()
    await let_run()
    sink.show("One")
    await let_run()
    assert stand.outlet.texts("draft") == ["", "One"]
    for text in ("One two", "One two three", "One two three four"):
        sink.show(text)
        await stand.clock.advance(0.3)
    await stand.clock.advance(0.2)
    assert stand.outlet.texts("draft") == ["", "One", "One two three four"]
    await sink.finish(Reply(text="One two three four five"), key="k")
    assert stand.outlet.done[-1].how == "post"


async def test_an_edited_answer_begins_with_a_few_words_and_a_stop_button() -> None:
    """Its message is told of, grows each second, and becomes the final text without the button."""
    stand = Stand()
    sink = stand.sink(edit)
    await sink.open()
    await let_run()
    sink.show("One")
    await let_run()
    assert stand.outlet.texts("begin") == []
    await stand.clock.advance(1)
    (first,) = [each for each in stand.outlet.done if each.how == "begin"]
    assert (first.text, first.buttons, first.reply_to) == ("One", STOP, "5")
    assert stand.appeared == ["1"]
    sink.show("One two")
    await stand.clock.advance(1)
    assert stand.outlet.texts("grow") == ["One two"]
    assert await sink.finish(Reply(text="One two three"), key="k") == "1"
    assert (stand.outlet.done[-1].how, stand.outlet.done[-1].buttons) == ("edit", ())


async def test_many_first_words_need_no_waiting() -> None:
    """Forty characters are enough to begin with."""
    stand = Stand()
    sink = stand.sink(edit)
    await sink.open()
    sink.show(LONG)
    await let_run()
    assert stand.outlet.texts("begin") == [LONG]
    await sink.close()


async def test_first_words_that_become_many_need_no_more_waiting() -> None:
    """A stream begins with a word, and has forty characters long before a second is over."""
    stand = Stand()
    sink = stand.sink(edit)
    await sink.open()
    sink.show("These")
    await stand.clock.advance(0.2)
    assert stand.outlet.texts("begin") == []
    sink.show(LONG)
    await let_run()
    assert stand.outlet.texts("begin") == [LONG]
    await sink.close()


@pytest.mark.parametrize("make", [draft, edit, whole])
async def test_an_answer_without_a_frame_is_sent_whole(
    make: Callable[[Stand], Way[Rendered]],
) -> None:
    """However short the time was, nothing is missing."""
    stand = Stand()
    sink = stand.sink(make)
    await sink.finish(Reply(text="All"), key="k")
    assert stand.outlet.texts("post") == ["All"]


async def test_the_same_text_is_shown_once() -> None:
    """A frame like the one before costs a call and shows nothing."""
    stand = Stand()
    sink = stand.sink(draft)
    await sink.open()
    for _ in range(5):
        sink.show("One")
        await stand.clock.advance(1.5)
    assert stand.outlet.texts("draft") == ["", "One"]
    await sink.close()


async def test_a_quiet_draft_is_kept_from_vanishing() -> None:
    """Telegram drops one after thirty seconds."""
    stand = Stand()
    sink = stand.sink(draft)
    await sink.open()
    sink.show("One")
    await stand.clock.advance(45)
    assert stand.outlet.texts("draft") == ["", "One", "One", "One"]
    await sink.close()


async def test_typing_is_shown_until_there_is_a_message() -> None:
    """In private; a group has no calls to spare for it."""
    stand = Stand()
    sink = stand.sink(edit)
    await sink.open()
    await stand.clock.advance(9)
    assert stand.outlet.texts("typing") == ["", "", ""]
    sink.show(LONG)
    await stand.clock.advance(9)
    assert len(stand.outlet.texts("typing")) == 3
    await sink.close()
    group = Stand(GROUP)
    quiet = group.sink(edit)
    await quiet.open()
    await group.clock.advance(9)
    assert group.outlet.done == []
    await quiet.close()


async def test_a_group_is_edited_every_three_seconds_at_most() -> None:
    """And less often as the answer gets longer."""
    stand = Stand(GROUP)
    sink = stand.sink(edit)
    await sink.open()
    for number in range(60):
        sink.show(LONG + "x" * number)
        await stand.clock.advance(0.5)
    times = [each.at for each in stand.outlet.done]
    assert min(after - before for before, after in itertools.pairwise(times)) >= 3
    await sink.close()


async def test_a_refused_draft_goes_on_as_a_message() -> None:
    """No text is lost, and the same answer grows by edits."""
    stand = Stand()
    stand.outlet.fail_next("draft", SendRefused())
    sink = stand.sink(draft)
    await sink.open()
    sink.show(LONG)
    await let_run()
    assert stand.outlet.texts("begin") == [LONG]
    await sink.finish(Reply(text=f"{LONG} End."), key="k")
    assert stand.outlet.texts("edit") == [f"{LONG} End."]


async def test_a_message_that_its_reader_deleted_is_not_edited_again() -> None:
    """The whole answer comes as a message of its own."""
    stand = Stand()
    sink = stand.sink(edit)
    await sink.open()
    sink.show(LONG)
    await let_run()
    stand.outlet.fail_next("grow", SendRefused())
    sink.show(f"{LONG} More.")
    await stand.clock.advance(2)
    await sink.finish(Reply(text="All"), key="k")
    assert stand.outlet.texts("post") == ["All"]


async def test_a_throttled_draft_slows_down_and_recovers() -> None:
    """The pause is kept, then frames come more slowly, and later as before."""
    stand = Stand()
    sink = stand.sink(draft)
    await sink.open()
    sink.show("0")
    await let_run()
    stand.outlet.fail_next("draft", SendThrottled(10))
    sink.show("1")
    await stand.clock.advance(2)
    before = len(stand.outlet.done)
    sink.show("2")
    await stand.clock.advance(7)
    assert len(stand.outlet.done) == before
    await stand.clock.advance(4)
    assert stand.outlet.texts("draft")[-1] == "2"
    assert stand.pace.gap_s == 2
    for number in range(40):
        sink.show(f"3 {number}")
        await stand.clock.advance(1)
    assert stand.pace.gap_s == 1
    await sink.close()


async def test_after_a_refusal_an_edited_answer_waits_for_its_end() -> None:
    """The end is what the chat's next calls are for."""
    stand = Stand(GROUP)
    sink = stand.sink(edit)
    await sink.open()
    sink.show(LONG)
    await let_run()
    stand.outlet.fail_next("grow", SendThrottled(200))
    for number in range(20):
        sink.show(LONG + "x" * number)
        await stand.clock.advance(3)
    assert stand.outlet.texts("grow") == []
    await sink.finish(Reply(text="All"), key="k")
    assert stand.outlet.texts("edit") == ["All"]


async def test_one_call_at_a_time_and_the_end_after_the_last_frame() -> None:
    """A frame on its way is waited for, or it could cover the end."""
    stand = Stand()
    stand.outlet.slow_down("draft", 3)
    sink = stand.sink(draft)
    await sink.open()
    sink.show("One")
    await stand.clock.advance(4)
    sink.show("One two")
    end = sink.finish(Reply(text="One two three"), key="k")
    await asyncio.gather(end, stand.clock.advance(10))
    assert stand.outlet.most_at_once == 1
    assert stand.outlet.done[-1].how == "post"


async def test_no_trouble_on_the_way_costs_the_end() -> None:
    """Frames may fail as they like."""
    stand = Stand()
    stand.outlet.fail_next("draft", *(FrontendError() for _ in range(50)))
    sink = stand.sink(draft)
    await sink.open()
    for number in range(10):
        sink.show(f"One {number}")
        await stand.clock.advance(1)
    await sink.finish(Reply(text="All"), key="k")
    assert stand.outlet.texts("post") == ["All"]


async def test_an_end_that_fails_can_be_tried_again() -> None:
    """The courier comes back with the same words."""
    stand = Stand()
    stand.outlet.fail_next("post", SendThrottled(3))
    sink = stand.sink(draft)
    await sink.open()
    sink.show("One")
    await let_run()
    with pytest.raises(SendThrottled):
        await sink.finish(Reply(text="All"), key="k")
    await sink.finish(Reply(text="All"), key="k")
    assert stand.outlet.texts("post") == ["All"]


async def test_off_shows_only_that_work_goes_on() -> None:
    """Then the whole answer."""
    stand = Stand()
    sink = stand.sink(whole)
    await sink.open()
    sink.show(LONG)
    await stand.clock.advance(5)
    await sink.finish(Reply(text="All"), key="k")
    assert [each.how for each in stand.outlet.done] == ["typing", "typing", "post"]


async def test_frames_make_way_where_the_process_has_too_much_to_do() -> None:
    """Woken late again and again, an answer shows fewer of them; its end comes all the same."""
    stand = Stand()
    sleep = stand.clock.sleep

    async def late(seconds: float) -> None:
        await sleep(seconds)
        stand.clock._passed_s += 0.2

    stand.clock.sleep = late  # type: ignore[method-assign]  # the machine's own lateness
    sink = stand.sink(draft)
    await sink.open()
    for number in range(40):
        sink.show(f"word {number}")
        await stand.clock.advance(0.5)
    shown = [each.at for each in stand.outlet.done if each.text]
    gaps = [after - before for before, after in itertools.pairwise(shown)]
    assert gaps[0] < gaps[1] < gaps[2]
    await sink.finish(Reply(text="All"), key="k")
    assert stand.outlet.texts("post") == ["All"]
