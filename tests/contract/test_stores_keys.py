"""What every KeyVault does, and what is remembered of use."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.chat import MemberId, Overrides, Scope, TurnState, Usage
from bot.domain.effects import (
    Choose,
    DropKey,
    NoteKeyHealth,
    PutKey,
)
from bot.domain.errors import VaultCorrupt
from bot.domain.keys import KeyHealth
from bot.domain.ports import Applied, Ending
from bot.domain.secret import Secret
from tests.fakes.neighbours import BOB, DAY_S, HERS, ORIGIN, Neighbours

KEY = "sk-canary-alice-0001"


def put(member: MemberId, key: str = KEY, *, health: KeyHealth = KeyHealth.WORKS) -> PutKey:
    """Return the effect that stores a member's key."""
    return PutKey(member=member, provider="demo", origin=ORIGIN, key=Secret(key), health=health)


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
    note = NoteKeyHealth(member=alice.id, provider="demo", health=KeyHealth.NO_CREDIT)
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
    """One key per provider; dropped once."""
    alice = await house.member()
    await house.do(put(alice.id))
    await house.do(put(alice.id, "sk-canary-alice-0002"))
    assert len(await house.stores.keys.keys(alice.id)) == 1
    opened = await house.stores.keys.open_key(alice.id, "demo", ORIGIN)
    assert opened == Secret("sk-canary-alice-0002")
    drop = DropKey(member=alice.id, provider="demo")
    assert (await house.do(drop)).applied is Applied.DONE
    assert (await house.do(drop)).applied is Applied.STALE
    assert await house.stores.keys.keys(alice.id) == ()


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
