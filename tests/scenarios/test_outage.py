"""A gateway that is down: buyers are told at once and can go on without it, the admins once, nobody keeps calling, and it
goes on by itself afterwards."""

import pytest
from harness.store import product
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"
DOWN = "Layanan pembayaran sedang gangguan"
UP = "Layanan pembayaran sudah pulih"


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 30, code="SUSU")], support="@toko_bantu")


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def calls(world, store):
    return len(world.gateway_calls(store))


def alerts(admin, store):
    return [sum(text in message.text for message in admin.from_bot(store)) for text in (DOWN, UP)]


@pytest.mark.slow
@pytest.mark.parametrize("how", [{"mode": "drop_before"}, {"mode": "html"}])
def test_down_and_back_again(world, kopi, budi, how):
    andi = world.admin(kopi)
    waiting = budi.order(kopi, "Kopi Susu")
    before = calls(world, kopi)
    heal = world.fail("pakasir", **how)
    crowd = [world.person(3000 + number) for number in range(20)]
    world.at_once(*[lambda person=person: person.quick_order(kopi, "SUSU") for person in crowd])
    andi.wait_for(kopi, DOWN, fresh=False, seconds=30)
    for person in crowd:  # refused at once, or given up on soon
        person.wait_for(kopi, lambda message: DOWN in message.text or "gagal dibuat" in message.text, fresh=False, seconds=40)
    assert calls(world, kopi) - before <= 10, "nobody keeps knocking"
    assert kopi.stock("SUSU") == {"available": 29, "reserved": 1, "sold": 0}
    assert kopi.query("SELECT state, count(*) FROM payments GROUP BY 1 ORDER BY 2 DESC LIMIT 1")[0][0] != "creating"
    # the page that says so, and the way to a person
    sari = world.person(2002, "Sari")
    page = sari.methods(kopi, "Kopi Susu")
    assert DOWN in page.text
    assert page.button("💬 Hubungi Admin")["url"] == "https://t.me/toko_bantu"
    assert not page.button("💠 QRIS") and page.button("🔄 Coba Lagi")
    answer = sari.wait_answer(kopi, sari.force(kopi, "y:qris", page))
    assert "gangguan" in answer["text"]
    assert kopi.value("SELECT count(*) FROM orders WHERE telegram_id = 2002") == 0
    # who has a balance needs no gateway
    kopi.query("INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at)"
               " VALUES (2002, 'adjustment', 15000, 'test', now())")
    kopi.query("UPDATE users SET balance = 15000 WHERE telegram_id = 2002")
    sari.press(kopi, "🔄 Coba Lagi", page)
    page = sari.wait_for(kopi, lambda message: message.button("💼 Saldo"))
    sari.press(kopi, "💼 Saldo", page)
    sari.wait_for(kopi, PAID)
    # what was paid meanwhile waits for it
    world.pay(waiting)
    assert calls(world, kopi) - before <= 16
    heal()
    andi.wait_for(kopi, UP, fresh=False, seconds=120)
    delivery = budi.wait_for(kopi, PAID, fresh=False, seconds=60)
    assert len(delivered_lines(budi.chat(kopi), delivery)) == 1
    invoice = crowd[0].order(kopi, "Kopi Susu")
    world.pay(invoice)
    crowd[0].wait_for(kopi, PAID)
    world.quiet()
    assert alerts(andi, kopi) == [1, 1]
    gateway = "SELECT count(*), count(recovered_at) FROM lapak.alerts WHERE store = %s AND kind = 'gateway'"
    world.until(lambda: world.query(gateway, kopi.name) == [(1, 1)], what="the owners' alert, recovered")


@pytest.mark.slow
def test_down_while_an_invoice_ends(world, budi):
    """Its units are free when its time is over, not when the gateway is back; what was paid meanwhile is found then."""
    kopi = world.store("kopi-digital", [product("Kopi Susu", 15_000, 2, code="SUSU")], expires_in=8)
    world.admin(kopi)
    invoice = budi.order(kopi, "Kopi Susu")
    heal = world.fail("pakasir", "drop_before")
    crowd = [world.person(3000 + number) for number in range(3)]
    for person in crowd:
        person.quick_order(kopi, "SUSU")
    world.pay(invoice)
    budi.wait_for(kopi, "Waktu pembayaran habis", fresh=False, seconds=120)
    budi.wait_gone(kopi, invoice)
    assert kopi.stock("SUSU")["available"] == 2
    heal()
    # as time would do it: what is looked at late, and a breaker that was open for long, take minutes
    world.stop()
    kopi.query("UPDATE jobs SET due_at = now() WHERE kind = 'payment_check'")
    world.start()
    delivery = budi.wait_for(kopi, PAID, fresh=False, seconds=60)
    assert "setelah waktunya habis" in delivery.text
    assert len(delivered_lines(budi.chat(kopi), delivery)) == 1


@pytest.mark.slow
def test_one_project_down_is_no_others_trouble(world, kopi, budi):
    nonton = world.store("nonton-hemat", [product("Film", 20_000, 5, code="FILM")])
    andi = world.admin(kopi)
    andi.start_chat(nonton)
    heal = world.fail("pakasir", "drop_before", slug=kopi.slug)
    crowd = [world.person(3000 + number) for number in range(4)]
    world.at_once(*[lambda person=person: person.quick_order(kopi, "SUSU") for person in crowd])
    andi.wait_for(kopi, DOWN, fresh=False, seconds=30)
    world.pay(budi.order(nonton, "Film"))
    budi.wait_for(nonton, PAID)
    assert alerts(andi, nonton) == [0, 0]
    heal()
    andi.wait_for(kopi, UP, fresh=False, seconds=120)
    for person in crowd:  # whose loading line was still there gets the invoice after all
        person.wait_for(kopi, lambda message: message.qr or "gagal dibuat" in message.text, fresh=False, seconds=40)
