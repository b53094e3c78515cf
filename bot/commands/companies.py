"""Finding a company by what a member typed."""

from difflib import get_close_matches

from bot.domain.models import ProviderSpec
from bot.domain.ports import Providers

_NEAR = 0.6
_MOST_NEAR = 3


def offered(providers: Providers) -> tuple[ProviderSpec, ...]:
    """Return every company, the demo first where there is one."""
    return tuple(
        sorted((each.spec for each in providers.values()), key=lambda spec: not spec.is_demo)
    )


def find_company(providers: Providers, typed: str) -> ProviderSpec | None:
    """Return the company with this id, name or alias."""
    wanted = typed.strip().casefold()
    return next((spec for spec in offered(providers) if wanted in _names(spec)), None)


def near_companies(providers: Providers, typed: str) -> tuple[ProviderSpec, ...]:
    """Return companies with a name like it, to be offered."""
    names = {name: spec for spec in offered(providers) for name in _names(spec)}
    near = get_close_matches(typed.strip().casefold(), names, n=_MOST_NEAR * 2, cutoff=_NEAR)
    specs = {names[each].id: names[each] for each in near}
    return tuple(specs.values())[:_MOST_NEAR]


def _names(spec: ProviderSpec) -> tuple[str, ...]:
    return (spec.id, spec.name.casefold(), *spec.aliases)
