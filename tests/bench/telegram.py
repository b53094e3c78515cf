"""Telegram as the bench has it: people in private chats of a simulated Bot API."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Final

from adapters.telegram.render import draw_reply
from bot.domain.events import Reply
from tests.bench.phones import Phones, Row, Shown
from tests.simulators.process import served

_LOOK_S: Final = 0.05
_PATIENCE_S: Final = 30.0


class Phone(Phones):
    """The people's side of the simulated Bot API."""

    bare = "tests.bench.bare_telegram"
    prefix = "/"

    def __init__(self, url: str, token: str) -> None:
        """Know where it is, and the bot's token."""
        super().__init__(url)
        self.token = token

    def settings(self) -> Mapping[str, str]:
        """Return the environment of a bot there."""
        return {
            "HEARTHKEY_TELEGRAM_TOKEN": self.token,
            "HEARTHKEY_TELEGRAM_API_BASE": self.url,
        }

    def limit(self, mode: str) -> None:
        """Let flood control hold as documented, harder, or not at all."""
        self.do("flood", mode=mode)

    def meet(self, person: int) -> None:
        """Let somebody open a private chat."""
        self.do("private", person=person)

    def say(self, person: int, text: str) -> None:
        """Let somebody write in their private chat."""
        self.do("say", person=person, text=text)

    def said(self, row: Row) -> int | None:
        """Return who wrote something."""
        return int(row["chat"]) if row["op"] == "said" else None

    def shown(self, row: Row) -> Shown | None:
        """Return what was sent, changed or drafted."""
        if row["op"] not in {"sent", "edited", "draft"}:
            return None
        return Shown(
            at=row["at"],
            person=int(row["chat"]),
            message=str(row.get("message", "")),
            text=row["text"],
            is_whole=row["op"] != "draft",
        )

    def drawn(self, answer: str) -> str:
        """Return the text of the message."""
        return draw_reply(Reply(text=answer)).text

    def await_sent(self, person: int, count: int) -> None:
        """Wait until so many messages were sent to somebody."""
        self._await(lambda: len(self._of("sent", person)) >= count)

    def await_draft(self, person: int) -> None:
        """Wait until somebody sees words grow."""
        self._await(lambda: any(row["text"] for row in self._of("draft", person)))

    def _await(self, is_so: Callable[[], bool]) -> None:
        give_up_at = time.monotonic() + _PATIENCE_S
        while not is_so():
            if time.monotonic() > give_up_at:
                raise TimeoutError
            time.sleep(_LOOK_S)
            self.look()

    def _of(self, op: str, person: int) -> list[Row]:
        return [row for row in self.rows if row["op"] == op and row["chat"] == person]


@contextmanager
def telegram() -> Iterator[Phone]:
    """Start a Bot API, and end it."""
    with (
        served("tests.simulators.telegram") as said,
        closing(Phone(said["url"], said["token"])) as phone,
    ):
        yield phone
