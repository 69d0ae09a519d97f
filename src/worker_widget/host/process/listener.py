"""The listening socket of the host."""

from __future__ import annotations

import socket


def listen(port: int) -> socket.socket:
    """Open a listening socket on 127.0.0.1. Port 0 selects a free port. Raises ``OSError``."""
    # asyncio sets TCP_NODELAY only if the protocol is given; without it each response waits 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener
