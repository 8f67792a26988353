"""What people do while a storm rages: tables of actions, each taking what comes. Not everything comes then, so whoever
waits gives up after a while; what must be true in the end is harness/books.py's business."""

import re
import time

from sandbox_client import SandboxError

from .clock import end_bills
from .processes import PATIENCE, pause

REFUSED = re.compile("Stok|Selesaikan dulu|gagal dibuat|berubah|kosong|gangguan|kurang|Kupon")
COUPON = "BADAI"


class Visit:
    """One person in one store, for a few minutes."""

    def __init__(self, storm, store, person, chance):
        self.storm, self.world, self.store, self.person, self.chance = storm, storm.world, store, person, chance
        self.chat = person.chat(store)
        self.welcome = None

    def wait(self, look, seconds=8):
        """look()'s value, or None."""
        end = time.monotonic() + seconds * PATIENCE
        while time.monotonic() < end and not self.storm.over.is_set():
            if value := look():
                return value
            pause(0.05)
        return None

    def sees(self, text):
        return self.wait(lambda: next((m for m in reversed(self.chat.from_bot()) if text in m.text), None))

    def greet(self):
        self.chat.send("/start")
        self.welcome = self.wait(lambda: next((m for m in self.chat.from_bot() if m.buttons), None))
        return self.welcome

    def press(self, data, message=None):
        return self.person.force(self.store, data, message or self.welcome)

    def fill_cart(self):
        code = self.chance.choices([item["code"] for item in self.store.products], [6, 2, 1])[0]
        number, price = self.store.query("SELECT id, price FROM products WHERE code = %s", code)[0]
        self.press(f"q:{number}:{self.chance.choice((1, 1, 2, 5))}:{price}")

    def use_coupon(self):
        self.press("ku")
        if self.sees("Punya kode kupon"):
            self.chat.send(COUPON)

    def newest(self, table):
        """(id, state, reference) of the person's newest order or deposit."""
        rows = self.store.query(
            f"SELECT id, state, reference FROM {table} WHERE telegram_id = %s ORDER BY id DESC LIMIT 1", self.person.id)
        return rows[0] if rows else (0, None, None)


class Bill:
    """An order or a deposit whose invoice the person has in the chat."""

    def __init__(self, visit, table, number, reference, invoice):
        self.visit, self.table, self.number, self.reference, self.invoice = visit, table, number, reference, invoice

    def pay(self, **how):
        try:
            self.visit.world.sandbox.pay(order_id=self.reference, slug=self.visit.store.slug, **how)
        except SandboxError as refusal:
            # the bank does not take money for what was canceled or has expired
            assert refusal.status == 400, refusal

    def cancel(self):
        button = next((b for b in self.invoice.buttons if "Batalkan" in b["text"]), None)
        if button:
            self.visit.press(button["callback_data"], self.invoice)

    def expire(self):
        end_bills(self.visit.store, self.table, "id = %s", self.number)

    def has_ended(self):
        return self.visit.store.value(f"SELECT state FROM {self.table} WHERE id = %s", self.number) in ("cancelled", "expired")


def bill_of(visit, table, ask):
    """What comes of asking for an invoice; None where there is none."""
    before, *_ = visit.newest(table)
    seen = {message.id for message in visit.chat.all_messages()}
    ask()

    def look():
        number, state, reference = visit.newest(table)
        if number == before:
            return "none" if any(REFUSED.search(m.text) for m in visit.chat.from_bot() if m.id not in seen) else None
        if state != "pending":
            return "none"
        invoice = next((m for m in visit.chat.from_bot() if reference in m.text and m.button("Batalkan")), None)
        return invoice and Bill(visit, table, number, reference, invoice)

    found = visit.wait(look)
    return None if found == "none" else found


# --- how an invoice is met: (weight, what) ---


def pay_after(end):
    def pay(bill):
        end(bill)
        if bill.visit.wait(bill.has_ended, 6):
            bill.pay(force=True, webhook=bill.visit.chance.choice((0, 1, 3)))

    return pay


def pay_while(end):
    def pay(bill):
        bill.visit.world.at_once(lambda: bill.pay(force=True, webhook="twice", parallel=True), lambda: end(bill))

    return pay


PAYING = [
    (8, lambda bill: bill.pay()),
    (4, lambda bill: bill.pay(webhook="twice")),
    (4, lambda bill: bill.pay(webhook=6, parallel=True)),
    (4, lambda bill: bill.pay(webhook="never")),
    (3, lambda bill: bill.pay(delay_ms=bill.visit.chance.randrange(2000))),
    (1, lambda bill: bill.pay(status_amount=1)),  # another amount: parked
    (2, lambda bill: None),
    (2, Bill.cancel),
    (2, pay_after(Bill.cancel)),
    (3, pay_after(Bill.expire)),
    (2, pay_while(Bill.cancel)),
    (2, pay_while(Bill.expire)),
]


# --- what a person does next: (weight, what) ---


def buy(visit):
    visit.fill_cart()
    if visit.chance.random() < 0.3:
        visit.use_coupon()
    method = visit.chance.choice(("qris", "qris", "bni_va"))
    if bill := bill_of(visit, "orders", lambda: visit.press(f"y:{method}")):
        pick(visit.chance, PAYING)(bill)


def deposit(visit):
    amount = visit.chance.choice((10_000, 25_000, 50_000))
    if bill := bill_of(visit, "deposits", lambda: visit.press(f"dq:{amount}:qris")):
        pick(visit.chance, PAYING)(bill)


def buy_with_balance(visit):
    """Twice in the same instant, as from two devices."""
    deposit(visit)
    number, *_ = visit.newest("deposits")
    visit.wait(lambda: visit.store.query("SELECT 1 FROM deposits WHERE id = %s AND state = 'completed'", number), 8)
    visit.fill_cart()
    visit.world.at_once(lambda: visit.press("y:balance"), lambda: visit.press("y:balance"))


def transfer(visit):
    """By hand; two admins look at the proof at once."""
    visit.press("dm:20000")
    if not visit.sees("kirim foto bukti"):
        return
    visit.chat.send_photo()
    proved = "SELECT id FROM deposits WHERE telegram_id = %s AND state = 'review'"
    if found := visit.wait(lambda: visit.store.query(proved, visit.person.id)):
        admins = [visit.world.person(number) for number in visit.store.admins]
        visit.world.at_once(*[lambda one=one: one.force(visit.store, f"dc:{found[0][0]}") for one in admins])


ACTIONS = [
    (6, buy),
    (2, deposit),
    (3, buy_with_balance),
    (1, transfer),
    (1, lambda visit: visit.chat.send("/pesanan")),
    (1, lambda visit: visit.fill_cart()),
]


def pick(chance, table):
    return chance.choices([row[1:] for row in table], [row[0] for row in table])[0][0]
