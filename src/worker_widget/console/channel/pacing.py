"""When the next frame may go: paced by time, slowed down further by acknowledgements that lag.

The first frame goes at once, then at most fifteen a second, and fewer where they are large: rows are
worth no more than `BYTES_PER_S`. A browser that acknowledges and falls behind gets fewer; one that
never acknowledges (its messages may wait for a busy cell) is paced by time alone. A pure clockwork: the
time is passed in, in seconds of any monotonic clock.
"""

from __future__ import annotations

FRAME_S = 1 / 15
"""Nobody reads faster, and every frame costs the page a layout of the panes that changed."""
HEARTBEAT_S = 2.0
BYTES_PER_S = 240_000
"""Of figures and rows, as JSON. What Jupyter wraps each message in makes about 40,000 more."""
SLOWEST_S = 0.5
LAG_FRAMES = 10
"""How many unacknowledged frames are ordinary over a slow connection, where a browser
acknowledges five times a second."""
LAG_FORGOTTEN_S = 3.0
"""A browser that has been silent for this long is not slow but unheard; it no longer slows us down."""


class Pacer:
    """The pace of one channel."""

    def __init__(self) -> None:
        self._sent_at = float("-inf")
        self._size = 0
        self._acked: dict[str, tuple[int, float]] = {}

    def acknowledged(self, client: str, seq: int, now: float) -> None:
        self._acked[client] = (seq, now)

    def forget(self, client: str) -> None:
        self._acked.pop(client, None)

    def sent(self, now: float, size: int = 0) -> None:
        """A frame went out; ``size`` is what to pace it by, in bytes."""
        self._sent_at, self._size = now, size

    def wait(self, seq: int, now: float) -> float:
        """Seconds until the next frame may go; ``seq`` is the last frame sent."""
        return max(0.0, self._sent_at + self._interval(seq, now) - now)

    def _interval(self, seq: int, now: float) -> float:
        lags = [seq - acked for acked, heard in self._acked.values() if now - heard < LAG_FORGOTTEN_S]
        lag = max(lags, default=0)
        interval = max(FRAME_S, self._size / BYTES_PER_S)
        if lag > LAG_FRAMES:
            interval = max(interval, FRAME_S * lag / LAG_FRAMES)
        return min(SLOWEST_S, interval)
