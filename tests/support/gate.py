"""A way to a server that lets so many bytes through and no more, until it is opened; and that can be cut."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_PIECE = 65536


class Gate:
    """Forwards connections to a port. limit: bytes towards the server, over all connections."""

    def __init__(self, to_port: int, limit: int) -> None:
        self._to = to_port
        self._left = limit
        self._count = threading.Lock()
        self._is_open = threading.Event()
        self.is_shut = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def open(self) -> None:
        """Let everything through from now on."""
        self._is_open.set()

    def cut(self) -> None:
        """Break all connections."""
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more connections, and break those that there are."""
        self._is_open.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for end in self._ends:
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                client.close()
                continue
            self._ends += [client, server]
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        """Carry bytes both ways, and close both ends after: a client that still writes learns it only so."""
        answers = threading.Thread(target=self._return, args=(client, server), daemon=True)
        answers.start()
        self._forward(client, server)
        answers.join()
        client.close()
        server.close()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(min(_PIECE, self._allowance())):
                with self._count:
                    self._left -= len(data)
                server.sendall(data)
        self._end(client, server)

    def _return(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(_PIECE):
                client.sendall(data)
        self._end(client, server)

    def _allowance(self) -> int:
        if not self._is_open.is_set() and self._left <= 0:
            self.is_shut.set()
            self._is_open.wait()
        return _PIECE if self._is_open.is_set() else self._left

    @staticmethod
    def _end(*ends: socket.socket) -> None:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def gate(to_port: int, limit: int) -> Iterator[Gate]:
    """Give a gate before a server, and close it."""
    opened = Gate(to_port, limit)
    try:
        yield opened
    finally:
        opened.close()
