"""What the owners have to know: grouped, counted, kept until it can be told, and told without the database where that
is what is gone. (What owners do with an alert is in test_owner.py.)"""

import json
import re

import pytest
from harness.store import product
from harness.world import OWNER

AWAY = "Database tidak bisa dihubungi"
BACK = "Pulih: database"


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 5, code="SUSU")])


@pytest.fixture
def oma(world, kopi):
    return world.person(OWNER)


def listed(world, *store):
    return json.loads(world.ctl("alerts", *store, "--json").stdout)["alerts"]


def told(world, oma, text):
    return [message.text for message in oma.from_bot(world.owner_bot) if text in message.text]


def break_messages(world, store, count):
    """Rows of the outbox that nobody can open: each is an error line when the store is swept."""
    world.expect(rf"log {store.name}: .* outbox row \d+ set aside: .*")
    world.expect(rf"{store.name}: outbox row \d+ failed: .*")
    store.query(
        "INSERT INTO outbox (chat_id, seal_id, payload, keep, due_at, created_at)"
        " SELECT number, number, 'broken', false, now(), now() FROM generate_series(1, %s) AS number",
        count,
    )


def test_a_thousand_identical_faults_are_one_message(world, kopi, oma):
    break_messages(world, kopi, 1000)
    oma.start_chat(world.owner_bot)
    oma.wait_for(world.owner_bot, "[kopi-digital]", fresh=False)
    world.until(lambda: [one["count"] for one in listed(world, kopi.name)] == [1000], 30, "all of them to be counted")
    [alert] = listed(world)
    assert (alert["kind"], alert["severity"], alert["state"]) == ("error", "warning", "open")
    assert alert["subject"].startswith("outbox row # set aside: ") and alert["bot_store_name"] == kopi.name
    assert listed(world, "teh") == []
    assert "set aside" in world.ctl("alerts").stdout
    metrics = world.metrics()
    assert metrics.get("lapak_alerts_raised_total") == 1000 and metrics.get("lapak_alerts_dropped_total") == 0
    assert metrics.get("lapak_alerts_told_total") == 1
    assert metrics.get("lapak_alerts_open", severity="warning") == 1
    assert len(told(world, oma, "[kopi-digital]")) == 1
    # its window is over
    world.query("UPDATE lapak.alerts SET told_at = told_at - interval '1 hour', told_count = 1, due_at = now()")
    oma.wait_for(world.owner_bot, lambda message: re.search(r"1\.?000 kali", message.text), fresh=False)
    assert len(told(world, oma, "[kopi-digital]")) == 2


@pytest.mark.parametrize("how", [{"mode": "status", "status": 404}, {"mode": "status", "status": 502}, {"mode": "drop_before"}],
                         ids=["404", "502", "broken off"])
def test_while_the_owners_bot_is_dead_alerts_are_kept(world, kopi, oma, how):
    oma.start_chat(world.owner_bot)
    world.quiet()
    heal = world.fail("telegram", bot=world.owner_bot.bot_id, method="sendMessage", **how)
    for number in range(5):
        world.query("INSERT INTO lapak.alerts (store, kind, detail, count, first_at, last_at, due_at)"
                    " VALUES (%s, 'webhook', 'x', 1, now(), now(), now())", f"toko-{number}")
    tries = "SELECT count(*) FROM outbox WHERE attempts > 0 AND state = 'pending'"
    world.until(lambda: world.owner_bot.value(tries) >= 1, what="a message to be tried in vain")
    world.kill9()
    world.start()
    heal()
    for number in range(5):
        oma.wait_for(world.owner_bot, f"[toko-{number}]", fresh=False, seconds=60)
    world.quiet(60)


def test_a_store_whose_own_bot_is_dead_is_told_of(world, kopi, oma):
    oma.start_chat(world.owner_bot)
    world.expect("log kopi-digital: .*disabled: ")
    world.sandbox.post("bot", token=kopi.token, revoked=True)
    world.restart()
    oma.wait_for(world.owner_bot, "[kopi-digital]", fresh=False)
    world.quiet()
    assert len(told(world, oma, "[kopi-digital]")) == 1, "its error line is not a second alert"


def test_owners_are_told_directly_that_the_database_is_away(world, kopi, oma):
    world.config["owner"]["database_away"] = 2
    oma.start_chat(world.owner_bot)
    world.quiet()
    server = world.server
    world.expect("log .*", must=False)
    world.database_away()
    oma.wait_for(world.owner_bot, AWAY, fresh=False, seconds=30)
    world.database_back()
    oma.wait_for(world.owner_bot, BACK, fresh=False, seconds=30)
    assert len(told(world, oma, AWAY)) == 1, "once, however long it takes"
    assert len(told(world, oma, BACK)) == 1
    world.until(lambda: world.http("/readyz")[0] == 200, what="/readyz to recover")
    assert server.alive()
