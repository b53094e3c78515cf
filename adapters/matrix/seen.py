"""What is remembered of recent events: who said them, in which thread, and whether to the bot."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

_MOST: Final = 5_000


@dataclass(frozen=True, slots=True)
class Trace:
    """An event that others refer to. `thread` is the id of its thread's first event.

    `opens`: it is the first to hang on that. `has_thread`: more than one hung on it already when
    it was fetched.
    """

    sender: str
    thread: str = ""
    is_addressed: bool = False
    opens: bool = False
    has_thread: bool = False


class Seen:
    """The newest events, by id, and the newest of each thread."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._traces: OrderedDict[str, Trace] = OrderedDict()
        self._latest: OrderedDict[str, str] = OrderedDict()

    def note(self, event: str, trace: Trace) -> None:
        """Remember an event."""
        self._traces[event] = trace
        self._traces.move_to_end(event)
        if trace.thread:
            self._latest[trace.thread] = event
            self._latest.move_to_end(trace.thread)
        for memory in (self._traces, self._latest):
            if len(memory) > _MOST:
                memory.popitem(last=False)

    def find(self, event: str) -> Trace | None:
        """Return what is known of an event."""
        return self._traces.get(event)

    def opens(self, event: str, thread: str) -> bool:
        """Return whether an event that was not noted yet is the first of a thread.

        Of one that was noted it is what was found then: it may be handed over twice.
        """
        if (noted := self.find(event)) is not None:
            return noted.opens
        root = self.find(thread)
        return bool(thread) and thread not in self._latest and not (root and root.has_thread)

    def latest(self, thread: str) -> str:
        """Return the newest event of a thread, its first one if no other is known."""
        return self._latest.get(thread, thread)
