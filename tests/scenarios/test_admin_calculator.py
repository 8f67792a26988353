"""🧮 Calculator: refunds by days and deposits with their fee, the formulas, and the history."""

import json

import pytest

ADMIN = "⚙️ Admin Settings"


ADMINS = range(1001, 1010)  # who is fast waits; the next one does not


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", admins=list(ADMINS))


@pytest.fixture
def andi(world, kopi):
    return world.admin(kopi)


def home(store, person):
    person.send(store, ADMIN)
    person.press(store, "🧮 Calculator", person.wait_for(store, "Admin Settings"))
    return person.wait_for(store, lambda message: message.button("⚙️ Rumus"))


def answer(store, person, *answers):
    """Types them one after the other; what the last one leads to."""
    for typed, next_text in answers:
        person.send(store, typed)
        page = person.wait_for(store, next_text)
    return page


def logged(store):
    rows = store.query("SELECT actor_id, action, subject, subject_id, before, after FROM admin_logs ORDER BY id")
    assert all(row[4] is None for row in rows if row[1] == "calculate")
    return [(actor, action, subject, number, after) for actor, action, subject, number, _, after in rows]


def set_formula(world, store, admin, name, typed):
    person = world.person(admin)
    person.press(store, "⚙️ Rumus", home(store, person))
    person.press(store, name, person.wait_for(store, "Rumus calculator"))
    person.press(store, "✏️ Ubah", person.wait_for(store, "Bawaan"))
    person.wait_for(store, "Kirim")
    person.send(store, typed)
    return person.wait_for(store, "Tersimpan")


def reset_formula(world, store, admin, name):
    person = world.person(admin)
    person.press(store, "⚙️ Rumus", home(store, person))
    person.press(store, name, person.wait_for(store, "Rumus calculator"))
    person.press(store, "↩️", person.wait_for(store, "Bawaan"))
    person.wait_for(store, lambda message: "Bawaan" in message.text and not message.button("↩️"))


def test_a_refund(world, kopi, andi):
    page = home(kopi, andi)
    assert "potongan 0%, dibulatkan ke bawah per Rp 100" in page.text and "QRIS Pakasir: 0,7% + Rp 310" in page.text
    andi.press(kopi, "💸 Refund sesuai hari", page)
    assert andi.wait_for(kopi, "Berapa harga").id == page.id
    page = answer(kopi, andi, ("gratis", "Kirim jumlah rupiah"), ("35rb", "masa aktifnya"), ("0", "angka bulat"), ("31", "Sudah terpakai"),
                  ("32", "Tidak boleh lebih dari masa aktifnya, 31 hari"), ("-1", "angka bulat"), ("12", "Refund:"))
    assert page.text == (
        "💸 Refund: Rp 21.400\n\n"
        "Harga: Rp 35.000\nMasa aktif: 31 hari\nTerpakai: 12 hari, sisa 19 hari\n"
        "Nilai sisa: Rp 35.000 × 19 ÷ 31 = Rp 21.451\nPotongan 0%: Rp 0\nSetelah potongan: Rp 21.451\n"
        "Dibulatkan ke bawah per Rp 100\nRefund: Rp 21.400")
    assert "<pre>Harga" in page.html and page.button("🧾 Riwayat") and page.button("⬅️ Kembali")
    assert logged(kopi) == [(1001, "calculate", "calculator", 0,
                             {"kind": "refund", "price": 35000, "days": 31, "used": 12, "percent": 0, "step": 100, "refund": 21400})]
    # at once another one
    andi.press(kopi, "🔄 Hitung lagi", page)
    andi.wait_for(kopi, "Berapa harga")
    assert "Refund: Rp 0" in answer(kopi, andi, ("1jt", "masa aktif"), ("7", "terpakai"), ("7", "Refund:")).text


def test_deposits_both_ways(world, kopi, andi):
    andi.press(kopi, "💳 Deposit + biaya", home(kopi, andi))
    andi.wait_for(kopi, "Berapa saldo yang harus masuk")
    page = answer(kopi, andi, ("100rb", "Pembeli bayar"))
    assert page.text == ("💳 Pembeli bayar: Rp 101.010\n\nSaldo masuk: Rp 100.000\n"
                         "Biaya (QRIS Pakasir: 0,7% + Rp 310, di atas Rp 105.000 1%): Rp 1.010\nPembeli bayar: Rp 101.010")
    andi.press(kopi, "🔁 Dari total bayar", home(kopi, andi))
    andi.wait_for(kopi, "Berapa total yang dibayar")
    page = answer(kopi, andi, ("100", "Terlalu kecil: biayanya saja Rp 310"), ("101010", "Saldo masuk"))
    assert page.text.startswith("🔁 Saldo masuk: Rp 100.000\n") and "Tidak terpakai" not in page.text
    andi.press(kopi, "🔄 Hitung lagi", page)
    andi.wait_for(kopi, "Berapa total yang dibayar")
    assert "Saldo masuk: Rp 105.000\nTidak terpakai: Rp 5" in answer(kopi, andi, ("106050", "Saldo masuk")).text
    assert [after["kind"] for *_, after in logged(kopi)] == ["deposit", "total", "total"]
    # the gateway's own sums
    assert logged(kopi)[0][4]["fee"] == 1010 and logged(kopi)[0][4]["published"] is True


def test_formulas(world, kopi, andi):
    assert "Potongan refund" in set_formula(world, kopi, 1002, "Potongan refund", "12%").text
    set_formula(world, kopi, 1003, "Pembulatan refund", "500")
    page = set_formula(world, kopi, 1004, "Biaya deposit (persen)", "1,5")
    assert "1,5%" in page.text and "Bawaan: 0,7%" in page.text
    page = set_formula(world, kopi, 1005, "Biaya deposit (tetap)", "0")
    eni = world.person(1005)
    eni.press(kopi, "⬅️ Kembali", page)
    page = eni.wait_for(kopi, "Rumus calculator")
    for line in ("Potongan refund: 12%", "Pembulatan refund: Rp 500", "Biaya deposit (persen): 1,5%", "Biaya deposit (tetap): Rp 0"):
        assert line in page.text
    eni.press(kopi, "⬅️ Kembali", page)
    page = eni.wait_for(kopi, lambda message: message.button("⚙️ Rumus"))
    assert "potongan 12%, dibulatkan ke bawah per Rp 500" in page.text and "Biaya deposit: 1,5%" in page.text

    andi.press(kopi, "💸 Refund sesuai hari", home(kopi, andi))
    andi.wait_for(kopi, "Berapa harga")
    page = answer(kopi, andi, ("30000", "masa aktif"), ("30", "terpakai"), ("10", "Refund:"))
    assert "Potongan 12%: Rp 2.400\nSetelah potongan: Rp 17.600\nDibulatkan ke bawah per Rp 500\nRefund: Rp 17.500" in page.text
    fajar = world.person(1006)
    fajar.press(kopi, "💳 Deposit + biaya", home(kopi, fajar))
    fajar.wait_for(kopi, "Berapa saldo")
    assert "Biaya (1,5%): Rp 1.500" in answer(kopi, fajar, ("100000", "Pembeli bayar")).text
    # what was worked out before stays as it was, whatever the formulas are by now
    set_formula(world, kopi, 1007, "Potongan refund", "0")
    fajar.press(kopi, "🧾 Riwayat")
    fajar.press(kopi, "2", fajar.wait_for(kopi, "Riwayat hitungan"))
    assert "Potongan 12%: Rp 2.400" in fajar.wait_for(kopi, "Setelah potongan").text
    changes = [(key["key"], key["value"]) for (key,) in kopi.query("SELECT after FROM admin_logs WHERE subject = 'setting' ORDER BY id")]
    assert changes == [("calculator.refund_deduction", 12), ("calculator.refund_step", 500), ("calculator.fee_percent", 150),
                       ("calculator.fee_flat", 0), ("calculator.refund_deduction", 0)]
    # back to the gateway's formula
    reset_formula(world, kopi, 1008, "Biaya deposit (persen)")
    reset_formula(world, kopi, 1009, "Biaya deposit (tetap)")
    assert "QRIS Pakasir" in home(kopi, world.person(1003)).text


def test_history(world, kopi, andi):
    ayu = world.person(1002, "Ayu <b>")
    ayu.start_chat(kopi)
    page = home(kopi, andi)
    andi.press(kopi, "🧾 Riwayat", page)
    assert "Belum ada hitungan" in andi.wait_for(kopi, "Riwayat").text
    for number in range(1, 11):
        after = {"kind": "deposit", "published": False, "percent": 100, "flat": 0, "amount": number * 1000, "fee": number * 10,
                 "total": number * 1010}
        kopi.query("INSERT INTO admin_logs (actor_id, action, subject, subject_id, after, created_at)"
                   " VALUES (%s, 'calculate', 'calculator', 0, %s, now())", 1001 if number % 2 else 1002, json.dumps(after))
    # what another version of the server wrote
    kopi.query("INSERT INTO admin_logs (actor_id, action, subject, subject_id, after, created_at)"
               " VALUES (1001, 'calculate', 'calculator', 0, '{\"kind\": \"else\"}', now())")
    andi.press(kopi, "🧾 Riwayat", home(kopi, andi))
    page = andi.wait_for(kopi, "Riwayat hitungan")
    lines = page.text.splitlines()
    assert lines[2].startswith("1. ") and lines[3].strip() == "–"
    assert "Ayu <b>" in lines[4] and lines[5].strip() == "Deposit Rp 10.000: bayar Rp 10.100"
    assert page.labels == ["1", "2", "3", "4", "5", "6", "7", "8", "➡️", "⬅️ Kembali", "⚙️ Admin"]
    pressed = andi.press(kopi, "1", page)
    assert "tidak ditemukan" in andi.wait_answer(kopi, pressed)["text"].lower()
    andi.press(kopi, "➡️", page)
    page = andi.wait_for(kopi, "Deposit Rp 1.000: bayar Rp 1.010")
    assert page.labels == ["1", "2", "3", "⬅️", "⬅️ Kembali", "⚙️ Admin"]
    andi.press(kopi, "3", page)
    page = andi.wait_for(kopi, "Biaya (1%): Rp 10")
    assert "Andi" in page.text and page.button("🔄 Hitung lagi")
    andi.press(kopi, "⬅️ Kembali", page)
    andi.wait_for(kopi, "Riwayat hitungan")


def test_forged(world, kopi, andi):
    page = home(kopi, andi)
    andi.press(kopi, "💸 Refund sesuai hari", page)
    andi.wait_for(kopi, "Berapa harga")
    page = answer(kopi, andi, ("1000", "masa aktif"), ("1", "terpakai"), ("0", "Refund:"))
    kopi.query("INSERT INTO admin_logs (actor_id, action, subject, subject_id, after, created_at)"
               " VALUES (1001, 'edit', 'product', 1, '{}', now())")
    other = kopi.value("SELECT max(id) FROM admin_logs")
    for data in ("aco:0", "aco:999", "aco:-5", f"aco:{other}", "aco:9223372036854775807"):
        assert "tidak ditemukan" in andi.wait_answer(kopi, andi.force(kopi, data, page))["text"].lower(), data
    for data in ("ach:5", "ach:-1", "ach:9223372036854775807", "ach:-9223372036854775808"):
        andi.force(kopi, data, page)
        andi.wait_for(kopi, "Riwayat hitungan")
    budi = world.person(2001, "Budi")
    welcome = budi.start_chat(kopi)
    for data in ("ac", "acf", "acr", "acd", "act", "ach:0", "aco:1"):
        assert "tombol" in budi.wait_answer(kopi, budi.force(kopi, data, welcome))["text"].lower(), data
    assert len(logged(kopi)) == 2
