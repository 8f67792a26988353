#!/usr/bin/python3
"""What is said to Prometheus and Grafana about Lapak's metrics:

- every metric that an alert rule, its tests, or the dashboard names is in docs/metrics.md (which test_monitor.py holds
  against what lapakd says), as are the labels it is narrowed by
- promtool takes the rules, their unit tests, the example of a configuration, and each of the dashboard's expressions
- the dashboard is of a form that Grafana loads: one id a panel, none over another, each with an expression

Prints each fault, then `N passed, N failed`; exit 1 when there are faults.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "conf/prometheus/lapak.rules.yml"
RULE_TESTS = ROOT / "tests/prometheus/lapak.rules.test.yml"
CONFIGURATION = ROOT / "conf/prometheus/prometheus.yml"
DASHBOARD = ROOT / "conf/grafana/lapak.json"

ROW = re.compile(r"^\| `(\w+)` \| (counter|gauge|histogram) \|(.*?)\| (.+) \|$", re.M)
NAME = re.compile(r"\b((?:lapak|process)_\w+)(?:\{([^}]*)\})?")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
ADDED = {"instance", "job", "le"}  # by Prometheus, or by a histogram


def documented():
    """{metric: (type, set of labels)} as docs/metrics.md has it."""
    rows = ROW.findall((ROOT / "docs/metrics.md").read_text(encoding="utf-8"))
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels, _ in rows}


class Checker:
    def __init__(self, promtool):
        self.promtool = promtool
        self.metrics = documented()
        self.passed = 0
        self.faults = []

    def check(self, ok, words):
        if ok:
            self.passed += 1
        else:
            self.faults.append(words)

    def tool(self, what, *arguments):
        done = subprocess.run([self.promtool, *map(str, arguments)], capture_output=True, text=True, check=False)
        self.check(done.returncode == 0, f"{what}: promtool {arguments[0]} {arguments[1]}:\n{done.stdout}{done.stderr}")

    def names(self, where, expression):
        # what is grouped by, and words in quotes, are no metrics
        text = re.sub(r"\b(?:by|without|on|ignoring)\s*\([^)]*\)", "", expression)
        for name, selector in NAME.findall(text):
            known = self.metrics.get(name) or self.metrics.get(re.sub(r"_(bucket|sum|count)$", "", name))
            self.check(known, f"{where}: docs/metrics.md has no {name}")
            for label in LABEL.findall(re.sub(r'"[^"]*"', '""', selector)) if known else ():
                self.check(label in known[1] | ADDED, f"{where}: {name} has no label {label}")

    def rules(self):
        for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]:
            for rule in group["rules"]:
                self.names(rule["alert"], rule["expr"])
                self.check(rule["labels"]["severity"] in ("warning", "critical"), f"{rule['alert']}: its severity")
                self.check(rule["annotations"].get("summary"), f"{rule['alert']}: has no summary")
        for test in yaml.safe_load(RULE_TESTS.read_text(encoding="utf-8"))["tests"]:
            for series in test["input_series"]:
                self.names(f"{RULE_TESTS.name}: {test['name']}", series["series"])
        self.tool(RULES.name, "check", "rules", RULES)
        self.tool(CONFIGURATION.name, "check", "config", CONFIGURATION)
        self.tool(RULE_TESTS.name, "test", "rules", RULE_TESTS)

    def expressions(self, found):
        """promtool reads no expression alone: each becomes a rule."""
        rules = []
        for number, (_, text) in enumerate(found):
            text = text.replace("$__rate_interval", "5m").replace("$store", ".*")
            rules.append({"record": f"expression:{number}", "expr": text})
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)  # JSON is YAML
            file.flush()
            self.tool(DASHBOARD.name, "check", "rules", file.name)

    def dashboard(self):
        board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
        self.check(board.get("schemaVersion", 0) >= 36, "the dashboard: its schemaVersion")
        self.check(board.get("title") and board.get("uid"), "the dashboard: title or uid is missing")
        variables = {item["name"] for item in board["templating"]["list"]}
        ids, taken, found = set(), {}, []
        for panel in board["panels"]:
            where = f"panel {panel.get('title')!r}"
            self.check(panel["id"] not in ids, f"{where}: another has its id")
            ids.add(panel["id"])
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            self.check(place["x"] + place["w"] <= 24, f"{where}: wider than a dashboard")
            over = {taken[cell] for cell in cells if cell in taken}
            self.check(not over, f"{where}: lies over {over}")
            taken.update(dict.fromkeys(cells, panel.get("title")))
            if panel["type"] == "row":
                continue
            self.check(panel.get("targets"), f"{where}: shows nothing")
            for target in panel.get("targets", ()):
                found.append((where, target["expr"]))
                self.names(where, target["expr"])
                used = set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(target)))
                self.check(used <= variables, f"{where}: there is no variable {used - variables}")
        for item in board["templating"]["list"]:
            query = item["query"] if isinstance(item["query"], str) else item["query"]["query"]
            self.names(f"variable {item['name']}", query)
        self.expressions(found)
        # what is there and shown nowhere is noticed too late
        shown = " ".join(text for _, text in found) + RULES.read_text(encoding="utf-8")
        for name in sorted(self.metrics):
            if name not in UNSHOWN:
                self.check(re.search(rf"\b{name}(?:_bucket|_sum|_count)?\b", shown), f"{name}: neither shown nor watched")


# Said for whoever looks for it, and shown by nobody.
UNSHOWN = {
    "lapak_build_info", "lapak_uptime_seconds", "process_open_fds", "lapak_alerts_raised_total", "lapak_alerts_told_total",
    "lapak_alerts_dropped_total", "lapak_people", "lapak_machine_checked_timestamp_seconds", "lapak_machine_memory_bytes",
    "lapak_machine_memory_available_bytes", "lapak_machine_disk_free_bytes", "lapak_store_queue",
    "lapak_store_payment_hints_total", "lapak_store_outbox_waiting", "lapak_store_checked_timestamp_seconds",
    "lapak_store_backup_failed",
}


def main():
    checker = Checker(sys.argv[1] if len(sys.argv) > 1 else "promtool")
    checker.rules()
    checker.dashboard()
    for fault in checker.faults:
        print(fault)
    print(f"{checker.passed} passed, {len(checker.faults)} failed")
    return 1 if checker.faults else 0


if __name__ == "__main__":
    sys.exit(main())
