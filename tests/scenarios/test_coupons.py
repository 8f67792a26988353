"""Coupons: every refusal is a friendly line, what a cart shows is what is paid, and a limit holds whoever races for
the last use."""

import json

import pytest
from harness import updates
from harness.store import product
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"
USE, REMOVE = "🎟️ Gunakan Kupon", "✂️ Lepas Kupon"


def make_store(world, *coupons, stock=20, **more):
    products = [
        product("Kopi Susu", 15_000, stock, code="SUSU"),
        product("Teh Manis", 9_000, stock, code="TEH", category="Teh"),
    ]
    store = world.store("kopi-digital", products, **more)
    if coupons:
        store.import_coupons(*coupons)
    return store


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def put(store, person, code="SUSU", quantity=1):
    """So many more of a product in the cart; its page."""
    number, price = store.query("SELECT id, price FROM products WHERE code = %s", code)[0]
    message = person.chat(store).last() or person.start_chat(store)
    for step in (10, 5, 2, 1):
        while quantity >= step:
            person.wait_answer(store, person.force(store, f"q:{number}:{step}:{price}", message))
            quantity -= step
    return cart_of(store, person)


def cart_of(store, person):
    person.send(store, "/keranjang")
    return person.wait_for(store, lambda message: "Keranjangmu" in message.text)


def ask(store, person, page):
    person.press(store, USE, page)
    return person.wait_for(store, "Punya kode kupon")


def use(store, person, page, code):
    """Types the code; the cart's page that has it."""
    ask(store, person, page)
    person.send(store, code)
    return person.wait_for(store, lambda message: "Keranjangmu" in message.text and "dipakai" in message.text)


def check_out(store, person, page):
    """From the cart's page to the invoice."""
    person.press(store, "💳 Lanjut ke Pembayaran", page)
    page = person.wait_for(store, "Pilih metode pembayaran")
    person.press(store, "💠 QRIS", page)
    return person.wait_for(store, lambda message: message.photo and message.qr)


def uses(store, code="HEMAT10"):
    return store.value("SELECT uses FROM coupons WHERE code = %s", code)


def holding(store):
    """Orders that hold a coupon, counted anew."""
    return store.value(
        "SELECT count(*) FROM orders WHERE coupon_id IS NOT NULL AND state IN ('pending', 'paid', 'completed')")


def test_from_the_cart_to_the_delivery(world, budi):
    kopi = make_store(world, {"code": "HEMAT10", "percent": 10})
    andi = world.admin(kopi)
    page = put(kopi, budi, quantity=2)
    assert page.button(USE) and not page.button(REMOVE)
    page = use(kopi, budi, page, " hemat10 ")
    for line in ("hemat Rp 3.000", "Subtotal: Rp 30.000", "🎟️ HEMAT10: -Rp 3.000", "Total: Rp 27.000"):
        assert line in page.text, page.text
    invoice = check_out(kopi, budi, page)
    assert "🎟️ HEMAT10: -Rp 3.000" in invoice.text and "Harga: Rp 27.000" in invoice.text
    assert kopi.transaction()["amount"] == 27_000
    assert uses(kopi) == 1
    world.pay(invoice)
    delivery = budi.wait_for(kopi, PAID)
    assert "Rp 27.000" in delivery.text and len(delivered_lines(budi.chat(kopi), delivery)) == 2
    world.quiet()
    assert kopi.query("SELECT subtotal, discount, total, coupon_code FROM orders") == [(30_000, 3_000, 27_000, "HEMAT10")]
    assert uses(kopi) == 1
    notice = andi.wait_for(kopi, "Pesanan dibayar", fresh=False)
    assert "🎟️ HEMAT10: -Rp 3.000" in notice.text
    # the next cart begins without one
    page = put(kopi, budi)
    assert "HEMAT10" not in page.text and "Total: Rp 15.000" in page.text


def test_all_of_it_for_nothing(world, budi):
    kopi = make_store(world, {"code": "GRATIS", "percent": 100, "most_uses_each": 1})
    page = use(kopi, budi, put(kopi, budi, quantity=2), "gratis")
    assert "🎟️ GRATIS: -Rp 30.000" in page.text and "Total: Rp 0" in page.text
    budi.press(kopi, "💳 Lanjut ke Pembayaran", page)
    page = budi.wait_for(kopi, "Pesanan ini gratis")
    budi.press(kopi, "🎁 Ambil Gratis", page)
    delivery = budi.wait_for(kopi, PAID)
    assert len(delivered_lines(budi.chat(kopi), delivery)) == 2
    world.quiet()
    assert kopi.transactions() == [] and kopi.query("SELECT * FROM ledger") == []
    assert kopi.query("SELECT subtotal, discount, total FROM orders") == [(30_000, 30_000, 0)]
    assert uses(kopi, "GRATIS") == 1


def test_every_refusal_says_what_to_do(world, budi):
    kopi = make_store(
        world,
        {"code": "STOP", "flat": 1000, "stopped": True},
        {"code": "BESOK", "flat": 1000, "starts": "2099-08-17 10:00"},
        {"code": "KEMARIN", "flat": 1000, "starts": "2020-01-01", "ends": "2020-08-17 10:00"},
        {"code": "HABIS", "flat": 1000, "most_uses": 1},
        {"code": "SEKALI", "flat": 1000, "most_uses_each": 1},
        {"code": "BESAR", "flat": 1000, "minimum_total": 50_000},
        {"code": "KHUSUS", "flat": 1000, "products": ["TEH"]},
        {"code": "KHUSUSTEH", "flat": 1000, "categories": ["Teh"]},
        {"code": "HEMAT10", "percent": 10},
    )
    sari = world.person(2002, "Sari")
    check_out(kopi, sari, use(kopi, sari, put(kopi, sari), "HABIS"))
    check_out(kopi, budi, use(kopi, budi, put(kopi, budi), "SEKALI"))
    ask(kopi, budi, put(kopi, budi, quantity=2))
    for code, expected in (
        ("<b>NGAWUR</b>", ("Kode <b>NGAWUR</b> tidak ditemukan", "Cek lagi ejaannya")),
        ("HEMAT 10", ("tidak ditemukan", "tanpa spasi")),
        ("X" * 3000, ("tidak ditemukan",)),
        ("STOP", ("STOP sedang tidak berlaku", "kode lain")),
        ("besok", ("BESOK baru berlaku mulai 17/08/2099 10:00",)),
        ("KEMARIN", ("KEMARIN sudah berakhir pada 17/08/2020 10:00",)),
        ("HABIS", ("Kuota kupon HABIS sudah habis",)),
        ("SEKALI", ("sudah kamu pakai 1 kali", "batalkan dulu")),
        ("BESAR", ("minimal Rp 50.000", "Tambah Rp 20.000 lagi")),
        ("KHUSUS", ("hanya untuk: Teh Manis",)),
        ("KHUSUSTEH", ("hanya untuk: Teh.",)),
    ):
        budi.send(kopi, code)
        told = budi.wait_for(kopi, expected[0])
        for part in (*expected, "Ketik kode lain"):
            assert part in told.text, (code, told.text)
        assert told.button("❌ Batal")
    # the question is still open, and a good code is taken
    budi.send(kopi, "Hemat10")
    page = budi.wait_for(kopi, "Keranjangmu")
    assert "🎟️ HEMAT10: -Rp 3.000" in page.text
    world.quiet()
    assert kopi.query("SELECT * FROM conversations") == []


def test_menus_and_commands_are_never_taken_for_a_code(world, budi):
    kopi = make_store(world, {"code": "STOK", "flat": 1000}, {"code": "1A", "flat": 1000})
    page = put(kopi, budi)
    ask(kopi, budi, page)
    budi.send(kopi, "🏷 Cek Stok")
    budi.wait_for(kopi, "📦 Informasi Stok")
    budi.send(kopi, "/produk")
    budi.wait_for(kopi, "Semua Produk")
    budi.send_photo(kopi, "STOK")
    question = budi.wait_for(kopi, "diketik sebagai teks")
    budi.press(kopi, "❌ Batal", question)
    page = budi.wait_for(kopi, "Keranjangmu")
    assert "Kupon" not in page.text
    # the question is closed: a number is a product's again
    budi.send(kopi, "2")
    budi.wait_for(kopi, "Teh Manis")
    # one that was left alone closes by itself
    ask(kopi, budi, cart_of(kopi, budi))
    kopi.query("UPDATE conversations SET expires_at = now() - interval '1 second'")
    budi.send(kopi, "STOK")
    budi.wait_for(kopi, "belum aku pahami")
    # and without a cart there is nothing to ask for
    ask(kopi, budi, cart_of(kopi, budi))
    kopi.query("DELETE FROM cart_items")
    budi.send(kopi, "STOK")
    budi.wait_for(kopi, "masih kosong")
    answer = budi.wait_answer(kopi, budi.force(kopi, "ku"))
    assert "kosong" in answer["text"]
    world.quiet()
    assert kopi.query("SELECT * FROM conversations") == []


def test_replaced_taken_off_and_gone_with_the_cart(world, budi):
    kopi = make_store(world, {"code": "HEMAT10", "percent": 10}, {"code": "POTONG", "flat": 100_000})
    page = use(kopi, budi, put(kopi, budi), "HEMAT10")
    page = use(kopi, budi, page, "POTONG")
    assert "🎟️ POTONG: -Rp 15.000" in page.text and "Total: Rp 0" in page.text and "HEMAT10" not in page.text
    pressed = budi.press(kopi, REMOVE, page)
    assert "dilepas" in budi.wait_answer(kopi, pressed)["text"]
    page = budi.wait_for(kopi, lambda message: "Keranjangmu" in message.text and "POTONG" not in message.text)
    assert "Total: Rp 15.000" in page.text
    page = use(kopi, budi, page, "HEMAT10")
    budi.press(kopi, "❌ Batal", page)
    budi.wait_for(kopi, "dikosongkan")
    assert "HEMAT10" not in put(kopi, budi).text
    world.quiet()
    assert kopi.query("SELECT sum(uses) FROM coupons") == [(0,)]


def test_a_cart_that_does_not_fit_any_more(world, budi):
    kopi = make_store(world, {"code": "HEMAT10", "percent": 10, "minimum_total": 30_000})
    page = use(kopi, budi, put(kopi, budi, quantity=2), "HEMAT10")
    number = kopi.value("SELECT id FROM products WHERE code = 'SUSU'")
    budi.wait_answer(kopi, budi.force(kopi, f"q:{number}:-1:15000"))
    page = cart_of(kopi, budi)
    assert "minimal Rp 30.000" in page.text and "Tambah Rp 15.000 lagi" in page.text
    assert "Total: Rp 15.000" in page.text and "HEMAT10: -" not in page.text
    # nobody who thinks that they use a coupon pays without it
    for data in ("m", "y:qris"):
        answer = budi.wait_answer(kopi, budi.force(kopi, data))
        assert "tidak bisa dipakai" in answer["text"], data
    assert kopi.query("SELECT count(*) FROM orders") == [(0,)]
    # fits again; or goes without
    page = put(kopi, budi)
    assert "🎟️ HEMAT10: -Rp 3.000" in page.text and "Total: Rp 27.000" in page.text
    budi.wait_answer(kopi, budi.force(kopi, f"q:{number}:-1:15000"))
    budi.press(kopi, REMOVE, cart_of(kopi, budi))
    page = budi.wait_for(kopi, lambda message: "Total: Rp 15.000" in message.text and "HEMAT10" not in message.text)
    check_out(kopi, budi, page)
    assert kopi.transaction()["amount"] == 15_000
    assert uses(kopi) == 0


@pytest.mark.parametrize("change, why", [
    ({"stopped": True}, "sedang tidak berlaku"),
    ({"starts": "2020-01-01", "ends": "2020-02-01"}, "sudah berakhir"),
    ({"minimum_total": 20_000}, "minimal Rp 20.000"),
    ({"products": ["TEH"]}, "hanya untuk: Teh Manis"),
])
def test_does_not_hold_any_more_when_the_order_is_made(world, budi, change, why):
    coupon = {"code": "HEMAT10", "percent": 10}
    kopi = make_store(world, coupon)
    page = use(kopi, budi, put(kopi, budi), "HEMAT10")
    budi.press(kopi, "💳 Lanjut ke Pembayaran", page)
    page = budi.wait_for(kopi, "Pilih metode pembayaran")
    assert "🎟️ HEMAT10: -Rp 1.500" in page.text
    kopi.import_coupons({**coupon, **change})
    answer = budi.wait_answer(kopi, budi.press(kopi, "💠 QRIS", page))
    assert "tidak bisa dipakai" in answer["text"]
    page = budi.wait_for(kopi, why)
    assert "Total: Rp 15.000" in page.text and page.button(REMOVE)
    world.quiet()
    assert kopi.query("SELECT count(*) FROM orders") == [(0,)]
    assert uses(kopi) == 0 and kopi.stock("SUSU")["available"] == 20


def test_takes_off_something_else_when_the_order_is_made(world, budi):
    kopi = make_store(world, {"code": "HEMAT10", "percent": 10})
    page = use(kopi, budi, put(kopi, budi), "HEMAT10")
    budi.press(kopi, "💳 Lanjut ke Pembayaran", page)
    page = budi.wait_for(kopi, "Pilih metode pembayaran")
    kopi.import_coupons({"code": "HEMAT10", "percent": 5})
    answer = budi.wait_answer(kopi, budi.press(kopi, "💠 QRIS", page))
    assert "tidak bisa dipakai" in answer["text"]
    page = budi.wait_for(kopi, "Potongan kupon HEMAT10 berubah menjadi Rp 750")
    assert kopi.query("SELECT count(*) FROM orders") == [(0,)]
    # who has seen it may pay it
    check_out(kopi, budi, page)
    assert kopi.transaction()["amount"] == 14_250


def test_what_comes_later_does_not_touch_the_order(world, budi):
    kopi = make_store(world, {"code": "HEMAT10", "percent": 10})
    invoice = check_out(kopi, budi, use(kopi, budi, put(kopi, budi), "HEMAT10"))
    kopi.import_coupons({"code": "HEMAT10", "flat": 1, "stopped": True, "products": ["TEH"], "most_uses": 1})
    kopi.query("UPDATE products SET price = 99000")
    world.pay(invoice)
    assert "Rp 13.500" in budi.wait_for(kopi, PAID).text
    world.quiet()
    assert kopi.query("SELECT subtotal, discount, total FROM orders") == [(15_000, 1_500, 13_500)]
    assert uses(kopi) == 1


def test_given_back_when_the_order_ends_unpaid(world, budi):
    kopi = make_store(world, {"code": "HEMAT10", "percent": 10, "most_uses": 1, "most_uses_each": 1}, expires_in=4)
    for end in ("cancel", "expire"):
        invoice = check_out(kopi, budi, use(kopi, budi, put(kopi, budi), "HEMAT10"))
        assert uses(kopi) == 1
        if end == "cancel":
            budi.press(kopi, "❌ Batalkan Pembelian", invoice)
            budi.wait_for(kopi, "Pesanan dibatalkan")
        else:
            budi.wait_for(kopi, "Waktu pembayaran habis", seconds=20)
        world.quiet()
        assert uses(kopi) == 0
    assert kopi.query("SELECT state, discount FROM orders ORDER BY id") == [("cancelled", 1_500), ("expired", 1_500)]


def expire(world, store, person, code="HEMAT10"):
    """An order with the coupon that ended unpaid; its transaction."""
    transaction = store.transaction(check_out(store, person, use(store, person, put(store, person), code)))
    person.wait_for(store, "Waktu pembayaran habis", seconds=20)
    world.quiet()
    return transaction


def test_paid_late_and_the_coupon_is_to_be_had(world, budi):
    kopi = make_store(world, {"code": "HEMAT10", "percent": 10, "most_uses": 1}, expires_in=4)
    transaction = expire(world, kopi, budi)
    assert uses(kopi) == 0
    # neither a stop nor an end takes it from who was promised it
    kopi.import_coupons({"code": "HEMAT10", "percent": 10, "most_uses": 1, "stopped": True})
    world.pay(transaction["txn_id"], force=True, webhook=3, parallel=True)
    budi.wait_for(kopi, PAID, seconds=20)
    world.quiet()
    assert uses(kopi) == 1 == holding(kopi)
    assert kopi.query("SELECT count(*) FROM ledger") == [(0,)]


def test_paid_late_and_the_coupon_is_used_up(world, budi):
    kopi = make_store(world, {"code": "HEMAT10", "percent": 10, "most_uses": 1}, expires_in=4)
    andi, sari = world.admin(kopi), world.person(2002, "Sari")
    transaction = expire(world, kopi, budi)
    world.pay(check_out(kopi, sari, use(kopi, sari, put(kopi, sari), "HEMAT10")))
    sari.wait_for(kopi, PAID)
    world.quiet()
    world.pay(transaction["txn_id"], force=True, webhook=3, parallel=True)
    told = budi.wait_for(kopi, "terlambat", seconds=20)
    assert "Rp 13.500" in told.text and "kupon" in told.text
    assert transaction["order_id"] in andi.wait_for(kopi, "Dibayar terlambat", fresh=False).text
    world.quiet()
    assert kopi.query("SELECT telegram_id, kind, amount FROM ledger") == [(budi.id, "late_payment", 13_500)]
    assert kopi.query("SELECT state FROM orders ORDER BY id") == [("expired",), ("completed",)]
    assert uses(kopi) == 1 == holding(kopi)
    assert kopi.stock("SUSU") == {"available": 19, "reserved": 0, "sold": 1}


# --- races ---


def carts_with_coupon(store, buyers, code="HEMAT10"):
    """One unit and the coupon in each cart, as if chosen in the chat."""
    store.world.at_once(*[lambda buyer=buyer: buyer.start_chat(store) for buyer in buyers])
    for buyer in buyers:
        store.query(
            "INSERT INTO cart_items (telegram_id, product_id, quantity, price, added_at)"
            " SELECT %s, id, 1, price, now() FROM products WHERE code = 'SUSU'", buyer.id)
    store.query("UPDATE users SET (coupon_id, coupon_edition) = (SELECT id, edition FROM coupons WHERE code = %s)", code)


def refused(answers):
    """How many of the answers show a cart that says why."""
    return sum("Kuota kupon" in json.loads(text or "{}").get("text", "") for _, _, text in answers)


def test_thirty_buyers_for_the_last_uses(world):
    kopi = make_store(world, {"code": "HEMAT10", "percent": 10, "most_uses": 4}, stock=40)
    world.start()
    buyers = [world.person(3000 + number, f"Orang {number}") for number in range(30)]
    carts_with_coupon(kopi, buyers)
    answers = kopi.post_updates([updates.callback(buyer, "y:qris") for buyer in buyers])
    assert [status for status, _, _ in answers] == [200] * 30
    assert refused(answers) == 26
    assert kopi.query("SELECT discount, count(*) FROM orders GROUP BY 1") == [(1_500, 4)]
    assert uses(kopi) == 4 == holding(kopi)
    assert kopi.stock("SUSU")["reserved"] == 4
    assert kopi.query("SELECT count(*) FROM cart_items") == [(26,)], "who was refused keeps the cart"


def test_the_last_use_at_two_servers(world):
    kopi = make_store(world, {"code": "HEMAT10", "percent": 10, "most_uses": 1}, stock=40)
    servers = world.start_two()
    buyers = [world.person(3000 + number, f"Orang {number}") for number in range(30)]
    carts_with_coupon(kopi, buyers)
    halves = [[updates.callback(buyer, "y:qris") for buyer in buyers[first::2]] for first in range(2)]
    answers = world.at_once(
        *[lambda half=half, server=server: kopi.post_updates(half, port=server.port) for half, server in zip(halves, servers)])
    answers = [answer for half in answers for answer in half]
    assert [status for status, _, _ in answers] == [200] * 30
    assert refused(answers) == 29
    assert kopi.query("SELECT count(*) FROM orders") == [(1,)]
    assert uses(kopi) == 1 == holding(kopi)


def test_one_person_with_two_devices_and_two_servers(world, budi):
    kopi = make_store(world, {"code": "SEKALI", "flat": 1_000, "most_uses_each": 1}, stock=40, most_open_orders=20)
    servers = world.start_two()
    budi.start_chat(kopi)
    number = kopi.value("SELECT id FROM products WHERE code = 'SUSU'")

    def device(server):
        answers = []
        for _ in range(3):
            for update in (updates.callback(budi, f"q:{number}:1:15000"), updates.callback(budi, "ku"),
                           updates.message(budi, "SEKALI"), updates.callback(budi, "y:qris")):
                answers.append(kopi.post_update(update, port=server.port)[0])
        return answers

    answers = world.at_once(*[lambda server=server: device(server) for server in servers])
    assert {status for statuses in answers for status in statuses} == {200}
    assert uses(kopi, "SEKALI") == 1 == holding(kopi)
    assert kopi.value("SELECT count(*) FROM orders") > 1, "more was ordered, without it"
    world.quiet(30)


def test_used_ended_and_paid_late_all_at_once(world):
    kopi = make_store(world, {"code": "HEMAT10", "percent": 10, "most_uses": 3}, stock=40, expires_in=900)
    world.start()
    buyers = [world.person(3000 + number, f"Orang {number}") for number in range(6)]
    first, second = buyers[:3], buyers[3:]
    carts_with_coupon(kopi, first)
    kopi.post_updates([updates.callback(buyer, "y:qris") for buyer in first])
    world.until(lambda: kopi.value("SELECT count(*) FROM payments WHERE state = 'waiting'") == 3, 20, "three invoices")
    orders = dict(kopi.query("SELECT telegram_id, id FROM orders"))
    carts_with_coupon(kopi, second)

    def cancel_and_use():
        cancels = [updates.callback(buyer, f"x:{orders[buyer.id]}") for buyer in first]
        kopi.post_updates([*cancels, *[updates.callback(buyer, "y:qris") for buyer in second]])

    pays = [lambda item=item: world.pay(item["txn_id"], force=True, webhook="twice", parallel=True) for item in kopi.transactions()]
    world.at_once(cancel_and_use, *pays)
    paid = "SELECT count(*) FROM payments WHERE state = 'completed'"
    world.until(lambda: kopi.value(paid) == 3, 40, "the money of all three")
    world.quiet(40)
    assert uses(kopi) == holding(kopi) <= 3
    delivered = kopi.value("SELECT coalesce(sum(total), 0) FROM orders WHERE paid_at IS NOT NULL")
    credited = kopi.value("SELECT coalesce(sum(amount), 0) FROM ledger")
    assert delivered + credited == 3 * 13_500, "what came in was delivered or credited"
