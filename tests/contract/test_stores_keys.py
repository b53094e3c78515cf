"""What every KeyVault does, and what is remembered of use."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.chat import MemberId, Overrides, Scope, TurnState
from bot.domain.effects import Choose, DropKey, NoteKeyHealth, PutKey, RenameKey, UseKey
from bot.domain.errors import VaultCorrupt
from bot.domain.keys import KeyHealth, KeyId, KeyInfo
from bot.domain.ports import Applied, Ending
from bot.domain.secret import Secret
from bot.domain.usage import Usage
from tests.fakes.neighbours import BOB, DAY_S, HERS, ORIGIN, Neighbours

KEY = "sk-canary-alice-0001"
SECOND = "sk-canary-alice-0002"
THIRD = "sk-canary-alice-0003"


def put(
    member: MemberId,
    key: str = KEY,
    *,
    health: KeyHealth = KeyHealth.WORKS,
    provider: str = "demo",
    replaces: KeyId | None = None,
    name: str = "",
) -> PutKey:
    """Return the effect that stores a member's key."""
    return PutKey(
        member=member,
        provider=provider,
        origin=ORIGIN,
        key=Secret(key),
        health=health,
        replaces=replaces,
        name=name,
    )


async def stored(house: Neighbours, member: MemberId) -> dict[str, KeyInfo]:
    """Return a member's keys by the last digit of each."""
    return {info.mask[-1]: info for info in await house.stores.keys.keys(member)}


async def in_use(house: Neighbours, member: MemberId, provider: str = "demo") -> str:
    """Return the last digit of the key that is opened for a turn."""
    opened = await house.stores.keys.open_key(member, provider, ORIGIN)
    active = [
        info.mask[-1]
        for info in await house.stores.keys.keys(member)
        if info.is_active and info.provider == provider
    ]
    assert active == ([opened.reveal()[-1]] if opened else [])
    return active[0] if active else ""


async def test_a_key_opens_for_its_owner_and_origin(house: Neighbours) -> None:
    """Anybody else has none, and another origin is refused."""
    alice, bob = await house.member(), await house.member(BOB)
    assert await house.stores.keys.open_key(alice.id, "demo", ORIGIN) is None
    await house.do(put(alice.id))
    assert await house.stores.keys.open_key(alice.id, "demo", ORIGIN) == Secret(KEY)
    assert await house.stores.keys.open_key(bob.id, "demo", ORIGIN) is None
    assert await house.stores.keys.open_key(alice.id, "other", ORIGIN) is None
    with pytest.raises(VaultCorrupt):
        await house.stores.keys.open_key(alice.id, "demo", "https://evil.example.org")


async def test_keys_are_listed_by_their_mask(house: Neighbours) -> None:
    """With when they were added, checked and used, and never the key."""
    alice = await house.member()
    await house.do(put(alice.id, health=KeyHealth.UNCHECKED))
    (info,) = await house.stores.keys.keys(alice.id)
    assert (info.provider, info.origin, info.mask) == ("demo", ORIGIN, Secret(KEY).mask())
    assert (info.health, info.checked_at, info.used_at) == (KeyHealth.UNCHECKED, None, None)
    assert info.added_at == house.clock.now()
    await house.clock.advance(60)
    note = NoteKeyHealth(member=alice.id, key=info.id, health=KeyHealth.NO_CREDIT)
    assert (await house.do(note)).applied is Applied.DONE
    session = await house.stores.settings.session(HERS, alice.id)
    await house.do(
        Choose(
            scope=Scope.SESSION,
            member=alice.id,
            session=session.id,
            overrides=Overrides(provider="demo", model="m"),
        )
    )
    await house.clock.advance(60)
    await house.talk("q", "a")
    (info,) = await house.stores.keys.keys(alice.id)
    assert info.health is KeyHealth.NO_CREDIT
    assert info.checked_at == info.added_at + timedelta(seconds=60)
    assert info.used_at == house.clock.now()


async def test_a_new_key_takes_the_place_of_the_old(house: Neighbours) -> None:
    """The one it replaces is gone; dropped once."""
    alice = await house.member()
    await house.do(put(alice.id))
    (old,) = await house.stores.keys.keys(alice.id)
    await house.do(put(alice.id, SECOND, replaces=old.id))
    (info,) = await house.stores.keys.keys(alice.id)
    assert info.id != old.id
    assert await in_use(house, alice.id) == "2"
    assert (await house.do(DropKey(member=alice.id, key=old.id))).applied is Applied.STALE
    drop = DropKey(member=alice.id, key=info.id)
    assert (await house.do(drop)).applied is Applied.DONE
    assert (await house.do(drop)).applied is Applied.STALE
    assert await house.stores.keys.keys(alice.id) == ()


async def test_a_key_beside_others_becomes_the_active_one(house: Neighbours) -> None:
    """One of a company's keys is used, and each can be opened by itself and chosen again."""
    alice = await house.member()
    await house.do(put(alice.id), put(alice.id, provider="other"))
    await house.do(put(alice.id, SECOND))
    assert await in_use(house, alice.id) == "2"
    assert await in_use(house, alice.id, "other") == "1"
    first, other, second = await house.stores.keys.keys(alice.id)
    assert [first.is_active, other.is_active, second.is_active] == [False, True, True]
    opened = await house.stores.keys.open_key(alice.id, "demo", ORIGIN, key=first.id)
    assert opened == Secret(KEY)
    assert opened is not None
    assert (opened.id, opened.health) == (first.id, KeyHealth.WORKS)
    assert KEY not in f"{opened} {opened!r}"
    assert await house.stores.keys.open_key(alice.id, "other", ORIGIN, key=first.id) is None
    use = UseKey(member=alice.id, key=first.id)
    for _ in range(2):
        assert (await house.do(use)).applied is Applied.DONE
        assert await in_use(house, alice.id) == "1"
    assert await in_use(house, alice.id, "other") == "1"


async def test_a_key_takes_over_only_what_the_replaced_one_had(house: Neighbours) -> None:
    """A key at rest is replaced at rest; one that is gone, or another company's, replaces none."""
    alice = await house.member()
    await house.do(put(alice.id))
    await house.do(put(alice.id, SECOND))
    resting = (await stored(house, alice.id))["1"]
    await house.do(put(alice.id, THIRD, replaces=resting.id, name="work"))
    keys = await stored(house, alice.id)
    assert set(keys) == {"2", "3"}
    assert keys["3"].name == "work"
    assert await in_use(house, alice.id) == "2"
    await house.do(put(alice.id, "sk-canary-alice-0004", replaces=resting.id))
    assert await in_use(house, alice.id) == "4"
    await house.do(put(alice.id, "sk-canary-alice-0005", provider="other", replaces=keys["2"].id))
    assert set(await stored(house, alice.id)) == {"2", "3", "4", "5"}
    assert await in_use(house, alice.id) == "4"


async def test_the_newest_other_key_follows_the_active_one(house: Neighbours) -> None:
    """Of its own company alone; dropping one at rest changes nothing else."""
    alice = await house.member()
    for key in (KEY, SECOND, THIRD):
        await house.do(put(alice.id, key))
    await house.do(put(alice.id, "sk-canary-alice-0009", provider="other"))
    keys = await stored(house, alice.id)
    await house.do(UseKey(member=alice.id, key=keys["1"].id))
    await house.do(DropKey(member=alice.id, key=keys["1"].id))
    assert await in_use(house, alice.id) == "3"
    await house.do(DropKey(member=alice.id, key=keys["2"].id))
    assert await in_use(house, alice.id) == "3"
    await house.do(DropKey(member=alice.id, key=keys["3"].id))
    assert await in_use(house, alice.id) == ""
    assert await in_use(house, alice.id, "other") == "9"


async def test_a_name_is_given_and_taken(house: Neighbours) -> None:
    """It is the key's own, and stays with it."""
    alice = await house.member()
    await house.do(put(alice.id, name="home"))
    (info,) = await house.stores.keys.keys(alice.id)
    assert info.name == "home"
    for name in ("work", ""):
        await house.do(RenameKey(member=alice.id, key=info.id, name=name))
        (info,) = await house.stores.keys.keys(alice.id)
        assert info.name == name


async def test_health_is_so_since_it_changed(house: Neighbours) -> None:
    """Learning it again moves the last check, and not since when it has been so."""
    alice = await house.member()
    await house.do(put(alice.id))
    (info,) = await house.stores.keys.keys(alice.id)
    assert info.since == info.added_at
    await house.clock.advance(60)
    changed = house.clock.now()
    note = NoteKeyHealth(member=alice.id, key=info.id, health=KeyHealth.NO_CREDIT)
    await house.do(note)
    await house.clock.advance(60)
    await house.do(note)
    (info,) = await house.stores.keys.keys(alice.id)
    assert (info.since, info.checked_at) == (changed, house.clock.now())


async def test_use_is_noted_of_the_key_that_was_used(house: Neighbours) -> None:
    """Switching keys while an answer runs does not credit the wrong one."""
    alice = await house.member()
    await house.do(put(alice.id))
    await house.do(put(alice.id, SECOND))
    session = await house.stores.settings.session(HERS, alice.id)
    chosen = Overrides(provider="demo", model="m")
    await house.do(
        Choose(scope=Scope.SESSION, member=alice.id, session=session.id, overrides=chosen)
    )
    keys = await stored(house, alice.id)
    turn = await house.ask()
    assert await house.stores.turns.begin_attempt(turn.id, 1)
    usage = Usage(input_tokens=1)
    ending = Ending(state=TurnState.ANSWERED, answer="a", usage=usage, key=keys["1"].id)
    await house.stores.turns.end(turn.id, 1, ending)
    keys = await stored(house, alice.id)
    assert (keys["1"].used_at, keys["2"].used_at) == (house.clock.now(), None)
    await house.talk("q", "a")
    assert (await stored(house, alice.id))["2"].used_at == house.clock.now()


async def test_nobody_touches_anothers_key(house: Neighbours) -> None:
    """Whatever number a button names."""
    alice, bob = await house.member(), await house.member(BOB)
    await house.do(put(alice.id))
    await house.do(put(alice.id, SECOND))
    before = await house.stores.keys.keys(alice.id)
    for info in before:
        attempts = (
            DropKey(member=bob.id, key=info.id),
            UseKey(member=bob.id, key=info.id),
            RenameKey(member=bob.id, key=info.id, name="his"),
            NoteKeyHealth(member=bob.id, key=info.id, health=KeyHealth.REJECTED),
        )
        for effect in attempts:
            assert (await house.do(effect, sender=BOB)).applied is Applied.STALE, effect
        await house.do(put(bob.id, THIRD, replaces=info.id), sender=BOB)
        assert await house.stores.keys.open_key(bob.id, "demo", ORIGIN, key=info.id) is None
    assert await house.stores.keys.keys(alice.id) == before


async def test_usage_by_model_and_day(house: Neighbours) -> None:
    """Dearest model first, newest day first, unknown cost counted apart."""
    alice = await house.member()
    session = await house.stores.settings.session(HERS, alice.id)
    start = house.clock.now()
    costs = {"cheap": "0.001", "dear": "0.9", "unknown": None}
    for model, cost in costs.items():
        await house.do(
            Choose(
                scope=Scope.SESSION,
                member=alice.id,
                session=session.id,
                overrides=Overrides(provider="demo", model=model),
            )
        )
        turn = await house.ask()
        assert await house.stores.turns.begin_attempt(turn.id, 1)
        await house.stores.turns.end(
            turn.id,
            1,
            Ending(
                state=TurnState.STOPPED,
                usage=Usage(input_tokens=5, is_estimated=cost is None),
                cost_usd=None if cost is None else Decimal(cost),
            ),
        )
        await house.clock.advance(DAY_S)
    settings = house.stores.settings
    spent = await settings.spent(alice.id)
    assert (spent.answers, spent.unknown, spent.is_estimated) == (3, 1, True)
    assert spent.cost_usd == Decimal("0.901")
    by_model = await settings.spent_by_model(alice.id, since=start)
    assert [line.key for line in by_model] == ["dear", "cheap", "unknown"]
    assert {line.provider for line in by_model} == {"demo"}
    assert by_model[0].spent.cost_usd == Decimal("0.9")
    by_day = await settings.spent_by_day(alice.id, since=start)
    assert [line.key for line in by_day] == ["2026-11-25", "2026-11-24", "2026-11-23"]
    later = await settings.spent(alice.id, since=start + timedelta(days=1))
    assert later.answers == 2
    bob = await house.member(BOB)
    assert (await settings.spent(bob.id)).answers == 0


async def test_no_key_is_kept_as_one(house: Neighbours) -> None:
    """For a server that asks for none: it is there, it is empty, and it is said to be so."""
    alice = await house.member()
    await house.do(put(alice.id, ""))
    assert await house.stores.keys.open_key(alice.id, "demo", ORIGIN) == Secret("")
    (info,) = await house.stores.keys.keys(alice.id)
    assert info.mask == "no key"
