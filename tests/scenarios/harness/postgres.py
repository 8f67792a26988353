"""A PostgreSQL server of a test's own, which can be stopped, killed and started again, and whose disk can be full."""

import os
import signal
import subprocess
from pathlib import Path

import psycopg2

from .cluster import Cluster
from .processes import PATIENCE, build_dir, until


class OwnPostgres(Cluster):
    def __init__(self):
        super().__init__(private=True)
        self._server = None
        self._full = self._directory / "disk-is-full"
        pid = self.pid
        # as it was started, so that it is started again like that
        self._program = os.readlink(f"/proc/{pid}/exe")
        self._arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[1:-1]
        owner = os.stat(f"/proc/{pid}")
        self._owner = (owner.st_uid, owner.st_gid)
        self.end(signal.SIGINT)
        self.start()

    @property
    def _pid_file(self):
        return self._directory / "pg" / "data" / "postmaster.pid"

    @property
    def pid(self):
        return int(self._pid_file.read_text().split()[0])

    def end(self, number=signal.SIGINT):
        """SIGINT: a fast shutdown. SIGQUIT: an immediate one, as when the machine loses its power."""
        pid = self.pid
        os.kill(pid, number)
        until(lambda: not alive(pid, self._server), 30, "PostgreSQL to end")

    def start(self):
        """With the program that makes a disk full loaded; see full_disk.c."""
        user, group = self._owner
        as_owner = {"user": user, "group": group, "extra_groups": []} if os.getuid() == 0 else {}
        with open(self._directory / "postgres.log", "ab") as log:
            self._server = subprocess.Popen(
                ["setpriv", "--pdeathsig", "INT", self._program, *self._arguments],
                env={
                    "PATH": os.environ["PATH"],
                    "LC_ALL": "C.UTF-8",
                    "LD_PRELOAD": str(build_dir() / "tests" / "scenarios" / "full_disk.so"),
                    "FULL_DISK": str(self._full),
                },
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **as_owner,
            )
        until(self.answers, 30, "PostgreSQL to answer")

    def runs(self):
        return self._server.poll() is None

    def answers(self):
        try:
            self.connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def fill_disk(self):
        self._full.touch()

    def free_disk(self):
        self._full.unlink(missing_ok=True)

    def stop(self):
        self.free_disk()
        if self.runs():
            self._server.send_signal(signal.SIGQUIT)
        self._server.wait(30 * PATIENCE)
        super().stop()


def alive(pid, child):
    if child is not None and child.pid == pid:
        return child.poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
