"""Terms (SNK): shown per product after the delivery, fulfilled by a text or a photo, forwarded to the admins."""

import pytest
from harness.store import product

PAID = "🎉 Pembayaran Berhasil"
ADMINS, OWNERS = [1001, 1002], [1003]


@pytest.fixture
def kopi(world):
    return world.store(
        "kopi-digital",
        [
            product("Netflix", 35_000, 5, code="NFLX", snk="Jangan ganti sandi."),
            product("Spotify", 18_000, 5, code="SPOT", snk="Jangan ganti <email> & negara."),
            product("Polos", 5_000, 5, code="POLOS"),
        ],
        admins=ADMINS,
        owners=OWNERS,
    )


@pytest.fixture
def staff(world, kopi):
    people = [world.person(number, f"Staf {number}") for number in ADMINS + OWNERS]
    for person in people:
        person.start_chat(kopi)
    return people[:2], people[2]


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def buy(world, store, person, *codes):
    for code in codes:
        number, price = store.query("SELECT id, price FROM products WHERE code = %s", code)[0]
        if not person.from_bot(store):
            person.start_chat(store)
        person.wait_answer(store, person.force(store, f"q:{number}:1:{price}"))
    person.force(store, "y:qris")
    world.pay(person.invoice(store))
    person.wait_for(store, PAID)
    world.quiet()


def terms_messages(person, store):
    return [message for message in person.from_bot(store) if message.button("✅ Penuhi SNK")]


def has_seen(person, store, text):
    return any(text in message.text for message in person.from_bot(store))


def test_one_message_per_product_that_has_terms(world, kopi, staff, budi):
    buy(world, kopi, budi, "NFLX", "POLOS", "SPOT")
    shown = terms_messages(budi, kopi)
    assert len(shown) == 2
    assert [name for name in ("Netflix", "Spotify") if not any(name in m.text for m in shown)] == []
    assert any("Jangan ganti <email> & negara." in message.text for message in shown)
    assert kopi.query("SELECT state, count(*) FROM terms GROUP BY 1") == [("open", 2)]


def test_a_text_as_proof_goes_to_the_admins_and_is_sealed(world, kopi, staff, budi):
    admins, owner = staff
    buy(world, kopi, budi, "NFLX")
    budi.press(kopi, "✅ Penuhi SNK")
    budi.wait_for(kopi, "Kirim bukti SNK")
    proof = "Sudah masuk sebagai profil-rahasia-77 <b>tebal</b> & 🎬"
    budi.send(kopi, proof)
    budi.wait_for(kopi, "sudah kami teruskan ke admin")
    for admin in admins:
        forwarded = admin.wait_for(kopi, proof, fresh=False)
        assert "Bukti SNK" in forwarded.text and "Netflix" in forwarded.text and "Budi" in forwarded.text
    world.quiet()
    assert not has_seen(owner, kopi, "profil-rahasia-77")
    assert kopi.query("SELECT state, proof_kind FROM terms") == [("fulfilled", "text")]
    assert world.find_in_database("profil-rahasia-77") == []
    assert not world.in_logs("profil-rahasia-77")
    # once fulfilled, that is that
    answer = budi.wait_answer(kopi, budi.force(kopi, f"t:{kopi.value('SELECT id FROM terms')}"))
    assert "sudah kamu penuhi" in answer["text"]


def test_a_photo_as_proof(world, kopi, staff, budi):
    admins, owner = staff
    buy(world, kopi, budi, "NFLX")
    budi.press(kopi, "✅ Penuhi SNK")
    budi.wait_for(kopi, "Kirim bukti SNK")
    budi.send_photo(kopi, caption="ini <buktinya> & lengkap")
    budi.wait_for(kopi, "sudah kami teruskan ke admin")
    for admin in admins:
        photo = admin.wait_for(kopi, lambda message: message.photo, fresh=False)
        assert "ini <buktinya> & lengkap" in photo.text and "Bukti SNK" in photo.text
    world.quiet()
    assert not [message for message in owner.from_bot(kopi) if message.photo]
    sent = next(m for m in reversed(budi.messages(kopi)) if m.photo and not m.from_bot)
    assert kopi.query("SELECT state, proof_kind FROM terms") == [("fulfilled", "photo")]
    assert world.find_in_database(sent.photo["file_id"]) == []


@pytest.mark.parametrize("what", [
    {"sticker": True}, {"contact": True}, {"document": {"name": "bukti.txt", "content": "bukti"}},
])
def test_nothing_else_is_a_proof(world, kopi, staff, budi, what):
    buy(world, kopi, budi, "NFLX")
    budi.press(kopi, "✅ Penuhi SNK")
    budi.wait_for(kopi, "Kirim bukti SNK")
    budi.chat(kopi).send_any(**what)
    again = budi.wait_for(kopi, "hanya bisa berupa")
    assert again.button("❌ Batal")
    assert kopi.query("SELECT state FROM terms") == [("awaiting",)]
    # the question is still open
    budi.send(kopi, "kalau begitu teks")
    budi.wait_for(kopi, "sudah kami teruskan ke admin")
    staff[0][0].wait_for(kopi, "kalau begitu teks", fresh=False)


def test_a_proof_can_be_put_off(world, kopi, staff, budi):
    buy(world, kopi, budi, "NFLX")
    budi.press(kopi, "✅ Penuhi SNK")
    asked = budi.wait_for(kopi, "Kirim bukti SNK")
    budi.press(kopi, "❌ Batal", asked)
    budi.wait_for(kopi, "belum jadi kirim bukti")
    budi.send(kopi, "ini bukan bukti")
    budi.wait_for(kopi, "belum aku pahami")
    world.quiet()
    assert not has_seen(staff[0][0], kopi, "ini bukan bukti")
    assert kopi.query("SELECT count(*) FROM terms WHERE state = 'fulfilled'") == [(0,)]
    budi.press(kopi, "✅ Penuhi SNK")
    budi.wait_for(kopi, "Kirim bukti SNK")
    budi.send(kopi, "sekarang buktinya")
    budi.wait_for(kopi, "sudah kami teruskan ke admin")


def test_buttons_and_commands_in_between_are_no_proof(world, kopi, staff, budi):
    buy(world, kopi, budi, "NFLX")
    budi.press(kopi, "✅ Penuhi SNK")
    budi.wait_for(kopi, "Kirim bukti SNK")
    budi.send(kopi, "🏷 Cek Stok")
    budi.wait_for(kopi, "📦 Informasi Stok")
    world.quiet()
    assert kopi.query("SELECT state FROM terms") == [("awaiting",)]
    assert not has_seen(staff[0][0], kopi, "Bukti SNK")


def test_the_same_proof_delivered_many_times_is_one(world, kopi, staff, budi):
    buy(world, kopi, budi, "NFLX")
    budi.press(kopi, "✅ Penuhi SNK")
    budi.wait_for(kopi, "Kirim bukti SNK")
    sent = budi.send(kopi, "bukti satu kali")
    world.sandbox.post("repeat", bot=kopi.bot_id, update_id=sent["update_id"], times=8, parallel=True)
    budi.wait_for(kopi, "sudah kami teruskan ke admin")
    world.quiet()
    for admin in staff[0]:
        assert len([m for m in admin.from_bot(kopi) if "bukti satu kali" in m.text]) == 1


def test_somebody_elses_terms(world, kopi, staff, budi):
    sari = world.person(2002, "Sari")
    sari.start_chat(kopi)
    buy(world, kopi, budi, "NFLX")
    answer = sari.wait_answer(kopi, sari.force(kopi, f"t:{kopi.value('SELECT id FROM terms')}"))
    assert "tidak ditemukan" in answer["text"]
    sari.send(kopi, "bukti dari orang lain")
    sari.wait_for(kopi, "belum aku pahami")
    world.quiet()
    assert kopi.query("SELECT state FROM terms") == [("open",)]
    assert not has_seen(staff[0][0], kopi, "bukti dari orang lain")


def test_a_proof_of_4096_characters(world, kopi, staff, budi):
    buy(world, kopi, budi, "NFLX")
    budi.press(kopi, "✅ Penuhi SNK")
    budi.wait_for(kopi, "Kirim bukti SNK")
    proof = ("<&\"'🎬" * 1000)[:4096]  # 4-byte characters count twice in Telegram's figure
    proof = proof.encode("utf-16-le")[: 4096 * 2].decode("utf-16-le", "ignore")
    budi.send(kopi, proof)
    budi.wait_for(kopi, "sudah kami teruskan ke admin")
    world.quiet()
    together = "".join(m.text for m in staff[0][0].from_bot(kopi))
    assert proof in together
