"""A storm: people buy and pay while lapakd is killed again and again and Telegram and the gateway fail. All that is
random comes from one seed; what two threads do to each other does not, so the same seed is the same storm, not the
same run.

Afterwards settle() is fair weather until nothing is open; harness/books.py says whether anything was lost.
"""

import os
import random
import re
import threading
import time

import psycopg2
from sandbox_client import SandboxError

from . import books, proof
from .processes import PATIENCE, pause, until

REFUSED = re.compile("Stok|Selesaikan dulu|gagal dibuat|berubah|kosong|gangguan|tidak bisa dihubungi")


def seed():
    """$LAPAK_TEST_SEED, or a new one; printed, so that a failed run can be done again."""
    number = int(os.environ.get("LAPAK_TEST_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"LAPAK_TEST_SEED={number}")
    return number


def leases_run_out(store):
    """As time would do it: whoever had these rows in hand is dead."""
    store.query("UPDATE outbox SET lease_until = now() WHERE lease_until IS NOT NULL")
    store.query("UPDATE jobs SET lease_until = now() WHERE lease_until IS NOT NULL")


def due_now(store):
    """As time would do it: what was put off is due."""
    store.query("UPDATE outbox SET due_at = now() WHERE state = 'pending' AND due_at > now() AND lease_until IS NULL")
    store.query("UPDATE jobs SET due_at = now() WHERE state = 'pending' AND attempts > 0 AND lease_until IS NULL")


def end_orders(store, condition, *parameters):
    """Their time is over, as the clock would have it."""
    store.query(f"UPDATE orders SET expires_at = least(expires_at, now()) WHERE state = 'pending' AND {condition}", *parameters)
    store.query(
        "UPDATE jobs SET due_at = least(due_at, now()) WHERE kind IN ('payment_create', 'payment_check')"
        " AND ref IN (SELECT p.id FROM payments p"
        " JOIN orders o ON o.id = p.order_id WHERE o.state = 'pending' AND o.expires_at <= now())")


# --- what the outside does: (weight, service, mode, more); a rule is played once to four times ---

WEATHER = [
    (3, "telegram", "status", {"status": 500}),
    (1, "telegram", "html", {}),
    (2, "telegram", "too_many", {"retry_after": 1}),
    (3, "telegram", "slow", {"delay_ms": 400}),
    (2, "telegram", "drop_before", {}),
    (3, "telegram", "drop_after", {}),
    (3, "pakasir", "drop_before", {}),
    (3, "pakasir", "drop_after", {}),
    (2, "pakasir", "slow", {"delay_ms": 700}),
    (2, "pakasir", "status", {"status": 503}),
    (1, "pakasir", "html", {}),
    (1, "pakasir", "too_many", {"retry_after": 1}),
    (1, "pakasir", "bad_qr", {"method": "create-transaction"}),
    (1, "pakasir", "wrong_amount", {"method": "create-transaction"}),
    (2, "telegram_webhook", "twice", {}),
    (2, "telegram_webhook", "reorder", {}),
    (1, "telegram_webhook", "slow", {"delay_ms": 300}),
    (3, "pakasir_webhook", "never", {}),
    (2, "pakasir_webhook", "twice", {}),
    (2, "pakasir_webhook", "reorder", {}),
    (2, "pakasir_webhook", "slow", {"delay_ms": 500}),
]


# --- what people do ---


class Visit:
    """One person in one store, for a few minutes."""

    def __init__(self, storm, store, person, chance):
        self.storm, self.world, self.store, self.person, self.chance = storm, storm.world, store, person, chance
        self.chat = person.chat(store)
        self.welcome = None

    def wait(self, look, seconds=12):
        """look()'s value, or None: in a storm not everything comes."""
        end = time.monotonic() + seconds * PATIENCE
        while time.monotonic() < end and not self.storm.over.is_set():
            if value := look():
                return value
            pause(0.05)
        return None

    def greet(self):
        self.chat.send("/start")
        self.welcome = self.wait(lambda: next((m for m in self.chat.from_bot() if m.buttons), None))
        return self.welcome

    def press(self, data, message=None):
        return self.person.force(self.store, data, message or self.welcome)

    def fill_cart(self):
        code = self.chance.choices([item["code"] for item in self.store.products], [4, 1])[0]
        number, price = self.store.query("SELECT id, price FROM products WHERE code = %s", code)[0]
        self.press(f"q:{number}:{self.chance.choice((1, 1, 2, 5))}:{price}")

    def newest_order(self):
        rows = self.store.query(
            "SELECT id, state, reference FROM orders WHERE telegram_id = %s ORDER BY id DESC LIMIT 1", self.person.id)
        return rows[0] if rows else (0, None, None)

    def invoice(self, order_before):
        """The photo of the order that was asked for last; None where there will be none."""
        seen = {message.id for message in self.chat.all_messages()}

        def look():
            number, state, reference = self.newest_order()
            if number == order_before:
                return "none" if any(REFUSED.search(m.text) for m in self.chat.from_bot() if m.id not in seen) else None
            if state != "pending":
                return "none"
            return next((m for m in self.chat.from_bot() if m.qr and reference in m.text), None)

        found = self.wait(look)
        return None if found == "none" else found

    def pay(self, invoice, **how):
        try:
            self.world.pay(invoice, **how)
        except SandboxError as refusal:
            # the bank does not take money for what was canceled or has expired
            assert refusal.status == 400, refusal

    def cancel(self, invoice):
        button = next((b for b in invoice.buttons if "Batalkan" in b["text"]), None)
        if button:
            self.press(button["callback_data"], invoice)

    def end_order(self):
        number, *_ = self.newest_order()
        end_orders(self.store, "id = %s", number)

    def has_ended(self):
        return self.newest_order()[1] in ("cancelled", "expired")


def buy(visit):
    before, *_ = visit.newest_order()
    visit.fill_cart()
    visit.press("y:qris")
    if invoice := visit.invoice(before):
        pick(visit.chance, PAYING)(visit, invoice)


def pay_after(end):
    def pay(visit, invoice):
        end(visit, invoice)
        if visit.wait(visit.has_ended, 6):
            visit.pay(invoice, force=True, webhook=visit.chance.choice((0, 1, 3)))

    return pay


def pay_while(end):
    def pay(visit, invoice):
        visit.world.at_once(
            lambda: visit.pay(invoice, force=True, webhook="twice", parallel=True), lambda: end(visit, invoice))

    return pay


# How an invoice is met: (weight, what)
PAYING = [
    (8, lambda visit, invoice: visit.pay(invoice)),
    (4, lambda visit, invoice: visit.pay(invoice, webhook="twice")),
    (4, lambda visit, invoice: visit.pay(invoice, webhook=6, parallel=True)),
    (4, lambda visit, invoice: visit.pay(invoice, webhook="never")),
    (3, lambda visit, invoice: visit.pay(invoice, delay_ms=visit.chance.randrange(2000))),
    (1, lambda visit, invoice: visit.pay(invoice, status_amount=1)),  # another amount: parked
    (2, lambda visit, invoice: None),
    (2, lambda visit, invoice: visit.cancel(invoice)),
    (2, pay_after(lambda visit, invoice: visit.cancel(invoice))),
    (3, pay_after(lambda visit, invoice: visit.end_order())),
    (2, pay_while(lambda visit, invoice: visit.cancel(invoice))),
    (2, pay_while(lambda visit, invoice: visit.end_order())),
]

# What a person does next: (weight, what)
ACTIONS = [
    (6, buy),
    (1, lambda visit: visit.chat.send("/pesanan")),
    (1, lambda visit: visit.fill_cart()),
]


def pick(chance, table):
    return chance.choices([row[1:] for row in table], [row[0] for row in table])[0][0]


# --- the storm itself ---


class Storm:
    """`servers` lapakd on one database; the first has the stores' webhooks."""

    def __init__(self, world, stores, number, servers=1, visitors=10):
        self.world, self.stores, self.number = world, stores, number
        self.servers, self.visitors = servers, visitors
        self.kills = 0
        self.over = threading.Event()  # no new actions
        self.slots = []  # [configuration file, port, process]
        self._people = iter(range(20_001, 1_000_000))
        self._people_lock = threading.Lock()
        self._faults = []

    def chance(self, name):
        return random.Random(f"{self.number} {name}")

    def rage(self, kills):
        """Until that many kills were done, and at least as many orders delivered: a storm in which nobody can buy
        anything proves little."""
        self.world.start()
        self.slots = [[self.world.config_file, self.world.port, self.world.server]]
        for _ in range(1, self.servers):
            server = self.world.start_another()
            self.slots.append([self.world.directory / f"lapak-{server.port}.yaml", server.port, server])
        threads = [threading.Thread(target=self._guarded, args=(self._weather,))]
        threads += [threading.Thread(target=self._guarded, args=(self._visitor, n)) for n in range(self.visitors)]
        for thread in threads:
            thread.start()
        try:
            self._kill(kills)
        finally:
            self.over.set()
            for thread in threads:
                thread.join()
            self.world.sandbox.post("unfail")
        if self._faults:
            raise self._faults[0]

    def _guarded(self, function, *arguments):
        try:
            function(*arguments)
        except BaseException as fault:  # told to the test's own thread
            self._faults.append(fault)
            self.over.set()

    def _kill(self, kills):
        chance = self.chance("kills")
        while (self.kills < kills or self.story().get("completed", 0) < kills) and not self._faults:
            slot = chance.choice(self.slots)
            # now and then in the middle of starting
            if chance.random() < 0.15 or slot[2].ready():
                self.over.wait(chance.choice((0.1, 0.5, 2, 4, 6)) * chance.random() * PATIENCE)
                slot[2].kill9()
                self.kills += 1
                for store in self.stores:
                    leases_run_out(store)
                slot[2] = self.world.launch(slot[0], slot[1], wait=False)
            else:
                slot[2].wait_ready()

    def _weather(self):
        chance, rules = self.chance("weather"), [(row[0], row[1:]) for row in WEATHER]
        while not self.over.wait(chance.random() * 0.5):
            service, mode, more = pick(chance, rules)
            self.world.fail(service, mode, times=chance.randrange(1, 5), **more)
            if chance.random() < 0.3:
                end_orders(chance.choice(self.stores), "random() < 0.1")

    def _visitor(self, number):
        chance = self.chance(f"visitor {number}")
        while not self.over.is_set():
            with self._people_lock:
                person = self.world.person(next(self._people))
            visit = Visit(self, chance.choice(self.stores), person, chance)
            if visit.greet():
                for _ in range(chance.randrange(1, 4)):
                    if not self.over.is_set():
                        pick(chance, ACTIONS)(visit)

    # afterwards

    def settle(self, seconds=60):
        """Fair weather: every invoice comes to its end, everything that waits is done."""
        end = time.monotonic() + seconds * PATIENCE
        for store in self.stores:
            end_orders(store, "true")
        while True:
            # a new process looks at all rows, whatever due times it would have had in mind
            for slot in self.slots:
                slot[2].kill9()
            for store in self.stores:
                leases_run_out(store)
                due_now(store)
                # the next look, which may be an hour away
                store.query(
                    "UPDATE jobs SET due_at = now() WHERE kind = 'payment_check' AND ref IN"
                    " (SELECT id FROM payments WHERE txn_id = ANY (%s))", list(books.unsettled(store)))
            for slot in self.slots:
                slot[2] = self.world.launch(slot[0], slot[1], wait=False)
            for slot in self.slots:
                slot[2].wait_ready()
            self.world.wait_webhooks()
            try:
                until(lambda: not self.open_matters(), 10, "everything to settle")
                return
            except AssertionError:
                if time.monotonic() > end:
                    raise AssertionError("not settled:\n" + "\n".join(self.open_matters())) from None

    def open_matters(self):
        found = self.world.expectations.unexpected(proof.pending(self.world))
        for store in self.stores:
            found += [f"{store.name}: order {reference} is {state}" for reference, state in store.query(
                "SELECT o.reference, o.state FROM orders o WHERE state IN ('pending', 'paid') AND NOT EXISTS"
                " (SELECT FROM payments p WHERE p.order_id = o.id AND p.problem IS NOT NULL)")]
            found += [f"{store.name}: {txn} is taken and not booked" for txn in books.unsettled(store)]
        return found

    def story(self):
        """What happened, for one line."""
        counts = {}
        for store in self.stores:
            for state, count in store.query("SELECT state, count(*) FROM orders GROUP BY 1"):
                counts[state] = counts.get(state, 0) + count
            for what, table in (("late credits", "ledger WHERE kind = 'late_payment'"),
                                ("parked", "payments WHERE problem IS NOT NULL")):
                counts[what] = counts.get(what, 0) + store.value(f"SELECT count(*) FROM {table}")
        return counts
