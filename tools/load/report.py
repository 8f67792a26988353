"""What was measured, for people and as JSON."""

import statistics


class Result:
    """One figure with its target, and the raw figures beside it."""

    def __init__(self, name, title, value, text, least=None, most=None, aim=None):
        self.name, self.title, self.value, self.text = name, title, value, text
        self.least, self.most, self.aim = least, most, aim
        self.lines, self.data = [], {}

    @property
    def missed(self):
        if self.least is not None:
            return self.value < self.least
        return self.most is not None and self.value > self.most

    def json(self):
        fields = {"name": self.name, "title": self.title, "value": self.value, "missed": self.missed, "raw": self.data}
        fields.update({key: getattr(self, key) for key in ("least", "most") if getattr(self, key) is not None})
        return fields

    def print(self, out):
        verdict = "" if self.least is None and self.most is None else "MISSED" if self.missed else "reached"
        print(f"{self.name:<10}{self.title}", file=out)
        print(f"{'':<10}{self.text}" + (f"   ({self.aim}: {verdict})" if self.aim and verdict else ""), file=out)
        if self.aim and not verdict:
            print(f"{'':<10}({self.aim})", file=out)
        for line in self.lines:
            print(f"{'':<12}{line}", file=out)
        print(file=out)


def number(value):
    return f"{value:,.0f}"


def ms(us):
    return f"{us / 1000:,.1f} ms"


def mib(value):
    return f"{value / 2**20:,.1f} MiB"


def median(rounds, key="rate"):
    return statistics.median(one[key] for one in rounds)


def ratios(upper, lower):
    """Round by round: the two sides of a round ran one after the other."""
    return [a["rate"] / b["rate"] for a, b in zip(upper, lower)]


def side_line(name, rounds):
    """Rate, latency and where the processors' time went, in medians."""
    latency = {p: statistics.median(one["latency_us"][p] for one in rounds) for p in ("p50", "p99")}
    text = f"{name}: {number(median(rounds))} updates/s, p50 {ms(latency['p50'])}, p99 {ms(latency['p99'])}"
    if "cpu_us" in rounds[0]:
        who = {key: statistics.median(one["cpu_us"][key] for one in rounds) for key in rounds[0]["cpu_us"]}
        text += "; µs of processor each: " + ", ".join(f"{key} {value:.0f}" for key, value in who.items())
    return text


def rounds_line(values):
    return "rounds: " + " ".join(f"{value:.2f}" for value in values)
