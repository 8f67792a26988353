"""A person asks what is known of them, and to be forgotten; what is old goes by itself."""

import datetime
import json
import subprocess

import pytest
from harness.deposits import balance, give
from harness.store import product

PAID = "🎉 Pembayaran Berhasil"
CONTENTS = ["bunga@example.com:kata-sandi-1", "bunga@example.com:kata-sandi-2"]


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Netflix", 35_000, CONTENTS, code="NFLX", snk="Jangan ganti sandi."),
                                        product("Spotify", 18_000, 3, code="SPOT")])


@pytest.fixture
def budi(world):
    return world.person(2001, "Budiman", last_name="Sastrowardoyo", username="budi_rahasia")


def buy(world, person, store, name):
    world.pay(person.order(store, name))
    person.wait_for(store, PAID, fresh=False)
    world.quiet()


def prove(world, person, store, text):
    person.press(store, "✅ Penuhi SNK", person.wait_for(store, lambda m: m.button("✅ Penuhi SNK"), fresh=False))
    person.wait_for(store, "Kirim bukti SNK")
    person.send(store, text)
    world.until(lambda: store.query("SELECT 1 FROM terms WHERE state = 'fulfilled'"), what="the proof")
    world.quiet()


def test_exported_and_erased(world, kopi, budi):
    andi = world.admin(kopi)
    buy(world, budi, kopi, "Netflix")
    prove(world, budi, kopi, "ini bukti ulasan saya")
    give(kopi, budi, 7_000, "hadiah")
    held = json.loads(world.ctl("person", "export", kopi.name, budi.id).stdout)
    assert held["person"][0]["username"] == "budi_rahasia" and held["person"][0]["balance"] == 7_000
    order = held["orders"][0]
    assert order["items"][0]["contents"] == CONTENTS[:1] and order["payments"][0]["amount"] == 35_000
    assert order["terms"][0]["proof"] == "ini bukti ulasan saya"
    assert [entry["amount"] for entry in held["ledger"]] == [7_000]
    assert "not known here" in world.ctl("person", "export", kopi.name, 2999, expect=1).stderr

    # not while anything is open
    assert "a balance of Rp 7.000 is left" in world.ctl("person", "erase", kopi.name, budi.id, "--yes", expect=1).stderr
    invoice = budi.order(kopi, "Spotify")
    assert "still open: 1 orders" in world.ctl("person", "erase", kopi.name, budi.id, "--yes", "--force", expect=1).stderr
    budi.press(kopi, "❌ Batalkan Pembelian", invoice)
    budi.wait_for(kopi, "Pesanan dibatalkan")
    world.quiet()
    assert "an admin of the store" in world.ctl("person", "erase", kopi.name, andi.id, "--yes", expect=1).stderr
    assert "nothing was erased" in world.ctl("person", "erase", kopi.name, budi.id, "--force", typed="n\n", expect=1).stderr
    assert kopi.value("SELECT count(*) FROM users WHERE telegram_id = %s", budi.id) == 1

    # what admins write about an order, its payment or one of its units is about the person
    for subject, table in (("order", "orders"), ("payment", "payments"), ("unit", "stock_units WHERE state = 'sold'")):
        kopi.query("INSERT INTO admin_logs (actor_id, action, subject, subject_id, note, created_at) "
                   f"SELECT %s, 'note', %s, id, 'Bu Ratna di ' || %s, now() FROM {table} LIMIT 1", andi.id, subject, subject)
    said = world.ctl("person", "erase", kopi.name, budi.id, "--yes", "--force").stdout
    assert "2 orders, 0 deposits and 1 ledger entries" in said
    assert world.verify() == []
    dump = subprocess.run(["/usr/lib/postgresql/15/bin/pg_dump", world.database_url, "-n", kopi.schema], capture_output=True, text=True,
                          check=False)
    assert dump.returncode == 0 and "Netflix" in dump.stdout, dump.stderr
    for trace in ("Budiman", "Sastrowardoyo", "budi_rahasia", "ulasan", "Ratna"):
        assert trace not in dump.stdout
    assert world.find_in_database("Budiman", "budi_rahasia", "ulasan", "kata-sandi") == []
    assert kopi.query("SELECT proof FROM terms") == [(None,)]
    who = kopi.value("SELECT telegram_id FROM orders LIMIT 1")
    assert who < 0 and kopi.query("SELECT first_name, username, balance FROM users WHERE telegram_id = %s", who) == [("—", None, 7_000)]
    # what was delivered can't be read any more, by whoever has the key
    kept = [row for row in json.loads(world.ctl("audit", kopi.name, "--json").stdout)["rows"] if row["event"] == "person.erased"]
    assert kept[0]["actor"] == "operator" and kept[0]["detail"] == {"pseudonym": who, "orders": 2, "deposits": 0, "balance": 7_000}
    andi.force(kopi, f"aod:{kopi.value('SELECT min(id) FROM orders')}")
    andi.wait_for(kopi, "Netflix")

    # whoever comes back is new
    budi.start_chat(kopi)
    assert balance(kopi, budi) == 0
    again = json.loads(world.ctl("person", "export", kopi.name, budi.id).stdout)
    assert again["orders"] == [] and again["ledger"] == []
    buy(world, budi, kopi, "Netflix")
    assert json.loads(world.ctl("person", "export", kopi.name, budi.id).stdout)["orders"][0]["items"][0]["contents"] == CONTENTS[1:]


def test_what_is_old_goes(world, kopi, budi):
    andi = world.admin(kopi)
    buy(world, budi, kopi, "Netflix")
    prove(world, budi, kopi, "ini bukti ulasan saya")
    world.stop()
    old = "now() - interval '31 days'"
    sent = kopi.value("SELECT count(*) FROM outbox WHERE state = 'sent'")
    assert sent > 0
    for table, column in (("updates_seen", "seen_at"), ("outbox", "created_at"), ("terms", "fulfilled_at")):
        kopi.query(f"UPDATE {table} SET {column} = {old} WHERE {column} IS NOT NULL")
    kopi.query("UPDATE jobs SET due_at = now() WHERE kind = 'retention'")
    world.query("UPDATE lapak.jobs SET due_at = now() WHERE kind = 'retention_server'")
    today = datetime.datetime.now(datetime.timezone.utc).date()
    logs = {days: world.log_directory / kopi.name / f"{today - datetime.timedelta(days=days)}.log" for days in (29, 31, 400)}
    for path in logs.values():
        path.write_text("[2026-01-01T00:00:00.000Z] [info] x\n")
    (world.log_directory / kopi.name / "notes.txt").write_text("x\n")
    world.start()
    world.until(lambda: kopi.query("SELECT proof FROM terms") == [(None,)], what="the proof gone")
    world.until(lambda: not logs[31].exists() and not logs[400].exists(), what="the logs gone")
    assert logs[29].exists() and (world.log_directory / kopi.name / "notes.txt").exists()
    assert kopi.value(f"SELECT count(*) FROM updates_seen WHERE seen_at <= {old}") == 0
    assert kopi.query("SELECT state, proof_kind FROM terms") == [("fulfilled", "text")]
    # the admin sees that it was given
    andi.force(kopi, f"ato:{kopi.value('SELECT id FROM terms')}")
    andi.wait_for(kopi, "sudah dihapus sesuai masa simpan")
