"""Claiming a bot that nobody owns, with a code that only its host shows. Kept in memory alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot import texts
from bot.access import Access
from bot.codes import dashed, draw_code, has_form, tidied
from bot.domain.chat import Identity, Member
from bot.domain.effects import ClaimOperator, Effect
from bot.domain.events import Body, Command, Text
from bot.domain.ports import Clock
from bot.domain.secret import Secret

LASTS_S: Final = 3_600.0
TRIES: Final = 5
_PAUSE_S: Final = 60.0  # between two codes, so that nobody fills the host's log
_ANSWERED: Final = 10  # tries that get words; then there is silence until the next code
_PAYLOAD: Final = "claim_"


def typed_code(body: Body) -> str | None:
    """Return what is offered as a code, empty after a bare command; None: nothing is."""
    match body:
        case Command("claim", args):
            return args
        case Command("start", args) if args.lower().startswith(_PAYLOAD):
            return args[len(_PAYLOAD) :]
        case Text(text) if has_form(text):
            return text
        case _:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of a code. `left`: tries before another one is made.

    `is_printed`: a code that works is on the host. `is_heard`: it is answered with words.
    """

    is_right: bool = False
    left: int = 0
    is_printed: bool = True
    is_heard: bool = True


class Claims:
    """The code of the hour, and who has given it. `is_open`: nobody owns the bot yet.

    `show` prints a line for the host, `link` makes an address that sends a payload to the bot.
    """

    def __init__(
        self,
        access: Access,
        clock: Clock,
        *,
        is_open: bool = False,
        show: Callable[[str], object] = lambda _: None,
        link: Callable[[str], str | None] = lambda _: None,
        draw: Callable[[], str] = draw_code,
    ) -> None:
        self._access = access
        self._clock = clock
        self.is_open = is_open
        self._show = show
        self._link = link
        self._draw = draw
        self._code: Secret | None = None
        self._made_at: float | None = None
        self._tries = 0
        self._given: set[Identity] = set()

    async def run(self) -> None:
        """Print a code, and another one when it is spent or old, until somebody owns the bot."""
        while self.is_open:
            self._refresh()
            await self._clock.sleep(_PAUSE_S)

    def check(self, typed: str, sender: Identity) -> Tried:
        """Try a code, whose owner may claim the bot from then on; tries count for all together."""
        self._refresh()
        if self._fits(typed):
            self._given.add(sender)
            return Tried(is_right=True)
        self._tries += 1
        is_heard = self._tries <= _ANSWERED
        left = max(0, TRIES - self._tries)
        if not left:
            self._drop()
        return Tried(left=left, is_printed=self._code is not None, is_heard=is_heard)

    def spoil(self, typed: str) -> Tried | None:
        """Replace the code if this is it, as others have read it; None if it is not."""
        self._refresh()
        if not self._fits(typed):
            return None
        self._drop()
        return Tried(is_printed=self._code is not None)

    def has_given(self, identity: Identity) -> bool:
        """Return whether somebody has given the right code since the start."""
        return self.is_open and identity in self._given

    def follow(self, effects: Sequence[Effect], member: Member) -> None:
        """Take over a claim that was just committed."""
        if any(isinstance(effect, ClaimOperator) for effect in effects):
            self._access.own(member.identity, member.name)
            self.is_open = False
            self._code = None
            self._given.clear()

    def _fits(self, typed: str) -> bool:
        return self.is_open and self._code is not None and self._code == tidied(typed)

    def _drop(self) -> None:
        self._code = None
        self._refresh()

    def _refresh(self) -> None:
        """Make and print a code where none works, but not within a minute of the last one."""
        now = self._clock.monotonic()
        age_s = None if self._made_at is None else now - self._made_at
        if self._code is not None and age_s is not None and age_s >= LASTS_S:
            self._code = None
        if not self.is_open or self._code is not None or (age_s is not None and age_s < _PAUSE_S):
            return
        code = self._draw()
        self._code, self._made_at, self._tries = Secret(code), now, 0
        address = self._link(_PAYLOAD + code)
        self._show(texts.claim.printed(dashed(code), int(LASTS_S // 60), address))
