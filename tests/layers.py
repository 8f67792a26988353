#!/usr/bin/python3
"""Rules of the house that the compiler does not check, read off the source text:

- an #include in server/<folder> goes only to folders that ARCHITECTURE.md lets it use, and names a path relative to
  server/; internal.h stays in its folder
- libpq is spoken in server/db alone
- no SQL text is built by a formatter (identifiers of migrations, which take no parameters, are server/db's business)
- nothing is printed into a buffer of unknown size
- each rule of docs/money.md names tests, and those are there
- what documents say is so (documents.py)

Prints each fault as file:line, then `N passed, N failed`; exit 1 when there are faults.
"""

import re
import sys
from pathlib import Path

import documents

ROOT = Path(__file__).resolve().parents[1]
SERVER = ROOT / "server"

BELOW = {
    "base": [],
    "db": ["base"],
    "tenants": ["base", "db"],
    "web": ["base"],
    "work": ["base", "db", "tenants"],
    "watch": ["base", "db", "tenants", "work"],
    "store": ["base", "db", "tenants", "work", "watch"],
    "telegram": ["base", "db", "tenants", "work", "watch"],
    "payment": ["base", "db", "tenants", "work", "watch", "store"],
    "backup": ["base", "db", "tenants", "work", "watch", "store"],
    "bot": ["base", "db", "tenants", "work", "watch", "store", "payment", "telegram"],
    "monitor": ["base", "db", "tenants", "work", "watch", "store", "payment", "telegram", "web"],
    "http": ["base", "db", "tenants", "work", "watch", "store", "payment", "telegram", "web", "bot"],
    "hosting": ["base", "db", "tenants", "work", "watch", "store", "payment", "telegram", "web", "bot", "monitor",
                "backup", "http"],
}

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
FORMATTER = re.compile(r"\b\w*(?:printf|addf|_format|_setf)\s*\(")
DML = re.compile(r"\b(?:SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|TRUNCATE)\b", re.S)
DDL = re.compile(r"\b(?:CREATE|ALTER|DROP)\s+(?:SCHEMA|TABLE|ROLE|INDEX|DATABASE)\b|\b(?:GRANT|REVOKE)\s+\w+")
LIBPQ = re.compile(r"\bPQ[a-z]\w*\s*\(|libpq-fe\.h")
RULE = re.compile(r"^(\d+)\. \*\*(.*?)(?=^\d+\. \*\*|\Z)", re.M | re.S)
TEST_NAME = re.compile(r"`(test_\w+)`")
TEST = re.compile(r"^(?:def|static void) (test_\w+)\(", re.M)
UNBOUNDED = re.compile(r"\b(?:sprintf|vsprintf|gets)\s*\(")


def without_comments(text):
    def blank(found):
        piece = found.group()
        return re.sub(r"[^\n]", " ", piece) if piece.startswith("/") else piece

    return TOKEN.sub(blank, text)


def without_strings(text):
    """Also blanks what stands in quotes; #include lines have been read before."""
    return TOKEN.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def call_text(text, start):
    """From an opening parenthesis to its end, quotes respected."""
    depth, position = 0, start
    while position < len(text):
        found = TOKEN.match(text, position)
        if found:
            position = found.end()
            continue
        depth += (text[position] == "(") - (text[position] == ")")
        position += 1
        if depth == 0:
            break
    return text[start:position]


def literals(text):
    return "".join(piece[1:-1] for piece in TOKEN.findall(text) if piece.startswith('"'))


class Checker:
    def __init__(self):
        self.passed = 0
        self.faults = []

    def fault(self, path, text, position, words):
        line = text.count("\n", 0, position) + 1
        self.faults.append(f"{path.relative_to(ROOT)}:{line}: {words}")

    def file(self, path, folder):
        before = len(self.faults)
        text = without_comments(path.read_text(encoding="utf-8"))
        code = without_strings(text)
        self.includes(path, folder, text)
        for found in FORMATTER.finditer(code):
            words = literals(call_text(text, found.end() - 1))
            if (DML.search(words) or DDL.search(words)) and not (folder == "db" and DDL.search(words)):
                self.fault(path, text, found.start(), f"SQL text made by a formatter: {words[:60]!r}")
        if folder not in ("db", None):
            for found in LIBPQ.finditer(code):
                self.fault(path, text, found.start(), f"libpq outside server/db: {found.group()}")
        for found in UNBOUNDED.finditer(code):
            self.fault(path, text, found.start(), f"{found.group()}…) does not know the size of its buffer")
        self.passed += before == len(self.faults)

    def includes(self, path, folder, text):
        for found in INCLUDE.finditer(text):
            target = found.group(1)
            if target.startswith("."):
                self.fault(path, text, found.start(), f'"{target}": include paths are relative to server/')
                continue
            first, slash, name = target.partition("/")
            if not slash or first not in BELOW:
                continue
            if name == "internal.h" and first != folder:
                self.fault(path, text, found.start(), f'"{target}" is {first}\'s own')
            elif folder is not None and first != folder and first not in BELOW[folder]:
                self.fault(path, text, found.start(), f"{folder} must not include {first} ({target})")

    def money(self, path):
        text = path.read_text(encoding="utf-8")
        there = set()
        for source in [*(ROOT / "tests").rglob("*.py"), *(ROOT / "tests").rglob("*.c")]:
            there.update(TEST.findall(source.read_text(encoding="utf-8")))
        for rule in RULE.finditer(text):
            before = len(self.faults)
            names = TEST_NAME.findall(rule.group())
            if not names:
                self.fault(path, text, rule.start(), f"rule {rule.group(1)} names no test")
            for name in names:
                if name not in there:
                    self.fault(path, text, rule.start(), f"rule {rule.group(1)}: there is no {name}")
            self.passed += before == len(self.faults)


def main():
    checker = Checker()
    checker.money(ROOT / "docs" / "money.md")
    documents.check(checker)
    for folder in sorted(entry.name for entry in SERVER.iterdir() if entry.is_dir()):
        if folder not in BELOW:
            checker.faults.append(f"server/{folder}: a folder that is not in the order of layers (tests/layers.py)")
            continue
        for path in sorted((SERVER / folder).rglob("*.[ch]")):
            checker.file(path, folder)
    # wiring and tools may use every folder, but the other rules hold
    for path in sorted([*SERVER.glob("*.[ch]"), *(ROOT / "tools").glob("[!b]*/**/*.[ch]")]):
        checker.file(path, None)
    for fault in checker.faults:
        print(fault)
    print(f"{checker.passed} passed, {len(checker.faults)} failed")
    return 1 if checker.faults else 0


if __name__ == "__main__":
    sys.exit(main())
