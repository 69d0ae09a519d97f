"""The socket the host listens on."""

from __future__ import annotations

import socket


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 means a free one. Raises ``OSError``."""
    # With the protocol named, asyncio sets TCP_NODELAY; without, each answer waits 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener
