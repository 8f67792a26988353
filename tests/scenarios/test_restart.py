"""A restart that refuses nobody: lapakd starts its successor on the same socket (SIGUSR2)."""

import contextlib
import os
import re
import signal
import socket
import subprocess

import pytest
from harness.handover import Load, hand_over
from harness.processes import ROOT, environment, program
from harness.store import product
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 30, code="SUSU")])


def test_no_webhook_is_refused_while_lapakd_is_replaced_under_load(world, kopi):
    buyers = [world.person(2001 + number, f"Pembeli {number}") for number in range(3)]
    people = world.crowd(kopi, 60)
    first = world.server
    with Load(world, kopi, people) as load:
        for buyer in buyers:
            invoice = buyer.order(kopi, "Kopi Susu", 2)
            before = world.server
            # paid in the middle of it
            world.at_once(lambda: hand_over(world), lambda invoice=invoice: world.pay(invoice))
            assert world.server is not before
            load.at_least(30)
        for buyer in buyers:
            buyer.wait_for(kopi, PAID, fresh=False, seconds=30)
        load.at_least(30)
    assert set(load.answers) == {200}, load.answers
    assert load.closed_by_server >= 3, "those who kept their connection were sent on"
    assert {post["status"] for post in world.deliveries(kopi)} == {200}, "and the sandbox's own webhooks"
    world.quiet()
    sold = [line for buyer in buyers for m in buyer.from_bot(kopi) if PAID in m.text
            for line in delivered_lines(buyer.chat(kopi), m)]  # fmt: skip
    assert len(sold) == len(set(sold)) == 6
    assert kopi.stock("SUSU") == {"available": 24, "reserved": 0, "sold": 6}
    # the predecessors end by themselves, once their last client is gone
    assert first.child.wait(90) == 0
    assert len(set(re.findall(r"the successor \(process (\d+)\) serves", world.log_text()))) == 3


def raw_request(kopi, body=b"{}"):
    return (f"POST {kopi.telegram_path} HTTP/1.1\r\nHost: x\r\nX-Telegram-Bot-Api-Secret-Token: {kopi.telegram_secret}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body  # fmt: skip


def answer_of(peer):
    """Everything until the connection ends, or until the head is there."""
    text = b""
    while b"\r\n\r\n" not in text:
        piece = peer.recv(4096)
        if not piece:
            break
        text += piece
    return text.decode()


def test_a_connection_kept_open_is_answered_once_more(world, kopi):
    world.start()
    old = world.server
    request = raw_request(kopi)
    idle, halfway, silent = [socket.create_connection(("127.0.0.1", world.port), 20) for _ in range(3)]
    idle.sendall(request)
    assert "connection: close" not in answer_of(idle).lower()
    halfway.sendall(request[:70])
    hand_over(world)
    assert world.http("/readyz")[0] == 200
    assert old.alive(), "it waits for those who are still there"
    halfway.sendall(request[70:])
    idle.sendall(request)
    silent.sendall(request)
    for peer in (halfway, idle, silent):
        answer = answer_of(peer)
        assert answer.startswith("HTTP/1.1 400 "), answer  # "{}" is no update: answered, not turned away
        assert "connection: close" in answer.lower()
        peer.close()
    assert old.child.wait(90) == 0


def test_a_successor_that_can_not_start_changes_nothing(world, kopi):
    budi = world.person(2001, "Budi")
    world.start()
    old = world.server
    world.expect(r"log server: .*the successor .* could not start \(exit status 1\).*this one goes on")
    good = world.config_file.read_text()
    world.config_file.write_text(good + "rahasia: 1\n")
    with Load(world, kopi, world.crowd(kopi, 20), threads=2) as load:
        old.child.send_signal(signal.SIGUSR2)
        world.until(lambda: "this one goes on" in world.log_text(), 30, "the failure to be told")
        load.at_least(20)
    assert set(load.answers) == {200}, load.answers
    assert re.search(r"lapak\.yaml:\d+: rahasia", old.text()), "it says why on standard error"
    assert world.server is old and old.alive()
    world.config_file.write_text(good)
    hand_over(world)
    budi.start_chat(kopi)
    assert old.child.wait(90) == 0


class Systemd:
    """What systemd is to a service: a socket that listens, and one that hears how the service is."""

    def __init__(self, world, notify):
        self.listens = socket.create_server(("127.0.0.1", world.port))
        self.hears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.hears.bind("\0" + notify[1:] if notify.startswith("@") else notify)
        self.hears.settimeout(30)
        self.env = environment(NOTIFY_SOCKET=notify, WATCHDOG_USEC="100000")

    def start(self, world):
        """LISTEN_PID is known to the process itself only; a shell becomes lapakd."""
        command = f"export LISTEN_PID=$$ LISTEN_FDS=1 WATCHDOG_PID=$$; exec \"$@\" 3<&{self.listens.fileno()}"
        out = open(world.directory / "lapakd-1.out", "ab")
        return subprocess.Popen(
            ["bash", "-c", command, "sh", program("lapakd"), "--config", world.config_file, "--env", world.env_file],
            cwd=ROOT, env=self.env, pass_fds=[self.listens.fileno()], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip

    def wait_for(self, message):
        while (heard := self.hears.recv(4096).decode()) != message:
            assert heard == "WATCHDOG=1", heard

    def forget_heard(self):
        """A socket keeps ten; what comes while it is full is lost."""
        self.hears.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while self.hears.recv(4096):
                pass
        self.hears.settimeout(30)

    def wait_for_successor(self):
        """Its number. It says that it is ready before or after systemd knows it."""
        while not (found := re.fullmatch(r"MAINPID=(\d+)\nWATCHDOG=1", heard := self.hears.recv(4096).decode())):
            assert heard in ("READY=1", "WATCHDOG=1"), heard
        return int(found[1])


@pytest.mark.parametrize("notify", ["path", "abstract"])
def test_started_and_watched_as_systemd_does(world, kopi, notify):
    world.write_files()
    systemd = Systemd(world, str(world.directory / "notify") if notify == "path" else f"@lapak-{os.getpid()}-{world.port}")
    child = systemd.start(world)
    try:
        systemd.wait_for("READY=1")
        systemd.wait_for("WATCHDOG=1")
        assert world.http("/readyz")[0] == 200
        if notify == "path":
            child.send_signal(signal.SIGUSR2)
            successor = systemd.wait_for_successor()
            assert child.wait(90) == 0
            assert world.http("/readyz")[0] == 200
            systemd.forget_heard()
            systemd.wait_for("WATCHDOG=1")
            os.kill(successor, signal.SIGTERM)
            systemd.wait_for("STOPPING=1")
            world.until(lambda: not os.path.exists(f"/proc/{successor}") or
                        ") Z " in open(f"/proc/{successor}/stat").read(), 30, "its end")  # fmt: skip
        else:
            child.send_signal(signal.SIGTERM)
            systemd.wait_for("STOPPING=1")
            assert child.wait(30) == 0
    finally:
        child.kill()
        child.wait()
    assert "Sanitizer" not in (world.directory / "lapakd-1.out").read_text()


def test_systemds_socket_stays_in_use_whatever_the_configuration_says(world, kopi):
    """Its address stands in the place of `listen`, for a successor's successor too."""
    world.write_files()
    world.config_file.write_text(re.sub(r"(?m)^listen:.*$", "listen: 127.0.0.1:1", world.config_file.read_text()))
    systemd = Systemd(world, str(world.directory / "notify"))
    child = systemd.start(world)
    running = child.pid
    try:
        systemd.wait_for("READY=1")
        for _ in range(2):
            os.kill(running, signal.SIGUSR2)
            gone, running = running, systemd.wait_for_successor()
            world.until(lambda gone=gone: gone == child.pid and child.poll() is not None or
                        not os.path.exists(f"/proc/{gone}") or ") Z " in open(f"/proc/{gone}/stat").read(),
                        30, "the predecessor's end")  # fmt: skip
            assert world.http("/readyz")[0] == 200
    finally:
        os.kill(running, signal.SIGTERM)
        child.wait(90)
        world.until(lambda: not os.path.exists(f"/proc/{running}") or
                    ") Z " in open(f"/proc/{running}/stat").read(), 30, "its end")  # fmt: skip
    assert "Sanitizer" not in (world.directory / "lapakd-1.out").read_text()
