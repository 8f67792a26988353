"""TLS by lapakd itself: what it speaks, and a certificate that is replaced while it serves."""

import http.client
import json
import shutil
import signal
import socket
import ssl
import subprocess
import time
import warnings

import pytest
from harness import updates
from harness.processes import ANY_CERTIFICATE


class Certificates:
    """Pairs in the test's directory; `use` puts one where lapakd looks for it."""

    def __init__(self, directory):
        self.directory = directory
        self.certificate, self.key = directory / "fullchain.pem", directory / "privkey.pem"

    def make(self, name, days=30):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days),
             "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
             "-out", self.directory / f"{name}.pem", "-keyout", self.directory / f"{name}.key"],
            check=True, capture_output=True,
        )  # fmt: skip

    def use(self, name, key=None):
        """As an ACME client's hook does it: each file whole, one after the other."""
        for source, target in ((f"{name}.pem", self.certificate), (f"{key or name}.key", self.key)):
            fresh = self.directory / "fresh"
            shutil.copyfile(self.directory / source, fresh)
            fresh.chmod(0o600)
            fresh.replace(target)


@pytest.fixture
def pems(world):
    one = Certificates(world.directory)
    one.make("pertama")
    one.make("kedua")
    one.use("pertama")
    world.config["tls"] = {"certificate": str(one.certificate), "key": str(one.key)}
    world.config["public_url"] = f"https://127.0.0.1:{world.port}"
    return one


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital")


def trusting(pems, name):
    return ssl.create_default_context(cafile=pems.directory / f"{name}.pem")


class Line:
    """One kept-alive connection, which posts updates."""

    def __init__(self, world, store, context):
        self.world, self.store = world, store
        self.connection = http.client.HTTPSConnection("127.0.0.1", world.port, timeout=30, context=context)

    def post(self, person):
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.store.telegram_secret, "Content-Type": "application/json"}
        body = json.dumps(updates.message(person, "/start"))
        self.connection.request("POST", self.store.telegram_path, body, headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status

    def port(self):
        return self.connection.sock.getsockname()[1]


def names(world, pems):
    """By which of the pairs lapakd proves who it is."""
    for name in ("pertama", "kedua"):
        try:
            with socket.create_connection(("127.0.0.1", world.port), 10) as plain, trusting(pems, name).wrap_socket(
                plain, server_hostname="127.0.0.1"
            ):
                return name
        except ssl.SSLCertVerificationError:
            continue
    return None


def test_the_certificate_changes_while_connections_are_open(world, pems, kopi):
    budi = world.person(2001, "Budi")
    world.start()
    # those who say nothing, or begin to shake hands and do not go on, hold up nobody
    silent = [socket.create_connection(("127.0.0.1", world.port), 30) for _ in range(50)]
    silent[0].sendall(b"\x16\x03\x01\x02")
    began = time.monotonic()
    line = Line(world, kopi, trusting(pems, "pertama"))
    assert line.post(budi) == 200
    port = line.port()

    # found by itself
    pems.use("kedua")
    world.until(lambda: names(world, pems) == "kedua", seconds=40, what="the new certificate to be found")
    assert line.post(budi) == 200 and line.port() == port, "an open connection goes on"
    assert Line(world, kopi, trusting(pems, "kedua")).post(budi) == 200

    # a pair that does not fit is refused, and the one before stays; at once by SIGHUP
    pems.use("pertama", key="kedua")
    world.server.child.send_signal(signal.SIGHUP)
    world.until(lambda: "the new certificate is not used" in world.log_text(), what="the bad pair to be refused")
    assert "privkey.pem is not the key of" in world.log_text()
    assert names(world, pems) == "kedua"
    pems.key.unlink()
    world.server.child.send_signal(signal.SIGHUP)
    world.until(lambda: "privkey.pem: No such file" in world.log_text(), what="the missing key to be told")
    pems.use("pertama")
    world.server.child.send_signal(signal.SIGHUP)
    world.until(lambda: names(world, pems) == "pertama", what="the good pair to be taken")
    assert line.post(budi) == 200 and line.port() == port
    private = pems.key.read_text().splitlines()[1]
    assert not world.in_logs(private), "no word of the key"

    for peer in silent:
        while peer.recv(4096):
            pass
        peer.close()
    assert 8 < time.monotonic() - began < 25, "cut after the time for a handshake"
    assert line.post(budi) == 200


def test_what_is_spoken_and_what_is_not(world, pems, kopi):
    budi = world.person(2001, "Budi")
    world.start()
    both = ssl.create_default_context(cafile=pems.certificate)
    both.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", world.port), 10) as plain:
        with both.wrap_socket(plain, server_hostname="127.0.0.1") as line:
            assert line.selected_alpn_protocol() == "http/1.1"
            assert line.version() == "TLSv1.3"
    only_h2 = ssl.create_default_context(cafile=pems.certificate)
    only_h2.set_alpn_protocols(["h2"])
    with socket.create_connection(("127.0.0.1", world.port), 10) as plain, pytest.raises(OSError):
        only_h2.wrap_socket(plain, server_hostname="127.0.0.1")
    warnings.simplefilter("ignore", DeprecationWarning)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", world.port), 10) as plain, pytest.raises(OSError):
        old.wrap_socket(plain)

    # plain HTTP meets a closed connection, not an answer
    assert world.http_at(f"http://127.0.0.1:{world.port}", "/healthz")[0] == 0
    assert Line(world, kopi, ANY_CERTIFICATE).post(budi) == 200


def test_a_pair_that_can_not_be_used_stops_the_start(world, pems, kopi):
    for spoil, words in (
        (lambda: pems.key.chmod(0o644), "everybody may read or write the key"),
        (lambda: pems.use("pertama", key="kedua"), "is not the key of"),
        (pems.certificate.unlink, "No such file"),
    ):
        pems.use("pertama")
        spoil()
        world.start(wait=False)
        server = world.servers[-1]
        assert server.child.wait(30) == 1
        assert words in server.text(), server.text()
        assert words in world.ctl("check", expect=1).stdout
    world.expect(r"log server: .*can't start")
    world.config["tls"] = {"certificate": "x.pem"}
    world.write_files()
    assert "tls: needs both certificate and key" in world.ctl("check", expect=1).stdout


def test_a_certificate_that_ends_soon_is_told(world, pems, kopi):
    """As its file has it, and as whoever calls public_url sees it."""
    world.config["watch"]["every_seconds"] = 5
    pems.make("dekat", days=5)
    pems.use("dekat")
    world.start()

    def alerts():
        return dict(world.query("SELECT subject, recovered_at IS NULL FROM lapak.alerts WHERE kind = 'certificate'"))

    where = (str(pems.certificate), world.config["public_url"])
    world.until(lambda: alerts() == dict.fromkeys(where, True), 30, lambda: f"both told of: {alerts()}")
    left = world.metrics().get("lapak_certificate_expiry_timestamp_seconds") - time.time()
    assert 4 * 86400 < left <= 5 * 86400
    pems.use("kedua")
    world.server.child.send_signal(signal.SIGHUP)
    world.until(lambda: alerts() == dict.fromkeys(where, False), 40, lambda: f"both over: {alerts()}")
