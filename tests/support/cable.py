"""Network cables between a client and the server: one to pull out and plug in again, one that is cut all the time."""

from __future__ import annotations

import contextlib
import random
import socket
import threading

CHUNK = 65_536


class Cable:
    """Forwards TCP connections to a port of this machine. `pull` resets those that are open and refuses new ones."""

    def __init__(self, target_port: int) -> None:
        self._target = ("127.0.0.1", target_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._plugged = True
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def pull(self) -> None:
        with self._lock:
            self._plugged = False
            ends, self._ends = self._ends, set()
        for end in ends:
            _close(end)

    def plug(self) -> None:
        with self._lock:
            self._plugged = True

    def close(self) -> None:
        self.pull()
        _close(self._listener)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed: the test is over
            with self._lock:
                plugged = self._plugged
            if plugged:
                self._connect(near)
            else:
                _close(near)

    def _connect(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._target)
        except OSError:
            _close(near)  # no server: what the browser would see without the cable
            return
        with self._lock:
            self._ends |= {near, far}
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._forward, args=(source, sink), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):  # either end may go at any time; then so does the other
            while chunk := source.recv(CHUNK):
                sink.sendall(chunk)
        _close(source)
        _close(sink)
        with self._lock:
            self._ends -= {source, sink}


class Valve(Cable):
    """A cable that can go one way: the client gets all, and nothing of what it sends arrives any more."""

    def __init__(self, target_port: int) -> None:
        self._open = threading.Event()
        self._open.set()
        super().__init__(target_port)

    def shut(self) -> None:
        """Until the cable is closed."""
        self._open.clear()

    def close(self) -> None:
        super().close()
        self._open.set()  # into the void

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        from_client = source.getpeername() != self._target
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK):
                if from_client:
                    self._open.wait()
                sink.sendall(chunk)
        _close(source)
        _close(sink)


class Shears(Cable):
    """A cable that is cut again and again, each time after some bytes: in a head, in a frame, in a letter."""

    def __init__(self, target_port: int, most: int = 3_000) -> None:
        self.random = random.Random(7)
        self.most = most  # bytes
        self.cutting = False
        self.kills = 0
        super().__init__(target_port)

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            left = self.random.randrange(100, self.most)
            to_client = source.getpeername() == self._target
            while chunk := source.recv(CHUNK):
                if self.cutting and to_client and len(chunk) > left:
                    sink.sendall(chunk[:left])
                    self.kills += 1
                    break
                left -= len(chunk)
                sink.sendall(chunk)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
