"""`hearthkey matrix verify`: an operator compares the bot's emoji with those in their Element."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, final

from adapters.matrix.trust.approval import Refused, errcode
from adapters.matrix.verification import wire
from adapters.matrix.verification.flow import Flow
from adapters.matrix.verification.machine import Stage
from adapters.matrix.verification.requests import Asked
from adapters.matrix.verification.sas import Shown
from adapters.matrix.verification.verifier import Verifier
from adapters.matrix.wire import CallError
from bot.domain.ports import Dialogue

_BUSY: Final = "Another console is verifying the bot just now."
_NO_OPERATOR: Final = (
    "No operator with a Matrix account is known. Claim the bot from one, or add it to"
    " HEARTHKEY_OPERATORS, as matrix:@you:example.org."
)
_UNREACHABLE: Final = "The homeserver does not answer. Nothing was verified; try again later."
_NO_REQUEST: Final = "No request came within ten minutes. Nothing was verified."
_IN_ELEMENT: Final = (
    "In Element open the direct chat with the bot, then the bot's profile, and choose Verify."
    " Waiting for the request …"
)
_ACCEPT: Final = "Asked. Accept the request in Element, and choose to compare emoji. Waiting …"
_TAKEN: Final = "Taken. Choose in Element to compare emoji. Waiting …"
_COMPARE: Final = "Compare these with what Element shows:"
_SAME: Final = "Do both show the same, in the same order? yes/no: "
_CONFIRM: Final = "Confirm it in Element too, if you have not. Waiting …"
_NOTHING: Final = "Nothing was verified."
_ANSWERS: Final = {"yes": True, "y": True, "no": False, "n": False}
_VERIFIED: Final = "Verified. Element trusts the bot now, and the bot has signed your identity."
_UNVOUCHED: Final = (
    "Verified. Element trusts the bot now, but the bot has not signed your identity"
)
_ONE_WAY: Final = (
    "Verified. Element trusts the bot now. Your identity was not part of it: verify that session"
    " with your other ones, then run this again."
)
_ENDS: Final = {
    wire.USER: f"Cancelled. {_NOTHING}",
    wire.TIMEOUT: f"It took longer than ten minutes. {_NOTHING}",
    wire.MISMATCHED_SAS: (
        f"The emoji differ. {_NOTHING} If this happens again, somebody may stand between"
        " you and the bot: look at who runs the homeserver."
    ),
    wire.MISMATCHED_COMMITMENT: (
        f"The other end changed its key in the middle. {_NOTHING} If this happens again,"
        " somebody may stand between you and the bot."
    ),
    wire.KEY_MISMATCH: (
        f"The keys at one end are not those the homeserver shows. {_NOTHING} Try again; if it"
        " happens again, somebody may stand between you and the bot."
    ),
    wire.ACCEPTED: f"Another device took the request. {_NOTHING}",
    wire.UNKNOWN_METHOD: f"That app cannot compare emoji. {_NOTHING}",
}


async def verify(verifier: Verifier, dialogue: Dialogue) -> bool:
    """Lead an operator through one verification; return whether it ended well.

    Cancelled, it cancels the verification too.
    """
    if verifier.busy.locked():
        await dialogue.say(_BUSY)
        return False
    async with verifier.busy:
        try:
            return await _Conversation(verifier, dialogue).run()
        except Refused as refused:
            await dialogue.say(f"{_NOTHING} {refused.line[:1].upper()}{refused.line[1:]}.")
        except CallError:
            await dialogue.say(_UNREACHABLE)
    return False


@final
class _Conversation:
    def __init__(self, verifier: Verifier, dialogue: Dialogue) -> None:
        self._verifier = verifier
        self._dialogue = dialogue
        self._say = dialogue.say

    async def run(self) -> bool:
        if not self._verifier.trust.master:
            raise Refused(self._verifier.trust.state.line)
        user = await self._choose_account()
        flow = await self._open(user) if user else None
        if flow is None:
            return False
        try:
            await flow.during(flow.reached(lambda now: now.shown is not None))
            if flow.verification.shown is not None and not flow.verification.is_over:
                await self._compare(flow, flow.verification.shown)
            await flow.during(flow.reached(lambda now: now.is_over))
        finally:
            await self._verifier.close(flow)
        return await self._tell(flow)

    async def _choose_account(self) -> str:
        operators = self._verifier.operators
        if not operators:
            await self._say(_NO_OPERATOR)
            return ""
        if len(operators) == 1:
            await self._say(f"Verifying the bot with {operators[0]}.")
            return operators[0]
        return operators[await self._choose("With which account?", operators)]

    async def _open(self, user: str) -> Flow | None:
        """Return the verification as it begins; None if none does."""
        asked = self._verifier.requests.waiting(user)
        if asked is not None:
            return await self._answer(asked)
        room = self._verifier.direct_room(user)
        ways: list[tuple[str, Callable[[], Awaitable[Flow | None]]]] = [
            ("Ask them on all their devices", lambda: self._ask(user, None)),
            ("Wait until they ask, in Element", lambda: self._wait(user)),
        ]
        if room is not None:
            ways.insert(0, ("Ask them in the direct chat", lambda: self._ask(user, room)))
        names = [name for name, _ in ways]
        _, begin = ways[await self._choose("How does it begin?", names)]
        return await begin()

    async def _ask(self, user: str, room: str | None) -> Flow:
        flow = await self._verifier.ask(user, room)
        await self._say(_ACCEPT)
        return flow

    async def _wait(self, user: str) -> Flow | None:
        await self._say(_IN_ELEMENT)
        asked = await self._verifier.requests.next(user)
        if asked is not None:
            return await self._answer(asked)
        await self._say(_NO_REQUEST)
        return None

    async def _answer(self, asked: Asked) -> Flow:
        flow = await self._verifier.answer(asked)
        await self._say(_TAKEN)
        return flow

    async def _choose(self, question: str, options: Sequence[str]) -> int:
        """Return the index of what was chosen; a bare Enter takes the first."""
        await self._say(question)
        for number, option in enumerate(options, 1):
            await self._say(f"  {number}. {option}")
        numbers = [str(number) for number in range(1, len(options) + 1)]
        while True:
            typed = (await self._dialogue.ask("Number [1]: ")).strip() or "1"
            if typed in numbers:
                return numbers.index(typed)

    async def _compare(self, flow: Flow, shown: Shown) -> None:
        await self._say(_COMPARE)
        for number, (sign, name) in enumerate(shown.emoji, 1):
            await self._say(f"  {number}. {sign}  {name}")
        if not shown.emoji:
            await self._say("  " + "  ".join(map(str, shown.decimals)))
        is_same = await flow.during(self._is_same())
        if is_same is None:
            return
        if not is_same:
            await flow.cancel(wire.MISMATCHED_SAS)
            return
        await flow.apply(flow.verification.confirm)
        if not flow.verification.is_over:
            await self._say(_CONFIRM)

    async def _is_same(self) -> bool:
        while True:
            typed = (await self._dialogue.ask(_SAME)).strip().lower()
            if typed in _ANSWERS:
                return _ANSWERS[typed]

    async def _tell(self, flow: Flow) -> bool:
        verification = flow.verification
        if verification.stage is not Stage.DONE:
            await self._say(_ending(flow))
            return False
        if not verification.proved_master:
            await self._say(_ONE_WAY)
            return True
        try:
            await self._verifier.trust.vouch(flow.user, verification.proved_master)
        except Refused as refused:
            await self._say(f"{_UNVOUCHED} ({refused.line})")
        except CallError:
            await self._say(f"{_UNVOUCHED} (the homeserver does not answer)")
        else:
            await self._say(_VERIFIED)
        return True


def _ending(flow: Flow) -> str:
    """Return how a verification failed, in a sentence."""
    verification = flow.verification
    if flow.is_broken:
        return _UNREACHABLE
    if verification.code == wire.USER and verification.is_theirs:
        return f"Cancelled in Element. {_NOTHING}"
    other = f"It went wrong ({errcode(verification.code)}). {_NOTHING} Try again."
    return _ENDS.get(verification.code, other)
