"""Deposits by the gateway: presets and typed amounts, the invoice's whole life, and money booked exactly once."""

import re

import pytest
from harness.deposits import BOOKED, TRANSFER, balance, entries, invoice, states, ways
from harness.store import product
from harness.updates import callback


@pytest.fixture
def kopi(world):
    return make_store(world)


def make_store(world, **more):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 5, code="SUSU")], support="@andi_admin", **more)


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi <b>")


def booked(person, store):
    return [message for message in person.from_bot(store) if BOOKED in message.text]


def test_a_preset_by_qris_until_it_is_booked(world, kopi, budi):
    andi = world.admin(kopi)
    budi.send(kopi, "/deposit")
    page = budi.wait_for(kopi, "Mau isi berapa")
    assert "Rp 0" in page.text and "Rp 10.000 sampai Rp 10.000.000" in page.text
    for label in ("Rp 10.000", "Rp 20.000", "Rp 50.000", "Rp 100.000", "Rp 200.000", "Rp 500.000", "✏️ Jumlah Lain"):
        assert page.button(label), label
    budi.press(kopi, "Rp 50.000", page)
    page = budi.wait_for(kopi, "Pilih caranya")
    assert page.button("💳 Deposit QRIS") and page.button("❌ Batal") and not page.button("📝 Transfer Manual")
    assert "Rp 50.000" in page.text and "± Rp 660" in page.text and "± Rp 50.660" in page.text
    assert kopi.query("SELECT count(*) FROM deposits") == [(0,)], "nothing is made before the way is chosen"
    budi.press(kopi, "💳 Deposit QRIS", page)
    bill = budi.wait_for(kopi, lambda message: message.photo and message.qr)
    transaction = kopi.transaction()
    assert re.fullmatch(rf"dp{budi.id}-[a-z0-9]+", transaction["order_id"])
    assert transaction["amount"] == 50_000 and transaction["method"] == "qris" and bill.qr == transaction["qr_string"]
    assert transaction["order_id"] in bill.text and "Rp 50.660" in bill.text
    assert bill.button("🔗 Bayar di Browser") and bill.button("❌ Batalkan Deposit")
    world.quiet()
    assert not [m for m in budi.from_bot(kopi) if "Sedang memuat" in m.text], "the loading line went"

    world.pay(bill, webhook="once")
    told = budi.wait_for(kopi, BOOKED)
    assert "Rp 50.000" in told.text and transaction["order_id"] in told.text
    budi.wait_gone(kopi, bill)
    assert transaction["order_id"] in andi.wait_for(kopi, "Deposit masuk", fresh=False).text
    world.quiet()
    assert entries(kopi) == [(budi.id, "deposit", 50_000)], "the amount without the fee"
    assert balance(kopi, budi) == 50_000 and states(kopi) == ["completed"]
    budi.send(kopi, "💰 Deposit")
    assert "Rp 50.000" in budi.wait_for(kopi, "Mau isi berapa").text


def test_a_hundred_webhooks_book_once(world, kopi, budi):
    bill = invoice(budi, kopi)
    world.pay(bill, webhook=100, parallel=True)
    budi.wait_for(kopi, BOOKED)
    world.quiet(40)
    for _ in range(3):
        assert kopi.post_pakasir(kopi.notice(kopi.transaction()))[0] == 200
    world.quiet()
    assert entries(kopi) == [(budi.id, "deposit", 50_000)] and balance(kopi, budi) == 50_000
    assert len(booked(budi, kopi)) == 1


def test_no_webhook_at_all(world, kopi, budi):
    bill = invoice(budi, kopi)
    world.pay(bill, webhook="never")
    kopi.query("UPDATE jobs SET due_at = now() WHERE kind = 'payment_check'")
    budi.wait_for(kopi, BOOKED, seconds=30)
    world.quiet()
    assert balance(kopi, budi) == 50_000


# --- typed amounts ---

TAKEN = {
    "25000": 25_000, "25.000": 25_000, "25,000": 25_000, "Rp25000": 25_000, "Rp 25.000": 25_000, "rp. 25.000,-": 25_000,
    "25k": 25_000, "25rb": 25_000, "25 ribu": 25_000, "1jt": 1_000_000, "1,5jt": 1_500_000, "1.5jt": 1_500_000,
    "٢٥٠٠٠": 25_000, "２５０００": 25_000, " 25000 ": 25_000, "10000": 10_000, "10jt": 10_000_000,
}
NOT_READ = ["-5", "−25000", "1e9", "10.00", "1.2.3", "10,5", "halo", "0", "99999999999999999999", "25000; DROP TABLE users",
            "<b>25000</b>"]
OUTSIDE = ["1", "9.999", "10", "١٠", "10.000.001", "11jt", "1000jt"]


def type_each(world, store, texts, expected):
    """What the bot says to each text as an amount; every one typed by a person of its own, all at once."""
    world.start()

    def one(number, text):
        person = world.person(3000 + number, f"Orang {number}")
        person.force(store, "dt", person.start_chat(store))
        person.wait_for(store, "Ketik jumlah depositmu")
        person.send(store, text)
        return person.wait_for(store, expected, seconds=40)

    return world.at_once(*[lambda number=number, text=text: one(number, text) for number, text in enumerate(texts)])


def test_typed_amounts_are_read(world, kopi):
    for (typed, amount), page in zip(TAKEN.items(), type_each(world, kopi, TAKEN, "Pilih caranya")):
        price = "Rp " + f"{amount:,}".replace(",", ".")
        assert f"Deposit {price}\n" in page.text and page.button(f"dq:{amount}:qris"), (typed, page.text)
    world.quiet()
    assert kopi.query("SELECT count(*) FROM deposits") == [(0,)]
    assert kopi.query("SELECT count(*) FROM conversations") == [(0,)]


@pytest.mark.parametrize("texts, line", [(NOT_READ, "belum aku pahami"), (OUTSIDE, "di luar batas deposit")])
def test_what_is_no_amount_makes_nothing(world, kopi, texts, line):
    for typed, said in zip(texts, type_each(world, kopi, texts, line)):
        assert "25rb" in said.text and "Rp 10.000 sampai Rp 10.000.000" in said.text and said.button("❌ Batal"), typed
    world.quiet()
    assert kopi.query("SELECT count(*) FROM deposits") == [(0,)] and not kopi.transactions()
    assert kopi.query("SELECT count(*) FROM conversations") == [(len(texts),)], "the question stays open"


def start_typing(store, person):
    person.send(store, "💰 Deposit")
    page = person.wait_for(store, "Mau isi berapa")
    person.press(store, "✏️ Jumlah Lain", page)
    return person.wait_for(store, "Ketik jumlah depositmu")


def test_what_is_no_text_makes_nothing(world, kopi, budi):
    start_typing(kopi, budi)
    budi.send_photo(kopi, caption="25000")
    budi.wait_for(kopi, "belum aku pahami")
    budi.chat(kopi).send_any(sticker=True)
    budi.wait_for(kopi, "belum aku pahami")
    budi.chat(kopi).send_any(document={"name": "25000.txt", "content": "25000"})
    budi.wait_for(kopi, "belum aku pahami")
    budi.send(kopi, "nggak tahu")
    budi.wait_for(kopi, "belum aku pahami")
    # all the while the question stayed open
    budi.send(kopi, "25rb")
    assert "Deposit Rp 25.000" in budi.wait_for(kopi, "Pilih caranya").text
    world.quiet()
    assert kopi.query("SELECT count(*) FROM deposits") == [(0,)] and not kopi.transactions()


def test_typing_is_given_up(world, kopi, budi):
    page = start_typing(kopi, budi)
    budi.press(kopi, "❌ Batal", page)
    page = budi.wait_for(kopi, "deposit tidak jadi")
    assert page.button("💰 Deposit") and page.button("🏠 Menu Utama")
    budi.send(kopi, "25000")  # a product's number now, and there is none
    budi.wait_for(kopi, "Semua Produk")
    assert kopi.query("SELECT count(*) FROM deposits") == [(0,)]


def test_the_question_is_forgotten_after_ten_minutes(world, kopi, budi):
    start_typing(kopi, budi)
    left = kopi.value("SELECT extract(epoch FROM expires_at - now())::int FROM conversations")
    assert 570 <= left <= 600
    kopi.query("UPDATE conversations SET expires_at = now()")
    budi.send(kopi, "1")
    assert "Kopi Susu" in budi.wait_for(kopi, lambda m: m.button("➕")).text


def test_a_stores_own_limits(world, budi):
    kopi = make_store(world, deposit={"minimum": 15_000, "maximum": 100_000})
    budi.send(kopi, "💰 Deposit")
    page = budi.wait_for(kopi, "Mau isi berapa")
    assert [label for label in page.labels if label.startswith("Rp")] == ["Rp 20.000", "Rp 50.000", "Rp 100.000"]
    for amount in (10_000, 14_999, 100_001, 200_000, 0, -50_000, 2**62):
        answer = budi.wait_answer(kopi, budi.force(kopi, f"da:{amount}", page))
        assert "sudah tidak berlaku" in answer["text"], amount
        answer = budi.wait_answer(kopi, budi.force(kopi, f"dq:{amount}:qris", page))
        assert "sudah tidak berlaku" in answer["text"], amount
    for data in ("dq:50000:balance", "dq:50000:manual", "dq:50000:bri_va", "dq:50000:x", "dm:50000"):
        answer = budi.wait_answer(kopi, budi.force(kopi, data, page))
        assert "sudah tidak berlaku" in answer["text"], data
    world.quiet()
    assert kopi.query("SELECT count(*) FROM deposits") == [(0,)] and not kopi.transactions()


# --- the invoice's ends ---


def test_cancelled_by_the_buyer(world, kopi, budi):
    bill = invoice(budi, kopi)
    pressed = budi.press(kopi, "❌ Batalkan Deposit", bill)
    assert "dibatalkan" in budi.wait_answer(kopi, pressed)["text"]
    told = budi.wait_for(kopi, "Deposit dibatalkan")
    assert kopi.transaction()["order_id"] in told.text and told.button("💰 Deposit Lagi")
    budi.wait_gone(kopi, bill)
    world.quiet()
    assert kopi.transaction()["status"] == "canceled" and states(kopi) == ["cancelled"] and entries(kopi) == []
    # once more, and somebody else's
    number = kopi.value("SELECT id FROM deposits")
    assert "sudah berakhir" in budi.wait_answer(kopi, budi.force(kopi, f"dx:{number}"))["text"]
    sari = world.person(2002, "Sari")
    welcome = sari.start_chat(kopi)
    for data in (f"dx:{number}", f"do:{number}", "dx:4242", f"dx:{-number}", "do:0"):
        assert "tidak ditemukan" in sari.wait_answer(kopi, sari.force(kopi, data, welcome))["text"], data


def test_cancelled_while_the_invoice_is_being_made(world, kopi, budi):
    world.start()
    world.fail("pakasir", "slow", slug=kopi.slug, method="create-transaction", delay_ms=2000, times=1)
    page = ways(budi, kopi, "Rp 50.000")
    budi.press(kopi, "💳 Deposit QRIS", page)
    loading = budi.wait_for(kopi, "Sedang memuat pembayaranmu")
    assert loading.id == page.id, "edited in place"
    budi.press(kopi, "❌ Batalkan Deposit", loading)
    budi.wait_for(kopi, "Deposit dibatalkan")
    world.until(lambda: kopi.transactions() and kopi.transaction()["status"] == "canceled", what="the void")
    world.quiet()
    assert not [m for m in budi.chat(kopi).all_messages() if m.photo], "never shown"
    assert not [m for m in budi.from_bot(kopi) if "Sedang memuat" in m.text]


def test_expired_then_paid_late(world, budi):
    kopi = make_store(world, expires_in=3)
    andi = world.admin(kopi)
    bill = invoice(budi, kopi)
    transaction = kopi.transaction()
    told = budi.wait_for(kopi, "Waktu deposit habis", seconds=20)
    assert transaction["order_id"] in told.text and told.button("💰 Deposit Lagi")
    budi.wait_gone(kopi, bill)
    world.quiet()
    assert states(kopi) == ["expired"] and balance(kopi, budi) == 0
    world.pay(transaction["txn_id"], force=True, webhook=5, parallel=True)
    told = budi.wait_for(kopi, BOOKED, seconds=20)
    assert "setelah waktunya habis" in told.text and "Rp 50.000" in told.text
    andi.wait_for(kopi, "Deposit masuk", fresh=False)
    world.quiet()
    assert states(kopi) == ["completed"] and balance(kopi, budi) == 50_000
    assert len(booked(budi, kopi)) == 1


def test_cancelled_and_paid_at_once(world, kopi):
    people = [world.person(2100 + number, f"Orang {number}") for number in range(5)]
    bills = [invoice(person, kopi) for person in people]

    def cancel(person, bill):
        return lambda: person.force(kopi, bill.button("❌ Batalkan Deposit")["callback_data"], bill)

    def pay(bill):
        return lambda: world.pay(bill, force=True, webhook="twice", parallel=True)

    world.at_once(*[act for person, bill in zip(people, bills) for act in (cancel(person, bill), pay(bill))])
    for person in people:
        person.wait_for(kopi, BOOKED, fresh=False, seconds=40)
    world.quiet(40)
    assert [balance(kopi, person) for person in people] == [50_000] * 5
    assert all(len(booked(person, kopi)) == 1 for person in people)


def test_another_amount_than_asked_is_parked(world, kopi, budi):
    andi = world.admin(kopi)
    bill = invoice(budi, kopi)
    transaction = kopi.transaction()
    world.pay(bill, status_amount=49_000)
    assert transaction["order_id"] in budi.wait_for(kopi, "jumlah yang berbeda").text
    notice = andi.wait_for(kopi, "Jumlah pembayaran tidak cocok", fresh=False)
    assert "Rp 50.000" in notice.text and "Rp 49.000" in notice.text
    world.quiet()
    assert balance(kopi, budi) == 0 and kopi.query("SELECT problem FROM payments") == [("mismatch",)]
    answer = budi.wait_answer(kopi, budi.force(kopi, bill.button("❌ Batalkan Deposit")["callback_data"], bill))
    assert "diperiksa" in answer["text"]
    assert states(kopi) == ["pending"]


def test_the_gateway_refuses(world, kopi, budi):
    andi = world.admin(kopi)
    world.fail("pakasir", "bad_qr", slug=kopi.slug, method="create-transaction", times=None)
    page = ways(budi, kopi, "Rp 50.000")
    budi.press(kopi, "💳 Deposit QRIS", page)
    kopi_ends(world, kopi)
    assert "gagal dibuat" in budi.wait_for(kopi, "gagal dibuat", seconds=40).text
    andi.wait_for(kopi, "Tagihan gagal dibuat", fresh=False)
    world.quiet()
    assert states(kopi) == ["cancelled"] and balance(kopi, budi) == 0


def kopi_ends(world, store):
    """The time of what is open is over."""
    world.until(lambda: store.value("SELECT count(*) FROM deposits") == 1, what="the deposit")
    store.query("UPDATE deposits SET expires_at = now()")
    store.query("UPDATE jobs SET due_at = now() WHERE kind LIKE 'payment%%'")


def test_while_the_gateway_is_down(world, budi):
    kopi = make_store(world, deposit={"transfer": TRANSFER})
    andi = world.admin(kopi)
    page = ways(budi, kopi, "Rp 50.000")
    back = world.fail("pakasir", "status", slug=kopi.slug, status=502, times=None)
    others = [world.person(2100 + number, f"Orang {number}") for number in range(6)]
    pages = [other.start_chat(kopi) for other in others]
    for other, welcome in zip(others, pages):
        other.force(kopi, "dq:20000:qris", welcome)
    andi.wait_for(kopi, "Layanan pembayaran sedang gangguan", fresh=False, seconds=40)
    # the page from before
    answer = budi.wait_answer(kopi, budi.press(kopi, "💳 Deposit QRIS", page))
    assert "sedang gangguan" in answer["text"]
    page = budi.wait_for(kopi, "Layanan pembayaran sedang gangguan")
    assert page.button("💬 Hubungi Admin")["url"] == "https://t.me/andi_admin"
    assert kopi.query("SELECT count(*) FROM deposits WHERE telegram_id = %s", budi.id) == [(0,)]
    # a page drawn now offers what is left
    budi.press(kopi, "🔄 Coba Lagi", page)
    page = budi.wait_for(kopi, lambda m: m.button("📝 Transfer Manual"), fresh=False)
    assert not page.button("💳 Deposit QRIS")
    budi.press(kopi, "📝 Transfer Manual", page)
    budi.wait_for(kopi, "kirim foto bukti ke chat ini")
    # it comes back, and so do the invoices that waited
    back()
    for other in others:
        other.wait_for(kopi, lambda m: m.qr, fresh=False, seconds=90)
    ways(budi, kopi, "Rp 50.000")
    world.quiet(60)
    assert len(kopi.transactions()) == 6


# --- pressed twice, too many, looked at again ---


def test_pressed_twice_makes_one(world, kopi, budi):
    world.start()
    world.fail("pakasir", "slow", slug=kopi.slug, method="create-transaction", delay_ms=1500, times=1)
    page = ways(budi, kopi, "Rp 50.000")
    bodies = [callback(budi, "dq:50000:qris", page.id) for _ in range(5)]
    answers = kopi.post_updates(bodies)
    assert {status for status, _, _ in answers} == {200}
    budi.wait_for(kopi, lambda message: message.qr, fresh=False)
    world.quiet()
    assert states(kopi) == ["pending"] and len(kopi.transactions()) == 1
    assert len([m for m in budi.from_bot(kopi) if m.qr]) == 1


def test_an_inaccessible_message_makes_none(world, kopi, budi):
    welcome = budi.start_chat(kopi)
    for data in ("dq:50000:qris", "dq:20000:qris"):
        body = callback(budi, data, message_id=welcome.id)
        body["callback_query"]["message"]["date"] = 0
        assert kopi.post_update(body)[0] == 200
    world.quiet()
    assert kopi.query("SELECT count(*) FROM deposits") == [(0,)]


def test_too_many_open_ones(world, kopi, budi):
    bills = [invoice(budi, kopi, amount) for amount in ("Rp 10.000", "Rp 20.000", "Rp 50.000")]
    page = ways(budi, kopi, "Rp 100.000")
    answer = budi.wait_answer(kopi, budi.press(kopi, "💳 Deposit QRIS", page))
    assert "Selesaikan dulu" in answer["text"]
    page = budi.wait_for(kopi, "Masih ada deposit yang belum selesai")
    world.quiet()
    assert len(states(kopi)) == 3
    budi.press(kopi, "📜 Riwayat Saldo", page)
    page = budi.wait_for(kopi, "Deposit yang belum selesai")
    assert page.text.count("menunggu pembayaran") == 3
    # one of them again: the old message goes, one QR remains for each
    budi.press(kopi, "⏳ Deposit Rp 20.000", page)
    again = budi.wait_for(kopi, lambda message: message.qr)
    assert again.qr == bills[1].qr and again.id != bills[1].id
    budi.wait_gone(kopi, bills[1])
    world.quiet()
    assert len([m for m in budi.from_bot(kopi) if m.qr]) == 3
    budi.press(kopi, "❌ Batalkan Deposit", again)
    budi.wait_gone(kopi, again)
    world.quiet()
    invoice(budi, kopi, "Rp 100.000")
    world.quiet()
    assert sorted(states(kopi)) == ["cancelled", "pending", "pending", "pending"]


def test_shown_again_many_times_leaves_no_dead_qr(world, kopi, budi):
    bill = invoice(budi, kopi)
    number = kopi.value("SELECT id FROM deposits")
    kopi.post_updates([callback(budi, f"do:{number}", bill.id) for _ in range(4)])
    world.quiet()
    (shown,) = [message for message in budi.from_bot(kopi) if message.qr]
    budi.press(kopi, "❌ Batalkan Deposit", shown)
    budi.wait_for(kopi, "Deposit dibatalkan")
    world.quiet()
    assert not [message for message in budi.from_bot(kopi) if message.qr]


def test_two_deposits_at_once(world, kopi, budi):
    bills = [invoice(budi, kopi, amount) for amount in ("Rp 10.000", "Rp 20.000", "Rp 50.000")]
    world.at_once(*[lambda bill=bill: world.pay(bill, webhook=5, parallel=True) for bill in bills])
    world.until(lambda: states(kopi) == ["completed"] * 3, 40, "three bookings")
    world.quiet(40)
    assert balance(kopi, budi) == 80_000 and len(entries(kopi)) == 3
    shown = sorted(int(re.search(r"Saldo sekarang: Rp ([0-9.]+)", m.text)[1].replace(".", "")) for m in booked(budi, kopi))
    assert len(shown) == 3 and shown[-1] == 80_000


def test_a_restart_in_between(world, kopi, budi):
    start_typing(kopi, budi)
    world.restart()
    budi.send(kopi, "75rb")
    page = budi.wait_for(kopi, "Pilih caranya")
    world.kill9()
    world.start()
    budi.press(kopi, "💳 Deposit QRIS", page)
    bill = budi.wait_for(kopi, lambda message: message.qr, seconds=40)
    world.kill9()
    world.pay(bill)
    world.start()
    budi.wait_for(kopi, BOOKED, seconds=40)
    world.quiet(40)
    assert balance(kopi, budi) == 75_000


def test_in_english(world, budi):
    kopi = make_store(world, language="en", deposit={"transfer": TRANSFER})
    budi.send(kopi, "💰 Deposit")
    page = budi.wait_for(kopi, "How much would you like to add")
    budi.press(kopi, "Rp 10.000", page)
    page = budi.wait_for(kopi, "Choose how")
    assert page.button("💳 Deposit by QRIS") and page.button("📝 Manual Transfer")
