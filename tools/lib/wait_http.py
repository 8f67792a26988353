"""wait_http.py URL PID SECONDS: exit 0 as soon as URL answers 200; 1 when the process ends or the time is over."""

import sys
import time
import urllib.request


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return reply.status == 200
    except OSError:
        return False


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def main():
    url, pid, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answers(url):
            return 0
        if not alive(pid):
            return 1
        time.sleep(0.05)
    return 1


if __name__ == "__main__":
    sys.exit(main())
