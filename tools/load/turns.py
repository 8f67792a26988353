"""Sides of a comparison that run one after the other, round after round, on a machine that may have other things to
do."""

import machine

MOST_FOREIGN = 0.06  # of the machine's processors, taken by others during one side of a round
MOST_TRIES = 3  # times the rounds wanted


class Watch:
    """What a stretch of time cost whom, in processor seconds."""

    def __init__(self, bench, server=None):
        self.bench, self.server = bench, server
        self.start = self.read()

    def read(self):
        used = {
            "PostgreSQL": machine.cpu_seconds_of_family(self.bench.postmaster),
            "sink": machine.cpu_seconds(self.bench.sink.pid),
            "generator": machine.own_children_seconds(),
            "kernel": machine.kernel_seconds(),  # its own threads: writing to the disk, mostly
        }
        if self.server:
            used = {"lapakd": machine.cpu_seconds(self.server.pid), **used}
        return used, machine.machine_seconds()

    def note(self, result):
        """Adds to the result: µs of processor for each answer, and the share of the machine that others used."""
        (used, (busy, total)), (used_before, (busy_before, total_before)) = self.read(), self.start
        spent = {who: used[who] - used_before[who] for who in used}
        result["cpu_us"] = {who: seconds * 1e6 / max(1, result["total"]) for who, seconds in spent.items()}
        foreign = busy - busy_before - sum(spent.values())
        result["foreign"] = max(0.0, foreign / max(0.01, total - total_before))
        return result


def take(bench, title, sides):
    """`sides`: name to a function that runs that side once. Returns name to results, `bench.rounds` of each. A round
    that others disturbed is made again, within reason."""
    rounds = []

    def clean():
        return [one for one in rounds if disturbance(one) <= MOST_FOREIGN]

    while len(clean()) < bench.rounds and len(rounds) < MOST_TRIES * bench.rounds:
        rounds.append({name: run() for name, run in sides.items()})
        noise = disturbance(rounds[-1])
        again = "" if noise <= MOST_FOREIGN else f"; others took {noise:.0%} of the machine, once more"
        bench.say(f"{title}: {len(clean())} of {bench.rounds} rounds{again}")
    chosen = sorted(rounds, key=disturbance)[: bench.rounds]
    return {name: [one[name] for one in chosen] for name in sides}


def disturbance(one):
    return max(result["foreign"] for result in one.values())


def remark(rounds):
    """A line for the report where the figures had to be taken from disturbed rounds, else none."""
    worst = max(result["foreign"] for side in rounds.values() for result in side)
    return [f"DISTURBED: others took up to {worst:.0%} of the machine meanwhile"] if worst > MOST_FOREIGN else []
