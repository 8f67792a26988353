"""A person's way to a deposit, and what the books say of it."""

from .store import product

ADMINS, OWNERS = [1001, 1002], [1003]
BOOKED = "🎉 Deposit berhasil"
REVIEW = "sedang diperiksa admin"
TRANSFER = "BCA 1234567890 a.n. Toko <Kopi> & Co\nTulis namamu ya"


def store_by_hand(world):
    """A store that takes deposits by transfer."""
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 5, code="SUSU")], admins=ADMINS, owners=OWNERS,
                       support="@andi_admin", deposit={"transfer": TRANSFER})


def staff_of(world, store):
    """Its admins and its owner, who have written to the bot."""
    people = [world.person(number, name) for number, name in zip(ADMINS + OWNERS, ("Andi", "Ayu", "Omar"))]
    for person in people:
        person.start_chat(store)
    return people


def ways(person, store, amount):
    """The page with the ways to deposit that amount (a preset's label, or what is typed)."""
    person.send(store, "💰 Deposit")
    page = person.wait_for(store, "Mau isi berapa")
    if page.button(amount):
        person.press(store, amount, page)
    else:
        person.press(store, "✏️ Jumlah Lain", page)
        person.wait_for(store, "Ketik jumlah depositmu")
        person.send(store, amount)
    return person.wait_for(store, "Pilih caranya")


def invoice(person, store, amount="Rp 50.000"):
    """The message with the QR."""
    page = ways(person, store, amount)
    person.press(store, "💳 Deposit QRIS", page)
    return person.wait_for(store, lambda message: message.photo and message.qr)


def transfer(person, store, amount="Rp 50.000"):
    """The page with the way to transfer by hand, which asks for the proof."""
    page = ways(person, store, amount)
    person.press(store, "📝 Transfer Manual", page)
    return person.wait_for(store, "kirim foto bukti ke chat ini")


def prove(store, person, amount="Rp 50.000"):
    """A transfer whose proof was given; its id."""
    transfer(person, store, amount)
    person.send_photo(store, caption="sudah ya")
    person.wait_for(store, REVIEW)
    return store.value("SELECT max(id) FROM deposits")


def give(store, person, amount, key):
    """Puts rupiah on the balance of somebody the store knows, past everything."""
    store.query(
        "WITH entry AS (INSERT INTO ledger (telegram_id, kind, amount, reason_key, note, created_at)"
        " VALUES (%s, 'adjustment', %s, %s, 'uji', now()))"
        " UPDATE users SET balance = balance + %s WHERE telegram_id = %s",
        person.id, amount, key, amount, person.id,
    )


def balance(store, person):
    """What the person has, after looking that the books agree."""
    kept, booked = store.query(
        "SELECT balance, (SELECT coalesce(sum(amount), 0) FROM ledger l WHERE l.telegram_id = u.telegram_id)"
        " FROM users u WHERE telegram_id = %s",
        person.id,
    )[0]
    assert kept == booked, f"balance {kept}, ledger {booked}"
    return kept


def entries(store):
    return store.query("SELECT telegram_id, kind, amount FROM ledger ORDER BY id")


def states(store):
    return [state for (state,) in store.query("SELECT state FROM deposits ORDER BY id")]
