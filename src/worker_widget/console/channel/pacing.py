"""`Pacer` computes when the next frame may be sent, by time and by the acknowledgements of browsers.

The first frame is sent at once, then at most 15 a second, and fewer if they are large: at most `BYTES_PER_S`.
If a browser's acknowledgements lag, frames are sent less often; a browser that sends none (a busy cell can
delay them) does not affect the pace. The current time is a parameter, in seconds of any monotonic clock.
"""

from __future__ import annotations

FRAME_S = 1 / 15
"""The shortest interval between frames. Users cannot read faster, and every frame costs the page a layout of
the changed panes."""
HEARTBEAT_S = 2.0
"""The interval between heartbeats."""
BYTES_PER_S = 240_000
"""The most bytes of figures and rows, as JSON. Jupyter's message headers add about 40,000."""
SLOWEST_S = 0.5
"""The longest interval between frames."""
LAG_FRAMES = 10
"""Up to this lag the pace is not reduced: it is usual over a slow connection, because a browser acknowledges
five times a second."""
LAG_FORGOTTEN_S = 3.0
"""Clients without an acknowledgement for this long do not affect the pace."""


class Pacer:
    """Computes the pace of one channel."""

    def __init__(self) -> None:
        self._sent_at = float("-inf")
        self._size = 0
        self._acked: dict[str, tuple[int, float]] = {}

    def acknowledged(self, client: str, seq: int, now: float) -> None:
        """Records that ``client`` has drawn the frame ``seq``."""
        self._acked[client] = (seq, now)

    def forget(self, client: str) -> None:
        """Removes a client, which no longer affects the pace."""
        self._acked.pop(client, None)

    def sent(self, now: float, size: int = 0) -> None:
        """Records that a frame was sent; ``size`` is the number of its bytes that count for the pace."""
        self._sent_at, self._size = now, size

    def wait(self, seq: int, now: float) -> float:
        """Seconds until the next frame may be sent; ``seq`` is the last frame sent."""
        return max(0.0, self._sent_at + self._interval(seq, now) - now)

    def _interval(self, seq: int, now: float) -> float:
        lags = [seq - acked for acked, acked_at in self._acked.values() if now - acked_at < LAG_FORGOTTEN_S]
        lag = max(lags, default=0)
        interval = max(FRAME_S, self._size / BYTES_PER_S)
        if lag > LAG_FRAMES:
            interval = max(interval, FRAME_S * lag / LAG_FRAMES)
        return min(SLOWEST_S, interval)
