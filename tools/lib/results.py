"""results.py unit TESTLOG.json | pytest JUNIT.xml: counts what a test run's own report says and prints
`N passed, N failed`. A test that was skipped counts as neither; one that never ended counts as failed."""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree

CASE = re.compile(r"^\[ +(OK|FAILED|ERROR) +\] +\S+", re.M)


def unit(path):
    """Meson's log: one line per program; cmocka names every case in the program's output."""
    passed = failed = 0
    with open(path, encoding="utf-8") as log:
        for line in log:
            run = json.loads(line)
            good = run["result"] in ("OK", "EXPECTEDFAIL")
            if run["result"] == "SKIP":
                continue
            text = (run.get("stdout") or "") + "\n" + (run.get("stderr") or "")
            cases = CASE.findall(text.partition("[==========] tests: ")[0] if "[  FAILED  ] tests" in text else text)
            fine = cases.count("OK")
            passed += fine if fine else good
            # a program may also fail outside its cases: a leak, a crash
            failed += 0 if good else max(1, len(set(re.findall(r"^\[  FAILED  \] (\w+)$", text, re.M))))
    return passed, failed


def pytest(path):
    passed = failed = 0
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        passed += max(0, int(suite.get("tests", 0)) - bad - int(suite.get("skipped", 0)))
        failed += bad
    return passed, failed


passed, failed = {"unit": unit, "pytest": pytest}[sys.argv[1]](sys.argv[2])
print(f"{passed} passed, {failed} failed")
