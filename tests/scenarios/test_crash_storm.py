"""lapakd killed with SIGKILL at random moments while people buy and pay and everything else fails too: every paid
order is delivered, no unit has two owners, no rupiah is missing.

    LAPAK_TEST_STORM=200 pytest tests/scenarios/test_crash_storm.py     200 kills
    LAPAK_TEST_SEED=4711                                                the storm of that seed again
"""

import os

import pytest
from harness import books, storm
from harness.store import product
from harness.visits import COUPON

KILLS = int(os.environ.get("LAPAK_TEST_STORM", "16"))


@pytest.mark.parametrize("servers", [1, 2])
def test_killed_at_random_moments(world, servers):
    stores = [
        world.store(name, [product("Banyak", 15_000, 40 * KILLS, code="BANYAK"), product("Langka", 9_000, 5, code="LANGKA"),
                           product("Resep", 6_000, code="RESEP", kind="shared", content=f"Resep rahasia {name}")],
                    admins=[1001, 1002], pakasir={"methods": ["qris", "bni_va"]}, deposit={"transfer": "BCA 123"})
        for name in ("kopi-digital", "nonton-hemat")
    ]
    for store in stores:
        store.import_coupons({"code": COUPON, "percent": 10, "most_uses": 10, "most_uses_each": 2})
        for admin in store.admins:
            world.person(admin).start_chat(store)
    # every failure that this is about is in the logs
    world.expect("log .*", must=False)
    chaos = storm.Storm(world, stores, storm.seed(), servers)
    chaos.rage(KILLS // 2)
    print(f"{chaos.kills} kills: {chaos.story()}")
    chaos.settle()
    print(f"settled: {chaos.story()}")
    books.check(world, *stores)
    assert chaos.kills >= KILLS // 2
