"""The messenger that is files: nothing needs to be started for it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.kills.order import NOWHERE, There
from tests.kills.outside import Outside
from tests.kills.screen import Screen, Shown, turns_of
from tests.kills.story import Story
from tests.kills.vendor import Asked
from tests.kills.witness import Chat


class Files:
    """All of it is in the story's own folder."""

    def begin(self, story: Story) -> There:  # noqa: ARG002 - the protocol's
        """Have nothing to prepare."""
        return NOWHERE

    def screen(self, folder: Path, there: There, asked: Sequence[Asked]) -> Screen:  # noqa: ARG002 - the protocol's
        """Return every message as it stands at the end."""
        return screen(Chat(folder))


def screen(chat: Chat) -> Screen:
    """Return every message as it stands at the end."""
    messages: dict[str, Shown] = {}
    for line in chat.screen.lines():
        if line["op"] not in {"open", "show", "post", "edit"}:
            continue
        shown = messages.setdefault(line["message"], Shown(message=line["message"]))
        shown.text = line.get("text", shown.text)
        if line["op"] in {"post", "edit"}:
            shown.turns = turns_of(line["buttons"])
            shown.delivered.add((shown.text, *line["buttons"]))
    return Screen(messages=tuple(messages.values()))


@contextmanager
def files(folder: Path) -> Iterator[Outside]:  # noqa: ARG001 - as for every messenger
    """Start nothing."""
    yield Files()
