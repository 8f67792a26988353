"""A storm: people buy and pay while lapakd is killed again and again and Telegram and the gateway fail. All that is
random comes from one seed; what two threads do to each other does not, so the same seed is the same storm, not the
same run.

Afterwards settle() is fair weather until nothing is open; harness/books.py says whether anything was lost.
"""

import os
import random
import signal
import threading
import time

from . import books, proof
from .clock import due_now, end_bills, leases_run_out, look_now
from .processes import PATIENCE, until
from .visits import ACTIONS, Visit, pick


def seed():
    """$LAPAK_TEST_SEED, or a new one; printed, so that a failed run can be done again."""
    number = int(os.environ.get("LAPAK_TEST_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"LAPAK_TEST_SEED={number}")
    return number


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


# --- the storm itself ---


class Storm:
    """`servers` lapakd on one database; the first has the stores' webhooks. Of two, one is now and then only frozen."""

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
        """Until that many kills were done, and half as many orders delivered: a storm in which nobody can buy anything
        proves little."""
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
        while (self.kills < kills or self.story()["delivered"] < kills // 2) and not self._faults:
            slot = chance.choice(self.slots)
            # now and then in the middle of starting
            if chance.random() < 0.15 or slot[2].ready():
                self.over.wait(chance.choice((0.1, 0.5, 2, 5, 8)) * chance.random() * PATIENCE)
                if self.servers > 1 and chance.random() < 0.25:
                    self._freeze(slot[2], chance.random() * 2)
                else:
                    slot[2].kill9()
                    self.kills += 1
                    self._leases_run_out()
                    slot[2] = self.world.launch(slot[0], slot[1], wait=False)
            else:
                slot[2].wait_ready()

    def _leases_run_out(self):
        for store in self.stores:
            leases_run_out(store)

    def _freeze(self, server, seconds):
        """Stands still while the other one takes over what it had in hand, and then goes on as if nothing had been."""
        server.child.send_signal(signal.SIGSTOP)
        try:
            self._leases_run_out()
            self.over.wait(seconds * PATIENCE)
        finally:
            server.child.send_signal(signal.SIGCONT)

    def _weather(self):
        chance, rules = self.chance("weather"), [(row[0], row[1:]) for row in WEATHER]
        while not self.over.wait(chance.random() * 0.5):
            service, mode, more = pick(chance, rules)
            self.world.fail(service, mode, times=chance.randrange(1, 5), **more)
            if chance.random() < 0.3:
                end_bills(chance.choice(self.stores), chance.choice(("orders", "deposits")), "random() < 0.1")

    def _visitor(self, number):
        chance = self.chance(f"visitor {number}")
        while not self.over.is_set():
            with self._people_lock:
                person = self.world.person(next(self._people))
            visit = Visit(self, chance.choice(self.stores), person, chance)
            for _ in range(chance.randrange(1, 4)):
                if not self.over.is_set() and visit.greet():
                    pick(chance, ACTIONS)(visit)

    # afterwards

    def settle(self, seconds=60):
        """Fair weather: every invoice comes to its end, everything that waits is done."""
        end = time.monotonic() + seconds * PATIENCE
        while True:
            # a new process looks at all rows, whatever due times it would have had in mind
            for slot in self.slots:
                slot[2].kill9()
            self._leases_run_out()
            for store in self.stores:
                # also what was asked for before and is only made now
                end_bills(store, "orders")
                end_bills(store, "deposits")
                due_now(store)
                look_now(store, books.unsettled(store))
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
            found += [f"{store.name}: {reference} is {state}" for reference, state in store.query(
                "SELECT reference, state FROM (SELECT id, 0 AS deposit, reference, state FROM orders UNION ALL"
                " SELECT 0, id, reference, state FROM deposits) b WHERE state IN ('pending', 'paid') AND NOT EXISTS"
                " (SELECT FROM payments p WHERE (p.order_id = b.id OR p.deposit_id = b.deposit) AND p.problem IS NOT NULL)")]
            found += [f"{store.name}: {txn} is taken and not booked" for txn in books.unsettled(store)]
        return found

    def story(self):
        """What happened, for one line."""
        counts = {}
        for store in self.stores:
            for what, source in STORY.items():
                counts[what] = counts.get(what, 0) + store.value(f"SELECT count(*) FROM {source}")
        return counts


STORY = {
    "delivered": "orders WHERE state = 'completed'",
    "by balance": "payments WHERE method = 'balance' AND state = 'completed'",
    "with a coupon": "orders WHERE coupon_id IS NOT NULL AND state = 'completed'",
    "ended": "orders WHERE state IN ('cancelled', 'expired')",
    "deposits": "deposits WHERE state = 'completed' AND kind = 'gateway'",
    "by hand": "deposits WHERE state = 'completed' AND kind = 'manual'",
    "deposits ended": "deposits WHERE state IN ('cancelled', 'expired')",
    "late credits": "ledger WHERE kind = 'late_payment'",
    "parked": "payments WHERE problem IS NOT NULL",
    "open": "payments WHERE state IN ('creating', 'waiting')",
}
