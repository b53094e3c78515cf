"""Whether a member's key may be used for a question in a group, and what is asked first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from bot import texts
from bot.domain.chat import Choices, MemberId, Turn, WaitReason
from bot.domain.errors import FrontendError
from bot.domain.events import Reply
from bot.domain.groups import Agreed, Group, Payer
from bot.domain.ports import Around, Clock, Frontend, Providers, Stores
from bot.modellists import ModelLists
from bot.pricebook import PriceBook
from bot.texts.format import TYPICAL
from bot.texts.paying import Offer
from bot.texts.stamps import mark

PATIENCE: Final = timedelta(minutes=10)  # how long a question in a group waits for its member


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Why a question in a group cannot be asked yet.

    `is_dearer`: the member said yes to a cheaper model. `spent`: their sum of the day there.
    """

    reason: WaitReason
    group: Group
    payer: Payer | None
    is_dearer: bool = False
    spent: Decimal = Decimal(0)


class Paying:
    """Reads what members agreed to, and what that was about."""

    def __init__(
        self,
        *,
        stores: Stores,
        frontends: Mapping[str, Frontend],
        providers: Providers,
        models: ModelLists,
        prices: PriceBook,
        clock: Clock,
    ) -> None:
        self._stores = stores
        self._frontends = frontends
        self._providers = providers
        self._models = models
        self._prices = prices
        self._clock = clock

    async def missing(self, turn: Turn) -> Missing | None:
        """Return what a turn lacks to be asked with its member's key; None: nothing."""
        if turn.place.is_private:
            return None
        group = await self._stores.groups.note(turn.place, title="")
        payer = await self._stores.groups.payer(group.id, turn.member)
        if payer is None or not payer.pays:
            return Missing(reason=WaitReason.CONSENT, group=group, payer=payer)
        if not turn.choices.is_own and self._is_dearer(payer, turn):
            return Missing(reason=WaitReason.CONSENT, group=group, payer=payer, is_dearer=True)
        return await self._over_cap(group, payer)

    async def _over_cap(self, group: Group, payer: Payer) -> Missing | None:
        if payer.cap_usd is None:
            return None
        today = start_of_day(self._clock.now())
        spent = await self._stores.groups.spent(payer.member, group.id, since=today)
        if spent.cost_usd < payer.cap_usd:
            return None
        return Missing(reason=WaitReason.BUDGET, group=group, payer=payer, spent=spent.cost_usd)

    def _is_dearer(self, payer: Payer, turn: Turn) -> bool:
        """Whether a typical answer costs more than what was agreed to, or nobody knows."""
        before, now = payer.agreed, self.agreed(turn.member, turn.choices)
        if before is None or (before.provider, before.model) == (now.provider, now.model):
            return False
        if self._is_free(now.provider):
            return False
        return before.usd is None or now.usd is None or now.usd > before.usd

    def agreed(self, member: MemberId, choices: Choices) -> Agreed:
        """Return what a member says yes to: the model, and a typical answer's price."""
        price = self._prices.price(member, choices.provider, choices.model)
        usd = price.cost(TYPICAL, self._clock.now()) if price else None
        if self._is_free(choices.provider):
            usd = Decimal(0)
        return Agreed(choices.provider, choices.model, usd)

    def offer(self, member: MemberId, choices: Choices) -> Offer:
        """Return the same as a text tells of it."""
        agreed = self.agreed(member, choices)
        known = self._models.peek(member, agreed.provider, agreed.model)
        return Offer(
            label=known.label if known else agreed.model,
            usd=agreed.usd,
            is_free=self._is_free(agreed.provider),
            marked=mark(agreed.provider, agreed.model, agreed.usd),
        )

    async def question(self, missing: Missing, member: MemberId, choices: Choices) -> Reply:
        """Return what a member is asked in private before their key is used in a group."""
        group, payer = missing.group, missing.payer
        offer = self.offer(member, choices)
        if missing.is_dearer and payer and payer.agreed:
            return texts.paying.dearer(group.id, group.title, offer, payer.agreed.usd)
        try:
            around = await self._frontends[group.place.frontend].around(group.place)
        except FrontendError:
            around = Around()
        is_capped = payer is not None and payer.cap_usd is not None
        return texts.paying.consent(
            group.id, group.title or around.title, around.people, offer, is_capped=is_capped
        )

    def _is_free(self, provider: str) -> bool:
        known = self._providers.get(provider)
        return bool(known and known.spec.is_free)


def start_of_day(now: datetime) -> datetime:
    """Return when the day began, by UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
