"""What a reaction means: a few signs are controls, on the bot's own messages to whoever reacts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.commands.spec import Command
from bot.domain.chat import Member, Turn
from bot.domain.events import Incoming, QuestionKind, Reacted
from bot.domain.ports import Stores, Told
from bot.questions import Questions
from bot.reading import Use, cancelled, pressed
from bot.sessions import SessionManager

STOP: Final = "\N{OCTAGONAL SIGN}"
RETRY: Final = "\N{CLOCKWISE RIGHTWARDS AND LEFTWARDS OPEN CIRCLE ARROWS}"
_WAY_OUT: Final = "0"
# What emoji are followed by, to be shown in colour or on a key.
_DRESS: Final = str.maketrans("", "", "\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}")


class Reactions:
    """Reads 🛑 on an answer that grows, 🔁 on the newest one, and numbers on an open menu."""

    def __init__(
        self,
        stores: Stores,
        questions: Questions,
        sessions: SessionManager,
        commands: Mapping[str, Command],
    ) -> None:
        self._stores = stores
        self._questions = questions
        self._sessions = sessions
        self._commands = commands

    async def read(self, incoming: Incoming, member: Member) -> tuple[Incoming, Use] | None:
        """Return what a reaction does, and the update as one of the place of its message.

        None: nothing, as it does on others' messages, and on what is not the newest any more.
        """
        body, message = incoming.body, incoming.message
        if not isinstance(body, Reacted) or message is None:
            return None
        sign = body.sign.translate(_DRESS)
        if sign not in {STOP, RETRY} and not (sign.isascii() and sign.isdigit()):
            return None
        told = await self._stores.turns.told(incoming.place, message)
        if told is None or told.member != member.id:
            return None
        there = replace(incoming, place=told.place)
        action = await self._action(sign, told, there)
        return (there, pressed(action, self._commands)) if action else None

    async def _action(self, sign: str, told: Told, incoming: Incoming) -> str:
        """Return the action of the button that a sign stands for; empty: it stands for none."""
        if sign.isdigit():
            return self._choice(sign, told, incoming)
        turn = None if told.turn is None else await self._stores.turns.find(told.turn)
        if turn is None:
            return ""
        if sign == STOP:
            return "stop:reacted" if self._sessions.runs(turn.id) else ""
        return await self._again(turn) if told.is_current else ""

    def _choice(self, number: str, told: Told, incoming: Incoming) -> str:
        question = self._questions.find(told.member, told.place, incoming.sent_at)
        if not told.is_last or question is None:
            return ""
        if question.kind is not QuestionKind.MENU:  # it waits for words; there is one other way
            return cancelled(question) if number == _WAY_OUT else ""
        choice = self._questions.choice(question, number)
        return choice.action if choice else ""

    async def _again(self, turn: Turn) -> str:
        session = await self._stores.settings.session(turn.place, turn.member)
        last = await self._stores.turns.last(session.id, turn.member)
        if turn.state.is_open or last is None or last.id != turn.id:
            return ""
        return f"retry:reacted:{turn.id}:{turn.attempt}"
