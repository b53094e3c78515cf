"""Stores: what messengers keep for themselves."""

from functools import partial
from pathlib import Path

import pytest

from bot.domain.errors import VaultCorrupt
from bot.domain.secret import Secret
from storage.stores import open_stores
from storage.tx import Tx
from storage.vault import MasterKey
from tests.fakes.clock import FakeClock
from tests.fakes.neighbours import Neighbours

SEEDS = "matrix/seeds"


async def test_nothing_is_kept_at_first(house: Neighbours) -> None:
    """And forgetting it does no harm."""
    assert await house.stores.keepsakes.get(SEEDS) is None
    await house.stores.keepsakes.drop(SEEDS)


@pytest.mark.parametrize("value", ["canary seeds", "", "ключ 王 \0\n", "x" * 100_000])
async def test_what_is_kept_is_got_back(house: Neighbours, value: str) -> None:
    """Whatever text it is, as often as it is asked for."""
    await house.stores.keepsakes.put(SEEDS, Secret(value))
    for _ in range(2):
        assert await house.stores.keepsakes.get(SEEDS) == Secret(value)


@pytest.mark.parametrize("is_fleeting", [False, True], ids=["secret", "fleeting"])
async def test_the_newest_value_counts(house: Neighbours, *, is_fleeting: bool) -> None:
    """A name has one value."""
    for value in ("s1", "s2", "s3"):
        await house.stores.keepsakes.put("matrix/since", Secret(value), is_fleeting=is_fleeting)
    assert await house.stores.keepsakes.get("matrix/since") == Secret("s3")


async def test_names_do_not_touch_each_other(house: Neighbours) -> None:
    """Also where one begins like another."""
    kept = house.stores.keepsakes
    await kept.put(SEEDS, Secret("one"))
    await kept.put(f"{SEEDS}/new", Secret("two"))
    await kept.drop(SEEDS)
    assert await kept.get(SEEDS) is None
    assert await kept.get(f"{SEEDS}/new") == Secret("two")


async def test_what_was_dropped_can_be_kept_again(house: Neighbours) -> None:
    """Nothing of the old value comes back."""
    kept = house.stores.keepsakes
    await kept.put(SEEDS, Secret("old"))
    await kept.drop(SEEDS)
    await kept.drop(SEEDS)
    await kept.put(SEEDS, Secret("new"))
    assert await kept.get(SEEDS) == Secret("new")


async def test_what_does_not_authenticate_is_refused_until_it_is_replaced(tmp_path: Path) -> None:
    """Another name's value is as foreign as noise; its own name is told, and no value.

    Only a database can be tampered with; what was put before a restart is there after it.
    """
    stores = await open_stores(tmp_path, MasterKey(b"k" * 32), FakeClock())
    await stores.keepsakes.put(SEEDS, Secret("canary seeds"))
    await stores.keepsakes.put("matrix/other", Secret("other"))
    await stores.close()
    stores = await open_stores(tmp_path, MasterKey(b"k" * 32), FakeClock())
    assert await stores.keepsakes.get(SEEDS) == Secret("canary seeds")
    for value in ("zeroblob(60)", "(SELECT value FROM keepsakes WHERE name = 'matrix/other')"):
        sql = f"UPDATE keepsakes SET value = {value} WHERE name = '{SEEDS}'"  # noqa: S608  # ours
        await stores.keepsakes.write(partial(Tx.run, sql=sql))
        with pytest.raises(VaultCorrupt, match=r"keepsakes\.value of row matrix/seeds"):
            await stores.keepsakes.get(SEEDS)
    await stores.keepsakes.put(SEEDS, Secret("anew"))
    assert await stores.keepsakes.get(SEEDS) == Secret("anew")
    await stores.close()
