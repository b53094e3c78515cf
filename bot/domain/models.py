"""What is known of a vendor and of its models before anything is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.keys import Useless
from bot.domain.prices import Price


class Effort(StrEnum):
    """How long a model may think before it answers, in the member's words."""

    OFF = "off"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class TemperatureUse(StrEnum):
    """Whether a temperature has an effect. What has none is never sent: vendors refuse it."""

    ALWAYS = "always"
    UNLESS_THINKING = "unless_thinking"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a model takes, as far as its id tells.

    `efforts` maps what a member may choose to the vendor's own word; empty: there is no such
    setting. `thinks`: it does unless told otherwise. `least_tokens` is the longest answer it
    needs to be allowed while it thinks, so that something is left to say; `most_tokens` and
    `context_tokens` are its limits. None: unknown.
    """

    temperature: TemperatureUse = TemperatureUse.ALWAYS
    efforts: Mapping[Effort, str] = field(default_factory=dict)
    thinks: bool = False
    least_tokens: int = 0
    most_tokens: int | None = None
    context_tokens: int | None = None

    def is_thinking(self, effort: Effort | None) -> bool:
        """Whether it thinks with this choice; None, or one it does not have: its own."""
        if effort is None or effort not in self.efforts:
            return self.thinks
        return effort is not Effort.OFF

    def takes_temperature(self, effort: Effort | None) -> bool:
        """Whether a temperature has an effect with this choice of thinking."""
        if self.temperature is TemperatureUse.UNLESS_THINKING:
            return not self.is_thinking(effort)
        return self.temperature is TemperatureUse.ALWAYS

    def temperature_now(self, effort: Effort | None) -> TemperatureUse:
        """Return ALWAYS where a temperature has an effect with this choice of thinking.

        UNLESS_THINKING: it would have one with thinking turned off. NEVER: with none.
        """
        if self.takes_temperature(effort):
            return TemperatureUse.ALWAYS
        can_stop = Effort.OFF in self.efforts and self.takes_temperature(Effort.OFF)
        return TemperatureUse.UNLESS_THINKING if can_stop else TemperatureUse.NEVER

    def fitted(self, max_tokens: int | None, effort: Effort | None) -> int | None:
        """Return a longest answer within the model's limits; None stays no limit."""
        if max_tokens is None:
            return None
        least = self.least_tokens if self.is_thinking(effort) else 0
        fitting = max(max_tokens, least)
        return fitting if self.most_tokens is None else min(fitting, self.most_tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model a key may use. None: the vendor's list does not say.

    `price` is the list's own, which counts before any table. `is_default`: the one to begin
    with, at most one in a list.
    """

    id: str
    name: str = ""
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    takes_temperature: bool | None = None
    efforts: tuple[Effort, ...] | None = None
    released_at: datetime | None = None
    retires_at: datetime | None = None
    price: Price | None = None
    is_default: bool = False

    @property
    def label(self) -> str:
        """The name its company shows, else its id."""
        return self.name or self.id

    def refine(self, traits: Traits) -> Traits:
        """Return what the id told, with what the list says laid over it."""
        if self.takes_temperature is False:
            traits = replace(traits, temperature=TemperatureUse.NEVER)
        if self.efforts is not None:
            words = {each: traits.efforts.get(each, each.value) for each in self.efforts}
            traits = replace(traits, efforts=words)
        return replace(
            traits,
            most_tokens=self.max_output_tokens or traits.most_tokens,
            context_tokens=self.context_tokens or traits.context_tokens,
        )


def begin_with(models: Sequence[Model]) -> Model | None:
    """Return the model of a list to begin with; None if it is empty."""
    return next((each for each in models if each.is_default), models[0] if models else None)


class KeyNeed(StrEnum):
    """Whether a vendor asks for a key at all: servers at home often do not."""

    REQUIRED = "required"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSpec:
    """What members and commands need to know of a vendor; the wire side stays in its adapter.

    `origin` is scheme and host (and port) as in `https://api.example.org`; a stored key opens
    for this origin only. `aliases` are other names a member may type, lower case. `key_page` and
    `billing_page` are where a member makes a key and adds credit; empty: there is none. The forms
    of its keys are regular expressions: `key_pattern` one that no other vendor's have,
    `key_shape` one that others share, `useless_keys` those of keys that cannot chat.
    """

    id: str
    name: str
    origin: str
    key_page: str = ""
    billing_page: str = ""
    key_need: KeyNeed = KeyNeed.REQUIRED
    aliases: tuple[str, ...] = ()
    is_free: bool = False
    is_demo: bool = False
    key_pattern: str = ""
    key_shape: str = ""
    useless_keys: Mapping[Useless, str] = field(default_factory=dict, hash=False)
