"""The server watches every store, and the machine it runs on."""

import re

import pytest
from harness.bot_api import BotApi
from harness.processes import ROOT
from harness.store import product

PAID = "🎉 Pembayaran Berhasil"
EVERY = 5  # seconds


@pytest.fixture(autouse=True)
def looked_at_often(world):
    world.config["watch"]["every_seconds"] = EVERY


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 10, code="SUSU")])


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


FIGURES = ("checked_at", "day", "orders", "revenue", "orders_before", "revenue_before", "people", "parked", "outbox_waiting",
           "outbox_late_seconds", "jobs_late_seconds", "failed_in_row", "webhook_pending", "webhook_error", "gateway_ok")


def figures(world, store):
    rows = world.query(f"SELECT {', '.join(FIGURES)} FROM lapak.store_figures WHERE store = %s", store.name)
    return dict(zip(FIGURES, rows[0])) if rows else dict.fromkeys(FIGURES)


def look_again(world, *stores):
    """A round by the stores is due now."""
    for store in stores or world.stores:
        store.query("UPDATE jobs SET due_at = now() WHERE kind = 'monitor_round' AND due_at < 'infinity'")


def seen(world, store, look, seconds=30):
    """Waits for a round that saw what is looked for."""

    def found():
        now = figures(world, store)
        return now["checked_at"] is not None and look(now)

    world.until(found, seconds, lambda: f"a round that saw it; the last one: {figures(world, store)}")
    return figures(world, store)


def webhook_of(world, store):
    bot = next(bot for bot in world.sandbox.state()["bots"] if bot["id"] == store.bot_id)
    return bot.get("webhook")


def alert(world, kind, store="", subject=None):
    """(detail, is it open) of the alert, the newest where there were several; None where there was none."""
    rows = world.query("SELECT detail, recovered_at IS NULL FROM lapak.alerts WHERE kind = %s AND store = %s"
                       " AND (%s::text IS NULL OR subject = %s) ORDER BY id DESC LIMIT 1", kind, store, subject, subject)
    return rows[0] if rows else None


def raised(world, kind, store="", subject=None):
    world.until(lambda: (alert(world, kind, store, subject) or (0, False))[1], 30, f"an alert: {kind}")
    return alert(world, kind, store, subject)[0]


def recovered(world, kind, store="", subject=None):
    world.until(lambda: not alert(world, kind, store, subject)[1], 40, f"the end of an alert: {kind}")


def test_figures_follow_what_is_sold(world, kopi, budi):
    world.start()
    now = seen(world, kopi, lambda now: True)
    assert (now["orders"], now["revenue"], now["parked"], now["failed_in_row"]) == (0, 0, 0, 0)
    for _ in range(2):
        world.pay(budi.order(kopi, "Kopi Susu"))
        budi.wait_for(kopi, PAID)
    now = seen(world, kopi, lambda now: now["orders"] == 2)
    assert now["revenue"] == 30_000
    assert (now["orders_before"], now["revenue_before"]) == (0, 0)
    assert now["people"] == kopi.value("SELECT value FROM counters WHERE name = 'users'")
    assert now["gateway_ok"] is True and now["webhook_error"] is None
    # as of a day later
    kopi.query("UPDATE orders SET paid_at = paid_at - interval '1 day', completed_at = completed_at - interval '1 day'")
    now = seen(world, kopi, lambda now: now["orders"] == 0)
    assert (now["orders_before"], now["revenue_before"]) == (2, 30_000)
    assert str(now["day"]) == str(kopi.value("SELECT (now() AT TIME ZONE 'Asia/Jakarta')::date"))


def test_a_stolen_webhook_is_set_again(world, kopi):
    world.start()
    ours = webhook_of(world, kopi)
    seen(world, kopi, lambda now: True)
    BotApi(world.sandbox, kopi.token).call("setWebhook", url="https://evil.example/collect")
    world.until(lambda: webhook_of(world, kopi) == ours, 3 * EVERY, "the webhook set again")
    assert raised(world, "webhook", kopi.name) == "→ evil.example"
    recovered(world, "webhook", kopi.name)
    world.person(2001, "Budi").start_chat(kopi)


def test_a_token_that_died_and_works_again(world, kopi):
    world.start()
    seen(world, kopi, lambda now: True)
    world.expect(r"disabled: ")
    world.sandbox.post("bot", token=kopi.token, revoked=True)
    world.until(lambda: world.query("SELECT state FROM lapak.stores") == [("disabled",)], 30, "the store disabled")
    world.sandbox.post("bot", token=kopi.token, revoked=False)
    world.until(lambda: world.query("SELECT state FROM lapak.stores") == [("live",)], 30, "the store live again")


def test_a_gateway_that_is_down(world, kopi):
    world.start()
    seen(world, kopi, lambda now: now["gateway_ok"] is True)
    world.stop()  # what was heard of it counts for a minute
    heal = world.fail("pakasir", "drop_before")
    world.start()
    seen(world, kopi, lambda now: now["gateway_ok"] is False)
    raised(world, "gateway", subject="Pakasir")
    heal()
    seen(world, kopi, lambda now: now["gateway_ok"] is True, 60)
    recovered(world, "gateway", subject="Pakasir")


def test_what_waits_and_for_how_long(world, kopi, budi):
    world.start()
    invoice = budi.order(kopi, "Kopi Susu")
    heal = world.fail("telegram", "status", method="sendMessage", status=502)
    world.pay(invoice)
    tried = "UPDATE outbox SET created_at = created_at - interval '10 minutes' WHERE state = 'pending' AND attempts > 0"
    world.until(lambda: kopi.query(f"{tried} RETURNING id"), 20, "a delivery that was tried in vain")
    now = seen(world, kopi, lambda now: now["outbox_late_seconds"] >= 600)
    assert now["outbox_waiting"] >= 1
    assert int(raised(world, "outbox_late", kopi.name).split()[0]) >= 600
    heal()
    seen(world, kopi, lambda now: now["outbox_waiting"] == 0)
    recovered(world, "outbox_late", kopi.name)


def machine(world, name, **labels):
    return world.metrics().get(f"lapak_{name}", **labels)


def test_the_machine(world, kopi):
    world.start()
    world.until(lambda: machine(world, "clock_offset_seconds", of="Pakasir") is not None, 20, "the first look")
    assert machine(world, "machine_cpu_used_ratio") is None, "since the look before"
    assert 0 < machine(world, "machine_memory_used_ratio") <= 1
    assert 0 < machine(world, "machine_disk_used_ratio", of="logs") <= 1
    assert machine(world, "machine_disk_free_bytes", of="logs") > 0
    assert machine(world, "log_bytes") > 0
    assert machine(world, "database_up") == 1
    assert machine(world, "database_size_bytes") > 5_000_000
    assert 0 < machine(world, "database_connections") < machine(world, "database_connections_max")
    for clock in ("PostgreSQL", "Telegram", "Pakasir"):
        assert abs(machine(world, "clock_offset_seconds", of=clock)) < 3
    world.until(lambda: machine(world, "machine_cpu_used_ratio") is not None, 20, "the second look")
    assert 0 <= machine(world, "machine_cpu_used_ratio") <= 1
    world.expect(r"sweep|database", must=False)
    world.database_away()
    world.until(lambda: machine(world, "database_up") == 0, 20, "a look without the database")
    world.database_back()
    world.until(lambda: machine(world, "database_up") == 1, 20, "a look with it")


def test_thresholds_of_the_machine(world, kopi):
    world.config["watch"].update(disk=1, logs_mb=1)
    big = world.log_directory / "kopi-digital" / "2026-01-01.log"
    big.parent.mkdir(parents=True)
    big.write_text("[2026-01-01T00:00:00.000Z] [info] a long line" + " very" * 500_000 + "\n")
    world.start()
    assert re.fullmatch(r"\d+ %", raised(world, "disk", subject="logs"))
    assert raised(world, "logs") == "2 MB"
    big.unlink()
    recovered(world, "logs")
    assert alert(world, "disk", subject="logs")[1]
    world.config["watch"].update(disk=100)
    world.restart()
    recovered(world, "disk", subject="logs")


ROW = re.compile(r"^\| `(\w+)` \| (counter|gauge|histogram) \|(.*?)\| (.+) \|$", re.M)
SERIES = re.compile(r"_(bucket|sum|count)$")


def test_every_metric_is_documented(world, kopi, budi):
    """docs/metrics.md and /metrics, held against each other: names, types, labels."""
    world.start()
    world.pay(budi.order(kopi, "Kopi Susu"))
    budi.wait_for(kopi, PAID)
    seen(world, kopi, lambda now: now["orders"] == 1)
    world.until(lambda: machine(world, "clock_offset_seconds", of="Pakasir") is not None, 20, "a look at the machine")
    world.until(lambda: machine(world, "orders_today") == 1, 20, "the order in the sums")
    page = world.metrics()
    there = dict(re.findall(r"^# TYPE (\w+) (\w+)$", page.text, re.M))
    text = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    documented = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels, _ in ROW.findall(text)}
    assert {name: kind for name, (kind, _) in documented.items()} == there
    for name, labels, _ in page.samples:
        name = name if name in documented else SERIES.sub("", name)
        assert set(labels) - {"le"} == documented[name][1], name
    assert page.get("lapak_store_orders_today", store=kopi.name) == 1
    assert page.get("lapak_revenue_today_rupiah") == page.get("lapak_store_revenue_today_rupiah") == 15_000
    assert page.get("lapak_delivery_seconds_count") == 1
    assert page.get("lapak_delivery_seconds_bucket", le="60") == 1
    handled = page.get("lapak_updates_total", outcome="handled")
    assert page.get("lapak_update_seconds_count") == page.get("lapak_update_handling_seconds_count") == handled
    assert page.get("lapak_update_seconds_sum") >= page.get("lapak_update_handling_seconds_sum") > 0


def test_many_stores_are_looked_at_one_after_the_other(world):
    stores = [world.store(f"toko-{number}") for number in range(12)]
    world.config["watch"]["every_seconds"] = 3600
    world.start()
    for store in stores:
        world.until(lambda store=store: store.query("SELECT 1 FROM jobs WHERE kind = 'monitor_round'"), 20, "the job")

    def times_of_a_round():
        since = world.sandbox.state()["seq"]
        look_again(world, *stores)
        for store in stores:
            world.query("SELECT pg_notify('lapak_catalogue', %s)", store.name)  # a sweep of it

        def times():
            return sorted(call["at_ms"] for store in stores for call in world.calls(store, method="getWebhookInfo", since=since))

        world.until(lambda: len(times()) >= len(stores), 30, "a round by each store")
        for store in stores:  # none is under way any more
            seen(world, store, lambda now: True)
            world.until(lambda store=store: store.query("SELECT 1 FROM jobs WHERE kind = 'monitor_round' AND due_at > now() AND due_at < 'infinity'"),
                        30, "the next round's plan")
        assert len(times()) == len(stores)
        return times()

    # when a call arrives is this machine's matter too: one round without a delay will do, and no faster one can pass
    for _ in range(3):
        times = times_of_a_round()
        if all(tenth - first >= 900 for first, tenth in zip(times, times[10:])):
            break
    for first, tenth in zip(times, times[10:]):
        assert tenth - first >= 900, "ten a second"
