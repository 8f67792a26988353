"""Processes, HTTP and what the kernel tells of processes, for tools/bench."""

import contextlib
import http.client
import json
import os
import re
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path

KERNEL_THREADS = 2  # the parent of all of them
TICK = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """What was to be measured could not be."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A process that runs until stop(). The kernel ends it should this one be killed."""

    def __init__(self, name, arguments, log, environment=None):
        self.name, self.log = name, Path(log)
        with open(log, "ab") as out:
            self.child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=environment,
                start_new_session=True,
            )
        self.pid = self.child.pid

    def check(self):
        if self.child.poll() is not None:
            raise BenchError(f"{self.name} has ended with {self.child.returncode}; the end of its log:\n{self.tail()}")

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def stop(self, seconds=15):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
                raise BenchError(f"{self.name} did not stop within {seconds} s") from None


def run(arguments, what, text=None):
    """A short program's standard output."""
    given = {"input": text} if text else {"stdin": subprocess.DEVNULL}
    done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, check=False, **given)
    if done.returncode != 0:
        raise BenchError(f"{what}: {(done.stderr or done.stdout).strip()[-1500:]}")
    return done.stdout


class Caller:
    """One HTTP connection, kept open."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def call(self, method, path, body=None, headers=None):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        self.connection.request(method, path, body, {"Content-Type": "application/json", **(headers or {})})
        reply = self.connection.getresponse()
        return reply.status, reply.read()

    def json(self, path):
        status, body = self.call("GET", path)
        if status != 200:
            raise BenchError(f"GET {path}: {status}")
        return json.loads(body)


def wait_until(look, seconds, what, server=None, pause=0.05):
    """Returns look()'s first true value; a refused connection is as good as none."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            value = look()
            if value:
                return value
        if server:
            server.check()
        if time.monotonic() > end:
            raise BenchError(f"waited {seconds:g} s for {what}")
        time.sleep(pause)


def answers(port, path):
    with Caller(port) as caller:
        return caller.call("GET", path)[0] == 200


# --- processor time ---


def cpu_seconds(pid, of_ended_children=False):
    fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if of_ended_children else 13])) / TICK


def own_children_seconds():
    """Of programs that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def machine_seconds():
    """(busy, all) processor seconds of the whole machine; what a hypervisor took away counts as busy."""
    with open("/proc/stat", encoding="utf-8") as stat:
        fields = [int(field) for field in stat.readline().split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / TICK, sum(fields) / TICK


def children(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


def cpu_seconds_of_all(pids):
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += cpu_seconds(pid)
    return total


def cpu_seconds_of_family(pid):
    return cpu_seconds(pid, of_ended_children=True) + cpu_seconds_of_all(children(pid))


def kernel_seconds():
    return cpu_seconds_of_all(children(KERNEL_THREADS)) if os.path.exists(f"/proc/{KERNEL_THREADS}/task") else 0


# --- memory ---


def resident_bytes(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


MAPPING = re.compile(r"^[0-9a-f]+-[0-9a-f]+ ...(.)")


def private_bytes(pid):
    """Memory that is this process's alone. Mappings that are shared by nature (PostgreSQL's buffers) are left out,
    also where this process happens to be the only one that has touched a page of them."""
    total, counts = 0, False
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as smaps:
        for line in smaps:
            mapping = MAPPING.match(line)
            if mapping:
                counts = mapping.group(1) == "p"
            elif counts and line.startswith(("Private_Clean:", "Private_Dirty:")):
                total += int(line.split()[1]) * 1024
    return total


def settle(pid, seconds=60):
    """The resident memory once it stands still for two seconds."""
    end = time.monotonic() + seconds
    last, since = -1, time.monotonic()
    while time.monotonic() < end:
        now = resident_bytes(pid)
        if abs(now - last) > 65536:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > 2:
            break
        time.sleep(0.2)
    return resident_bytes(pid)
