"""Browsing against the same server with an empty handler.

Two empty handlers: the press of a page's number, a row of the same callback table whose handler does nothing (so that
what every press costs, its answer above all, is on both sides), and an update that nobody handles, as large as a button
press (so that only routing, reading and the way through the lane are left). The target is held against the first, the
other stands beside it.
"""

import statistics

import turns
import updates
from report import Result, ratios, rounds_line, side_line
from world import World

PAGE = '"editMessageText"'
PERSONS = 60000  # at one action a second each


def kind(name, data, expect=PAGE, body=None, weight=1):
    return {"name": name, "weight": weight, "body": body or updates.callback(), "data": data, "expect": expect}


def category(world, weight=1):
    return kind("category", [f"c:{c}:0" for c in world.categories], weight=weight)


def product(world, weight=1):
    return kind("product", [f"p:{p.id}" for p in world.products], weight=weight)


def measure(bench):
    with World(bench, "kedai", 8, 50) as world:
        world.start()
        sides = {
            "nobody": [kind("nobody", ["-"], "", updates.unhandled())],
            "browse": [category(world), product(world)],
            "nothing": [kind("nothing", ["n"], '"answerCallbackQuery"')],
            "category": [category(world)],
            "product": [product(world)],
        }
        for kinds in sides.values():
            world.load(kinds, seconds=1, persons=PERSONS)
        runs = {name: lambda kinds=kinds: world.load(kinds, persons=PERSONS) for name, kinds in sides.items()}
        rounds = turns.take(bench, "browse", runs)
    values = ratios(rounds["browse"], rounds["nothing"])
    ratio = statistics.median(values)
    result = Result(
        "browse",
        "open a category or a product, against the same server with an empty handler",
        ratio,
        f"{ratio:.2f} of the updates/s of a button whose handler is empty",
        least=0.6,
        aim="at least 0.60",
    )
    strict = statistics.median(ratios(rounds["browse"], rounds["nobody"]))
    result.lines = [
        rounds_line(values),
        side_line("category and product by turns", rounds["browse"]),
        side_line("a button whose handler is empty", rounds["nothing"]),
        side_line("an update nobody handles", rounds["nobody"]) + f" (browse against it: {strict:.2f})",
        side_line("category alone", rounds["category"]),
        side_line("product alone", rounds["product"]),
        f"calls to Telegram for each browse: {calls(rounds['browse'], 'calls_all'):.2f} made, "
        f"{calls(rounds['browse'], 'calls_dropped'):.2f} dropped as too many",
        *turns.remark(rounds),
    ]
    result.data = {"rounds": rounds, "ratio_to_unhandled_update": strict}
    return result


def calls(rounds, key):
    return sum(one[key] for one in rounds) / sum(one["total"] for one in rounds)
