"""A way to a server that can be cut: a TCP proxy on loopback which drops what passes through it."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

_RESET = struct.pack("ii", 1, 0)


class CuttingProxy:
    """Passes bytes on to the server at ``address`` until it is ``cut``, and again when it is mended.

    While it is cut every connection is reset at once, those that were open too.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._to = (parts.hostname or "", parts.port or 0)
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        self.address = urlunsplit(parts._replace(netloc=f"127.0.0.1:{port}"))
        self._is_cut = threading.Event()
        self._open: set[socket.socket] = set()
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.close()
        self.cut()

    def cut(self) -> None:
        """Drop what is open, and whatever comes."""
        self._is_cut.set()
        with self._turn:
            for each in self._open:
                _reset(each)
            self._open.clear()

    def mend(self) -> None:
        """Pass bytes on again."""
        self._is_cut.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near = self._listening.accept()[0]
                if self._is_cut.is_set():
                    _reset(near)
                    continue
                try:
                    far = socket.create_connection(self._to)
                except OSError:
                    _reset(near)
                    continue
                with self._turn:
                    self._open |= {near, far}
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(1 << 16):
                target.sendall(piece)
        with self._turn:
            self._open -= {source, target}
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _reset(each: socket.socket) -> None:
    with suppress(OSError):
        # Closed without waiting for what is under way: the other side sees a reset.
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        each.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        each.close()
