"""The audit trail: what admins decide and what strangers try is in it, with who; nobody changes it unnoticed, and a flood
does not fill it."""

import json

import psycopg2
import pytest
from harness.deposits import balance
from harness.settings import change, settings
from harness.store import product

ADMINS, OWNERS = [1001], [1003]
PAID = "🎉 Pembayaran Berhasil"


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 5, code="SUSU")], admins=ADMINS, owners=OWNERS)


def trail(world, store, *options):
    return json.loads(world.ctl("audit", store.name, "--json", *options).stdout)["rows"]


def verified(world, store, good=True):
    """What `lapakctl audit --verify` says last."""
    return world.ctl("audit", store.name, "--verify", expect=0 if good else 1).stdout.splitlines()[-1]


def rows_of(world, store, event):
    return [row for row in trail(world, store) if row["event"] == event]


def bought(world, person, store):
    world.pay(person.order(store, "Kopi Susu"))
    person.wait_for(store, PAID)
    world.quiet()
    return store.value("SELECT max(id) FROM orders WHERE telegram_id = %s", person.id)


def refund(person, store, order):
    person.force(store, f"aod:{order}", person.wait_for(store, lambda m: m.labels, fresh=False))
    person.press(store, "💸 Refund ke Saldo", person.wait_for(store, f"Pesanan #{order}"))
    person.wait_for(store, "Berapa yang dikembalikan")
    person.send(store, "5000")
    person.wait_for(store, "Untuk apa")
    person.send(store, "rahasia antara kita")
    person.press(store, "✅ Simpan", person.wait_for(store, lambda m: m.button("✅ Simpan")))
    person.wait_for(store, "masuk ke saldo pembeli")


def test_who_did_what(world, kopi):
    andi, omar, budi = world.person(1001), world.person(1003, "Omar"), world.person(2001, "Budi", username="budi_s")
    for person in (andi, omar):
        person.start_chat(kopi)
    order = bought(world, budi, kopi)
    change(andi, kopi, "Nama toko", "Toko <Baru>")
    change(andi, kopi, "Masa berlaku invoice", "30")
    omar.press(kopi, "👮 Admin toko", settings(omar, kopi))
    omar.press(kopi, "➕ Tambah admin", omar.wait_for(kopi, "Admin toko"))
    omar.wait_for(kopi, "Siapa yang jadi admin?")
    omar.send(kopi, "@budi_s")
    omar.press(kopi, "✅ Simpan", omar.wait_for(kopi, "Jadikan"))
    budi.wait_for(kopi, "Kamu sekarang admin")
    refund(andi, kopi, order)
    world.quiet()
    assert balance(kopi, budi) == 5000
    found = [(row["event"], row["actor"], row["detail"].get("subject")) for row in reversed(trail(world, kopi))]
    assert found == [
        ("config.changed", "operator", None), ("config.changed", "telegram:1001", "setting"), ("config.changed", "telegram:1001", "setting"),
        ("role.granted", "telegram:1003", "setting"), ("money.corrected", "telegram:1001", "order")]
    money = rows_of(world, kopi, "money.corrected")[0]["detail"]
    assert (money["action"], money["id"], money["before"]["refunded"], money["after"]["refunded"]) == ("refund", order, 0, 5000)
    assert rows_of(world, kopi, "role.granted")[0]["detail"]["after"]["key"] == "admin:2001"
    assert rows_of(world, kopi, "config.changed")[0]["detail"]["after"] == {"key": "invoice_minutes", "value": 30}
    # nothing that somebody wrote
    text = world.ctl("audit", kopi.name).stdout
    assert "rahasia" not in text and "Toko" not in text and "telegram:1003" in text
    assert "5 rows, all as they were written" in verified(world, kopi)
    # from a time on
    assert trail(world, kopi, "--since", "2099-01-01") == [] and len(trail(world, kopi, "--since", "1h")) == 5
    assert "neither" in world.ctl("audit", kopi.name, "--since", "kemarin", expect=1).stderr
    assert "server: nothing" in world.ctl("audit", "server").stdout
    assert "server: 0 rows" in world.ctl("audit", "server", "--verify").stdout


def test_signs_of_fraud(world, kopi):
    budi, andi = world.person(2001, "Budi"), world.admin(kopi)
    world.expect(r"above this person's role", must=False)
    budi.order(kopi, "Kopi Susu")
    for _ in range(500):
        assert kopi.post_pakasir({"order_id": "x"}, secret="rahasia")[0] == 401
    assert kopi.post_update({"update_id": 1}, secret="bukan")[0] == 401
    budi.force(kopi, "am")
    transaction = kopi.transaction()
    world.expect(r"does not fit the payment", must=False)
    assert kopi.post_pakasir(kopi.notice(transaction, amount=1))[0] == 422
    world.until(lambda: len(rows_of(world, kopi, "fraud.webhook")) == 1 and len(rows_of(world, kopi, "fraud.role")) == 1,
                what="the rows")
    assert [(row["actor"], row["detail"]) for row in rows_of(world, kopi, "fraud.role")] == [("telegram:2001", {"count": 1, "subject": "am"})]
    assert rows_of(world, kopi, "fraud.webhook")[0]["detail"]["subject"] == transaction["order_id"]
    world.until(lambda: kopi.value("SELECT count(*) FROM audit_logs WHERE event = 'fraud.secret'") == 2, what="both webhooks")
    world.stop()  # what was counted since is written at last
    secrets = {subject: sum(row["detail"]["count"] for row in rows_of(world, kopi, "fraud.secret") if row["detail"]["subject"] == subject)
               for subject in ("pakasir", "telegram")}
    assert secrets == {"pakasir": 500, "telegram": 1}
    assert len(rows_of(world, kopi, "fraud.secret")) <= 4
    alerts = world.query("SELECT subject, count FROM lapak.alerts WHERE store = 'kopi-digital' AND kind = 'fraud' ORDER BY subject")
    assert alerts == [("pakasir", 500), ("role", 1), ("telegram", 1), ("webhook", 1)]
    assert andi.from_bot(kopi) is not None


def make_rows(world, store, count):
    for number in range(count):
        store.import_catalogue([product("Kopi Susu", 15_000 + number, code="SUSU")])
    world.until(lambda: world.query("SELECT id FROM lapak.audit_heads WHERE store = %s AND kind = 'head'", store.name)
                == store.query("SELECT max(id) FROM audit_logs"), what="the head")


FORGERY = ("INSERT INTO audit_logs (event, actor, detail, created_at, previous, hash)"
           " SELECT 'role.granted', 'operator', '{}', now(), hash, sha256('x') FROM audit_logs ORDER BY id DESC LIMIT 1")


@pytest.mark.parametrize("change_it, found", [
    ("UPDATE audit_logs SET actor = 'telegram:1002' WHERE id = 3", "row 3 was changed"),
    ("DELETE FROM audit_logs WHERE id = 3", "row 4 does not follow"),
    ("DELETE FROM audit_logs WHERE id > 2", "row 5 is missing: the trail was cut off behind row 2"),
    ("DELETE FROM audit_logs", "row 5 is missing: the trail was cut off behind row 0"),
    (FORGERY, "row 6 was changed, or not written by lapakd"),
])
def test_no_change_goes_unnoticed(world, kopi, change_it, found):
    make_rows(world, kopi, 4)
    assert "5 rows, all as they were written" in verified(world, kopi)
    kopi.query(change_it)
    assert found in verified(world, kopi, good=False)
    # and by itself, once a day
    world.expect(r"audit trail of kopi-digital: row \d+ ")
    world.start()
    kopi.query("UPDATE jobs SET due_at = now() WHERE kind = 'audit_daily'")
    world.restart()
    world.until(lambda: world.query("SELECT detail FROM lapak.alerts WHERE store = 'kopi-digital' AND kind = 'audit'"), what="the alert")
    assert found in world.query("SELECT detail FROM lapak.alerts WHERE store = 'kopi-digital' AND kind = 'audit'")[0][0]


def test_what_the_store_may_not(world, kopi):
    make_rows(world, kopi, 1)
    with world.db(kopi).cursor() as cursor:
        cursor.execute(f'SET ROLE "lapak_{kopi.name.replace("-", "_")}"')
        for statement in ("UPDATE audit_logs SET actor = 'x'", "DELETE FROM audit_logs", "TRUNCATE audit_logs"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
    # the remembered end is marked as well
    world.query("UPDATE lapak.audit_heads SET id = 1 WHERE store = %s", kopi.name)
    assert "was not written by lapakd" in verified(world, kopi, good=False)


def test_looked_at_by_itself(world, kopi):
    world.start()
    kopi.query("UPDATE jobs SET due_at = now() WHERE kind = 'audit_daily'")
    world.query("UPDATE lapak.jobs SET due_at = now() WHERE kind = 'audit_daily_server'")
    world.restart()
    world.until(lambda: world.query("SELECT 1 FROM lapak.audit_heads WHERE store = %s AND kind = 'verified'", kopi.name), what="the look")
    assert world.query("SELECT 1 FROM lapak.alerts WHERE kind = 'audit'") == []
