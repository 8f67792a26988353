"""The tables of server/bot/routes*.c, read from the source: a test that goes over them forgets no row."""

import re
from typing import NamedTuple

import yaml

from . import ROOT

ROLES = {"ROLE_BUYER": 0, "ROLE_ADMIN": 1, "ROLE_OWNER": 2}

_TABLE = re.compile(r"const struct (command|label|callback)_row \w+\[\] = \{\n(.*?)\n\};", re.S)
_ROW = {
    "command": re.compile(r'\{\{((?:"/\w+"(?:,\s*)?)+)\},\s*[-\w]+,\s*(.*)\}', re.S),
    "label": re.compile(r"\{TEXT_(\w+),\s*(.*)\}", re.S),
    "callback": re.compile(r'\{"(\w+)",\s*"([iws]*)",\s*(.*)\}', re.S),
}
_MACRO = re.compile(r"#define (\w+)\(.*?\)((?:[^\n]*\\\n)*[^\n]*)")
_ROLE = re.compile(r"\bROLE_(?:BUYER|ADMIN|OWNER)\b")


class Command(NamedTuple):
    names: tuple
    role: int


class Label(NamedTuple):
    texts: tuple  # in every language
    role: int


class Callback(NamedTuple):
    verb: str
    arguments: str
    role: int


def _rows(body):
    """The outermost brace groups of a table."""
    depth, begin = 0, 0
    for at, character in enumerate(body):
        if character == "{":
            if depth == 0:
                begin = at
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                yield body[begin : at + 1]
    assert depth == 0, "braces that do not close"


def _role(route, macros):
    """Of what stands in the row, or in the macro that makes the rest of it."""
    found = _ROLE.findall(route) or _ROLE.findall(macros.get(route.partition("(")[0].strip(), ""))
    assert len(found) == 1, f"whose role is it? {route}"
    return ROLES[found[0]]


def read():
    """(commands, labels, callbacks). Fails where a row can't be understood."""
    commands, labels, callbacks = [], [], []
    texts = [yaml.safe_load((ROOT / "conf/texts" / f"{language}.yaml").read_text(encoding="utf-8")) for language in ("id", "en")]
    for path in sorted((ROOT / "server/bot").glob("**/routes*.c")):
        source = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
        macros = dict(_MACRO.findall(source))
        for kind, body in _TABLE.findall(source):
            for text in _rows(body):
                row = _ROW[kind].fullmatch(text)
                assert row, f"a row of another form: {text}"
                *what, route = row.groups()
                role = _role(route, macros)
                if kind == "command":
                    commands.append(Command(tuple(re.findall(r'"(/\w+)"', what[0])), role))
                elif kind == "label":
                    labels.append(Label(tuple(text[what[0].lower()] for text in texts), role))
                else:
                    callbacks.append(Callback(*what, role))
    assert commands and labels and len({row.verb for row in callbacks}) == len(callbacks) > 40
    return commands, labels, callbacks


def read_owner():
    """The callbacks of the owner's bot; all of them are for owners alone."""
    source = re.sub(r"/\*.*?\*/", "", (ROOT / "server/bot/owner/ways.c").read_text(encoding="utf-8"), flags=re.S)
    bodies = [body for kind, body in _TABLE.findall(source) if kind == "callback"]
    rows = [_ROW["callback"].fullmatch(text) for body in bodies for text in _rows(body)]
    assert len(rows) > 20 and all(rows)
    return [Callback(row[1], row[2], ROLES["ROLE_OWNER"]) for row in rows]
