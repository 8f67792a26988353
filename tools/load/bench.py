"""What tools/bench runs once everything is built and PostgreSQL is up; see there."""

import argparse
import json
import os
import platform
import signal
import sys
import time

import browse
import cart
import delivery
import memory
import stores
from machine import BenchError
from world import Bench

MEASUREMENTS = {
    "browse": browse.measure,
    "cart": cart.measure,
    "stores": stores.measure,
    "delivery": delivery.measure,
    "memory": memory.measure,
}
FAILED, MISSED = 1, 5


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("build", "work", "url", "admin-url", "psql", "postgres-log"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--postmaster", type=int, required=True)
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, default=[])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def end(number, frame):
    sys.exit(128 + number)


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    progress = sys.stderr if options.json else sys.stdout
    started = time.monotonic()

    def say(text):
        print(f"    {time.monotonic() - started:5.0f} s  {text}", file=progress, flush=True)

    load = os.getloadavg()[0]
    if load > 0.3:
        say(f"the machine is busy with something else (load {load:.1f}): the figures will be worse for it")
    bench = Bench(options, say)
    results, failed = [], False
    try:
        for name, measure in MEASUREMENTS.items():
            if options.only and name not in options.only:
                continue
            try:
                found = measure(bench)
                results += found if isinstance(found, list) else [found]
            except (BenchError, OSError) as error:
                failed = True
                print(f"!!! {name}: {error}", file=sys.stderr, flush=True)
    finally:
        bench.stop()
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}"
    if options.json:
        json.dump({"machine": machine, "quick": options.quick, "results": [r.json() for r in results]}, sys.stdout)
        print()
    else:
        print(f"\n{machine}" + ("; a quick run: shorter and smaller than the real one" if options.quick else "") + "\n")
        for result in results:
            result.print(sys.stdout)
    return FAILED if failed else MISSED if any(result.missed for result in results) else 0


sys.exit(main())
