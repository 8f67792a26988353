"""📋 Kelola Order: admins find orders, mark them paid, cancel, give money back, send again, replace units, decide about odd
payments and do by hand what is done by hand; two of them at once do it once."""

import pytest
from harness.deposits import balance
from harness.store import product
from harness.updates import callback
from sandbox_client import delivered_lines

ADMINS, OWNERS = [1001, 1002], [1003]
PAID = "🎉 Pembayaran Berhasil"
CHANGED = "Data sudah diubah lebih dulu"
QUESTION = "User ID dan server?"
ANSWER = "budi#4242 (server 7)"
HOSTILE = "<b>Bo\u202Edy</b> & \"co\" 🎉"


@pytest.fixture
def kopi(world):
    return world.store(
        "kopi-digital",
        [product("Kopi Susu", 15_000, 5, code="SUSU", snk="Minum selagi dingin."),
         product("Akun <Premium>", 40_000, ["mawar@example.com:rahasia-1", "melati@example.com:rahasia-2", "anggrek@example.com:rahasia-3"],
                 code="AKUN"),
         product("Diamond 86", 20_000, code="DM86", kind="manual", question=QUESTION),
         product("Jasa Desain", 30_000, code="JASA", kind="manual")],
        admins=ADMINS, owners=OWNERS, support="@andi_admin")


@pytest.fixture
def staff(world, kopi):
    people = [world.person(number, name) for number, name in zip(ADMINS + OWNERS, ("Andi", "Ayu", "Omar"))]
    for person in people:
        person.start_chat(kopi)
    return people


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi", username="budi_s")


def invoiced(person, store, code="SUSU", quantity=1):
    """An open order's id."""
    person.quick_order(store, code, quantity)
    person.invoice(store)
    return store.value("SELECT max(id) FROM orders WHERE telegram_id = %s", person.id)


def bought(world, person, store, code="SUSU", quantity=1):
    """A completed one's."""
    order = invoiced(person, store, code, quantity)
    world.pay(reference(store, order) and store.transaction(reference(store, order))["txn_id"])
    person.wait_for(store, PAID, fresh=False)
    world.until(lambda: state(store, order) == "completed", what="the delivery")
    return order


def by_hand(world, person, store, code, answer=None):
    """A paid one that is to be done by hand: its item's id."""
    welcome = person.start_chat(store)
    number, price = store.query("SELECT id, price FROM products WHERE code = %s", code)[0]
    person.wait_answer(store, person.force(store, f"q:{number}:1:{price}", welcome))
    person.wait_answer(store, person.force(store, "m", welcome))
    if answer:
        person.wait_for(store, QUESTION)
        person.send(store, answer)
    person.wait_for(store, "Pilih metode pembayaran")
    person.force(store, "y:qris", welcome)
    world.pay(person.invoice(store))
    person.wait_for(store, "Sedang diproses admin", fresh=False)
    return store.value("SELECT max(id) FROM order_items")


def reference(store, order):
    return store.value("SELECT reference FROM orders WHERE id = %s", order)


def state(store, order):
    return store.value("SELECT state FROM orders WHERE id = %s", order)


def logged(store):
    return store.query("SELECT actor_id, action, subject, subject_id, note FROM admin_logs ORDER BY id")


def menu(admin, store):
    """From /admin to the orders."""
    admin.send(store, "/admin")
    admin.press(store, "📋 Kelola Order", admin.wait_for(store, "Admin Settings"))
    return admin.wait_for(store, "Menunggu pembayaran")


def order_page(admin, store, order):
    """As notices lead there."""
    admin.force(store, f"aod:{order}", admin.wait_for(store, lambda m: m.labels, fresh=False))
    return admin.wait_for(store, f"Pesanan #{order}")


def decide(admin, store, label, page, *answers):
    """A form from its button to its end: the page that it leads to."""
    admin.press(store, label, page)
    for answer in answers:
        question = admin.wait_for(store, lambda m: m.button("❌ Batal"))
        if question.button(answer):
            admin.press(store, answer, question)
        else:
            admin.send(store, answer)
    admin.press(store, "✅ Simpan", admin.wait_for(store, lambda m: m.button("✅ Simpan")))
    return admin.wait_for(store, lambda m: m.button("⚙️ Admin") and not m.button("❌ Batal"))


def test_from_the_menu_to_an_order(world, kopi, staff, budi):
    andi = staff[0]
    odd = world.person(2002, HOSTILE, username="odd_one")
    done, open_one = bought(world, budi, kopi), invoiced(odd, kopi, "AKUN")
    world.quiet()
    page = menu(andi, kopi)
    assert "Menunggu pembayaran: 1" in page.text and "perlu keputusan: 0" in page.text
    andi.press(kopi, "⏳ Menunggu bayar", page)
    listed = andi.wait_for(kopi, f"#{open_one}")
    assert listed.id == page.id, "edited in place"
    assert "Rp 40.000" in listed.text and "Akun <Premium> × 1" in listed.text and "<b>Bo" in listed.text
    assert f"#{done} " not in listed.text
    andi.press(kopi, "1️⃣", listed)
    shown = andi.wait_for(kopi, f"Pesanan #{open_one}")
    assert reference(kopi, open_one) in shown.text and "@odd_one" in shown.text and "2002" in shown.text
    assert kopi.transaction(reference(kopi, open_one))["txn_id"] in shown.text
    assert {"✅ Tandai Lunas", "❌ Batalkan", "🕘 Riwayat", "👤 Pembeli"} <= set(shown.labels)
    assert not {"💸 Refund ke Saldo", "📦 Kirim Ulang", "🔁 Ganti Unit"} & set(shown.labels)
    andi.press(kopi, "⬅️ Kembali", shown)
    assert andi.wait_for(kopi, f"#{open_one}").button("1️⃣")
    andi.press(kopi, "👤 Pembeli", order_page(andi, kopi, open_one))
    andi.wait_for(kopi, "Terakhir terlihat")

    # products, and everything that can be typed
    andi.press(kopi, "🏷 Per produk", menu(andi, kopi))
    andi.press(kopi, "Kopi Susu", andi.wait_for(kopi, "Pesanan per produk"))
    assert f"#{done}" in andi.wait_for(kopi, "Kopi Susu").text
    for typed in (reference(kopi, done), f"#{done}", kopi.transaction(reference(kopi, done))["txn_id"]):
        andi.press(kopi, "🔎 Cari", menu(andi, kopi))
        andi.wait_for(kopi, "Cari pesanan")
        andi.send(kopi, typed)
        assert "Selesai" in andi.wait_for(kopi, f"Pesanan #{done}").text
    for typed in ("@odd_one", "2002", "AKUN"):
        andi.press(kopi, "🔎 Cari", menu(andi, kopi))
        andi.wait_for(kopi, "Cari pesanan")
        andi.send(kopi, typed)
        found = andi.wait_for(kopi, "Hasil untuk")
        andi.press(kopi, next(label for label in found.labels if label.startswith(("📋", "📦"))), found)
        assert f"#{open_one}" in andi.wait_for(kopi, "Rp 40.000").text
    andi.press(kopi, "🔎 Cari", menu(andi, kopi))
    andi.wait_for(kopi, "Cari pesanan")
    for nothing in ("%", "'; DROP TABLE orders; --", "tg2001-", "99999999999999999999"):
        andi.send(kopi, nothing)
        andi.wait_for(kopi, "tidak ditemukan")
    andi.press(kopi, "❌ Batal")
    andi.wait_for(kopi, "Dibatalkan")
    world.quiet()
    assert logged(kopi) == []


def test_marked_paid(world, kopi, staff, budi):
    andi, ayu, _ = staff
    order = invoiced(budi, kopi, "AKUN", 2)
    page = decide(andi, kopi, "✅ Tandai Lunas", order_page(andi, kopi, order), "tunai <di toko>")
    assert "Ditandai lunas" in page.text
    delivery = budi.wait_for(kopi, PAID, fresh=False)
    assert delivered_lines(budi.chat(kopi), delivery) == ["mawar@example.com:rahasia-1", "melati@example.com:rahasia-2"]
    world.until(lambda: state(kopi, order) == "completed", what="the delivery")
    world.until(lambda: kopi.transaction()["status"] == "canceled", what="the invoice to be voided")
    world.quiet()
    assert logged(kopi) == [(andi.id, "mark_paid", "order", order, "tunai <di toko>")]
    page = order_page(ayu, kopi, order)
    assert "Selesai" in page.text and not page.button("✅ Tandai Lunas")
    ayu.press(kopi, "🕘 Riwayat", page)
    story = ayu.wait_for(kopi, "Riwayat pesanan")
    assert "Andi" in story.text and "tunai <di toko>" in story.text and "Lunas" in story.text
    ayu.press(kopi, "⬅️ Kembali", story)
    ayu.wait_for(kopi, f"Pesanan #{order}")
    assert world.in_logs("rahasia-1") == [] and world.find_in_database("rahasia-1") == []


def test_cancelled(world, kopi, staff, budi):
    andi = staff[0]
    order = invoiced(budi, kopi, "AKUN")
    invoice = budi.invoice(kopi)
    page = decide(andi, kopi, "❌ Batalkan", order_page(andi, kopi, order), "salah pesan")
    assert "Dibatalkan" in page.text and "dibatalkan admin" in page.text
    told = budi.wait_for(kopi, "Pesanan dibatalkan admin", fresh=False)
    assert reference(kopi, order) in told.text
    budi.wait_gone(kopi, invoice)
    world.until(lambda: kopi.transaction()["status"] == "canceled", what="the invoice to be voided")
    world.quiet()
    assert state(kopi, order) == "cancelled" and kopi.stock("AKUN")["available"] == 3
    assert logged(kopi) == [(andi.id, "cancel", "order", order, "salah pesan")]


def test_refunded_in_parts(world, kopi, staff, budi):
    andi, ayu, _ = staff
    order = bought(world, budi, kopi, "AKUN")
    andi.press(kopi, "💸 Refund ke Saldo", order_page(andi, kopi, order))
    andi.wait_for(kopi, "Berapa yang dikembalikan")
    andi.send(kopi, "40.001")
    andi.wait_for(kopi, "Paling banyak Rp 40.000")
    andi.send(kopi, "15rb")
    andi.wait_for(kopi, "Untuk apa")
    # a command in between is no note, and the form waits
    andi.send(kopi, "/stok")
    andi.wait_for(kopi, "Informasi Stok")
    andi.send(kopi, "satu bulan saja")
    summary = andi.wait_for(kopi, "Sisa yang masih bisa dikembalikan: Rp 25.000")
    andi.press(kopi, "✅ Simpan", summary)
    assert "Rp 15.000" in andi.wait_for(kopi, "masuk ke saldo pembeli (sekarang").text
    budi.wait_for(kopi, "Pengembalian dana", fresh=False)
    world.quiet()
    assert balance(kopi, budi) == 15_000
    page = decide(ayu, kopi, "💸 Refund ke Saldo", order_page(ayu, kopi, order), "Semua: Rp 25.000", "sisanya")
    assert "Rp 25.000 masuk ke saldo" in page.text and not page.button("💸 Refund ke Saldo")
    world.quiet()
    assert balance(kopi, budi) == 40_000
    assert [(actor, action, note) for actor, action, _, _, note in logged(kopi)] == [
        (andi.id, "refund", "satu bulan saja"), (ayu.id, "refund", "sisanya")]


def test_sent_again(world, kopi, staff, budi):
    andi = staff[0]
    order = bought(world, budi, kopi, "AKUN")
    andi.press(kopi, "📦 Kirim Ulang", order_page(andi, kopi, order))
    ask = andi.wait_for(kopi, "dikirim sekali lagi")
    andi.press(kopi, "❌ Batal", ask)
    andi.wait_for(kopi, f"Pesanan #{order}")
    andi.press(kopi, "📦 Kirim Ulang")
    ask = andi.wait_for(kopi, "dikirim sekali lagi")
    andi.press(kopi, "✅ Ya", ask)
    andi.wait_for(kopi, "Sedang dikirim ulang")
    again = budi.wait_for(kopi, "📦 Pembelianmu", fresh=False)
    assert delivered_lines(budi.chat(kopi), again) == ["mawar@example.com:rahasia-1"]
    # the same button once more, of a page that stayed: no third copy
    answer = andi.wait_answer(kopi, andi.force(kopi, f"aok:{order}:0"))
    assert CHANGED in answer["text"]
    world.quiet()
    assert [action for _, action, *_ in logged(kopi)] == ["resend"]
    assert len([m for m in budi.from_bot(kopi) if "📦 Pembelianmu" in m.text]) == 1


def test_a_unit_replaced(world, kopi, staff, budi):
    andi, ayu, _ = staff
    order = bought(world, budi, kopi, "AKUN", 2)
    andi.press(kopi, "🔁 Ganti Unit", order_page(andi, kopi, order))
    units = andi.wait_for(kopi, "Tekan unit yang bermasalah")
    assert "ma••••••@e…" in units.text and "rahasia" not in units.text and "mawar@" not in units.text
    bad = kopi.value("SELECT min(id) FROM stock_units WHERE state = 'sold'")
    page = decide(andi, kopi, f"🔁 {bad}", units, "tidak bisa login")
    assert "Sudah diganti dengan unit" in page.text and "Unit yang sudah diganti: 1" in page.text
    told = budi.wait_for(kopi, "Ini penggantinya", fresh=False)
    assert "anggrek@example.com:rahasia-3" in told.text and "rahasia-1" not in told.text
    world.quiet()
    # the same unit again, and one where the stock is empty
    answer = ayu.wait_answer(kopi, ayu.force(kopi, f"aog:{order}:{bad}"))
    assert CHANGED in answer["text"]
    good = kopi.value("SELECT id FROM stock_units WHERE state = 'sold' AND replaced_by IS NULL ORDER BY id LIMIT 1")
    answer = ayu.wait_answer(kopi, ayu.force(kopi, f"aog:{order}:{good}"))
    assert "belum ada penggantinya" in answer["text"]
    assert [(action, what) for _, action, _, what, _ in logged(kopi)] == [("replace_unit", bad)]
    assert world.find_in_database("rahasia-3", "rahasia-1") == [] and world.in_logs("rahasia-3") == []


def parked(world, person, store, **how):
    """An order for which another amount came."""
    order = invoiced(person, store, "AKUN")
    world.pay(store.transaction(reference(store, order))["txn_id"], **{"status_amount": 39_999, **how})
    world.until(lambda: store.query("SELECT 1 FROM payments WHERE problem IS NOT NULL AND order_id = %s", order), what="the mismatch")
    return order


@pytest.mark.parametrize("label, line, end, money, delivers", [
    ("📦 Anggap lunas, kirim", "dianggap lunas", "completed", 0, True),
    ("💼 Masukkan ke saldo", "masuk ke saldo pembeli", "cancelled", 39_999, False),
    ("↩️ Sudah dikembalikan", "dicatat sudah dikembalikan", "cancelled", 0, False),
])
def test_another_amount_than_asked(world, kopi, staff, budi, label, line, end, money, delivers):
    andi, ayu, _ = staff
    order = parked(world, budi, kopi)
    # the notice leads there in one tap
    notice = andi.wait_for(kopi, lambda m: "tidak cocok" in m.text and m.button(f"aod:{order}"), fresh=False)
    andi.press(kopi, "📋 Buka Pesanan", notice)
    page = andi.wait_for(kopi, f"Pesanan #{order}")
    assert "Dibayar Rp 39.999, diminta Rp 40.000" in page.text
    assert not page.button("✅ Tandai Lunas") and not page.button("❌ Batalkan")
    shown = menu(ayu, kopi)
    assert "perlu keputusan: 1" in shown.text
    ayu.press(kopi, "⚠️ Perlu keputusan", shown)
    ayu.press(kopi, "1️⃣", ayu.wait_for(kopi, f"#{order}"))
    stale = ayu.wait_for(kopi, f"Pesanan #{order}")
    page = decide(andi, kopi, label, page, "kurang serupiah")
    assert line in page.text
    world.until(lambda: state(kopi, order) == end, what=f"the order to be {end}")
    world.quiet()
    assert balance(kopi, budi) == money
    assert bool([m for m in budi.from_bot(kopi) if PAID in m.text]) == delivers
    answer = ayu.wait_answer(kopi, ayu.press(kopi, label, stale))
    assert CHANGED in answer["text"]
    assert [(actor, action, note) for actor, action, _, _, note in logged(kopi)] == [
        (andi.id, "settle_mismatch", "kurang serupiah")]


def test_paid_late_with_another_amount(world, kopi, staff, budi):
    """It ended long before: what came is in the list all the same."""
    andi = staff[0]
    order = invoiced(budi, kopi, "AKUN")
    txn = kopi.transaction(reference(kopi, order))["txn_id"]
    decide(andi, kopi, "❌ Batalkan", order_page(andi, kopi, order), "batal")
    world.until(lambda: kopi.transaction()["status"] == "canceled", what="the invoice to be voided")
    world.pay(txn, force=True, status_amount=50_000)
    world.until(lambda: kopi.query("SELECT 1 FROM payments WHERE problem IS NOT NULL"), 40, what="the mismatch")
    andi.press(kopi, "⚠️ Perlu keputusan", menu(andi, kopi))
    andi.press(kopi, "1️⃣", andi.wait_for(kopi, f"#{order}"))
    page = decide(andi, kopi, "📦 Anggap lunas, kirim", andi.wait_for(kopi, f"Pesanan #{order}"), "lebih bayar")
    assert "dianggap lunas" in page.text
    budi.wait_for(kopi, PAID, fresh=False)
    world.until(lambda: state(kopi, order) == "completed", what="the delivery")


def test_the_queue(world, kopi, staff, budi):
    andi, ayu, _ = staff
    sari = world.person(2002, "Sari")
    first = by_hand(world, budi, kopi, "DM86", ANSWER)
    second = by_hand(world, sari, kopi, "JASA")
    third = by_hand(world, sari, kopi, "JASA")
    world.quiet()
    page = menu(andi, kopi)
    assert "Antrean manual: 3" in page.text
    andi.press(kopi, "🛠 Antrean manual", page)
    queue = andi.wait_for(kopi, "Yang paling lama menunggu")
    assert queue.text.index("Diamond 86") < queue.text.index("Jasa Desain") and ANSWER not in queue.text
    andi.press(kopi, "1️⃣", queue)
    item = andi.wait_for(kopi, QUESTION)
    assert ANSWER in item.text and "Budi" in item.text
    queue = decide(andi, kopi, "✍️ Penuhi", item, "Sudah masuk, kode TRX-7261", "⏭ Lewati")
    assert "Sudah dipenuhi" in queue.text and "Diamond 86" not in queue.text.partition("Antrean")[2]
    told = budi.wait_for(kopi, "Pesananmu sudah diproses", fresh=False)
    assert "TRX-7261" in told.text
    order = kopi.value("SELECT order_id FROM order_items WHERE id = %s", first)
    world.until(lambda: state(kopi, order) == "completed", what="the order to be completed")

    # by a document, out of its order
    andi.force(kopi, f"aoi:{second}", queue)
    item = andi.wait_for(kopi, "tidak menanyakan")
    andi.press(kopi, "✍️ Penuhi", item)
    andi.wait_for(kopi, "Kirim isinya untuk pembeli")
    andi.send_photo(kopi)
    andi.wait_for(kopi, "Kirim teks")
    andi.send_document(kopi, "desain <final>.pdf", b"lines and colours")
    andi.wait_for(kopi, "Catatan untuk admin lain")
    andi.send(kopi, "revisi 1x")
    andi.press(kopi, "✅ Simpan", andi.wait_for(kopi, "desain <final>.pdf"))
    andi.wait_for(kopi, "Sudah dipenuhi")
    file = sari.wait_for(kopi, lambda m: m.document, fresh=False)
    assert world.sandbox.download(file.document) == b"lines and colours" and "Pesananmu sudah diproses" in file.text

    # with nothing but the word
    queue = andi.wait_for(kopi, "Antrean manual", fresh=False)
    andi.press(kopi, "1️⃣", queue)
    queue = decide(andi, kopi, "✍️ Penuhi", andi.wait_for(kopi, "tidak menanyakan"), "⏭ Lewati", "⏭ Lewati")
    assert "Antreannya kosong" in queue.text
    world.until(lambda: kopi.query("SELECT DISTINCT state FROM orders") == [("completed",)], what="all to be completed")
    answer = ayu.wait_answer(kopi, ayu.force(kopi, f"aof:{third}"))
    assert CHANGED in answer["text"]
    world.quiet()
    assert [(action, note) for _, action, _, _, note in logged(kopi)] == [
        ("fulfil", "Dipenuhi dari menu admin"), ("fulfil", "revisi 1x"), ("fulfil", "Dipenuhi dari menu admin")]
    secrets = (ANSWER, "TRX-7261", file.document["file_id"])
    assert world.find_in_database(*secrets) == [] and world.in_logs(*secrets) == []


def prepared(admin, store, data, *answers):
    """A form up to its last button, without pressing that: its data."""
    admin.force(store, data, admin.wait_for(store, lambda m: m.labels, fresh=False))
    for answer in answers:
        admin.wait_for(store, lambda m: m.button("❌ Batal"))
        admin.send(store, answer)
    summary = admin.wait_for(store, lambda m: m.button("✅ Simpan"))
    return callback(admin, summary.button("✅ Simpan")["callback_data"], summary.id)


def test_two_admins_at_once(world, kopi, staff, budi):
    """Each pair of decisions, at two servers in the same instant: one of them holds."""
    andi, ayu, _ = staff
    paid_or_cancelled = [invoiced(world.person(2100 + number, f"Orang {number}"), kopi) for number in range(3)]
    refunded = bought(world, budi, kopi, "AKUN")
    item = by_hand(world, world.person(2200, "Sari"), kopi, "JASA")
    mismatch = parked(world, world.person(2300, "Tono"), kopi)
    payment = kopi.value("SELECT id FROM payments WHERE order_id = %s", mismatch)
    world.quiet()
    pairs = [((f"aom:{order}", "tunai"), (f"aoc:{order}", "batal") if number % 2 else (f"aom:{order}", "tunai"))
             for number, order in enumerate(paid_or_cancelled)]
    pairs += [((f"aor:{refunded}", "10000", "rusak"),) * 2, ((f"aof:{item}", "kode", "selesai"),) * 2,
              ((f"aox:{payment}:0", "kirim"), (f"aox:{payment}:1", "saldo"))]
    world.start_another()
    for one, other in pairs:
        bodies = prepared(andi, kopi, *one), prepared(ayu, kopi, *other)
        answers = world.at_once(lambda: kopi.post_updates([bodies[0]], port=world.servers[0].port),
                                lambda: kopi.post_updates([bodies[1]], port=world.servers[1].port))
        assert {status for answer in answers for status, _, _ in answer} <= {200, 503}
        world.quiet(40)
    # and what needs no form
    world.at_once(lambda: kopi.post_updates([callback(andi, f"aok:{refunded}:0")], port=world.servers[0].port),
                  lambda: kopi.post_updates([callback(ayu, f"aok:{refunded}:0")], port=world.servers[1].port))
    world.quiet(40)
    assert len(logged(kopi)) == len(pairs) + 1, "one decision each"
    assert balance(kopi, budi) == 10_000
    assert len([m for m in budi.from_bot(kopi) if "📦 Pembelianmu" in m.text]) == 1
    assert kopi.query("SELECT count(*) FROM conversations") == [(0,)]


def test_a_form_survives_a_restart(world, kopi, staff, budi):
    andi = staff[0]
    order = invoiced(budi, kopi)
    andi.press(kopi, "✅ Tandai Lunas", order_page(andi, kopi, order))
    andi.wait_for(kopi, "Uangnya masuk lewat mana")
    world.kill9()
    world.start()
    andi.send(kopi, "tunai")
    andi.press(kopi, "✅ Simpan", andi.wait_for(kopi, lambda m: m.button("✅ Simpan")))
    andi.wait_for(kopi, "Ditandai lunas")
    budi.wait_for(kopi, PAID, fresh=False)
    world.until(lambda: state(kopi, order) == "completed", what="the delivery")


def test_numbers_that_are_no_orders(world, kopi, staff, budi):
    andi = staff[0]
    bought(world, budi, kopi)
    before = kopi.query("SELECT count(*) FROM outbox")
    for verb in ("aod", "aom", "aoc", "aor", "aon"):
        for number in (0, -1, 4242, 2**63 - 1, -2**63):
            andi.chat(kopi).keep_pace()
            answer = andi.wait_answer(kopi, andi.force(kopi, f"{verb}:{number}"))
            assert "tidak ditemukan" in answer["text"], (verb, number)
    world.quiet()
    assert kopi.query("SELECT count(*) FROM outbox") == before and logged(kopi) == []
