"""A server on loopback that must hear nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Sink:
    """What came: requests as ``host/path``, the number of connections, and of datagrams."""

    port: int = 0
    udp_port: int = 0
    requests: list[str] = field(default_factory=list)
    connections: int = 0
    datagrams: int = 0


@contextmanager
def listening() -> Iterator[Sink]:
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sink.requests.append(f"{self.headers.get('Host', '').partition(':')[0]}{self.path}")
            self.send_response(204)
            self.end_headers()

        do_POST = do_HEAD = do_OPTIONS = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def get_request(self) -> tuple[socket.socket, Any]:
            accepted = super().get_request()
            sink.connections += 1
            return accepted

    def receive() -> None:
        while datagrams.recv(4096) != b"end":
            sink.datagrams += 1

    with (
        Server(("127.0.0.1", 0), Handler) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        datagrams.bind(("127.0.0.1", 0))
        sink.port, sink.udp_port = server.server_port, datagrams.getsockname()[1]
        threads = [threading.Thread(target=server.serve_forever), threading.Thread(target=receive)]
        for thread in threads:
            thread.start()
        try:
            yield sink
        finally:
            server.shutdown()
            datagrams.sendto(b"end", ("127.0.0.1", sink.udp_port))
            for thread in threads:
                thread.join()
