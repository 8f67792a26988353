"""Many stores against one store under the same load: the same mix of browsing and carts, the same connections and as
many people in all. Two servers, one with one store and one with many, take turns.

A store is served by one lane, so one store cannot use more than one connection; with several lanes many stores are
faster than one. What many stores cost is therefore also measured with a single lane on both sides.
"""

import contextlib
import statistics

import browse
import cart
import turns
from report import Result, ratios, rounds_line, side_line
from world import World


def mix(world):
    return [browse.category(world, 2), browse.product(world, 2), cart.kind(world)]


def compare(bench, count, lanes):
    with contextlib.ExitStack() as stack:
        one = stack.enter_context(World(bench, f"satu{lanes}", 1, 20, lanes))
        many = stack.enter_context(World(bench, f"banyak{lanes}", count, 20, lanes))
        for world in (one, many):
            world.start()
        for world in (one, many):
            world.load(mix(world), seconds=bench.seconds)
        sides = {"one": lambda: one.load(mix(one)), "many": lambda: many.load(mix(many))}
        return turns.take(bench, f"stores, {lanes} lane{'s' if lanes > 1 else ''}", sides)


def measure(bench):
    count = 50 if bench.quick else 200
    usual, single = compare(bench, count, bench.lanes), compare(bench, count, 1)
    values, hard = ratios(usual["many"], usual["one"]), ratios(single["many"], single["one"])
    ratio = statistics.median(values)
    result = Result(
        "stores",
        f"{count} stores against one store, same load (40 % category, 40 % product, 20 % cart)",
        ratio,
        f"{ratio:.2f} of one store's updates/s",
        least=0.85,
        aim="at least 0.85",
    )
    result.lines = [
        rounds_line(values),
        side_line(f"{count} stores, {bench.lanes} lanes", usual["many"]),
        side_line(f"1 store, {bench.lanes} lanes", usual["one"]),
        f"with one lane on both sides: {statistics.median(hard):.2f}, " + rounds_line(hard),
        side_line(f"{count} stores, 1 lane", single["many"]),
        side_line("1 store, 1 lane", single["one"]),
        *turns.remark({**usual, "many with one lane": single["many"], "one with one lane": single["one"]}),
    ]
    result.data = {"lanes": bench.lanes, "usual": usual, "single_lane": single}
    return result
