"""What people do with the bot at a real homeserver, by their phones: keys, groups, choices."""

from typing import Final

from tests.fakes.matrix_bot import BOT
from tests.phone.phone import Phone, Shown

KEYCAP: Final = "\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}"


async def brings(operator: Phone, *others: Phone, name: str = "") -> str:
    """Let somebody open an encrypted room with others, and then bring the bot; return it."""
    room = await operator.create(*(each.user for each in others), name=name)
    for each in others:
        await _comes(each, room)
        await operator.joined(room, each.user)
    await operator.invite(room, BOT)
    await operator.joined(room, BOT)
    return room


async def _comes(mine: Phone, room: str) -> None:
    async def is_invited() -> bool:
        return (await mine.rooms()).get(room) == "invite"

    await mine.until(is_invited)
    await mine.join(room)


async def told(mine: Phone, words: str, *, but: str = "") -> tuple[str, Shown]:
    """Wait until the bot says something in any room but one, following where it invites to."""

    async def look() -> tuple[str, Shown] | None:
        for room, membership in (await mine.rooms()).items():
            if membership == "invite":
                await mine.join(room)
            found = [] if room == but else await mine.screen(room)
            said = [each for each in found if each.sender == BOT and words in each.text]
            if said:
                return room, said[-1]
        return None

    found = await mine.until(look)
    assert found is not None
    return found


async def agrees(mine: Phone, title: str) -> Shown:
    """Let somebody say in private that their key may be used in a group; return the question."""
    room, asked = await told(mine, f'Use your key in "{title}"')
    await mine.say(room, number_of("Allow", asked))
    await mine.heard(room, f'Allowed in "{title}"')
    return asked


def number_of(label: str, menu: Shown) -> str:
    """Return the number of a choice."""
    for line in menu.text.splitlines():
        number, _, rest = line.partition(" ")
        if number.isdecimal() and rest.startswith(label):
            return number
    raise AssertionError(f"no {label!r} in {menu.text!r}")
