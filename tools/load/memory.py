"""What a store costs in memory: lapakd's growth for each idle store, PostgreSQL's private memory once every store was
used, and how long a start with all of them takes."""

import contextlib
import statistics
import time

import browse
import cart
import delivery
import machine
import updates
from machine import BenchError, Caller
from report import Result, mib, number
from world import World

UNITS = 5
BUYERS = 4 * 10**9


def idle_memory(world, count):
    """lapakd's resident memory with that many stores, registered and swept once, and nobody there."""
    stores = world.stores[:count]
    world.write_files(stores)
    ready = world.start(stores)
    resident = machine.settle(world.server.pid)
    world.bench.say(f"memory: {count} stores: {mib(resident)}, ready after {ready:.1f} s")
    return resident


def use_every_store(world, purchases):
    """Everybody who has a store has visitors: pages, a cart, and in some of them a purchase."""
    callback = updates.callback()
    product = world.products[0]
    steps = ["w", f"c:{world.categories[0]}:0", f"p:{product.id}", f"q:{product.id}:1:{product.price}", "k", "m"]
    with Caller(world.port) as caller:
        for index, store in enumerate(world.stores):
            for step in steps:
                world.post(caller, store, updates.fill(callback, next(world.update) * 10**9, BUYERS + index, step))
    chosen = world.stores[:: max(1, len(world.stores) // purchases)][:purchases]
    everyone, world.stores = world.stores, chosen
    try:
        delivery.run(world, len(chosen), BUYERS + 10**6)
    finally:
        world.stores = everyone


def postgres_memory(bench):
    """(private bytes of all processes, of the backends alone, number of backends)"""
    pids = bench.sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
    backends = set(map(int, pids.split()))
    total = machine.private_bytes(bench.postmaster)
    of_backends = count = 0
    for pid in machine.children(bench.postmaster):
        with contextlib.suppress(OSError):
            private = machine.private_bytes(pid)
            total += private
            if pid in backends:
                of_backends += private
                count += 1
    return total, of_backends, count


def first_answer(world):
    """Seconds from the start of the process to the first update answered."""
    store = world.stores[-1]
    body = updates.fill(updates.callback(), next(world.update) * 10**9, BUYERS, f"c:{world.categories[0]}:0")
    headers = {"X-Telegram-Bot-Api-Secret-Token": store.secret}
    started = time.monotonic()
    world.spawn()

    def answered():
        with Caller(world.port) as caller:
            return caller.call("POST", store.path, body, headers)[0] == 200

    machine.wait_until(answered, 300, "the first answer", world.server, 0.002)
    seconds = time.monotonic() - started
    world.stop()
    return seconds


def measure(bench):
    counts = [20, 100] if bench.quick else [100, 1000]
    most = counts[-1]
    with World(bench, "gudang", most, UNITS) as world:
        single = idle_memory(world, 1)
        growth = {}
        for count in counts:
            world.stop()
            growth[count] = (idle_memory(world, count) - single) / (count - 1)
        bench.say(f"memory: using each of {most} stores")
        use_every_store(world, most // 10)
        browsing = world.load([browse.category(world), browse.product(world), cart.kind(world)], seconds=bench.seconds)
        used = machine.resident_bytes(world.server.pid)
        total, backends, connections = postgres_memory(bench)
        reconnects = world.metrics()["lapak_database_reconnects_total"]
        world.stop()
        bench.say("memory: starting with all of them")
        starts = [first_answer(world) for _ in range(3)]
        migrated = world.migrate_seconds
    worst = max(growth.values())
    idle = Result(
        "memory",
        "lapakd's growth for each idle store",
        worst / 1024,
        ", ".join(f"{value / 1024:.1f} KiB with {number(count)} stores" for count, value in growth.items()),
        most=64,
        aim="at most 64 KiB each",
    )
    idle.lines = [
        f"one store: {mib(single)} in all; after every one of {number(most)} was used: {mib(used)}",
    ]
    idle.data = {"one": single, "growth": growth, "used": used}
    private = Result(
        "postgres",
        f"PostgreSQL's private memory after each of {number(most)} stores was used",
        total / 2**20,
        f"{mib(total)} in all, {mib(backends)} of it in {connections} connections",
        most=512,
        aim="hoped for: at most 512 MiB for 1,000 stores",
    )
    private.lines = [
        f"{bench.lanes} lanes; connections replaced on the way because they had grown: {reconnects}",
        f"{number(browsing['rate'])} updates/s over all of them in the end",
    ]
    private.data = {"total": total, "backends": backends, "connections": connections, "reconnects": reconnects}
    start = Result(
        "start",
        f"start to first answer with {number(most)} stores whose schemas are current",
        statistics.median(starts),
        f"{statistics.median(starts):.2f} s",
    )
    start.lines = [
        "starts: " + " ".join(f"{seconds:.2f}" for seconds in starts) + " s",
        f"making the {number(most)} schemas before took {migrated:.1f} s",
    ]
    start.data = {"seconds": starts, "migrate_seconds": migrated}
    return [idle, private, start]
