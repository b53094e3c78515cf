"""What the bot is waiting for, and how a bare line answers it. Mirrors the stored questions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.chat import MemberId, Place
from bot.domain.effects import Effect, SetQuestion, UnlinkAccount
from bot.domain.events import Outgoing, Press, Question, QuestionKind, Rows
from bot.domain.menus import numbered
from bot.domain.ports import Abilities, Clock, Settings

LASTS: Final = timedelta(minutes=10)


class Questions:
    """The one open question per member and place."""

    def __init__(self, clock: Clock, abilities: Mapping[str, Abilities]) -> None:
        self._clock = clock
        self._abilities = abilities
        self._open: dict[tuple[MemberId, Place], Question] = {}

    async def load(self, settings: Settings) -> None:
        """Read what was open before the start."""
        for row in await settings.questions():
            self._open[row.member, row.place] = row.question

    def find(
        self, member: MemberId, place: Place, sent_at: datetime | None = None
    ) -> Question | None:
        """Return the question, unless it is over ten minutes old, or was when this was sent."""
        question = self._open.get((member, place))
        if question is None:
            return None
        at = self._clock.now()
        if sent_at is not None and sent_at >= question.asked_at:
            at = min(at, sent_at)
        return None if at - question.asked_at > LASTS else question

    def choice(self, question: Question, text: str) -> Press | None:
        """Read a bare number as a choice of an open menu."""
        for number, button in numbered((question.buttons,)):
            if number == text.strip():
                return Press(button.action)
        return None

    def follow(self, effects: Sequence[Effect]) -> None:
        """Take over what was just committed."""
        for effect in effects:
            if isinstance(effect, UnlinkAccount):
                self._forget(effect.member)
            if not isinstance(effect, SetQuestion):
                continue
            if effect.question is None:
                self._open.pop((effect.member, effect.place), None)
            else:
                self._open[effect.member, effect.place] = effect.question

    def _forget(self, member: MemberId) -> None:
        self._open = {key: each for key, each in self._open.items() if key[0] != member}

    def moved(self, old: Place, new_chat: str) -> None:
        """Take what is asked in a chat to its other id, unless something is asked there."""
        for (member, place), question in list(self._open.items()):
            if (place.frontend, place.chat) == (old.frontend, old.chat):
                del self._open[member, place]
                self._open.setdefault((member, replace(place, chat=new_chat)), question)

    def asked_by(
        self, member: MemberId, place: Place, replies: Sequence[Outgoing], *, is_ending: bool
    ) -> tuple[Effect, ...]:
        """Return the change of the open question that goes with these replies.

        Where there are no buttons, a menu becomes a question. Whatever else a command says ends
        the one before; the end of an answer (`is_ending`) leaves one that waits for a text.
        """
        now = self._clock.now()
        menu = _menu(replies) if not self._abilities[place.frontend].has_buttons else ()
        old = self._open.get((member, place))
        if is_ending and old is not None and old.kind is not QuestionKind.MENU:
            return ()
        if menu:
            flat = tuple(button for row in menu for button in row)
            question = Question(kind=QuestionKind.MENU, asked_at=now, buttons=flat)
            return (SetQuestion(member=member, place=place, question=question),)
        if old is not None:
            return (SetQuestion(member=member, place=place, question=None),)
        return ()


def _menu(replies: Sequence[Outgoing]) -> Rows:
    rows = replies[-1].reply.buttons if replies else ()
    return rows if any(button.action for row in rows for button in row) else ()
