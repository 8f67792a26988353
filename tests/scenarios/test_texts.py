"""Names, texts and contents of every kind are shown as they were typed, in messages that Telegram takes."""

import pytest
from harness.store import product
from sandbox_client import check_out, choose, delivered_lines, open_list, plain_number

PAID = "🎉 Pembayaran Berhasil"
MARKUP = "<b>tebal</b> & \"kutip\" 'satu' </pre> &amp; {nama} %s"
RTL = "\u05e9\u05dc\u05d5\u05dd \u202eterbalik\u202c \u200fkanan\u200b nol"
EMOJI = "👨‍👩‍👧‍👦🏴‍☠️🇮🇩🎬 1️⃣"


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


@pytest.mark.parametrize("text", [MARKUP, RTL, EMOJI], ids=["markup", "rtl", "emoji"])
def test_as_names_descriptions_terms_contents_and_proofs(world, text):
    name = f"P {text}"[:100]
    contents = [f"{text} nomor {number}" for number in range(3)]
    kopi = world.store(
        "kopi-digital",
        [product(name, 15_000, contents, code="ANEH", description=f"D {text}", snk=f"S {text}", category=f"K {text}"[:64])],
        title=f"Toko {text}"[:64].strip(),
    )
    budi = world.person(2001, f"B {text}"[:64], last_name=f"A {text}"[:64])
    andi = world.admin(kopi)
    welcome = budi.start_chat(kopi)
    chat = budi.chat(kopi)
    budi.press(kopi, "🧭 Semua Produk", welcome)
    page = budi.wait_for(kopi, "Semua Produk")
    assert name in page.text
    budi.press(kopi, next(button["text"] for button in page.buttons if plain_number(button["text"]) == 1), page)
    page = budi.wait_for(kopi, lambda message: message.button("➕"))
    assert name in page.text and f"D {text}" in page.text
    invoice = check_out(chat, choose(chat, page, 2))
    assert name in invoice.text
    world.pay(invoice)
    delivery = budi.wait_for(kopi, PAID)
    assert delivered_lines(chat, delivery) == contents[:2]
    terms = budi.wait_for(kopi, lambda message: message.button("✅ Penuhi SNK"))
    assert f"S {text}" in terms.text
    budi.press(kopi, "✅ Penuhi SNK", terms)
    budi.wait_for(kopi, "Kirim bukti SNK")
    budi.send(kopi, f"Bukti {text}")
    forwarded = andi.wait_for(kopi, f"Bukti {text}", fresh=False)
    paid = andi.wait_for(kopi, "Pesanan dibayar", fresh=False)
    for message in (forwarded, paid):
        assert f"B {text}"[:20] in message.text


def test_the_longest_of_everything(world, budi):
    long_name = ("Nama <panjang> & 🎬 " * 10)[:100].strip()
    kopi = world.store(
        "kopi-digital",
        [product(long_name, 1_000_000, [("isi & <rahasia> " * 256)[:4096], "🎬" * 1024], code="PANJANG",
                 description=("<&>" * 700)[:2000], snk=("\"syarat\" & <ketentuan> " * 200)[:3000])],
    )
    world.admin(kopi)
    budi.start_chat(kopi)
    budi.send(kopi, "1")  # lists cut what is too long for them
    page = budi.wait_for(kopi, lambda message: message.button("➕"))
    assert long_name in page.text
    chat = budi.chat(kopi)
    world.pay(check_out(chat, choose(chat, page, 2)))
    delivery = budi.wait_for(kopi, lambda message: message.document)
    assert delivery.document["file_name"].endswith(".txt") and PAID in delivery.text
    lines = delivered_lines(budi.chat(kopi), delivery)
    for content in kopi.products[0]["stock"]:
        assert content.strip() in lines
    world.quiet()
    together = "".join(message.text for message in budi.from_bot(kopi))
    assert kopi.products[0]["snk"][:1500] in together and kopi.products[0]["snk"][-500:].strip() in together
    assert [message for message in budi.from_bot(kopi) if message.button("✅ Penuhi SNK")]


def test_many_units_come_as_a_file(world, budi):
    contents = [f"akun{number:03d}@contoh.id:{'s' * 100}" for number in range(60)]
    kopi = world.store("kopi-digital", [product("Borongan", 1_000, contents, code="BANYAK")])
    budi.quick_order(kopi, "BANYAK", 50)
    world.pay(budi.invoice(kopi))
    delivery = budi.wait_for(kopi, lambda message: message.document, fresh=False)
    lines = delivered_lines(budi.chat(kopi), delivery)
    assert [line for line in lines if line in contents] == contents[:50]
    world.quiet()
    # a large purchase can be fetched again
    budi.send(kopi, "/pesanan")
    budi.press(kopi, "1️⃣")
    budi.press(kopi, "📦 Ambil Lagi")
    again = budi.wait_for(kopi, lambda message: message.document and message.id != delivery.id)
    assert delivered_lines(budi.chat(kopi), again) == lines


def test_three_hundred_products(world):
    products = [product(f"Produk nomor {number:03d} <&>", 1_000 + number, 1, code=f"N{number}") for number in range(1, 301)]
    kopi = world.store("kopi-digital", products)
    # the pages are shared among people, so that nobody is too fast
    people = (world.person(4000 + number) for number in range(100))
    person = next(people)
    page = open_list(_acting(world, person, kopi))
    seen, turned = set(), 0
    while True:
        assert len(page.text) <= 4096
        names = {line[line.index("Produk nomor"):][:16] for line in page.text.splitlines() if "Produk nomor" in line}
        assert names and not names & seen
        seen |= names
        forward = page.button("➡️")
        if not forward or len(seen) == 300:
            break
        turned += 1
        if turned % 6 == 0:
            person = next(people)
            person.start_chat(kopi)
            person.force(kopi, forward["callback_data"])
        else:
            person.press(kopi, "➡️", page)
        page = person.wait_for(kopi, lambda message: any(plain_number(label) for label in message.labels))
    assert len(seen) == 300
    budi = world.person(2001, "Budi")
    budi.start_chat(kopi)
    assert len(budi.keyboard(kopi)) < 20
    for text, number in (("300", 300), ("7️⃣", 7), ("2️⃣5️⃣0️⃣", 250), ("🔟", 10)):
        budi.send(kopi, text)
        budi.wait_for(kopi, f"Produk nomor {number:03d} <&>")
    budi.send(kopi, "301")
    budi.wait_for(kopi, "Semua Produk")


def _acting(world, person, store):
    world.start()
    return person.chat(store)


def test_english_texts(world, budi):
    shop = world.store("shop-one", [product("Cinema Ticket", 38_000, 5, code="XXI", snk="No refunds.")], language="en")
    world.admin(shop)
    invoice = budi.order(shop, "Cinema Ticket")
    assert "Rp 38.000" in invoice.text
    world.pay(invoice)
    budi.wait_for(shop, "🎉 Payment Successful")
    budi.press(shop, "✅ Fulfil Terms")
    budi.wait_for(shop, lambda message: message.button("❌ Cancel"))
    budi.send(shop, "done")
    world.quiet()
    for message in budi.from_bot(shop):
        assert not any(word in message.text for word in ("Pesanan", "Tekan", "kamu", "Stok")), message.text
