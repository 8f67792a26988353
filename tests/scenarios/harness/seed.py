"""A store in the middle of its life: products in and out of stock, orders and deposits in every state, coupons, terms,
people. Nearly all of it comes about as it does in real life, by buyers and by lapakctl; what an area adds, it adds
here."""

import threading

from . import deposits
from .clock import end_bills
from .processes import until
from .store import product

ADMIN, OWNER, FIRST_BUYER, FIRST_OF_CROWD = 1001, 1101, 3001, 600_001
LONG = "Langganan Panjang Sekali Namanya Sampai Tombolnya Harus Dipotong Karena Tidak Muat Lagi Di Layar"
QUESTION = "User ID dan server?"
COUPONS = [
    {"code": "HEMAT10", "percent": 10},
    {"code": "POTONG5", "flat": 5_000, "most_uses_each": 1},
    {"code": "STOP", "flat": 1_000, "stopped": True},
    {"code": "KEMARIN", "flat": 1_000, "starts": "2020-01-01", "ends": "2020-08-17 10:00"},
]


def products():
    """For world.store(): three pages of them."""
    rows = [
        product("Netflix <b>& Co</b>", 35_000, 40, code="NFLX", snk="Jangan <i>dibagi</i>, jangan diganti.", category="Hiburan"),
        product("Spotify Premium", 15_000, 30, code="SPOT", description="Satu bulan & garansi", category="Hiburan"),
        product(LONG, 99_000, 12, code="LONG", category="Hiburan"),
        product("Kopi Habis", 9_000, 0, code="KOSONG", category="Minuman & Makanan"),
        product("Kopi Terakhir", 9_000, 1, code="SATU", category="Minuman & Makanan"),
    ]
    rows += [
        product("Buku Resep", 8_000, code="BUKU", kind="shared", content="https://buku.example/unduh?kunci=SEMAI", category="Digital"),
        product("Video Kelas", 25_000, code="VIDEO", kind="file", category="Digital"),
        product("Diamond 86", 20_000, code="DM86", kind="manual", question=QUESTION, category="Digital"),
        product("Jasa Desain", 30_000, code="JASA", kind="manual", category="Digital"),
    ]
    rows += [product(f"Pulsa {number}.000", number * 1_000 + 500, 5, code=f"PLS{number}", category="Pulsa") for number in range(5, 25)]
    return rows


def make_store(world, name="kopi-digital", **more):
    """The store alone, with its owners: as many as `owners` names."""
    more = {"admins": (ADMIN,), "owners": (OWNER,), "support": "@andi_admin", "deposit": {"transfer": deposits.TRANSFER}, **more}
    store = world.store(name, products(), **more)
    store.import_coupons(*COUPONS)
    return store


class Buyers:
    """One person for each story, so that nobody is too fast; they act all at once."""

    def __init__(self, world, store):
        self.world, self.store = world, store
        self._next = iter(range(FIRST_BUYER, FIRST_BUYER + 1000))
        self._lock = threading.Lock()
        self.people = []

    def come(self, name):
        with self._lock:
            person = self.world.person(next(self._next), name)
            self.people.append(person)
        return person

    def order(self, name, code, quantity=1):
        """A person with an open invoice, and the invoice."""
        person = self.come(name)
        person.quick_order(self.store, code, quantity)
        return person, person.invoice(self.store)

    def paid(self, name, code, quantity=1, **how):
        person, invoice = self.order(name, code, quantity)
        self.world.pay(invoice, **how)
        return person


def _completed(buyers):
    buyers.paid("Budi <b>", "SPOT", 2)


def _with_terms(buyers):
    buyers.paid("Sari & Co", "NFLX")


def _terms_fulfilled(buyers):
    person = buyers.paid("Tuti Pemenuh", "NFLX")
    store = buyers.store
    person.press(store, "✅ Penuhi SNK")
    person.wait_for(store, "Kirim bukti SNK")
    person.send(store, "sudah <saya> penuhi")
    person.wait_for(store, "sudah kami teruskan ke admin")


def _open(buyers):
    buyers.order("Opik Buka", "SPOT")


def _cancelled(buyers):
    person, invoice = buyers.order("Bagas Batalkan", "PLS5", 2)
    person.press(buyers.store, "❌ Batalkan Pembelian", invoice)
    person.wait_for(buyers.store, "Pesanan dibatalkan")


def _mismatch(buyers):
    person, invoice = buyers.order("Bella Selisih", "PLS7")
    buyers.world.pay(invoice, status_amount=1)
    buyers.world.until(
        lambda: buyers.store.query("SELECT 1 FROM payments WHERE problem IS NOT NULL"), what="the parked payment")


def _not_delivered(buyers):
    """Blocks the bot before the delivery: the order stays paid."""
    person, invoice = buyers.order("Bono Pemblokir", "PLS8")
    person.block(buyers.store)
    buyers.world.pay(invoice)
    until(lambda: buyers.store.query("SELECT 1 FROM outbox WHERE state = 'held'"), 20, "the held delivery")


def _by_balance(buyers):
    store, person = buyers.store, buyers.come("Salma Bersaldo")
    person.start_chat(store)
    until(lambda: store.query("SELECT 1 FROM users WHERE telegram_id = %s", person.id), 15, "the person")
    deposits.give(store, person, 500_000, f"seed:{person.id}")
    person.quick_order(store, "SPOT", 1, method="balance")
    person.wait_for(store, "Pembayaran Berhasil")


def _shared(buyers):
    buyers.paid("Sinta Pembaca", "BUKU")


def _by_hand(buyers):
    """Paid, and waits for an admin's hands."""
    store, person = buyers.store, buyers.come("Mamat <Manual>")
    welcome = person.start_chat(store)
    number, price = store.query("SELECT id, price FROM products WHERE code = 'DM86'")[0]
    person.wait_answer(store, person.force(store, f"q:{number}:1:{price}", welcome))
    person.force(store, "m", welcome)
    person.wait_for(store, QUESTION)
    person.send(store, "mamat#4242 (server 7)")
    person.press(store, "💠 QRIS", person.wait_for(store, "Pilih metode"))
    buyers.world.pay(person.invoice(store))
    person.wait_for(store, "Pembayaran Berhasil", fresh=False)


def _expired(buyers):
    person, invoice = buyers.order("Lila Terlambat", "PLS9")
    end_bills(buyers.store, "orders", "telegram_id = %s", person.id)
    # a running server knows by heart when it looks next; a webhook makes it look now
    buyers.store.post_pakasir(buyers.store.notice(buyers.store.transaction(invoice)))
    person.wait_for(buyers.store, "Waktu pembayaran habis", seconds=45)


def _deposited(buyers):
    person = buyers.come("Indah Pengisi")
    person.start_chat(buyers.store)
    buyers.world.pay(deposits.invoice(person, buyers.store))
    person.wait_for(buyers.store, deposits.BOOKED)


def _deposit_open(buyers):
    person = buyers.come("Tono Penunda")
    person.start_chat(buyers.store)
    deposits.invoice(person, buyers.store)


def _transfer_open(buyers):
    person = buyers.come("Tri Pentransfer")
    person.start_chat(buyers.store)
    deposits.transfer(person, buyers.store)


def _transfer_in_review(buyers):
    person = buyers.come("Buyung <i>")
    person.start_chat(buyers.store)
    deposits.transfer(person, buyers.store)
    person.send_photo(buyers.store, caption="sudah ya")
    person.wait_for(buyers.store, "sedang diperiksa admin")


STORIES = [
    _completed, _completed, _with_terms, _with_terms, _terms_fulfilled, _open, _cancelled, _mismatch, _not_delivered, _by_balance, _shared, _by_hand, _by_hand,
    _expired, _deposited, _deposit_open, _transfer_open, _transfer_in_review, _transfer_in_review,
]


class Seeded:
    def __init__(self, store, buyers, crowd):
        self.store, self.buyers, self.crowd = store, buyers, crowd

    def words(self):
        """What makes two screens of one kind differ: names of things and people."""
        return [item["name"] for item in self.store.products] + [item["category"] for item in self.store.products] + [
            person.first_name for person in self.buyers] + [coupon["code"] for coupon in COUPONS] + [self.store.title]


def fill(world, store, crowd=40):
    """Lets it all happen; returns when nothing is under way any more."""
    world.start()
    buyers = Buyers(world, store)
    world.at_once(*[lambda story=story: story(buyers) for story in STORIES])
    # last: what an admin is told would come one message a second
    staff = [world.person(number) for number in (*store.admins, *store.owners)]
    world.at_once(*[lambda one=one: one.start_chat(store) for one in staff])
    andi = staff[0]
    sent = andi.send_document(store, "kelas <1>.mp4", b"moving pictures")
    store.set_file("VIDEO", andi.chat(store).message(sent["message_id"]).document)
    people = world.crowd(store, crowd, first=FIRST_OF_CROWD, blocked=[FIRST_OF_CROWD + 1], days_ago=3)
    world.quiet(30)
    return Seeded(store, buyers.people, people)
