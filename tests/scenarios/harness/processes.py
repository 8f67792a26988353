"""Programs under test: where they were built, how they are started, what their ends tell."""

import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from . import ROOT

# Waiting times are multiplied by it; for slow or busy machines.
PATIENCE = float(os.environ.get("LAPAK_TEST_PATIENCE", "1"))

ANY_CERTIFICATE = ssl.create_default_context()
ANY_CERTIFICATE.check_hostname = False
ANY_CERTIFICATE.verify_mode = ssl.CERT_NONE

SANITIZER = re.compile(r"ERROR: (Address|Leak)Sanitizer|runtime error:|SUMMARY: \w*Sanitizer")


def build_dir():
    """$LAPAK_BUILD, else build-asan, else build."""
    named = os.environ.get("LAPAK_BUILD")
    for candidate in [Path(named)] if named else [ROOT / "build-asan", ROOT / "build"]:
        if (candidate / "server" / "lapakd").exists():
            return candidate.resolve()
    raise RuntimeError("lapakd is not built: meson setup build && ninja -C build, or set LAPAK_BUILD")


def program(name):
    folder = {
        "lapakd": "server",
        "lapakctl": "tools/lapakctl",
        "lapak-sandbox": "tools/sandbox",
        "seal": "tests/scenarios",
        "backup_target_s3_test": "tests/unit/backup",
    }[name]
    return build_dir() / folder / name


def environment(**more):
    """What every program gets: nothing of the developer's own settings."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LANG": "C.UTF-8",
        "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:exitcode=86",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=86",
        **more,
    }


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def http(url, timeout=10, method=None, body=None, headers=None):
    """(status, text, headers); 0 where nothing answers. Any certificate will do."""
    data = body.encode() if isinstance(body, str) else body
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout, context=ANY_CERTIFICATE) as reply:
            return reply.status, reply.read().decode("utf-8", "replace"), reply.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace"), error.headers
    except OSError as error:
        return 0, str(error), {}


class Process:
    """A server that runs until stop(), kill9() or its own end; output goes to `log`."""

    def __init__(self, name, arguments, log, env, ready_url):
        self.name = name
        self.log = Path(log)
        self.ready_url = ready_url
        self._output = open(self.log, "ab")
        self.child = subprocess.Popen(
            [str(argument) for argument in arguments],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child.poll() is None

    def ready(self):
        return http(self.ready_url)[0] == 200

    def wait_ready(self, seconds=30):
        end = time.monotonic() + seconds * PATIENCE
        while True:
            status, text, _ = http(self.ready_url)
            if status == 200:
                return self
            if not self.alive():
                raise AssertionError(f"{self.name} ended with {self.child.returncode}:\n{self.tail()}")
            if time.monotonic() > end:
                raise AssertionError(f"{self.name} is not ready: {status} {text[:300]}\n{self.tail()}")
            pause()

    def stop(self, seconds=10):
        """TERM; returns what is wrong with its end, one string each."""
        faults = []
        if self.alive():
            self.child.send_signal(signal.SIGTERM)
        started = time.monotonic()
        try:
            self.child.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            faults.append(f"{self.name} still ran {time.monotonic() - started:.1f} s after SIGTERM")
            self.kill9()
        else:
            if self.child.returncode != 0:
                faults.append(f"{self.name} ended with exit status {self.child.returncode}")
        self._output.close()
        return faults + self.sanitizer_reports()

    def kill9(self):
        if self.alive():
            self.child.kill()
        self.child.wait()
        self._output.close()

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def sanitizer_reports(self):
        text = self.text()
        found = SANITIZER.search(text)
        return [f"{self.name}: {text[found.start():][:6000]}"] if found else []

    def tail(self, lines=40):
        return "\n".join(self.text().splitlines()[-lines:])


def pause(seconds=0.02):
    """Between two looks at something that can't tell when it changes."""
    threading.Event().wait(seconds)


def until(look, seconds, what):
    """Returns look()'s first value that counts as true; for what no event announces."""
    end = time.monotonic() + seconds * PATIENCE
    while True:
        value = look()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s for {what}")
        pause()
