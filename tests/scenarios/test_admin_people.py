"""👥 Kelola User: admins find people, shut them out, change their balance and write to them; who is shut out is sold
nothing, and keeps what is theirs."""

import pytest
from harness.store import product
from harness.updates import callback
from sandbox_client import delivered_lines

ADMINS, OWNERS = [1001, 1002], [1003]
PAID = "🎉 Pembayaran Berhasil"
OUT = "tidak bisa berbelanja"
HOSTILE = "<b>Bo\u202Edy</b> & \"co\" 🎉" + "🎉" * 20


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 5, code="SUSU", snk="Kirim bukti ulasan.")],
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


def menu(admin, store):
    """From /admin to the people."""
    admin.send(store, "/admin")
    admin.wait_for(store, "Admin Settings")
    admin.press(store, "👥 Kelola User")
    return admin.wait_for(store, "Total user")


def person_page(admin, store, telegram_id):
    """As other screens lead there."""
    admin.force(store, f"aud:{telegram_id}", admin.wait_for(store, lambda m: m.labels, fresh=False))
    return admin.wait_for(store, "Terakhir terlihat")


def shut_out(admin, store, telegram_id):
    admin.press(store, "⛔ Blokir", person_page(admin, store, telegram_id))
    admin.press(store, "✅ Ya", admin.wait_for(store, "Blokir user ini?"))
    return admin.wait_for(store, "Diblokir toko sejak")


def balance(store, person):
    return store.value("SELECT balance FROM users WHERE telegram_id = %s", person.id)


def logged(store, action):
    return store.query("SELECT actor_id, subject_id, before, after, note FROM admin_logs WHERE action = %s ORDER BY id", action)


def test_counts_of_the_store(world, kopi, staff):
    andi, _, _ = staff
    crowd = [world.person(3000 + number, f"Orang {number}") for number in range(12)]
    for person in crowd:
        person.start_chat(kopi)
    crowd[0].block(kopi)
    world.quiet()
    kopi.query("UPDATE users SET seen_at = now() - interval '8 days' WHERE telegram_id < 3004 AND telegram_id >= 3000")
    kopi.query("UPDATE users SET seen_at = now() - interval '40 days' WHERE telegram_id = 3000")
    page = menu(andi, kopi)
    assert "Total user: 15" in page.text and "Memblokir bot: 1" in page.text and "Diblokir toko: 0" in page.text
    # the active ones are counted beside, and are there a moment later
    world.until(lambda: kopi.query("SELECT value FROM counters WHERE name = 'active_month'"), what="the count")
    andi.press(kopi, "🔄 Hitung ulang", page)
    page = andi.wait_for(kopi, "Dihitung per")
    assert "7 hari terakhir: 11" in page.text and "30 hari terakhir: 14" in page.text
    assert kopi.value("SELECT value FROM counters WHERE name = 'users'") == 15


def test_every_way_to_a_person(world, kopi, staff, budi):
    andi, _, _ = staff
    budi.start_chat(kopi)
    odd = world.person(2002, HOSTILE, username="odd_one")
    odd.start_chat(kopi)
    for number in range(9):
        world.person(3000 + number, f"Budiman {number}").start_chat(kopi)
    page = menu(andi, kopi)

    andi.press(kopi, "🆕 Terbaru", page)
    newest = andi.wait_for(kopi, "User terbaru")
    assert newest.id == page.id and any("Budiman 8" in label for label in newest.labels), "edited in place"
    andi.press(kopi, "➡️", newest)
    older = andi.wait_for(kopi, "User terbaru")
    assert any("odd_one" in label for label in older.labels)
    andi.press(kopi, "odd_one", older)
    shown = andi.wait_for(kopi, "Terakhir terlihat")
    assert "<b>Bo" in shown.text and "@odd_one" in shown.text and "2002" in shown.text
    assert "⬅️ Kembali" in shown.labels and "⚙️ Admin" in shown.labels

    def search(text):
        andi.press(kopi, "🔎 Cari", menu(andi, kopi))
        andi.wait_for(kopi, "Cari User")
        andi.send(kopi, text)

    search("@BUDI_S")
    assert "2001" in andi.wait_for(kopi, "Terakhir terlihat").text
    search("2001")
    assert "@budi_s" in andi.wait_for(kopi, "Terakhir terlihat").text
    search("<b>bo\u202Edy")
    assert "2002" in andi.wait_for(kopi, "Terakhir terlihat").text
    search("budi")
    found = andi.wait_for(kopi, "Hasil pencarian")
    assert len([label for label in found.labels if "Budi" in label]) == 8
    andi.press(kopi, "➡️", found)
    assert len([label for label in andi.wait_for(kopi, "Hasil pencarian").labels if "Budi" in label]) == 2
    for nobody in ("%", "_", "'; DROP TABLE users; --", "budi%"):
        andi.send(kopi, nobody)
        andi.wait_for(kopi, "Tidak ada user yang cocok")
    # a command is no search, and what was begun is given up without a trace
    andi.press(kopi, "🔎 Cari", andi.wait_for(kopi, "Tidak ada user", fresh=False))
    andi.send(kopi, "/produk")
    andi.wait_for(kopi, "Semua Produk")
    andi.press(kopi, "❌ Batal")
    andi.wait_for(kopi, "Dibatalkan")


def test_shut_out_and_what_stays_theirs(world, kopi, staff, budi):
    andi, ayu, omar = staff
    invoice = budi.order(kopi, "Kopi Susu", 2)
    transaction = kopi.transaction(invoice)
    shut_out(andi, kopi, budi.id)
    assert logged(kopi, "shut_out") == [(andi.id, budi.id, {"shut_out": False}, {"shut_out": True}, "")]

    # every button they ever had, and those of admins, is refused by a popup
    before = kopi.value("SELECT count(*) FROM cart_items"), kopi.value("SELECT count(*) FROM orders")
    number = kopi.value("SELECT id FROM products")
    for data in ("w", "a:0", f"p:{number}", f"q:{number}:1:15000", "k", "m", "y:qris", "dp", "dq:50000:qris", "ku", "ob:1", "ad",
                 f"auy:{budi.id}:0", "zz:1"):
        answer = budi.wait_answer(kopi, budi.force(kopi, data, invoice))
        assert OUT in answer["text"] and answer["show_alert"], data
    assert before == (kopi.value("SELECT count(*) FROM cart_items"), kopi.value("SELECT count(*) FROM orders"))
    # what they type gets one line
    budi.send(kopi, "/produk")
    line = budi.wait_for(kopi, OUT)
    assert "@andi_admin" in line.text and len(line.labels) == 1
    for text in ("/stok", "halo", "📋 Semua Produk", "1"):
        budi.send(kopi, text)
    world.quiet()
    assert len([m for m in budi.from_bot(kopi) if OUT in m.text]) == 1

    # the invoice that was open settles, and what was bought is theirs
    world.sandbox.pay(txn_id=transaction["txn_id"])
    delivery = budi.wait_for(kopi, PAID, fresh=False)
    assert len(delivered_lines(budi.chat(kopi), delivery)) == 2
    world.quiet()
    assert kopi.value("SELECT state FROM orders") == "completed"
    budi.send(kopi, "/pesanan")
    budi.wait_for(kopi, "Kopi Susu")
    order = kopi.value("SELECT id FROM orders")
    budi.force(kopi, f"g:{order}")
    again = budi.wait_for(kopi, lambda message: "SUSU-0001" in message.text)
    assert again.id != delivery.id
    # the terms that came with it
    budi.force(kopi, f"t:{kopi.value('SELECT id FROM terms')}")
    budi.wait_for(kopi, "bukti")
    budi.send(kopi, "sudah saya ulas")
    andi.wait_for(kopi, "sudah saya ulas", fresh=False)

    # let in again by the other admin, whose page was behind
    page = person_page(ayu, kopi, budi.id)
    assert "Diblokir toko sejak" in page.text
    ayu.press(kopi, "✅ Buka blokir", page)
    ask = ayu.wait_for(kopi, "Buka blokir user ini?")
    andi.press(kopi, "✅ Buka blokir", person_page(andi, kopi, budi.id))
    andi.press(kopi, "✅ Ya", andi.wait_for(kopi, "Buka blokir user ini?"))
    andi.wait_for(kopi, lambda m: "Terakhir terlihat" in m.text and m.button("⛔ Blokir"))
    answer = ayu.wait_answer(kopi, ayu.press(kopi, "✅ Ya", ask))
    assert "sudah diubah" in answer["text"]
    assert [row[0] for row in logged(kopi, "let_in")] == [andi.id]
    assert "Kopi Susu" in budi.list_text(kopi)

    # nobody who runs the store is shut out
    for admin in (ayu, omar):
        page = person_page(andi, kopi, admin.id)
        assert "Admin toko ini" in page.text and not page.button("⛔ Blokir")
        answer = andi.wait_answer(kopi, andi.force(kopi, f"auy:{admin.id}:1", page))
        assert "tidak bisa diblokir" in answer["text"]
    assert "Kopi Susu" in omar.list_text(kopi)


def test_another_server_follows(world, kopi, staff, budi):
    andi, _, _ = staff
    budi.start_chat(kopi)
    second = world.start_another()

    def pressed():
        status, _, text = kopi.post_update(callback(budi, "a:0"), port=second.port)
        assert status == 200
        return text

    assert "Kopi Susu" in pressed()
    shut_out(andi, kopi, budi.id)
    world.until(lambda: OUT in pressed(), what="a refusal by the other server")


def test_two_admins_shut_out_at_once(world, kopi, staff, budi):
    andi, ayu, _ = staff
    people = [world.person(2100 + number, f"Orang {number}") for number in range(5)]
    for person in people:
        person.start_chat(kopi)
    world.start_another()
    world.quiet()
    for out in (1, 0):
        bodies = [[callback(admin, f"auy:{person.id}:{out}") for person in people] for admin in (andi, ayu)]
        answers = world.at_once(*(lambda server=server, own=own: kopi.post_updates(own, port=server.port)
                                  for server, own in zip(world.servers, bodies)))
        assert {status for answer in answers for status, _, _ in answer} == {200}
        assert kopi.value("SELECT count(*) FROM users WHERE barred_at IS NOT NULL") == 5 * out
        assert len(logged(kopi, "shut_out" if out else "let_in")) == 5, "one decision each"


def test_a_balance_by_hand(world, kopi, staff, budi):
    andi, ayu, _ = staff
    budi.start_chat(kopi)

    def adjust(admin, amount, note):
        admin.press(kopi, "💰 Ubah saldo", person_page(admin, kopi, budi.id))
        admin.wait_for(kopi, "Awali dengan tanda")
        admin.send(kopi, amount)
        admin.wait_for(kopi, "alasannya")
        admin.send(kopi, note)
        return admin.wait_for(kopi, "Simpan perubahan saldo ini?")

    asked = adjust(andi, "+25rb", "bonus <b>pelanggan</b>")
    assert "Rp 0 → Rp 25.000" in asked.text and "bonus <b>pelanggan</b>" in asked.text and balance(kopi, budi) == 0
    andi.press(kopi, "✅ Simpan", asked)
    assert "Saldo: Rp 25.000" in andi.wait_for(kopi, "Saldo diubah +Rp 25.000").text
    assert "bonus <b>pelanggan</b>" in budi.wait_for(kopi, "Rp 25.000", fresh=False).text

    # two admins take what is there for one of them
    first, second = adjust(andi, "-20000", "salah"), adjust(ayu, "-10000", "salah juga")
    andi.press(kopi, "✅ Simpan", first)
    andi.wait_for(kopi, "Saldo diubah −Rp 20.000")
    ayu.press(kopi, "✅ Simpan", second)
    ayu.wait_for(kopi, "Saldonya hanya Rp 5.000")
    ayu.send(kopi, "-5000")
    ayu.press(kopi, "✅ Simpan", ayu.wait_for(kopi, "Rp 5.000 → Rp 0"))
    ayu.wait_for(kopi, "Saldo diubah −Rp 5.000")
    world.quiet()
    assert balance(kopi, budi) == 0
    assert [(actor, before, after) for actor, _, before, after, _ in logged(kopi, "adjust_balance")] == [
        (andi.id, {"balance": 0}, {"balance": 25_000}), (andi.id, {"balance": 25_000}, {"balance": 5_000}),
        (ayu.id, {"balance": 5_000}, {"balance": 0})]
    andi.press(kopi, "📒 Riwayat saldo", person_page(andi, kopi, budi.id))
    history = andi.wait_for(kopi, "Riwayat saldo")
    assert "+Rp 25.000" in history.text and "−Rp 20.000" in history.text and "bonus <b>pelanggan</b>" in history.text


def test_a_message_to_one_person(world, kopi, staff, budi):
    andi, _, _ = staff
    budi.start_chat(kopi)
    andi.press(kopi, "✉️ Kirim pesan", person_page(andi, kopi, budi.id))
    andi.wait_for(kopi, "Tulis pesan")
    andi.send(kopi, "Halo <i>kak</i>,\npesananmu siap & lengkap.")
    asked = andi.wait_for(kopi, "Begini pesannya nanti")
    assert "Halo <i>kak</i>,\npesananmu siap & lengkap." in asked.text
    world.quiet()
    assert not [m for m in budi.from_bot(kopi) if "pesananmu siap" in m.text]
    andi.press(kopi, "✅ Simpan", asked)
    andi.wait_for(kopi, "Pesan dikirim")
    told = budi.wait_for(kopi, "pesananmu siap", fresh=False)
    assert "Pesan dari admin" in told.text and kopi.title in told.text
    assert [(actor, who, note) for actor, who, _, _, note in logged(kopi, "message")] == [
        (andi.id, budi.id, "Halo <i>kak</i>,\npesananmu siap & lengkap.")]

    # blocked the bot, and nobody knows yet
    world.expect("outbox row .* Forbidden: bot was blocked")
    budi.block(kopi)
    world.quiet()
    kopi.query("UPDATE users SET reachable = true WHERE telegram_id = %s", budi.id)
    kopi.query("UPDATE counters SET value = 0 WHERE name = 'unreachable'")
    andi.press(kopi, "✉️ Kirim pesan", person_page(andi, kopi, budi.id))
    andi.wait_for(kopi, "Tulis pesan")
    andi.send(kopi, "Halo lagi")
    andi.press(kopi, "✅ Simpan", andi.wait_for(kopi, "Begini pesannya nanti"))
    andi.wait_for(kopi, "tidak sampai")
    # known by now
    page = person_page(andi, kopi, budi.id)
    assert "Memblokir bot ini" in page.text
    answer = andi.wait_answer(kopi, andi.press(kopi, "✉️ Kirim pesan", page))
    assert "memblokir bot" in answer["text"]
