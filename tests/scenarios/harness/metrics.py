"""Prometheus' text format, as far as /metrics uses it."""

import re

_LINE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Metrics:
    def __init__(self, text):
        self.text = text
        self.samples = []
        for line in text.splitlines():
            if not line or line.startswith("#"):
                continue
            found = _LINE.match(line)
            if not found:
                raise AssertionError(f"/metrics: not a sample: {line!r}")
            self.samples.append((found[1], dict(_LABEL.findall(found[2] or "")), float(found[3])))

    def get(self, name, **labels):
        """The sum of the samples of that name with (at least) these labels; None where there is none."""
        values = [
            value
            for sample, has, value in self.samples
            if sample == name and all(has.get(key) == wanted for key, wanted in labels.items())
        ]
        return sum(values) if values else None
