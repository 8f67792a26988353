"""The books against themselves: lapakctl verify at any time, lapakd once a day. (Every other scenario ends with it.)"""

import json
import re
import threading
import time

import pytest
from harness.processes import PATIENCE
from harness.store import product

PAID = "🎉 Pembayaran Berhasil"
JOB = "kind = 'verify_daily'"


def make_store(world, name="kopi-digital", stock=3, **more):
    return world.store(name, [product("Kopi Susu", 15_000, stock, code="SUSU")], **more)


@pytest.fixture
def kopi(world):
    return make_store(world)


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def live_in(world, store):
    """One bought, one cancelled, one expired and paid too late to get its unit, one is waiting."""
    budi, sari, joko, rina = [world.person(2001 + n, name) for n, name in enumerate(("Budi", "Sari", "Joko", "Rina"))]
    world.pay(budi.order(store, "Kopi Susu"))
    budi.wait_for(store, PAID)
    sari.press(store, "❌ Batalkan Pembelian", sari.order(store, "Kopi Susu"))
    sari.wait_for(store, "Pesanan dibatalkan")
    transaction = store.transaction(joko.order(store, "Kopi Susu"))
    world.quiet()
    store.query("UPDATE orders SET expires_at = now() WHERE state = 'pending'")
    store.query("UPDATE jobs SET due_at = now() WHERE kind = 'payment_check'")
    world.restart()
    joko.wait_for(store, "Waktu pembayaran habis")
    world.quiet()
    world.pay(rina.order(store, "Kopi Susu", 2))
    rina.wait_for(store, PAID)
    store.import_catalogue([product("Kopi Susu", 15_000, ["lagi:1"], code="SUSU")])
    sari.order(store, "Kopi Susu")
    world.pay(transaction["txn_id"], force=True)
    joko.wait_for(store, "terlambat", seconds=20)
    world.quiet()
    assert store.query("SELECT state, count(*) FROM orders GROUP BY 1 ORDER BY 1") == [
        ("cancelled", 1), ("completed", 2), ("expired", 1), ("pending", 1)]


# --- lapakctl verify ---


def test_a_lived_in_store_has_no_differences(world, kopi):
    make_store(world, "nonton-hemat")
    live_in(world, kopi)
    tables = ("users", "orders", "order_items", "stock_units", "products", "ledger", "deposits", "coupons")
    before = [kopi.query(f"SELECT * FROM {table} ORDER BY 1") for table in tables]
    for arguments in (("verify",), ("verify", "kopi-digital")):
        done = world.ctl(*arguments)
        assert "kopi-digital: 0 differences in 4 people, 5 orders, 5 payments, 0 deposits, 4 units, 0 coupons" in done.stdout
        assert ("nonton-hemat: 0 differences" in done.stdout) == (len(arguments) == 1)
        assert done.stderr == ""
    answer = json.loads(world.ctl("verify", "--json").stdout)
    assert answer["ok"] and [store["bot_store_name"] for store in answer["stores"]] == ["kopi-digital", "nonton-hemat"]
    books = answer["stores"][0]
    assert books["ok"] and books["differences"] == 0 and books["listed"] == [] and books["unfinished"] is None
    assert books["looked_at"] == {"people": 4, "orders": 5, "payments": 5, "deposits": 0, "units": 4, "coupons": 0}
    assert [kopi.query(f"SELECT * FROM {table} ORDER BY 1") for table in tables] == before


TAMPERED = {
    "a balance": ("UPDATE users SET balance = balance + 1 WHERE telegram_id = 2001",
                  "balance: user 2001: the balance is 1, the ledger's sum is 0"),
    "a unit": ("UPDATE stock_units SET state = 'available', order_item_id = NULL WHERE state = 'reserved'",
               "order: order {open}: it is pending, with 1 of SUSU ordered: 0 units are reserved"),
    "a count": ("UPDATE products SET sold = 4", "sold: product SUSU: 4 units are counted as sold, 1 are"),
    "a coupon": ("INSERT INTO coupons (code, kind, value, uses, starts_at, created_at) VALUES ('HEMAT', 'flat', 1, 1, now(), now())",
                 "coupon: coupon HEMAT: 1 uses are counted, 0 orders hold it"),
    "an order": ("UPDATE order_items i SET price = 1 FROM orders o WHERE o.id = i.order_id AND o.state = 'pending'",
                 "order: order {open}: the subtotal is 15000, the items come to 1"),
    "a payment": ("UPDATE payments p SET amount = 14000 FROM orders o WHERE o.id = p.order_id AND o.telegram_id = 2001",
                  "order: order {paid}: it is completed over 15000 rupiah; payments that went into it: 1, of 14000 rupiah"),
    "a job": ("DELETE FROM jobs WHERE kind = 'payment_check'", "payment: payment {open}: it is waiting, and no job will look at it"),
}


def test_what_was_tampered_with_is_named(world, kopi, budi):
    world.pay(budi.order(kopi, "Kopi Susu"))
    budi.wait_for(kopi, PAID)
    world.person(2002, "Sari").order(kopi, "Kopi Susu")
    world.quiet()
    nonton = make_store(world, "nonton-hemat")
    world.stop()
    world.expect("books of kopi-digital: .*")
    references = {"open": kopi.value("SELECT reference FROM orders WHERE state = 'pending'"),
                  "paid": kopi.value("SELECT reference FROM orders WHERE telegram_id = 2001")}
    told = []
    for statement, line in TAMPERED.values():
        kopi.query(statement)
        told.append(line.format(**references))
        found = world.ctl("verify", "kopi-digital", expect=1).stdout
        for text in told:
            assert f"kopi-digital: {text}" in found, found
        assert f"kopi-digital: {len(told)} differences in " in found
    assert not any(line in found for line in kopi.products[0]["stock"])
    everything = world.ctl("verify", expect=1).stdout
    assert "nonton-hemat: 0 differences" in everything
    answer = json.loads(world.ctl("verify", "--json", expect=1).stdout)
    assert not answer["ok"] and [store["ok"] for store in answer["stores"]] == [False, True]
    listed = answer["stores"][0]["listed"]
    assert {"what": "balance", "who": "user 2001", "says": "the balance is 1, the ledger's sum is 0"} in listed
    assert len(listed) == answer["stores"][0]["differences"] == len(told)
    world.ctl("verify", nonton.name)


def test_no_false_difference_while_people_buy(world):
    kopi = make_store(world, stock=30)
    buyers = [world.person(2100 + number, f"Orang {number}") for number in range(10)]
    world.start()
    end, answers = threading.Event(), []

    def look():
        while not end.is_set():
            answers.append(world.verify())

    looker = threading.Thread(target=look)
    looker.start()
    try:
        def buy(buyer, number):
            buyer.quick_order(kopi, "SUSU", 1 + number % 3)
            invoice = buyer.invoice(kopi, seconds=40)
            if number % 4 == 3:
                buyer.force(kopi, invoice.button("❌ Batalkan Pembelian")["callback_data"], invoice)
                return buyer.wait_for(kopi, "Pesanan dibatalkan", fresh=False, seconds=40)
            world.pay(invoice, webhook="twice", parallel=True)
            return buyer.wait_for(kopi, PAID, fresh=False, seconds=40)

        world.at_once(*[lambda buyer=buyer, number=number: buy(buyer, number) for number, buyer in enumerate(buyers)])
    finally:
        end.set()
        looker.join()
    assert len(answers) >= 3 and not any(answers), answers


def test_what_can_not_be_looked_at(world, kopi, budi):
    budi.start_chat(kopi)
    assert re.search(r"there is no store tidak-ada", world.ctl("verify", "tidak-ada", expect=1).stderr)
    assert json.loads(world.ctl("verify", "tidak-ada", "--json", expect=1).stdout)["code"] == "not found"
    assert "not the name of a store" in world.ctl("verify", "../etc", expect=1).stderr
    assert "usage: lapakctl verify [STORE]" in world.ctl("verify", "kopi-digital", "lagi", expect=2).stderr
    assert "[STORE]" in world.ctl("verify", "--help").stdout
    # a store that was never started, and one whose file is broken: the others are looked at all the same
    source = (world.tenants_directory / "kopi-digital.yaml").read_text()
    new = source.replace("kopi-digital", "toko-baru").replace("KOPI_DIGITAL", "BARU")
    (world.tenants_directory / "toko-baru.yaml").write_text(new)
    world.env.update({f"BARU_{key}": value for key, value in (
        ("BOT_TOKEN", "7999999999:" + "b" * 35), ("KEY", "kunci-baru"), ("SECRET", "rahasia-baru"))})
    world.write_files()
    done = world.ctl("verify", expect=1)
    assert "toko-baru: it has no schema yet" in done.stderr and "kopi-digital: 0 differences" in done.stdout
    (world.tenants_directory / "toko-baru.yaml").write_text("rahasia: ya\n")
    done = world.ctl("verify", expect=1)
    assert "toko-baru.yaml" in done.stderr and "kopi-digital: 0 differences" in done.stdout
    (world.tenants_directory / "toko-baru.yaml").unlink()
    world.ctl("verify")
    world.stop()
    world.database_away()
    try:
        assert "database" in world.ctl("verify", expect=1).stderr
    finally:
        world.database_back()


# --- once a day ---


def make_due(world, store):
    """Its time has come: as the server finds it when it starts."""
    world.stop()
    assert store.query(f"UPDATE jobs SET due_at = now() - interval '1 second' WHERE {JOB} RETURNING ref") == [(0,)]


def wait_checked(world, store):
    world.until(lambda: store.value(f"SELECT due_at > now() AND lease_until IS NULL FROM jobs WHERE {JOB}"), 20, "the daily check")


def runs(world):
    metrics = world.metrics()
    return {outcome: metrics.get("lapak_verify_runs_total", outcome=outcome) for outcome in ("clean", "differences", "failed")}


def test_every_store_is_looked_at_once_a_day(world, kopi, budi):
    nonton = make_store(world, "nonton-hemat")
    world.pay(budi.order(kopi, "Kopi Susu"))
    budi.wait_for(kopi, PAID)
    world.quiet()
    for store in (kopi, nonton):
        world.until(lambda store=store: store.query(f"SELECT 1 FROM jobs WHERE {JOB}"), what="the daily job")
        first = store.value(f"SELECT due_at FROM jobs WHERE {JOB}")
        assert store.value("SELECT %s BETWEEN now() + interval '30 minutes' AND now() + interval '25 hours'", first)
    assert runs(world) == {"clean": 0, "differences": 0, "failed": 0}
    times = [store.value(f"SELECT due_at FROM jobs WHERE {JOB}") for store in (kopi, nonton)]
    assert times[0] != times[1], "spread over the day"
    world.restart()
    assert [store.value(f"SELECT due_at FROM jobs WHERE {JOB}") for store in (kopi, nonton)] == times
    make_due(world, kopi)
    world.start()
    wait_checked(world, kopi)
    assert runs(world) == {"clean": 1, "differences": 0, "failed": 0}
    assert world.metrics().get("lapak_verify_differences", store="kopi-digital") == 0
    following = kopi.value(f"SELECT due_at FROM jobs WHERE {JOB}")
    assert kopi.value("SELECT %s BETWEEN now() + interval '5 hours' AND now() + interval '31 hours'", following)
    world.restart()
    world.quiet()
    assert runs(world)["clean"] == 0, "not again after a restart"
    assert "books checked: no difference in 1 people" in world.log_text()


def test_differences_are_told(world, kopi, budi):
    andi = world.admin(kopi)
    budi.start_chat(kopi)
    world.quiet()
    make_due(world, kopi)
    kopi.query("UPDATE users SET balance = 700 WHERE telegram_id = %s", budi.id)
    kopi.query("UPDATE products SET sold = 9")
    world.expect("books of kopi-digital: balance: user 2001: ")
    world.expect("books of kopi-digital: sold: product SUSU: ")
    world.expect(r"log server: .*books of kopi-digital: 2 differences, see lapakctl verify; balance: user 2001")
    world.start_two()  # two servers find it due, and one of them does it
    told = andi.wait_for(kopi, "Pembukuan tidak cocok", seconds=30)
    assert "2 selisih" in told.text
    assert "user 2001: the balance is 700, the ledger's sum is 0" in told.text
    assert "lapakctl verify kopi-digital" in told.text
    wait_checked(world, kopi)
    world.quiet()
    assert len([message for message in andi.from_bot(kopi) if "Pembukuan" in message.text]) == 1
    assert not [message for message in budi.from_bot(kopi) if "Pembukuan" in message.text]
    pages = [world.http_at(f"http://127.0.0.1:{server.port}", "/metrics")[1] for server in world.servers if server.alive()]
    assert sum('lapak_verify_runs_total{outcome="differences"} 1' in page for page in pages) == 1
    assert sum('lapak_verify_differences{store="kopi-digital"} 2' in page for page in pages) == 1


def test_stopping_ends_a_check_that_runs(world, kopi, budi):
    budi.start_chat(kopi)
    world.quiet()
    make_due(world, kopi)
    # a check that takes a minute
    kopi.query("ALTER TABLE users RENAME TO users_kept")
    kopi.query("CREATE VIEW users AS SELECT * FROM users_kept WHERE pg_sleep(60) IS NOT NULL")
    kopi.query("GRANT SELECT ON users TO PUBLIC")
    world.start()
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    world.until(lambda: world.query(asleep)[0][0] == 1, 20, "the check")
    assert kopi.value(f"SELECT lease_until > now() + interval '4 minutes' FROM jobs WHERE {JOB}"), "nobody else takes it up"
    began = time.monotonic()
    assert world.server.stop() == []
    assert time.monotonic() - began < 5 * PATIENCE
    world.until(lambda: world.query(asleep)[0][0] == 0, 5, "the end of the statement")
    kopi.query("DROP VIEW users")
    kopi.query("ALTER TABLE users_kept RENAME TO users")
    assert kopi.value(f"SELECT due_at < now() + interval '11 minutes' AND lease_until IS NULL FROM jobs WHERE {JOB}")
