"""The tables of server/bot/routes*.c, read from the source: a test that goes over them forgets no row."""

import re
from typing import NamedTuple

import yaml

from . import ROOT

ROLES = {"ROLE_BUYER": 0, "ROLE_ADMIN": 1, "ROLE_OWNER": 2}

_COMMAND = re.compile(r'\{\{((?:"/\w+"(?:,\s*)?)+)\},\s*[^{}]*?ROUTE\(\s*\w+,\s*(ROLE_\w+),\s*\w+(?:,\s*\w+)*\)\}', re.S)
_LABEL = re.compile(r"\{TEXT_(\w+),\s*ROUTE\(\s*\w+,\s*(ROLE_\w+),\s*\w+(?:,\s*\w+)*\)\}", re.S)
_CALLBACK = re.compile(r'\{"(\w+)",\s*"([iw]*)",\s*ROUTE\(\s*\w+,\s*(ROLE_\w+),\s*\w+(?:,\s*\w+)*\)\}', re.S)
_SPELT_OUT = re.compile(r'\{"(\w+)",\s*"([iw]*)",\s*\{(?:[^{}]*?)\.role = (ROLE_\w+)', re.S)
_OTHERS = re.compile(r"route_\w+ =\s*ROUTE\(\s*\w+,\s*(ROLE_\w+),", re.S)


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


def read():
    """(commands, labels, callbacks). Fails where a row was understood by none of the patterns."""
    commands, labels, callbacks, others, said = [], [], [], 0, 0
    texts = [yaml.safe_load((ROOT / "conf/texts" / f"{language}.yaml").read_text(encoding="utf-8")) for language in ("id", "en")]
    for path in sorted((ROOT / "server/bot").glob("**/routes*.c")):
        source = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
        commands += [Command(tuple(re.findall(r'"(/\w+)"', names)), ROLES[role]) for names, role in _COMMAND.findall(source)]
        labels += [Label(tuple(text[key.lower()] for text in texts), ROLES[role]) for key, role in _LABEL.findall(source)]
        callbacks += [Callback(verb, arguments, ROLES[role])
                      for verb, arguments, role in _CALLBACK.findall(source) + _SPELT_OUT.findall(source)]
        others += len(_OTHERS.findall(source))
        said += len(re.findall(r"\bROLE_(?:BUYER|ADMIN|OWNER)\b", source))
    assert said == len(commands) + len(labels) + len(callbacks) + others, (
        f"{said} rows have a role; understood: {len(commands)} commands, {len(labels)} labels, {len(callbacks)} callbacks, {others} others")
    assert commands and labels and len({row.verb for row in callbacks}) == len(callbacks) > 40
    return commands, labels, callbacks
