"""A member's keys as commands look them up, and how an action names one."""

from collections import Counter
from collections.abc import Sequence

from bot.commands.here import company, read_number
from bot.commands.spec import Call
from bot.domain.keys import KeyInfo
from bot.texts.heldkeys import Held

BESIDE = "+"
_NUMBER = "#"


async def my_keys(call: Call) -> Sequence[Held]:
    """Return the member's keys, those of one company side by side."""
    every = await call.desk.stores.keys.keys(call.member.id)
    counts = Counter(info.provider for info in every)
    return tuple(
        Held(
            company=company(call, info.provider),
            info=info,
            is_single=counts[info.provider] == 1,
        )
        for provider in counts
        for info in every
        if info.provider == provider
    )


def find_key(mine: Sequence[Held], ref: str) -> Held | None:
    """Return the key an action names (`openai#12`); a bare company means its active key."""
    provider, number = split_ref(ref)
    there = (each for each in mine if each.info.provider == provider)
    if number is None:
        return next((each for each in there if each.info.is_active), None)
    return next((each for each in there if each.info.id == number), None)


def split_ref(ref: str) -> tuple[str, int | None]:
    """Return the company and the key's number; None for a bare company."""
    provider, mark, number = ref.partition(_NUMBER)
    if not mark:
        return provider, None
    found = read_number(number)
    return provider, -1 if found is None else found


def split_target(args: str) -> tuple[str, str]:
    """Split what says for which company a key is, and where it goes.

    `openai`: in the place of the active key; `openai+`: beside it; `openai#12`: in that one's.
    """
    for mark in (BESIDE, _NUMBER):
        provider, found, rest = args.partition(mark)
        if found:
            return provider, found + rest
    return args, ""


def target(call: Call) -> str:
    """Return where a key that is awaited goes; a typed company always means the active one."""
    return split_target(call.args)[1] if call.verb else ""


def replaced_by(mine: Sequence[Held], provider: str, where: str) -> KeyInfo | None:
    """Return the key that a new one takes the place of."""
    if where == BESIDE:
        return None
    found = find_key(mine, provider + where)
    return found.info if found else None
