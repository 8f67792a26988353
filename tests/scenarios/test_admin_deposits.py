"""💰 Deposit: admins look at proofs, accept and reject them from the list, decide about odd payments, and read what was."""

import pytest
from harness.deposits import BOOKED, balance, invoice, prove, staff_of, states, store_by_hand, transfer
from harness.updates import callback

CHANGED = "Data sudah diubah lebih dulu"


@pytest.fixture
def kopi(world):
    return store_by_hand(world)


@pytest.fixture
def staff(world, kopi):
    return staff_of(world, kopi)


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi <b>", username="budi_s")


def menu(admin, store):
    """From /admin to the deposits."""
    admin.send(store, "/admin")
    admin.press(store, "💰 Deposit", admin.wait_for(store, "Admin Settings"))
    return admin.wait_for(store, "perlu diperiksa")


def queue(admin, store):
    admin.press(store, "🔎 Perlu diperiksa", menu(admin, store))
    return admin.wait_for(store, lambda m: m.text.startswith("🔎 Perlu diperiksa"))


def logged(store):
    return store.query("SELECT actor_id, action, subject, subject_id, note FROM admin_logs ORDER BY id")


def test_looked_at_and_accepted(world, kopi, staff, budi):
    andi, ayu, omar = staff
    sari = world.person(2002, "Sari")
    first, second = prove(kopi, budi), prove(kopi, sari, "75rb")
    world.quiet()
    page = menu(omar, kopi)
    assert "perlu diperiksa: 2" in page.text
    listed = queue(andi, kopi)
    assert listed.text.index(f"#{first}") < listed.text.index(f"#{second}"), "oldest first"
    assert "Budi <b>" in listed.text and "transfer manual" in listed.text
    andi.press(kopi, "1️⃣", listed)
    page = andi.wait_for(kopi, f"Deposit #{first}")
    assert "Rp 50.000" in page.text and "@budi_s" in page.text
    photos = len([m for m in andi.from_bot(kopi) if m.photo])
    andi.press(kopi, "🔍 Lihat bukti", page)
    photo = andi.wait_for(kopi, lambda m: m.photo)
    assert photo.labels == ["✅ Terima", "❌ Tolak"] and "Budi <b>" in photo.text
    assert len([m for m in andi.from_bot(kopi) if m.photo]) == photos + 1
    assert not [m for m in omar.from_bot(kopi) if m.photo], "to the one who asked for it"

    stale = andi.wait_for(kopi, f"Deposit #{first}", fresh=False)
    ayu.press(kopi, "1️⃣", queue(ayu, kopi))
    ayu.press(kopi, "✅ Terima", ayu.wait_for(kopi, f"Deposit #{first}"))
    ask = ayu.wait_for(kopi, "Uangnya sudah kamu lihat")
    ayu.press(kopi, "✅ Ya", ask)
    assert "Rp 50.000 masuk ke saldo" in ayu.wait_for(kopi, "Diterima").text
    assert "Rp 50.000" in budi.wait_for(kopi, BOOKED, fresh=False).text
    # the photo's buttons and the page of the other one are too late
    answer = andi.wait_answer(kopi, andi.press(kopi, "✅ Terima", photo))
    assert "sudah diputuskan" in answer["text"]
    answer = andi.wait_answer(kopi, andi.press(kopi, "✅ Terima", stale))
    assert CHANGED in answer["text"]
    world.quiet()
    assert balance(kopi, budi) == 50_000 and states(kopi) == ["completed", "review"]
    assert [(actor, action, what) for actor, action, _, what, _ in logged(kopi)] == [(ayu.id, "confirm_deposit", first)]
    # looked at afterwards, it says who it was
    andi.force(kopi, f"agp:{first}", stale)
    assert "Ayu" in andi.wait_for(kopi, lambda m: m.photo and not m.labels).text
    andi.force(kopi, f"agh:{first}:0", stale)
    story = andi.wait_for(kopi, "Riwayat deposit")
    assert "Ayu" in story.text and "+Rp 50.000" in story.text and "Bukti transfer" in story.text


def test_rejected_and_accepted_after_all(world, kopi, staff, budi):
    andi, ayu, _ = staff
    number = prove(kopi, budi)
    andi.press(kopi, "1️⃣", queue(andi, kopi))
    andi.press(kopi, "❌ Tolak", andi.wait_for(kopi, f"Deposit #{number}"))
    question = andi.wait_for(kopi, "Alasannya dibaca pembeli")
    assert question.button("⚡ Transfer tidak ditemukan")
    andi.send(kopi, "Nominalnya <kurang> & buram")
    andi.press(kopi, "✅ Simpan", andi.wait_for(kopi, lambda m: m.button("✅ Simpan")))
    andi.wait_for(kopi, "pembeli sudah diberi tahu")
    assert "Nominalnya <kurang> & buram" in budi.wait_for(kopi, "Deposit belum bisa diterima", fresh=False).text
    world.quiet()
    assert states(kopi) == ["rejected"] and balance(kopi, budi) == 0
    ayu.press(kopi, "🚫 Ditolak", menu(ayu, kopi))
    ayu.press(kopi, "1️⃣", ayu.wait_for(kopi, f"#{number}"))
    page = ayu.wait_for(kopi, f"Deposit #{number}")
    assert "Andi" in page.text
    ayu.press(kopi, "✅ Terima", page)
    ayu.press(kopi, "✅ Ya", ayu.wait_for(kopi, "pernah ditolak"))
    ayu.wait_for(kopi, "Rp 50.000 masuk ke saldo")
    budi.wait_for(kopi, BOOKED, fresh=False)
    world.quiet()
    assert balance(kopi, budi) == 50_000
    assert [(actor, action) for actor, action, *_ in logged(kopi)] == [(andi.id, "reject_deposit"), (ayu.id, "confirm_deposit")]


@pytest.mark.parametrize("label, money, end", [("💰 Masukkan ke saldo", 60_000, "completed"), ("↩️ Sudah dikembalikan", 0, "cancelled")])
def test_another_amount_than_asked(world, kopi, staff, budi, label, money, end):
    andi, ayu, _ = staff
    world.pay(invoice(budi, kopi), status_amount=60_000)
    world.until(lambda: kopi.query("SELECT 1 FROM payments WHERE problem IS NOT NULL"), what="the mismatch")
    number = kopi.value("SELECT id FROM deposits")
    notice = andi.wait_for(kopi, lambda m: "tidak cocok" in m.text and m.button(f"agd:{number}"), fresh=False)
    andi.press(kopi, "💰 Buka Deposit", notice)
    page = andi.wait_for(kopi, f"Deposit #{number}")
    assert "Dibayar Rp 60.000, diminta Rp 50.000" in page.text
    ayu.press(kopi, "⚠️ Perlu keputusan", menu(ayu, kopi))
    ayu.press(kopi, "1️⃣", ayu.wait_for(kopi, f"#{number}"))
    stale = ayu.wait_for(kopi, f"Deposit #{number}")
    andi.press(kopi, label, page)
    andi.wait_for(kopi, "Kenapa begitu")
    andi.send(kopi, "lebih bayar")
    andi.press(kopi, "✅ Simpan", andi.wait_for(kopi, lambda m: m.button("✅ Simpan")))
    andi.wait_for(kopi, f"Deposit #{number}")
    world.quiet()
    assert states(kopi) == [end] and balance(kopi, budi) == money
    answer = ayu.wait_answer(kopi, ayu.press(kopi, label, stale))
    assert CHANGED in answer["text"]
    assert len(logged(kopi)) == 1


def test_lists(world, kopi, staff, budi):
    andi = staff[0]
    numbers = [prove(kopi, budi) for _ in range(2)]
    kopi.query("INSERT INTO deposits (reference, telegram_id, kind, amount, state, created_at, expires_at, ended_at)"
               " SELECT 'dp2001-x' || n, 2001, 'manual', 10000, 'expired', now(), now(), now() FROM generate_series(1, 12) n")
    page = menu(andi, kopi)
    andi.press(kopi, "⏰ Lewat waktu", page)
    listed = andi.wait_for(kopi, "#14")
    assert listed.id == page.id and "#6 " not in listed.text
    andi.press(kopi, "➡️", listed)
    older = andi.wait_for(kopi, "#3")
    andi.press(kopi, "⬅️", older)
    assert "#14" in andi.wait_for(kopi, "#14").text
    andi.press(kopi, "🔎 Cari", menu(andi, kopi))
    andi.wait_for(kopi, "Cari pesanan")
    andi.send(kopi, kopi.value("SELECT reference FROM deposits WHERE id = %s", numbers[0]))
    found = andi.wait_for(kopi, "Hasil untuk")
    andi.press(kopi, "💰", found)
    andi.wait_for(kopi, f"Deposit #{numbers[0]}")
    andi.press(kopi, "🔎 Cari", menu(andi, kopi))
    andi.wait_for(kopi, "Cari pesanan")
    andi.send(kopi, "@budi_s")
    andi.press(kopi, "💰 Deposit", andi.wait_for(kopi, "Hasil untuk"))
    assert "#14" in andi.wait_for(kopi, "Deposit: ").text


def test_two_admins_at_once(world, kopi, staff):
    andi, ayu, _ = staff
    buyers = [world.person(2100 + number, f"Orang {number}") for number in range(4)]
    numbers = [prove(kopi, buyer) for buyer in buyers]
    world.quiet()
    bodies = []
    for number in numbers:  # both accept from the list, or one of them below the photo
        other = "dk:%s:0" if number % 2 else "agk:%s:1"
        bodies += [callback(andi, f"agk:{number}:1"), callback(ayu, other % number)]
    world.start_another()
    answers = world.at_once(
        lambda: kopi.post_updates(bodies[0::2], port=world.servers[0].port),
        lambda: kopi.post_updates(bodies[1::2], port=world.servers[1].port),
    )
    assert {status for answer in answers for status, _, _ in answer} == {200}
    world.quiet(40)
    for number, buyer in zip(numbers, buyers):
        state = kopi.value("SELECT state FROM deposits WHERE id = %s", number)
        assert state in ("completed", "rejected")
        assert balance(kopi, buyer) == (50_000 if state == "completed" else 0)
    assert len(logged(kopi)) == 4, "one decision each"


def test_numbers_that_are_no_deposits(world, kopi, staff, budi):
    andi = staff[0]
    prove(kopi, budi)
    for verb in ("agd:%s", "agp:%s", "agc:%s", "agk:%s:1", "agj:%s"):
        for number in (0, -1, 4242, 2**63 - 1, -2**63):
            andi.chat(kopi).keep_pace()
            answer = andi.wait_answer(kopi, andi.force(kopi, verb % number))
            assert "tidak ditemukan" in answer["text"], (verb, number)
    world.quiet()
    assert states(kopi) == ["review"] and logged(kopi) == []
