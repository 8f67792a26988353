"""A proxy before several lapakd that takes them in turn: what an operator puts before two servers."""

import itertools
import socket
import threading


class Balancer:
    """Listens on a port and passes each connection on to the next server that takes it. A `with` block long."""

    def __init__(self, port, backends):
        self.backends = backends
        self._turn = itertools.count()
        self._listens = socket.create_server(("127.0.0.1", port))
        self._open = set()
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listens.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listens.close()
        for end in list(self._open):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is closed already

    def _accept(self):
        while True:
            try:
                client, _ = self._listens.accept()
            except OSError:
                return
            server = self._connect()
            if not server:
                client.close()
                continue
            self._open |= {client, server}
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _connect(self):
        first = next(self._turn)
        for number in range(len(self.backends)):
            try:
                return socket.create_connection(("127.0.0.1", self.backends[(first + number) % len(self.backends)]), 5)
            except OSError:
                continue
        return None

    def _pass_on(self, source, target):
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
        except OSError:
            pass  # either side is gone; so is the other one, then
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        source.close()
        self._open.discard(source)
