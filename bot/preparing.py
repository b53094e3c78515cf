"""What a turn's question is made of: what its model takes, what it costs, and what is known."""

from dataclasses import replace

from bot import endings, prompt
from bot.domain.chat import Adjustment, ChatRequest, Turn
from bot.domain.keys import KeyHealth, StoredKey
from bot.domain.models import TemperatureUse, Traits
from bot.domain.ports import Provider, Stores
from bot.modellists import ModelLists
from bot.patience import Patience
from bot.pricebook import PriceBook
from bot.traits import laid_together


class Preparer:
    """Reads what is needed to ask; asks nobody and changes nothing."""

    def __init__(
        self, *, stores: Stores, models: ModelLists, prices: PriceBook, patience: Patience
    ) -> None:
        self._stores = stores
        self._models = models
        self._prices = prices
        self._patience = patience

    async def prepare(
        self, turn: Turn, provider: Provider, key: StoredKey
    ) -> tuple[endings.Asked, bool]:
        """Return the question, and whether older messages had to be left out of it."""
        spec, model = provider.spec, turn.choices.model
        learned = await self._patience.hold(
            lambda: self._stores.settings.adjustments(spec.id, model), turn.place
        )
        known = self._models.peek(turn.member, spec.id, model)
        traits = self._sized(turn, laid_together(provider.traits(model), known, learned))
        request, has_older = await self._patience.hold(
            lambda: self._built(turn, traits, learned), turn.place
        )
        asked = endings.Asked(
            spec=spec,
            request=request,
            label=known.label if known else "",
            mask=key.mask(),
            price=self._prices.price(turn.member, spec.id, model),
            window=turn.choices.window or traits.context_tokens,
            had_no_credit=key.health is KeyHealth.NO_CREDIT,
            is_thinking=traits.temperature is TemperatureUse.UNLESS_THINKING,
            is_once=turn.attempt > 0 and await self._is_once(turn),
            asker="" if turn.place.is_private else await self._stores.settings.name(turn.member),
        )
        return asked, has_older

    async def _built(
        self, turn: Turn, traits: Traits, learned: frozenset[Adjustment]
    ) -> tuple[ChatRequest, bool]:
        shared = None if turn.place.is_private else await self._shared(turn)
        return await prompt.build(turn, self._stores.turns, traits, learned, shared)

    async def _shared(self, turn: Turn) -> prompt.Shared:
        """Return how a group's question is asked: under which name, with how much history."""
        groups = self._stores.groups
        group = await groups.note(turn.place, title="")
        payer = await groups.payer(group.id, turn.member)
        most = payer.history_tokens if payer else None
        return prompt.Shared(
            speaker=await groups.speaker(group.id, turn.member),
            history_tokens=min(group.history_tokens, most if most is not None else 2**31),
        )

    def _sized(self, turn: Turn, traits: Traits) -> Traits:
        """Return the traits with the price table's window where nobody else knows one."""
        if traits.context_tokens is not None:
            return traits
        choices = turn.choices
        window = self._prices.window(turn.member, choices.provider, choices.model)
        return replace(traits, context_tokens=window)

    async def _is_once(self, turn: Turn) -> bool:
        """Return whether a question that was asked before is asked of another model now."""
        now = await self._patience.hold(
            lambda: self._stores.settings.choices(turn.session, turn.member), turn.place
        )
        return (now.provider, now.model) != (turn.choices.provider, turn.choices.model)
