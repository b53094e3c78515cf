"""Turns that wait for a word of their member: a key, a model, or a yes to paying in a group."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot import texts
from bot.delivery import Courier
from bot.discretion import Discretion
from bot.domain.chat import Place, Turn, WaitReason
from bot.domain.events import Outgoing, Reply
from bot.domain.ports import Clock, Frontend, Providers, Stores
from bot.paying import PATIENCE, Missing, Paying
from bot.questions import Questions
from bot.quiet import Quiet
from bot.tasks import Tasks

CONSENT: Final = "group_"  # the payload of a link that leads to the question about a group


class Waiting:
    """Lets turns wait and says so. In a group one that waits is given up after ten minutes."""

    def __init__(
        self,
        *,
        stores: Stores,
        providers: Providers,
        frontends: Mapping[str, Frontend],
        courier: Courier,
        questions: Questions,
        paying: Paying,
        discretion: Discretion,
        clock: Clock,
    ) -> None:
        self._stores = stores
        self._providers = providers
        self._frontends = frontends
        self._courier = courier
        self._questions = questions
        self._paying = paying
        self._discretion = discretion
        self._clock = clock
        self._quiet = Quiet(clock)
        self._expiring = Tasks()

    async def close(self) -> None:
        """Give up nothing more; what waits is looked at again at the next start."""
        await self._expiring.close()

    def took(self, turn: Turn, since: datetime) -> None:
        """Give a turn that waits in a group up, ten minutes after it began to."""
        left = PATIENCE - (self._clock.now() - since)
        _ = self._expiring.start(self._expire(turn, max(0.0, left.total_seconds())))

    async def _expire(self, turn: Turn, wait_s: float) -> None:
        await self._clock.sleep(wait_s)
        reason = WaitReason(turn.detail)
        await self._courier.patience.hold(lambda: self._stores.turns.expire(turn.id, reason))

    async def for_key(self, turn: Turn) -> None:
        """Let a turn wait for a key, or for a model that one fits."""
        hold = self._courier.patience.hold
        keys = await hold(lambda: self._stores.keys.keys(turn.member), turn.place)
        has_some = any(info.provider in self._providers for info in keys)
        reply: Reply | None
        if not turn.place.is_private:
            reply = await self._no_key_in_group(turn, has_some=has_some)
        elif has_some:
            reply = texts.turns.no_model()
        else:
            has_demo = any(provider.spec.is_demo for provider in self._providers.values())
            reply = texts.turns.no_key_demo() if has_demo else texts.turns.no_key()
        said = () if reply is None else (self._out(turn, turn.place, reply),)
        await self._wait(turn, WaitReason.KEY, said)

    async def for_word(self, turn: Turn, missing: Missing) -> None:
        """Let a turn wait until its member says in private that it is paid."""
        frontend = self._frontends[turn.place.frontend]
        link = frontend.private_link(f"{CONSENT}{missing.group.id}")
        there = None
        if not link or missing.reason is WaitReason.BUDGET:
            there = await self._discretion.private_place(turn.member, turn.place.frontend)
        is_reached = bool(link) or there is not None
        first = await self._first(turn, missing, link, is_reached=is_reached)
        said = [self._out(turn, turn.place, first)]
        if there is not None:
            said.append(self._out(turn, there, await self._asked(turn, missing)))
        await self._wait(turn, missing.reason, tuple(said))

    async def _first(self, turn: Turn, missing: Missing, link: str, *, is_reached: bool) -> Reply:
        """Return what the group reads of it; `is_reached`: the member can be asked in private."""
        name = await self._stores.settings.name(turn.member)
        if missing.reason is WaitReason.BUDGET:
            return await self._only_for(turn, texts.groups.wrote_why(name, link))
        is_stopped = missing.payer is not None and missing.payer.is_stopped
        first = texts.groups.consent_first(
            name,
            link,
            is_dearer=missing.is_dearer,
            is_stopped=is_stopped,
            is_reached=is_reached,
        )
        return await self._only_for(turn, first)

    async def _asked(self, turn: Turn, missing: Missing) -> Reply:
        """Return what the member is asked in private."""
        group, payer = missing.group, missing.payer
        if missing.reason is WaitReason.BUDGET and payer and payer.cap_usd is not None:
            return texts.paying.cap_reached(group.id, group.title, payer.cap_usd, missing.spent)
        return await self._paying.question(missing, turn.member, turn.choices)

    async def _no_key_in_group(self, turn: Turn, *, has_some: bool) -> Reply | None:
        """Return one line an hour; what else somebody without a key writes waits in silence."""
        if not self._quiet.is_due((turn.member, turn.place.frontend, turn.place.chat)):
            return None
        name = await self._stores.settings.name(turn.member)
        link = self._frontends[turn.place.frontend].private_link()
        words = texts.groups.no_model if has_some else texts.groups.no_key
        return await self._only_for(turn, words(name, link))

    async def _only_for(self, turn: Turn, reply: Reply) -> Reply:
        account = await self._discretion.account(turn.member, turn.place.frontend)
        return replace(reply, only_for=account)

    def _out(self, turn: Turn, place: Place, reply: Reply) -> Outgoing:
        is_here = place == turn.place
        return Outgoing(
            place=place, member=turn.member, reply=reply, turn=turn.id if is_here else None
        )

    async def _wait(self, turn: Turn, reason: WaitReason, said: tuple[Outgoing, ...]) -> None:
        asked = tuple(
            effect
            for out in said
            for effect in self._questions.asked_by(turn.member, out.place, (out,), is_ending=True)
        )
        deliveries = await self._courier.patience.hold(
            lambda: self._stores.turns.wait(turn.id, reason, said, asked), turn.place
        )
        if deliveries:
            self._questions.follow(asked)
            self._courier.send(deliveries)
        if not turn.place.is_private:
            self.took(replace(turn, detail=reason.value), self._clock.now())
