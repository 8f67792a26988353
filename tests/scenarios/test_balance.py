"""The balance as people see it and as they pay with it: history, profile, and never below zero, however many pay at
once."""

import re

import pytest
from harness.deposits import BOOKED, balance, entries, give, invoice
from harness.store import product
from harness.updates import callback
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 20, code="SUSU"), product("Teh", 4_000, 20, code="TEH")])


@pytest.fixture
def budi(world, kopi):
    person = world.person(2001, "Budi <b>")
    person.start_chat(kopi)
    return person


def rich(store, person, amount):
    give(store, person, amount, f"uji:{person.id}")
    return person


def fill_cart(store, person, code="SUSU", quantity=1):
    """Puts it into the cart; the message whose buttons are pressed."""
    welcome = person.start_chat(store)
    number, price = store.query("SELECT id, price FROM products WHERE code = %s", code)[0]
    for _ in range(quantity):
        person.wait_answer(store, person.force(store, f"q:{number}:1:{price}", welcome))
    return welcome


# --- pages ---


def test_nothing_yet(world, kopi):
    sari = world.person(2002, "Sari")
    sari.send(kopi, "/saldo")
    page = sari.wait_for(kopi, "Saldo kamu")
    assert "Rp 0" in page.text and "Belum ada catatan" in page.text
    assert page.button("💰 Deposit") and page.button("👤 Profil") and not page.button("➡️")
    sari.press(kopi, "👤 Profil", page)
    page = sari.wait_for(kopi, "ID Telegram")
    assert "Sari" in page.text and "2002" in page.text and "Pembelian: 0" in page.text and "Total belanja: Rp 0" in page.text
    for label in ("💰 Deposit", "📜 Riwayat Saldo"):
        assert page.button(label)
    assert kopi.query("SELECT count(*) FROM users WHERE telegram_id = 2002") == [(0,)], "pages write nothing"


def test_deposit_and_purchase_in_the_history(world, kopi, budi):
    bill = invoice(budi, kopi, "Rp 20.000")
    deposit = kopi.transaction()["order_id"]
    world.pay(bill)
    budi.wait_for(kopi, BOOKED)
    page = fill_cart(kopi, budi)
    budi.wait_answer(kopi, budi.force(kopi, "y:balance", page))
    budi.wait_for(kopi, PAID, fresh=False)
    world.quiet()
    order = kopi.value("SELECT reference FROM orders")
    budi.send(kopi, "/saldo")
    page = budi.wait_for(kopi, "Saldo kamu")
    assert "Saldo: Rp 5.000" in page.text
    lines = page.text[page.text.index("Riwayat"):]
    assert re.search(rf"−Rp 15\.000 · Pembelian\n.*\d\d/\d\d/\d{{4}} \d\d:\d\d\n.*{order}", lines)
    assert re.search(rf"\+Rp 20\.000 · Deposit\n.*\d\d/\d\d/\d{{4}} \d\d:\d\d\n.*{deposit}", lines)
    assert lines.index(order) < lines.index(deposit), "the newest first"
    budi.send(kopi, "/profil")
    page = budi.wait_for(kopi, "ID Telegram")
    assert "Budi <b>" in page.text and "Pembelian: 1" in page.text
    assert "Total belanja: Rp 15.000" in page.text and "Saldo: Rp 5.000" in page.text


def test_a_long_history_is_turned_page_by_page(world, kopi, budi):
    for number in range(1, 26):
        give(kopi, budi, number, f"uji:{number}")
    sari = world.person(2002, "Sari")
    sari.start_chat(kopi)
    give(kopi, sari, 777, "uji:sari")
    budi.send(kopi, "/saldo")
    page = budi.wait_for(kopi, "Saldo kamu")

    def amounts(message):
        return [int(found.replace(".", "")) for found in re.findall(r"\+Rp ([\d.]+) ·", message.text)]

    assert amounts(page) == list(range(25, 15, -1)) and "Rp 325" in page.text
    assert page.button("➡️") and not page.button("⬅️")
    budi.press(kopi, "➡️", page)
    page = budi.wait_for(kopi, lambda m: amounts(m) == list(range(15, 5, -1)))
    give(kopi, budi, 1000, "uji:neu")  # what comes meanwhile moves nothing
    budi.press(kopi, "➡️", page)
    page = budi.wait_for(kopi, lambda m: amounts(m) == list(range(5, 0, -1)))
    assert not page.button("➡️")
    budi.press(kopi, "⬅️", page)
    page = budi.wait_for(kopi, lambda m: amounts(m) == list(range(15, 5, -1)))
    budi.press(kopi, "⬅️", page)
    page = budi.wait_for(kopi, lambda m: amounts(m) == list(range(25, 15, -1)))
    budi.press(kopi, "⬅️", page)
    page = budi.wait_for(kopi, lambda m: amounts(m)[:1] == [1000])
    for before in (-1, 1, 2**63 - 1):  # old and forged pages
        budi.wait_answer(kopi, budi.force(kopi, f"b:{before}", page))
    world.quiet()
    assert "Rp 1.325" in budi.last(kopi).text and "777" not in budi.last(kopi).text


def test_reasons_are_shown_as_they_are(world, kopi, budi):
    kopi.query(
        "INSERT INTO ledger (telegram_id, kind, amount, reason_key, note, created_at)"
        " SELECT %s, kind, 1, kind, '<b>&' || kind || repeat('é', 400), now() FROM unnest(ARRAY['deposit', 'purchase', 'refund',"
        " 'adjustment', 'transfer', 'late_payment']) kind", budi.id)
    kopi.query("UPDATE users SET balance = 6")
    budi.send(kopi, "/saldo")
    page = budi.wait_for(kopi, "Saldo kamu")
    for word in ("Deposit", "Pembelian", "Pengembalian dana", "Penyesuaian admin", "Kirim saldo", "Pembayaran terlambat"):
        assert f"+Rp 1 · {word}\n" in page.text
    assert "<b>&refund" in page.text and "é" * 101 in page.text and "…" in page.text
    kopi.query("DELETE FROM ledger")
    kopi.query("UPDATE users SET balance = 0")


# --- paying with it ---


def test_paid_at_once(world, kopi, budi):
    andi = world.admin(kopi)
    rich(kopi, budi, 35_000)
    page = fill_cart(kopi, budi, quantity=2)
    budi.wait_answer(kopi, budi.force(kopi, "y:balance", page))
    delivery = budi.wait_for(kopi, PAID, fresh=False)
    assert len(delivered_lines(budi.chat(kopi), delivery)) == 2
    andi.wait_for(kopi, "Pesanan dibayar", fresh=False)
    world.quiet()
    world.until(lambda: kopi.query("SELECT state FROM orders") == [("completed",)])
    assert balance(kopi, budi) == 5_000 and not kopi.transactions()
    assert kopi.stock("SUSU") == {"available": 18, "reserved": 0, "sold": 2}


def test_short_by_one_rupiah(world, kopi, budi):
    rich(kopi, budi, 14_999)
    page = fill_cart(kopi, budi)
    budi.wait_answer(kopi, budi.force(kopi, "y:balance", page))
    world.quiet()
    assert balance(kopi, budi) == 14_999 and kopi.query("SELECT count(*) FROM orders") == [(0,)]
    assert kopi.stock("SUSU")["available"] == 20 and kopi.query("SELECT quantity FROM cart_items") == [(1,)]


def test_two_devices_at_once(world, kopi):
    """One balance, one cart, the button pressed on many devices: paid once."""
    buyers = [world.person(2100 + number, f"Orang {number}") for number in range(4)]
    pages = [fill_cart(kopi, buyer) for buyer in buyers]
    for buyer in buyers:
        rich(kopi, buyer, 20_000)
    world.quiet()
    kopi.post_updates([callback(buyer, "y:balance", page.id) for buyer, page in zip(buyers, pages) for _ in range(4)])
    for buyer in buyers:
        buyer.wait_for(kopi, PAID, fresh=False)
    world.quiet()
    assert [balance(kopi, buyer) for buyer in buyers] == [5_000] * 4
    assert kopi.query("SELECT count(*) FROM orders") == [(4,)]
    assert kopi.stock("SUSU")["sold"] == 4


def test_two_servers_at_once_never_below_zero(world, kopi):
    """Each has money for one cup and a half; taps reach two servers all at once."""
    servers = world.start_two()
    buyers = [world.person(2100 + number, f"Orang {number}") for number in range(4)]
    number = kopi.value("SELECT id FROM products WHERE code = 'SUSU'")

    def tap_all(*taps):
        pages = [fill_cart(kopi, buyer) for buyer in buyers]
        world.quiet()
        bodies = [
            [callback(buyer, data, page.id) for buyer, page in zip(buyers, pages) for data in taps] for _ in servers
        ]
        world.at_once(*[
            lambda server=server, some=some: kopi.post_updates(some, port=server.port) for server, some in zip(servers, bodies)
        ])
        world.quiet(40)

    for buyer in buyers:
        buyer.start_chat(kopi)
        rich(kopi, buyer, 22_500)
    tap_all("y:balance", "y:balance", "y:balance")
    assert [balance(kopi, buyer) for buyer in buyers] == [7_500] * 4 and kopi.value("SELECT count(*) FROM orders") == 4
    tap_all("y:balance", f"q:{number}:1:15000", "y:balance")
    assert [balance(kopi, buyer) for buyer in buyers] == [7_500] * 4 and kopi.value("SELECT count(*) FROM orders") == 4
    assert kopi.stock("SUSU") == {"available": 16, "reserved": 0, "sold": 4}
    assert sorted(entries(kopi)) == sorted(
        [(buyer.id, "adjustment", 22_500) for buyer in buyers] + [(buyer.id, "purchase", -15_000) for buyer in buyers])


def test_a_deposit_and_a_purchase_at_once(world, kopi, budi):
    rich(kopi, budi, 15_000)
    bill = invoice(budi, kopi, "Rp 10.000")
    page = fill_cart(kopi, budi)
    world.at_once(
        lambda: world.pay(bill, webhook=10, parallel=True),
        lambda: kopi.post_updates([callback(budi, "y:balance", page.id)]),
    )
    budi.wait_for(kopi, PAID, fresh=False)
    budi.wait_for(kopi, BOOKED, fresh=False)
    world.quiet()
    assert balance(kopi, budi) == 10_000
