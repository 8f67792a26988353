"""The database goes away in the middle of everything and comes back: nothing is lost, nobody is charged for nothing,
and lapakd was never started again."""

import signal
import threading
from contextlib import contextmanager

import psycopg2
import pytest
from harness import books, updates
from harness.postgres import OwnPostgres
from harness.processes import pause
from harness.store import product
from harness.world import World
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"
IN_FLIGHT_MS = 4000


@pytest.fixture(scope="module")
def postgres():
    one = OwnPostgres()
    yield one
    one.stop()


@pytest.fixture
def world(postgres, sandbox, tmp_path):
    one = World(postgres, sandbox, tmp_path / "world")
    yield one
    postgres.free_disk()
    if not postgres.runs():
        postgres.start()
    one.close()


# --- the ways it goes ---


@contextmanager
def stopped(world, number):
    world.disconnect()
    world.cluster.end(number)
    yield
    world.cluster.start()


@contextmanager
def cut_all_the_time(world):
    end = threading.Event()
    own = world.query("SELECT pg_backend_pid()")[0][0]

    def cut():
        while not end.is_set():
            world.cluster.cut(world.database, own)
            pause()

    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        yield
    finally:
        end.set()
        cutter.join()


@contextmanager
def full_disk(world):
    """No table and no index gets another page."""
    world.cluster.fill_disk()
    yield
    world.cluster.free_disk()


@contextmanager
def full_disk_for_the_log(world):
    """The write-ahead log gets no new file: PostgreSQL panics, and does not come up again."""
    world.cluster.fill_disk()
    with pytest.raises(psycopg2.OperationalError, match="closed the connection"):
        while True:
            world.query("SELECT pg_switch_wal(), pg_logical_emit_message(true, 'a', 'b')")
    world.until(lambda: not world.cluster.runs(), 30, "PostgreSQL to give up")
    yield
    world.cluster.free_disk()
    world.cluster.start()


WAYS = {
    "stopped": lambda world: stopped(world, signal.SIGINT),
    "killed": lambda world: stopped(world, signal.SIGQUIT),
    "cut": cut_all_the_time,
    "full": full_disk,
    "full for its log": full_disk_for_the_log,
}


# --- a purchase at each of its steps ---


class Steps:
    """People in one store, each at another step when the database goes."""

    def __init__(self, world, store):
        self.world, self.store = world, store
        names = ("waits", "asks", "settles", "delivers", "cancels", "fills", "comes")
        self.people = {name: world.person(2001 + number, name.title()) for number, name in enumerate(names)}
        self.invoices = {}

    def __getattr__(self, name):
        return self.people[name]

    def leased(self, kind):
        self.world.until(lambda: self.store.query("SELECT 1 FROM jobs WHERE kind = %s AND lease_until > now()", kind),
                         what=f"a call of {kind}")

    def slow(self, service, method, **more):
        self.world.fail(service, "slow", method=method, delay_ms=IN_FLIGHT_MS, **more)

    def go(self):
        world, store = self.world, self.store
        page = self.fills.open_product(store, "Kopi Susu")
        self.plus = lambda: self.fills.press(store, "➕", page)
        for name in ("waits", "settles", "delivers", "cancels"):
            self.people[name].quick_order(store, "SUSU")
        for name in ("waits", "settles", "delivers", "cancels"):
            self.invoices[name] = self.people[name].invoice(store)
        self.slow("telegram", "sendMessage", bot=store.bot_id, chat=self.delivers.id)
        world.pay(self.invoices["delivers"])
        leased = "SELECT count(*) FROM outbox WHERE chat_id = %s AND lease_until > now()"
        world.until(lambda: store.value(leased, self.delivers.id), what="a message in the sender's hands")
        self.slow("pakasir", "transaction-status", slug=store.slug)
        world.pay(self.invoices["settles"])
        self.leased("payment_check")
        self.slow("pakasir", "cancel-transaction", slug=store.slug)
        self.cancels.press(store, "❌ Batalkan Pembelian", self.invoices["cancels"])
        self.leased("payment_cancel")
        self.slow("pakasir", "create-transaction", slug=store.slug)
        self.asks.quick_order(store, "SUSU")
        self.leased("payment_create")
        world.sandbox.post("unfail")

    def all_calls_are_over(self):
        states = [one["status"] for one in self.store.transactions()]
        sent = [m for m in self.delivers.from_bot(self.store) if PAID in m.text]
        return len(states) == 5 and "canceled" in states and sent

    def arrive(self):
        """Everything that began before, or was done meanwhile, comes to its end."""
        world, store = self.world, self.store
        for name in ("waits", "settles"):
            self.people[name].wait_for(store, PAID, fresh=False, seconds=60)
        world.pay(self.asks.invoice(store, seconds=60))
        self.asks.wait_for(store, PAID, fresh=False, seconds=60)
        self.cancels.wait_for(store, "Pesanan dibatalkan", fresh=False, seconds=60)
        self.comes.wait_for(store, "Selamat datang", fresh=False, seconds=60)
        world.quiet(60)
        assert store.query("SELECT quantity FROM cart_items WHERE telegram_id = %s", self.fills.id) == [(1,)]
        assert store.query("SELECT state, count(*) FROM orders GROUP BY 1 ORDER BY 1") == [("cancelled", 1), ("completed", 4)]
        assert store.stock("SUSU") == {"available": 16, "reserved": 0, "sold": 4}
        lines = {line for message in self.delivers.from_bot(store) if PAID in message.text
                 for line in delivered_lines(self.delivers.chat(store), message)}
        assert len(lines) == 1, "sent twice at most as the same unit"
        books.check(world, store)


def refused(world, store, times):
    return any(one["status"] == 503 and one["attempt"] >= times for one in world.deliveries(store))


@pytest.mark.parametrize("way", WAYS, ids=lambda name: name.replace(" ", "-"))
def test_away_while_purchases_are_at_each_step(world, way):
    store = world.store("kopi-digital", [product("Kopi Susu", 15_000, 20, code="SUSU")])
    world.admin(store)
    crowd = [world.person(3001 + number) for number in range(80)]  # more new rows than fit on the last page
    world.expect("log .*", must=False)
    # there is room for noting that an update failed: it must not come to that
    store.query("INSERT INTO updates_failed (update_id, attempts, error, first_at, last_at) VALUES (1, 1, '', now(), now())")
    store.query("DELETE FROM updates_failed")
    steps = Steps(world, store)
    steps.go()
    server, secret = world.server, store.telegram_secret
    with WAYS[way](world):
        world.pay(steps.invoices["waits"])
        steps.plus()
        steps.comes.chat(store)._send(text="/start")
        for person in crowd:
            person.chat(store)._send(text="/start")
        if way in ("stopped", "killed", "full for its log"):
            world.until(lambda: world.http("/readyz")[0] == 503, 20, "/readyz to tell")
            status, headers, _ = store.post_update(updates.message(steps.comes, "/keranjang"), secret=secret)
            assert status == 503 and int(headers["retry-after"]) > 0
        else:
            # more often than an update that is at fault would be tried
            kept = "an update that is refused again and again" if way == "full" else "an update that is kept"
            world.until(lambda: refused(world, store, 8 if way == "full" else 1), 30, kept)
        assert world.http("/healthz")[0] == 200
        world.until(steps.all_calls_are_over, 20, "the calls that were under way")
    steps.arrive()
    for person in crowd:
        person.wait_for(store, "Selamat datang", fresh=False)
    world.until(lambda: world.http("/readyz")[0] == 200, 10, "/readyz to recover")
    assert world.servers == [server] and server.alive(), "the same process all the time"
