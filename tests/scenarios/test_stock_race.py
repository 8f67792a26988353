"""More buyers than units, all at once: every unit is sold at most once, and everybody else is told."""

import itertools

from harness.store import product
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"


def test_thirty_buyers_for_ten_units(world):
    kopi = world.store("kopi-digital", [product("Kopi Susu", 15_000, 10, code="SUSU")], admins=[1001], owners=[1003])
    andi, omar = world.admin(kopi), world.person(1003, "Omar")
    omar.start_chat(kopi)
    buyers = [world.person(3000 + number, f"Orang {number}") for number in range(30)]
    world.at_once(*[lambda buyer=buyer: prepare(kopi, buyer) for buyer in buyers])
    pressed = world.at_once(*[lambda buyer=buyer: buyer.force(kopi, "y:qris") for buyer in buyers])
    answers = [buyer.wait_answer(kopi, press) for buyer, press in zip(buyers, pressed)]
    # the gateway takes two invoices a second
    made = "SELECT count(*) FROM payments WHERE state = 'waiting'"
    world.until(lambda: kopi.value(made) == 10, 30, "ten invoices")
    world.quiet(30)

    assert kopi.query("SELECT state, count(*) FROM orders GROUP BY 1") == [("pending", 10)]
    assert kopi.stock("SUSU") == {"available": 0, "reserved": 10, "sold": 0}
    invoices = [next((m for m in buyer.from_bot(kopi) if m.qr), None) for buyer in buyers]
    assert sum(invoice is not None for invoice in invoices) == 10
    for answer, invoice, buyer in zip(answers, invoices, buyers):
        if invoice is None:
            assert "Stok" in answer["text"], answer
            page = next(m for m in buyer.from_bot(kopi) if "Keranjangmu" in m.text)
            assert "tinggal 0" in page.text, page.text
    assert len(kopi.transactions()) == 10

    paying = [(buyer, invoice) for buyer, invoice in zip(buyers, invoices) if invoice]
    world.at_once(*[lambda invoice=invoice: world.pay(invoice, webhook="twice", parallel=True) for _, invoice in paying])
    sold = []
    for buyer, _ in paying:
        delivery = buyer.wait_for(kopi, PAID, fresh=False, seconds=30)
        sold += delivered_lines(buyer.chat(kopi), delivery)
    world.quiet(30)
    assert sorted(sold) == sorted(kopi.products[0]["stock"]), "each unit to exactly one buyer"
    assert kopi.stock("SUSU") == {"available": 0, "reserved": 0, "sold": 10}
    world.until(lambda: kopi.query("SELECT state, count(*) FROM orders GROUP BY 1") == [("completed", 10)])

    low = [message for message in andi.from_bot(kopi) if "Stok menipis" in message.text or "Stok habis" in message.text]
    assert len(low) == 1, "told once, however many orders crossed the line"
    assert not [m for m in omar.from_bot(kopi) if "Stok menipis" in m.text or "Pesanan" in m.text], "owners are not admins"


def prepare(store, buyer):
    welcome = buyer.start_chat(store)
    number, price = store.query("SELECT id, price FROM products WHERE code = 'SUSU'")[0]
    buyer.wait_answer(store, buyer.force(store, f"q:{number}:1:{price}", welcome))


def test_low_stock_is_told_once_for_each_crossing(world):
    kopi = world.store("kopi-digital", [product("Kopi Susu", 15_000, 6, code="SUSU")])
    andi = world.admin(kopi)
    buyers = (world.person(number, f"Orang {number}") for number in itertools.count(3001))

    def warnings():
        world.quiet()
        return [m.text for m in andi.from_bot(kopi) if "Stok menipis" in m.text or "Stok habis" in m.text]

    def buy(quantity):
        buyer = next(buyers)
        buyer.quick_order(kopi, "SUSU", quantity)
        return buyer, buyer.invoice(kopi)

    buy(2)  # 4 left
    assert warnings() == []
    buy(1)  # 3
    assert len(warnings()) == 1 and "3" in warnings()[0]
    last_buyer, invoice = buy(2)  # 1
    assert len(warnings()) == 1
    # back above the line by a cancelled order and new stock: the next crossing is told again
    last_buyer.press(kopi, "❌ Batalkan Pembelian", invoice)
    last_buyer.wait_gone(kopi, invoice)
    kopi.import_catalogue([product("Kopi Susu", 15_000, [f"BARU-{n}" for n in range(4)], code="SUSU")])
    assert kopi.stock("SUSU")["available"] == 7
    buy(1)
    assert len(warnings()) == 1
    buy(5)
    assert len(warnings()) == 2


def test_one_buyer_can_not_reserve_more_than_there_is(world):
    kopi = world.store("kopi-digital", [product("Kopi Susu", 15_000, 3, code="SUSU")])
    budi = world.person(2001, "Budi")
    welcome = budi.start_chat(kopi)
    number = kopi.value("SELECT id FROM products")
    # ten are asked for, three fit into the cart; one of them goes another way, of which no page knows
    budi.wait_answer(kopi, budi.force(kopi, f"q:{number}:10:15000", welcome))
    assert kopi.query("SELECT quantity FROM cart_items") == [(3,)]
    kopi.query("DELETE FROM stock_units WHERE id = (SELECT min(id) FROM stock_units)")
    answer = budi.wait_answer(kopi, budi.force(kopi, "y:qris"))
    assert "Stok" in answer["text"]
    world.quiet()
    assert kopi.query("SELECT count(*) FROM orders") == [(0,)]
    assert kopi.stock("SUSU") == {"available": 2, "reserved": 0, "sold": 0}
