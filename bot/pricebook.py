"""What a model costs a member: the price their own list shows, else the table's, else unknown."""

from collections.abc import Sequence
from datetime import date

from bot.domain.chat import MemberId
from bot.domain.prices import Listing, Price, PriceList
from bot.modellists import ModelLists


class PriceBook:
    """The lists that are in memory over the table of list prices. Asks nobody."""

    def __init__(self, table: PriceList, models: ModelLists) -> None:
        self._table = table
        self._models = models

    @property
    def dated(self) -> date:
        """Return the day of the table."""
        return self._table.dated

    def price(self, member: MemberId, provider: str, model: str) -> Price | None:
        """Return what a model costs; None: nobody says, and it stays unknown."""
        listed = self._models.peek(member, provider, model)
        if listed is not None and listed.price is not None:
            return listed.price
        return self._table.find(provider, model)

    def window(self, member: MemberId, provider: str, model: str) -> int | None:
        """Return how many tokens a model reads, by its list or the table; None: unknown."""
        listed = self._models.peek(member, provider, model)
        if listed is not None and listed.context_tokens is not None:
            return listed.context_tokens
        return self._table.window(provider, model)

    def search(self, text: str) -> Sequence[Listing]:
        """Return the table's rows that hold every word of a text."""
        return self._table.search(text)
