"""A lapakd that another lapakd started, and a load of webhooks that counts every answer."""

import collections
import http.client
import itertools
import json
import os
import re
import signal
import threading
import time
from types import SimpleNamespace

from . import updates
from .processes import PATIENCE, Process, pause, until

SERVES = re.compile(r"the successor \(process (\d+)\) serves")


class Successor(Process):
    """Not a child of ours: what is known of its end is that it came, and what it printed."""

    def __init__(self, pid, predecessor):
        self.name = f"lapakd (process {pid})"
        self.log = predecessor.log
        self.ready_url = predecessor.ready_url
        self.port = predecessor.port
        self.child = SimpleNamespace(send_signal=lambda number: os.kill(pid, number))
        self._pid = pid

    @property
    def pid(self):
        return self._pid

    def alive(self):
        try:
            with open(f"/proc/{self._pid}/stat", encoding="ascii", errors="replace") as stat:
                return stat.read().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    def stop(self, seconds=10):
        faults = []
        os.kill(self._pid, signal.SIGTERM)
        end = time.monotonic() + seconds * PATIENCE
        while self.alive() and time.monotonic() < end:
            pause()
        if self.alive():
            faults.append(f"{self.name} still ran {seconds} s after SIGTERM")
            self.kill9()
        return faults + self.sanitizer_reports()

    def kill9(self):
        if self.alive():
            os.kill(self._pid, signal.SIGKILL)
        while self.alive():
            pause()


def hand_over(world, seconds=60):
    """The running lapakd starts its successor, which serves when this returns."""
    old = world.server
    before = len(SERVES.findall(world.log_text()))
    old.child.send_signal(signal.SIGUSR2)
    found = until(lambda: SERVES.findall(world.log_text())[before:], seconds, "a successor")
    successor = Successor(int(found[0]), old)
    world.servers.append(successor)
    return successor


class Load:
    """Posts authentic updates without a pause, half of the threads on kept-alive connections. A `with` block long;
    `answers` counts what came back by status, or by what went wrong. With `insist` an update is posted until it is
    taken, as Telegram does."""

    def __init__(self, world, store, people, threads=8, insist=False):
        self.world, self.store = world, store
        self.people = [SimpleNamespace(id=number, first_name=f"Orang {number}") for number in people]
        self.insist = insist
        self.answers = collections.Counter()
        self.closed_by_server = 0
        self._secret = store.telegram_secret
        self._end = threading.Event()
        self._lock = threading.Lock()
        self._turn = itertools.cycle(self.people)
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        self.at_least(20)
        return self

    def __exit__(self, *_):
        self._end.set()
        for thread in self._threads:
            thread.join()

    def at_least(self, more):
        """Waits until so many more were answered."""
        wanted = sum(self.answers.values()) + more
        until(lambda: sum(self.answers.values()) >= wanted, 60, f"{more} more answers")

    def _count(self, what):
        with self._lock:
            self.answers[what] += 1

    def _run(self, number):
        keep = number % 2 == 0
        connection = body = None
        while not self._end.is_set():
            if not (body and self.insist):
                with self._lock:
                    body = json.dumps(updates.message(next(self._turn), "/produk"))
            if connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", self.world.port, timeout=30)
            try:
                connection.request(
                    "POST", self.store.telegram_path, body,
                    {"X-Telegram-Bot-Api-Secret-Token": self._secret, "Content-Type": "application/json",
                     "Connection": "keep-alive" if keep else "close"},
                )  # fmt: skip
                answer = connection.getresponse()
                answer.read()
                self._count(answer.status)
                if answer.status == 200:
                    body = None
                if keep and answer.getheader("Connection") == "close":
                    self.closed_by_server += 1
                if keep and answer.getheader("Connection") != "close":
                    pause(0.05)  # as Telegram's are: open, and mostly idle
                    continue
            except OSError as error:
                self._count(f"{type(error).__name__}: {error}")
            except http.client.HTTPException as error:
                self._count(repr(error))
            connection.close()
            connection = None
            pause()
        if connection:
            connection.close()
