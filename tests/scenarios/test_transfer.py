"""Deposits by hand: the way to transfer, the proof, and what an admin decides; booked once, by whoever is first."""

import pytest
from harness.deposits import BOOKED, REVIEW, TRANSFER, balance, entries, prove, staff_of, states, store_by_hand, transfer, ways
from harness.store import product
from harness.updates import callback


@pytest.fixture
def kopi(world):
    return store_by_hand(world)


@pytest.fixture
def staff(world, kopi):
    return staff_of(world, kopi)


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi <b>")


def proof(person, store):
    """The newest photo with the two buttons."""
    return person.wait_for(store, lambda message: message.photo and message.button("✅ Terima"), fresh=False)


def reference(store, number):
    return store.value("SELECT reference FROM deposits WHERE id = %s", number)


def logged(store):
    return store.query("SELECT actor_id, action, subject, subject_id FROM admin_logs ORDER BY id")


def nothing_booked(store, person):
    assert entries(store) == [] and balance(store, person) == 0


def test_instructions_proof_confirmed(world, kopi, staff, budi):
    andi, ayu, omar = staff
    page = ways(budi, kopi, "75rb")
    assert "📝 Transfer Manual: tanpa biaya, bayar Rp 75.000" in page.text
    budi.press(kopi, "📝 Transfer Manual", page)
    shown = budi.wait_for(kopi, "kirim foto bukti ke chat ini")
    number = kopi.value("SELECT id FROM deposits")
    name = reference(kopi, number)
    assert shown.id == page.id, "edited in place"
    assert name in shown.text and "Rp 75.000" in shown.text and TRANSFER in shown.text and shown.button("❌ Batalkan Deposit")
    assert not kopi.transactions(), "the gateway knows nothing of it"
    left = kopi.value("SELECT extract(epoch FROM expires_at - now())::int FROM deposits")
    assert 23.9 * 3600 < left <= 24 * 3600

    # a photo and nothing else is a proof
    budi.send(kopi, "sudah saya transfer kak")
    assert name in budi.wait_for(kopi, "harus berupa foto").text
    budi.chat(kopi).send_any(document={"name": "bukti.png", "content": "x"})
    budi.wait_for(kopi, "harus berupa foto")
    budi.chat(kopi).send_any(sticker=True)
    line = budi.wait_for(kopi, "harus berupa foto")
    assert line.button("❌ Batalkan Deposit") and states(kopi) == ["pending"]

    budi.send_photo(kopi, caption="<i>ini</i>")
    assert name in budi.wait_for(kopi, REVIEW).text
    budi.wait_gone(kopi, shown)
    assert states(kopi) == ["review"]
    photos = [proof(person, kopi) for person in (andi, ayu)]
    for photo in photos:
        assert "Budi <b>" in photo.text and str(budi.id) in photo.text and "Rp 75.000" in photo.text and name in photo.text
        assert photo.labels == ["✅ Terima", "❌ Tolak"] and not photo.qr
    world.quiet()
    nothing_booked(kopi, budi)
    assert not [m for m in omar.from_bot(kopi) if m.photo], "owners are not bothered"
    file_id = photos[0].photo["file_id"]
    assert world.find_in_database(file_id) == [] and world.in_logs(file_id) == []

    answer = andi.wait_answer(kopi, andi.press(kopi, "✅ Terima", photos[0]))
    assert "Diterima" in answer["text"]
    told = budi.wait_for(kopi, BOOKED, fresh=False)
    assert "Rp 75.000" in told.text and name in told.text
    decided = andi.wait_for(kopi, "Diterima oleh")
    assert decided.id == photos[0].id and "Andi" in decided.text and name in decided.text and not decided.labels
    world.quiet()
    assert entries(kopi) == [(budi.id, "deposit", 75_000)] and balance(kopi, budi) == 75_000
    assert states(kopi) == ["completed"] and kopi.value("SELECT decided_by FROM deposits") == andi.id
    assert [(actor, subject, what) for actor, _, subject, what in logged(kopi)] == [(andi.id, "deposit", number)]

    # the other admin is late
    answer = ayu.wait_answer(kopi, ayu.press(kopi, "✅ Terima", photos[1]))
    assert "sudah diputuskan" in answer["text"]
    late = ayu.wait_for(kopi, "Diterima oleh")
    assert late.id == photos[1].id and "Andi" in late.text and not late.labels
    for data in (f"dc:{number}", f"dj:{number}", f"dk:{number}:{photos[1].id}"):
        ayu.wait_answer(kopi, ayu.force(kopi, data, photos[1]))
    world.quiet()
    assert balance(kopi, budi) == 75_000 and len(logged(kopi)) == 1
    assert len([m for m in budi.from_bot(kopi) if BOOKED in m.text]) == 1


def test_rejected_with_a_typed_reason(world, kopi, staff, budi):
    andi, ayu, _ = staff
    number = prove(kopi, budi)
    photo = proof(andi, kopi)
    andi.press(kopi, "❌ Tolak", photo)
    ask = andi.wait_for(kopi, "Ketik alasannya")
    assert reference(kopi, number) in ask.text and "Budi <b>" in ask.text
    andi.send_photo(kopi)
    andi.wait_for(kopi, "Alasannya harus berupa teks")
    andi.send(kopi, "x" * 501)
    andi.wait_for(kopi, "Alasannya harus berupa teks")
    assert states(kopi) == ["review"]
    andi.send(kopi, "Nominalnya <kurang> & buram")
    andi.wait_for(kopi, "pembeli sudah diberi tahu")
    told = budi.wait_for(kopi, "Nominalnya <kurang> & buram", fresh=False)
    assert reference(kopi, number) in told.text
    decided = andi.wait_for(kopi, "Ditolak oleh", fresh=False)
    assert decided.id == photo.id and "Andi" in decided.text and not decided.labels
    world.quiet()
    assert states(kopi) == ["rejected"]
    nothing_booked(kopi, budi)
    ((actor, _, subject, what),) = logged(kopi)
    assert (actor, subject, what) == (andi.id, "deposit", number)
    assert kopi.value("SELECT note FROM admin_logs") == "Nominalnya <kurang> & buram"
    # the other one's button: decided, and not the other way round
    answer = ayu.wait_answer(kopi, ayu.press(kopi, "✅ Terima", proof(ayu, kopi)))
    assert "sudah diputuskan" in answer["text"]
    assert "Ditolak oleh" in ayu.wait_for(kopi, "Andi").text
    world.quiet()
    assert states(kopi) == ["rejected"]
    nothing_booked(kopi, budi)
    # the buyer begins anew
    transfer(budi, kopi)


def test_rejected_with_the_short_reason_or_not_after_all(world, kopi, staff, budi):
    andi = staff[0]
    prove(kopi, budi)
    photo = proof(andi, kopi)
    andi.press(kopi, "❌ Tolak", photo)
    ask = andi.wait_for(kopi, "Ketik alasannya")
    andi.press(kopi, "❌ Batal", ask)
    andi.wait_for(kopi, "belum ditolak")
    assert states(kopi) == ["review"]
    andi.send(kopi, "bukan alasan")
    andi.wait_for(kopi, "belum aku pahami")
    andi.press(kopi, "❌ Tolak", photo)
    ask = andi.wait_for(kopi, "Ketik alasannya")
    andi.press(kopi, "⚡ Transfer tidak ditemukan", ask)
    andi.wait_for(kopi, "pembeli sudah diberi tahu")
    budi.wait_for(kopi, "tidak kami temukan", fresh=False)
    assert not andi.wait_for(kopi, "Ditolak oleh", fresh=False).labels
    world.quiet()
    assert states(kopi) == ["rejected"] and kopi.query("SELECT count(*) FROM conversations") == [(0,)]
    nothing_booked(kopi, budi)


def test_two_admins_at_once(world, kopi, staff):
    andi, ayu, _ = staff
    buyers = [world.person(2100 + number, f"Orang {number}") for number in range(4)]
    numbers = [prove(kopi, buyer) for buyer in buyers]
    world.quiet()
    bodies = []
    for number in numbers:  # both accept, or one of them refuses
        other = "dc:%s" if number % 2 else "dk:%s:0"
        bodies += [callback(andi, f"dc:{number}"), callback(ayu, other % number)]
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


def test_forged_decisions_change_nothing(world, kopi, staff, budi):
    number = prove(kopi, budi)
    sari = world.person(2002, "Sari")
    for person in (budi, sari):
        welcome = person.start_chat(kopi)
        for data in (f"dc:{number}", f"dj:{number}", f"dk:{number}:1", f"dn:{number}"):
            answer = person.wait_answer(kopi, person.force(kopi, data, welcome))
            assert "sudah tidak berlaku" in answer["text"], data
    world.quiet()
    assert states(kopi) == ["review"] and logged(kopi) == []
    nothing_booked(kopi, budi)
    # a question put to somebody who is no admin (any more) is not theirs to answer
    kopi.query("INSERT INTO conversations VALUES (%s, 'deposit_reason', %s, now() + interval '1 hour', 1)", sari.id, number)
    sari.send(kopi, "tolak")
    sari.wait_for(kopi, "belum aku pahami")
    world.quiet()
    assert states(kopi) == ["review"]
    # numbers that are no deposits
    andi = staff[0]
    for data in ("dc:4242", "dj:-1", f"dk:{2**63 - 1}:1", "dn:0"):
        assert "tidak ditemukan" in andi.wait_answer(kopi, andi.force(kopi, data))["text"], data


def test_a_proof_for_somebody_elses_deposit(world, kopi, staff, budi):
    prove(kopi, budi)
    sari = world.person(2002, "Sari")
    sari.start_chat(kopi)
    kopi.query("UPDATE deposits SET state = 'pending', proof = NULL, proved_at = NULL")
    kopi.query("INSERT INTO conversations VALUES (%s, 'deposit_proof', (SELECT id FROM deposits), now() + interval '1 hour')",
               sari.id)
    sari.send_photo(kopi)
    sari.wait_for(kopi, "belum aku pahami")
    world.quiet()
    assert states(kopi) == ["pending"]


def test_an_admins_own_deposit(world, kopi, staff):
    andi = staff[0]
    number = prove(kopi, andi)
    andi.press(kopi, "✅ Terima", proof(andi, kopi))
    andi.wait_for(kopi, BOOKED, fresh=False)
    world.quiet()
    assert balance(kopi, andi) == 50_000
    assert [(actor, what) for actor, _, _, what in logged(kopi)] == [(andi.id, number)]


def test_given_up(world, kopi, staff, budi):
    shown = transfer(budi, kopi)
    budi.press(kopi, "❌ Batalkan Deposit", shown)
    budi.wait_for(kopi, "Deposit dibatalkan")
    budi.wait_gone(kopi, shown)
    budi.send_photo(kopi)
    budi.wait_for(kopi, "belum aku pahami")
    world.quiet()
    assert states(kopi) == ["cancelled"] and not [m for m in staff[0].from_bot(kopi) if m.photo]
    # with the proof given it is the admin's turn
    number = prove(kopi, budi)
    answer = budi.wait_answer(kopi, budi.force(kopi, f"dx:{number}"))
    assert "sedang diperiksa" in answer["text"]
    assert states(kopi) == ["cancelled", "review"]


def test_no_proof_within_a_day(world, kopi, staff, budi):
    shown = transfer(budi, kopi)
    name = reference(kopi, kopi.value("SELECT id FROM deposits"))
    kopi.query("UPDATE deposits SET expires_at = now()")
    kopi.query("UPDATE conversations SET expires_at = now()")
    kopi.query("UPDATE jobs SET due_at = now() WHERE kind = 'deposit_expire'")
    world.restart()
    told = budi.wait_for(kopi, "Waktu deposit habis")
    assert name in told.text
    budi.wait_gone(kopi, shown)
    budi.send_photo(kopi)
    budi.wait_for(kopi, "belum aku pahami")
    world.quiet()
    assert states(kopi) == ["expired"]
    nothing_booked(kopi, budi)


def test_a_photo_that_comes_too_late(world, kopi, staff, budi):
    transfer(budi, kopi)
    kopi.query("UPDATE deposits SET state = 'expired', ended_at = now()")
    budi.send_photo(kopi)
    page = budi.wait_for(kopi, "sudah berakhir")
    assert page.button("💰 Deposit Lagi")
    world.quiet()
    assert states(kopi) == ["expired"] and kopi.query("SELECT count(*) FROM conversations") == [(0,)]


def test_restarts_in_between(world, kopi, staff, budi):
    andi = staff[0]
    transfer(budi, kopi)
    world.restart()
    budi.send_photo(kopi)
    budi.wait_for(kopi, REVIEW)
    photo = proof(andi, kopi)
    world.kill9()
    world.start()
    andi.press(kopi, "❌ Tolak", photo)
    andi.wait_for(kopi, "Ketik alasannya")
    world.restart()
    andi.send(kopi, "buram")
    budi.wait_for(kopi, "buram", fresh=False)
    world.quiet()
    assert states(kopi) == ["rejected"]


def test_pressed_twice_makes_one(world, kopi, budi):
    page = ways(budi, kopi, "Rp 50.000")
    kopi.post_updates([callback(budi, "dm:50000", page.id) for _ in range(5)])
    world.quiet()
    assert states(kopi) == ["pending"]
    # and the photos of an album are one proof
    for _ in range(3):
        budi.chat(kopi).send_photo()
    world.quiet()
    assert states(kopi) == ["review"]
    assert len([m for m in budi.from_bot(kopi) if REVIEW in m.text]) == 1


def test_two_buttons_of_one_page_at_once_make_one(world, kopi, budi):
    """The other one's way to pay is not shown for a deposit that this one made."""
    for first, second in (("dq:50000:qris", "dm:50000"), ("dm:50000", "dq:50000:qris")):
        page = ways(budi, kopi, "Rp 50.000")
        for data in (first, second):
            budi.wait_answer(kopi, budi.force(kopi, data, page))
        world.quiet()
        kind, number = kopi.query("SELECT kind, id FROM deposits ORDER BY id DESC LIMIT 1")[0]
        assert kind == ("gateway" if first.startswith("dq") else "manual")
        assert [m.qr is not None for m in budi.from_bot(kopi) if reference(kopi, number) in m.text] == [kind == "gateway"]
        budi.send_photo(kopi, caption="bukti")
        world.quiet()
        assert kopi.value("SELECT state FROM deposits WHERE id = %s", number) == ("pending" if kind == "gateway" else "review")
    assert len(states(kopi)) == 2


def test_looked_at_again(world, kopi, budi):
    shown = transfer(budi, kopi)
    budi.send(kopi, "/saldo")
    page = budi.wait_for(kopi, "menunggu bukti transfer")
    kopi.query("DELETE FROM conversations")  # another question came in between
    budi.press(kopi, "⏳ Deposit Rp 50.000", page)
    again = budi.wait_for(kopi, "kirim foto bukti ke chat ini")
    assert again.id == page.id and TRANSFER in again.text
    budi.wait_gone(kopi, shown)
    budi.send_photo(kopi)
    budi.wait_for(kopi, REVIEW)
    budi.wait_gone(kopi, again)
    world.quiet()
    assert states(kopi) == ["review"]
    budi.send(kopi, "/saldo")
    page = budi.wait_for(kopi, REVIEW)
    answer = budi.wait_answer(kopi, budi.press(kopi, "⏳ Deposit Rp 50.000", page))
    assert "sedang diperiksa" in answer["text"]


def test_not_offered_where_the_store_has_none(world, budi):
    nonton = world.store("nonton-hemat", [product("Tiket", 38_000, 5)])
    page = ways(budi, nonton, "Rp 50.000")
    assert not page.button("📝 Transfer Manual")
    answer = budi.wait_answer(nonton, budi.force(nonton, "dm:50000", page))
    assert "sudah tidak berlaku" in answer["text"]
    world.quiet()
    assert nonton.query("SELECT count(*) FROM deposits") == [(0,)]
