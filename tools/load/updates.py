"""Updates as Telegram sends them: realistic in size, since reading them is part of the work. {{update}}, {{person}} and
{{data}} are filled in by lapak-load (plan.h) or by fill()."""

import json

PAGE = (
    "🗂 Streaming (halaman 1/1)\n\n"
    "1. Netflix Premium 1 Bulan — Rp 35.000 · stok 48 · terjual 120\n"
    "2. Disney+ Hotstar 1 Bulan — Rp 29.000 · stok 12 · terjual 77\n"
    "3. Spotify Premium 3 Bulan — Rp 45.000 · stok 33 · terjual 410\n"
    "4. YouTube Premium 1 Bulan — Rp 15.000 · stok 90 · terjual 1.204\n"
    "5. Vidio Platinum 1 Bulan — Rp 25.000 · stok 7 · terjual 61\n"
    "6. Viu Premium 12 Bulan — Rp 55.000 · stok 21 · terjual 35\n\n"
    "Tekan nomor untuk melihat detail 👇"
)

KEYBOARD = [
    [{"text": f"{n}️⃣", "callback_data": f"p:{n}"} for n in range(1, 6)],
    [{"text": "6️⃣", "callback_data": "p:6"}],
    [{"text": "🛍 Semua Produk", "callback_data": "a:0"}],
    [{"text": "🧺 Keranjang", "callback_data": "k"}, {"text": "🏠 Menu Utama", "callback_data": "w"}],
]

PERSON, UPDATE = 4040404040404, 5050505050505

FROM = {
    "id": PERSON,
    "is_bot": False,
    "first_name": "Budi",
    "last_name": "Santoso",
    "username": "budi_santoso",
    "language_code": "id",
}
CHAT = {"id": PERSON, "first_name": "Budi", "last_name": "Santoso", "username": "budi_santoso", "type": "private"}


def page_message():
    return {
        "message_id": 4711,
        "from": {"id": 7000000001, "is_bot": True, "first_name": "Toko", "username": "toko_bot"},
        "chat": CHAT,
        "date": 1795312800,
        "edit_date": 1795312860,
        "text": PAGE,
        "entities": [{"offset": at, "length": 24, "type": "bold"} for at in range(3, 363, 60)],
        "reply_markup": {"inline_keyboard": KEYBOARD},
    }


def template(update):
    text = json.dumps(update, ensure_ascii=False, separators=(",", ":"))
    return text.replace(str(PERSON), "{{person}}").replace(str(UPDATE), "{{update}}")


def callback():
    query = {"id": f"48{UPDATE}", "from": FROM, "message": page_message(), "chat_instance": "-1234567890123456789"}
    return template({"update_id": UPDATE, "callback_query": {**query, "data": "{{data}}"}})


def unhandled():
    """As large as a callback, and of a kind that no handler takes."""
    return template({"update_id": UPDATE, "edited_message": {**page_message(), "from": FROM}})


def message():
    fields = {"message_id": 4711, "from": FROM, "chat": CHAT, "date": 1795312800, "text": "{{data}}"}
    return template({"update_id": UPDATE, "message": fields})


def fill(text, update, person, data=""):
    return text.replace("{{update}}", str(update)).replace("{{person}}", str(person)).replace("{{data}}", data)
