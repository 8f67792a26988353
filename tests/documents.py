"""What documents say, held against what is there; tests/layers.py calls check().

- README.id.md is README.md in Indonesian: as many headings of each level, tables and rows, the same pictures and links,
  the same code but for what stands behind a #; each names the other in its first lines
- every `lapakctl …` exists, with these options and no more operands than it takes
- every key of the configuration or of a store's file, every metric and every variable exists
- docs/operations.md has a line for each kind of alert; links lead somewhere
- lapakctl.8 describes each command with its options; conf/lapak.yaml, and the example of a store's file, each key
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README, README_ID = ROOT / "README.md", ROOT / "README.id.md"
OPERATIONS, METRICS = ROOT / "docs" / "operations.md", ROOT / "docs" / "metrics.md"
TOOL = ROOT / "tools" / "lapakctl"

FENCE = re.compile(r"^```(\w*)$")
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"(!?)\[[^\]\n]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#+) (.*)$")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
KEY_ROW = re.compile(r'^    \{"([a-z0-9_.]+)", KEY_', re.M)
KIND = re.compile(r'^    ALERT\(\w+, "(\w+)"', re.M)
DOTTED = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+")
SNAKE = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
YAML_KEY = re.compile(r"^( *)([a-z_0-9]+):(?: |$)")
# names with a _ that belong to others
FOREIGN = {"pg_dump", "pg_restore", "pg_stat_activity", "max_connections"}


class Text:
    """A document as lines of prose and blocks of code."""

    def __init__(self, path):
        self.path = path
        self.prose = []  # (line number, text)
        self.blocks = []  # (line number of the first, language, [text])
        fence, before = None, ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = FENCE.match(line)
            if fence is not None:
                if found:
                    fence = None
                else:
                    fence.append(line)
            elif found:
                fence = []
                self.blocks.append((number + 1, found.group(1), fence))
            elif line.startswith("    ") and (not before.strip() or before.startswith("    ")):
                if not before.startswith("    ") and not (self._goes_on(number)):
                    self.blocks.append((number, "", []))
                self.blocks[-1][2].append(line[4:])
            else:
                self.prose.append((number, line))
            before = line

    def _goes_on(self, number):
        """Whether only empty lines are between this line and the block before."""
        if not self.blocks or self.blocks[-1][1]:
            return False
        first, _, lines = self.blocks[-1]
        return all(not text.strip() for at, text in self.prose if at >= first + len(lines)) and number > first

    def headings(self):
        return [found.group(1) for _, line in self.prose if (found := HEADING.match(line))]

    def rows(self):
        """How many cells each row of each table has, in order."""
        return [line.count("|") for _, line in self.prose if line.startswith("|")]

    def links(self):
        return [(number, *found.groups()) for number, line in self.prose for found in LINK.finditer(line)]

    def inline(self):
        return [(number, found.group(1)) for number, line in self.prose for found in CODE.finditer(line)]

    def anchors(self):
        titles = [found.group(2) for _, line in self.prose if (found := HEADING.match(line))]
        return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


class Tool:
    """lapakctl's commands, read off its sources: name -> (most operands, {option: takes a value})."""

    def __init__(self):
        main = (TOOL / "main.c").read_text(encoding="utf-8")
        table = main[main.index("*const commands[]"):]
        listed = re.findall(r"&(command_\w+)", table[: table.index("};")])
        options = main[main.index("} options[] = {"):]
        self.everywhere = self._options(options[: options.index("\n};")])
        self.everywhere.update({letter: self.everywhere[name] for name, letter in
                                re.findall(r'\{\{"(--\w+)"[^}]*\},\s*"(-\w)"', options)})  # fmt: skip
        self.commands = {}
        self.twice = [name for name in sorted(set(listed)) if listed.count(name) > 1]
        for path in sorted(TOOL.glob("*.c")):
            text = path.read_text(encoding="utf-8")
            arrays = {found.group(1): self._options(found.group(2)) for found in
                      re.finditer(r"struct command_option (\w+)\[\] = \{(.*?)\};", text, re.S)}  # fmt: skip
            for found in re.finditer(r"^const struct command (command_\w+) = \{(.*?)^\};|"
                                     r"^const struct command (command_\w+) = \{(.*?)\};", text, re.M | re.S):  # fmt: skip
                name, body = (found.group(1), found.group(2)) if found.group(1) else (found.group(3), found.group(4))
                if name in listed:
                    self._add(body, arrays)

    @staticmethod
    def _options(text):
        return {name: bool(value.strip() != "NULL") for name, value in re.findall(r'\{+"(--[\w-]+)",\s*([^,]+),', text)}

    def _add(self, body, arrays):
        words = STRING.findall(body)
        rest = STRING.sub("", body)
        number = re.search(r"\.operands = (-?\d+)", rest) or re.search(r",\s*(-?\d+)\s*,", rest)
        own = next((arrays[name] for name in re.findall(r"\w+", rest) if name in arrays), {})
        self.commands[words[0]] = (abs(int(number.group(1))) if number else 0, own)

    def complaint(self, words):
        """What is wrong with the words behind `lapakctl`, or None."""
        name = next((name for n in (2, 1) if (name := " ".join(words[:n])) in self.commands), None)
        if name is None:
            named = [word for word in words if not word.startswith("-")]
            return f"there is no {named[0]}" if named else self._stranger(words, {})
        most, own = self.commands[name]
        known = {**self.everywhere, **own}
        wrong = self._stranger(words, known)
        operands, rest = 0, words[len(name.split()):]
        while rest:
            word = rest.pop(0)
            if word.startswith("-"):
                if known.get(word) and rest:
                    rest.pop(0)
            else:
                operands += 1
        return wrong or (f"{name} takes {most} operands, not {operands}" if operands > most else None)

    def _stranger(self, words, known):
        known = known or self.everywhere
        bad = [word for word in words if word.startswith("-") and word.split("=")[0] not in known]
        return f"there is no option {bad[0]}" if bad else None


def calls_of(text):
    """The words behind each `lapakctl` in a line of shell, to the end of that command."""
    for found in re.finditer(r"(?<![\w/.=-])lapakctl((?: .*)?)$", text):
        line = found.group(1).split("  #")[0].strip()
        pieces = [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', line)]
        words = []
        for piece in pieces:
            if piece[0] in "|>#&;":
                break
            words.append(piece)
            if piece.endswith(";"):
                words[-1] = piece[:-1]
                break
        yield words


def keys_of(path):
    return set(KEY_ROW.findall(path.read_text(encoding="utf-8")))


class Documents:
    def __init__(self, checker):
        self.checker = checker
        self.tool = Tool()
        config, tenant = (keys_of(ROOT / "server" / "tenants" / name) for name in ("config.c", "tenant.c"))
        self.keys = config | tenant
        self.examples = {ROOT / "conf" / "lapak.yaml": config, ROOT / "tenants" / "toko-contoh.yaml.example": tenant}
        # `watch`, `backup.s3`: what has keys below it
        self.sections = {key.rsplit(".", n)[0] for key in self.keys for n in (1, 2) if "." in key}
        self.kinds = set(KIND.findall((ROOT / "server" / "watch" / "alerts.h").read_text(encoding="utf-8")))
        self.metrics = set(CODE.findall(METRICS.read_text(encoding="utf-8")))
        self.variables = set(VARIABLE.findall((ROOT / ".env.example").read_text(encoding="utf-8")))

    def fault(self, path, line, words):
        self.checker.faults.append(f"{path.relative_to(ROOT)}:{line}: {words}")

    def held(self, what, *arguments):
        before = len(self.checker.faults)
        what(*arguments)
        self.checker.passed += before == len(self.checker.faults)

    # --- README.md and README.id.md ---

    def in_step(self):
        one, other = Text(README), Text(README_ID)
        for text, name in ((one, README_ID.name), (other, README.name)):
            if name not in [target for number, _, target in text.links() if number <= 5]:
                self.fault(text.path, 1, f"does not name {name} in its first lines")
        self.same(other, "headings", one.headings(), other.headings())
        self.same(other, "rows of tables", one.rows(), other.rows())
        twins = {README.name, README_ID.name}
        self.same(other, "links", *(sorted(t[1:] for t in text.links() if t[2] not in twins) for text in (one, other)))
        self.same(other, "code in sentences", *(sorted(code for _, code in text.inline()) for text in (one, other)))
        self.same(other, "blocks of code", *([[re.sub(r"\s+# .*$", "", line) for line in lines]
                                              for _, _, lines in text.blocks] for text in (one, other)))  # fmt: skip

    def same(self, text, what, one, other):
        if one == other:
            return
        first = next((n for n, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
        a, b = (repr(side[first])[:120] if first < len(side) else "nothing" for side in (one, other))
        self.fault(text.path, 1, f"{what} are not those of {README.name}: number {first + 1} is {b}, not {a}")

    # --- what is named ---

    def commands(self, text):
        lines = [(first + n, line) for first, _, block in text.blocks for n, line in enumerate(block)]
        for number, line in lines + text.inline():
            for words in calls_of(line):
                complaint = self.tool.complaint(words) if words else None
                if complaint:
                    self.fault(text.path, number, f"lapakctl {' '.join(words)}: {complaint}")

    def names(self, text):
        for number, code in text.inline():
            if DOTTED.fullmatch(code) and code.split(".")[0] in self.sections:
                if code not in self.keys | self.sections:
                    self.fault(text.path, number, f"there is no key {code}")
            elif SNAKE.fullmatch(code):
                if code not in self.keys | self.sections | self.kinds | self.metrics | FOREIGN:
                    self.fault(text.path, number, f"{code} is neither a key nor an alert nor a metric")
            elif VARIABLE.fullmatch(code) and code not in self.variables:
                self.fault(text.path, number, f".env.example does not have {code}")
        for first, language, lines in text.blocks:
            if language == "yaml":
                self.yaml(text, first, lines)

    def yaml(self, text, first, lines):
        path = []
        for number, line in enumerate(lines, first):
            found = YAML_KEY.match(line)
            if not found:
                continue
            path = [*path[: len(found.group(1)) // 2], found.group(2)]
            if ".".join(path) not in self.keys | self.sections:
                self.fault(text.path, number, f"there is no key {'.'.join(path)}")

    def alerts(self):
        text = Text(OPERATIONS)
        told = [found.group(1) for _, line in text.prose if (found := re.match(r"\| `(\w+)` \| [A-Z]", line))]
        told = [kind for kind in told if kind in self.kinds]
        for kind in sorted(self.kinds):
            if told.count(kind) != 1:
                self.fault(OPERATIONS, 1, f"the alert {kind} has {told.count(kind)} lines")

    # --- what is there is described ---

    def manual(self):
        path = ROOT / "tools" / "man" / "lapakctl.8"
        text = re.sub(r'\\f[BIRP]|\\|"', "", path.read_text(encoding="utf-8"))
        heads = re.findall(r"^\.[BIR]+ (.*)$", text, re.M)
        for name, (_, options) in sorted(self.tool.commands.items()):
            if not any(f"{head} ".startswith(f"{name} ") for head in heads):
                self.fault(path, 1, f"does not describe lapakctl {name}")
            for option in options:
                if option not in text:
                    self.fault(path, 1, f"does not tell of {option} of lapakctl {name}")

    def example(self, path, keys):
        text = path.read_text(encoding="utf-8")
        for key in sorted(keys):
            if not re.search(rf"^[# ]*{key.rsplit('.', 1)[-1]}:", text, re.M):
                self.fault(path, 1, f"does not explain {key}")

    def lead_somewhere(self, text):
        for number, _, target in text.links():
            if "://" in target:
                continue
            name, _, anchor = target.partition("#")
            there = text.path.parent / name if name else text.path
            if not there.exists():
                self.fault(text.path, number, f"there is no {target}")
            elif anchor and anchor not in Text(there).anchors():
                self.fault(text.path, number, f"{there.name} has no part {anchor}")


def check(checker):
    documents = Documents(checker)
    documents.held(documents.in_step)
    documents.held(documents.alerts)
    documents.held(documents.manual)
    for path, keys in documents.examples.items():
        documents.held(documents.example, path, keys)
    for path in (README, README_ID, OPERATIONS, METRICS, ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md"):
        text = Text(path)
        documents.held(documents.lead_somewhere, text)
        if path in (README, README_ID, OPERATIONS):
            documents.held(documents.commands, text)
            documents.held(documents.names, text)
    for name in documents.tool.twice:
        checker.faults.append(f"tools/lapakctl/main.c: {name} is listed twice")
