"""The cart's ➕, committed with fsync, against a bare libpq program that runs the same statements."""

import json
import re
import statistics
import time

import machine
import turns
import updates
from machine import BenchError, Caller
from report import Result, ms, number, ratios, rounds_line, side_line
from turns import Watch
from world import World

PERSONS = 20000
BASELINE_PERSON, BASELINE_UPDATE = 5 * 10**9, 10**15
LINE = re.compile(r"\[(\d+)\] LOG:  (?:execute [^:]+|statement): (.*)$")


def kind(world, weight=1):
    data = [f"q:{p.id}:1:{p.price}" for p in world.products]
    return {
        "name": "cart",
        "weight": weight,
        "body": updates.callback(),
        "data": data,
        "expect": '"editMessageText"',
    }


class Baseline:
    def __init__(self, world):
        self.world, self.update = world, BASELINE_UPDATE

    def run(self, seconds, stores=None, lanes=None):
        stores = stores or self.world.stores
        plan = {
            "url": self.world.url,
            "seconds": seconds,
            "lanes": lanes or self.world.lanes,
            "first_update": self.update,
            "first_person": BASELINE_PERSON,
            "persons": PERSONS // len(self.world.stores),
            "products": [vars(product) for product in self.world.products],
            "stores": [
                {"schema": s.schema, "role": s.role, "lane": s.lane if lanes is None else 0} for s in stores
            ],
        }
        self.update += 10**9
        path = self.world.bench.json_file("baseline", plan)
        bench = self.world.bench
        watch = Watch(bench)
        result = json.loads(machine.run([bench.program("load/lapak-baseline"), path], "lapak-baseline"))
        path.unlink()
        result["total"] = result["answers"] + result["late"]
        return watch.note(result)


# --- that both run the same statements ---


def transactions(lines):
    """The statements of each transaction that changed a cart, by what PostgreSQL logged."""
    running, found = {}, []
    for line in lines:
        match = LINE.search(line)
        if not match:
            continue
        pid, statement = match.groups()
        if statement == "BEGIN":
            running[pid] = []
        running.setdefault(pid, []).append(statement)
        if statement == "COMMIT" and any("cart_items" in one for one in running[pid]):
            found.append(running.pop(pid))
    return found


def compare_statements(world, baseline):
    """Both sides run one update while PostgreSQL logs; returns the number of statements."""
    bench = world.bench
    bench.sql("ALTER SYSTEM SET log_statement = 'all'")
    bench.sql("SELECT pg_reload_conf()")
    try:
        time.sleep(0.5)  # backends notice at their next command
        start = bench.postgres_log.stat().st_size
        product, store = world.products[0], world.stores[0]
        with Caller(world.port) as caller:
            body = updates.fill(updates.callback(), 10**14, 10**9, f"q:{product.id}:1:{product.price}")
            world.post(caller, store, body)
        baseline.run(0.02, [store], lanes=1)
    finally:
        bench.sql("ALTER SYSTEM RESET log_statement")
        bench.sql("SELECT pg_reload_conf()")
    with open(bench.postgres_log, encoding="utf-8", errors="replace") as log:
        log.seek(start)
        found = transactions(log)
    if len(found) < 2 or any(one != found[0] for one in found):
        raise BenchError("lapakd and lapak-baseline run different statements:\n" + json.dumps(found[:2], indent=1))
    return len(found[0])


# --- the measurement ---


def commits_of(world):
    """As PostgreSQL counts them, which lags by up to a second."""
    return int(world.sql("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"))


def measure(bench):
    with World(bench, "warung", 8, 200) as world:
        world.start()
        baseline = Baseline(world)
        count = compare_statements(world, baseline)
        world.load([kind(world)], seconds=2 * bench.seconds, persons=PERSONS)
        baseline.run(2 * bench.seconds)
        before = world.total("SELECT count(*) FROM {}.updates_seen")
        every = []

        def keep(result):
            every.append(result)
            return result

        sides = {
            "lapakd": lambda: keep(world.load([kind(world)], persons=PERSONS)),
            "bare": lambda: keep(baseline.run(bench.seconds)),
        }
        commits = commits_of(world)
        rounds = turns.take(bench, "cart", sides)
        updates_of_lapakd = sum(one["total"] for one in every if "wrong" in one)
        bare_commits = sum(one["total"] for one in every) - updates_of_lapakd
        shared = updates_of_lapakd / max(1, commits_of(world) - commits - bare_commits)
        alone = keep(baseline.run(bench.seconds / 2, world.stores[:1], lanes=1))
        committed = world.total("SELECT count(*) FROM {}.updates_seen") - before
        answered = sum(one["total"] for one in every)
        if committed != answered:
            raise BenchError(f"{answered} updates were answered and {committed} committed")
    ours, bare = rounds["lapakd"], rounds["bare"]
    values = ratios(ours, bare)
    ratio = statistics.median(values)
    result = Result(
        "cart",
        "➕ in the cart, committed with fsync, against bare libpq running the same statements",
        ratio,
        f"{ratio:.2f} of the bare program's updates/s",
        least=0.7,
        aim="at least 0.70, hoped for 0.90",
    )
    result.lines = [
        rounds_line(values),
        side_line("lapakd", ours),
        side_line("bare libpq", bare),
        f"{bench.lanes} connections each, {count} statements a transaction (compared in PostgreSQL's log), "
        f"{number(answered)} transactions, every one found in the database",
        f"lapakd lets updates that wait together share a commit: about {shared:.1f} to each; the bare program does not",
        f"one transaction alone on the machine: p50 {ms(alone['latency_us']['p50'])}, "
        f"p99 {ms(alone['latency_us']['p99'])}",
        *turns.remark(rounds),
    ]
    result.data = {"lapakd": ours, "bare": bare, "alone": alone, "statements": count, "updates_a_commit": shared}
    return result
