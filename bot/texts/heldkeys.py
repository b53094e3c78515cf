"""A member's key as sentences and buttons name it."""

from dataclasses import dataclass

from bot.domain.keys import KeyInfo
from bot.texts.format import escape, quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A stored key and its company's name. `is_single`: the member's only one there."""

    company: str
    info: KeyInfo
    is_single: bool = True

    @property
    def ref(self) -> str:
        """The key in an action: its company stays known when the key is gone."""
        return f"{self.info.provider}#{self.info.id}"

    @property
    def label(self) -> str:
        """What tells it from the member's other keys, short enough for a button."""
        if self.is_single:
            return self.company
        end = self.info.mask.rpartition("…")[2]
        return f"{self.info.name or self.company} …{end}"

    @property
    def title(self) -> str:
        """Company and name, in Markdown."""
        return f"**{escape(self.company)}**{self._name}"

    @property
    def line(self) -> str:
        """Company, name, mask, and which of several is used."""
        of_several = "" if self.is_single or not self.info.is_active else ", in use"
        return f"{escape(self.company)}{self._name} {escape(self.info.mask)}{of_several}"

    @property
    def _name(self) -> str:
        return f" {quote(self.info.name, 20)}" if self.info.name else ""
