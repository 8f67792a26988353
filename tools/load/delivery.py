"""From the gateway's webhook of a paid order to the arrival of what was bought, through everything that lies between:
the hint's transaction, the status call, the settling transaction, the outbox, the sender.

Orders are made through the bot at the pace that Pakasir allows a project (about two a second), and each is paid about
three seconds after its invoice, before lapakd looks at it by itself: a look is a status call, and the next one of the
same transaction would have to wait four seconds, by Pakasir's rules.
"""

import contextlib
import threading
import time

import cart
import machine
import updates
from machine import BenchError, Caller
from report import Result, ms
from world import World

STORES = 8
ORDER_GAP = 0.6 / STORES
PAY_AFTER = 3.0
FIRST_PERSON = 3 * 10**9


def order(world, caller, store, person):
    """/start, one product into the cart, pay by QRIS."""
    product = world.products[person % len(world.products)]
    callback, message = updates.callback(), updates.message()
    world.post(caller, store, updates.fill(message, next(world.update) * 10**9, person, "/start"))
    press = [f"q:{product.id}:1:{product.price}", "y:qris"]
    for data in press:
        answer = world.post(caller, store, updates.fill(callback, next(world.update) * 10**9, person, data))
        if b"editMessageText" not in answer:
            raise BenchError(f"{data}: {answer[:300]!r}")


def pay(world, caller, sink, transaction):
    """The gateway's two steps: it knows of the payment, and it says so. Returns when the webhook was sent, in µs."""
    sink.call("POST", f"/sink/pay/{transaction['txn_id']}")
    body = {key: transaction[key] for key in ("txn_id", "order_id", "amount")}
    body.update(is_sandbox=False, status="completed", completed_at="2026-11-22T09:16:01Z")
    sent_us = time.monotonic_ns() // 1000
    path = f"/webhooks/pakasir/{transaction['slug']}"
    status, answer = caller.call("POST", path, body, {"X-Secret": "bench-secret"})
    if status != 200:
        raise BenchError(f"{path}: {status} {answer[:200]!r}")
    return sent_us


def buyer_of(transaction):
    return int(transaction["order_id"].partition("-")[0][2:])  # tg{telegram_id}-…


class Orders(threading.Thread):
    """Makes them, evenly."""

    def __init__(self, world, count, first_person):
        super().__init__()
        self.world, self.count, self.first_person = world, count, first_person
        self.fault = None

    def run(self):
        try:
            with Caller(self.world.port) as caller:
                start = time.monotonic()
                for number in range(self.count):
                    time.sleep(max(0, start + number * ORDER_GAP - time.monotonic()))
                    store = self.world.stores[number % len(self.world.stores)]
                    order(self.world, caller, store, self.first_person + number)
        except Exception as fault:
            self.fault = fault


def pay_all(world, orders):
    """Returns when each buyer's webhook was sent."""
    bench, sent, seen = world.bench, {}, {}
    with Caller(world.port) as caller, Caller(bench.sink_port) as sink:
        end = time.monotonic() + orders.count * ORDER_GAP + 60
        while len(sent) < orders.count:
            if orders.fault:
                raise orders.fault
            if time.monotonic() > end:
                raise BenchError(f"{len(seen)} of {orders.count} orders got an invoice")
            for transaction in sink.json("/sink/transactions"):
                buyer = buyer_of(transaction)
                if buyer >= orders.first_person:
                    seen.setdefault(buyer, (time.monotonic() + PAY_AFTER, transaction))
            now = time.monotonic()
            for buyer, (due, transaction) in seen.items():
                if buyer not in sent and due <= now:
                    sent[buyer] = pay(world, caller, sink, transaction)
            time.sleep(0.02)
    return sent


def deliveries(world, sent):
    """Milliseconds from webhook to arrival, sorted."""

    def arrived():
        times = {one["chat"]: one["at_us"] for one in reversed(world.bench.sink_get("arrivals"))}
        return times if all(buyer in times for buyer in sent) else None

    times = machine.wait_until(arrived, 30, "all deliveries", world.server, 0.2)
    return sorted((times[buyer] - at) for buyer, at in sent.items())


def run(world, count, first_person):
    orders = Orders(world, count, first_person)
    orders.start()
    try:
        return deliveries(world, pay_all(world, orders))
    finally:
        orders.count = 0
        orders.join()


def percentile(values, percent):
    return values[max(0, -(-len(values) * percent // 100) - 1)]


@contextlib.contextmanager
def background(world):
    """A server that has something to do: people browsing and filling carts on 4 connections all the while."""
    stop, fault = threading.Event(), []

    def go():
        import stores

        try:
            while not stop.is_set():
                world.load(stores.mix(world), seconds=1, connections=4)
        except Exception as problem:
            fault.append(problem)

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if fault:
        raise fault[0]


def measure(bench):
    count = 40 if bench.quick else 240
    with World(bench, "lapak", STORES, 100) as world:
        world.start()
        run(world, 2 * STORES, FIRST_PERSON)
        bench.say(f"delivery: {count} orders on a quiet server")
        quiet = run(world, count, FIRST_PERSON + 10**6)
        bench.say(f"delivery: {count} orders on a busy server")
        with background(world):
            busy = run(world, count, FIRST_PERSON + 2 * 10**6)
        alone = cart.Baseline(world).run(bench.seconds / 2, world.stores[:1], lanes=1)["latency_us"]
    p50, p99 = percentile(quiet, 50), percentile(quiet, 99)
    result = Result(
        "delivery",
        "webhook of a paid order to the arrival of what was bought",
        p99 / 1000,
        f"p99 {ms(p99)}, p50 {ms(p50)}, the slowest of {len(quiet)} {ms(quiet[-1])}",
    )
    result.lines = [
        f"one committed transaction alone: p50 {ms(alone['p50'])}, p99 {ms(alone['p99'])}",
        f"while others browse and fill carts on 4 connections: p99 {ms(percentile(busy, 99))}, "
        f"p50 {ms(percentile(busy, 50))}, the slowest {ms(busy[-1])}",
    ]
    result.data = {"quiet_us": quiet, "busy_us": busy, "commit_us": alone}
    return result
