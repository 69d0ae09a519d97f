"""When the next frame may go: paced by time, slowed down further by acknowledgements that lag.

The first frame goes at once, then at most twenty a second. A browser that acknowledges and falls
behind gets fewer; one that never acknowledges (its messages may wait for a busy cell) is paced by time
alone. A pure clockwork: the time is passed in, in seconds of any monotonic clock.
"""

from __future__ import annotations

FRAME_S = 0.05
HEARTBEAT_S = 2.0
SLOWEST_S = 0.5
LAG_FRAMES = 6
"""How many unacknowledged frames are ordinary at twenty a second over a slow connection."""
LAG_FORGOTTEN_S = 3.0
"""A browser that has been silent for this long is not slow but unheard; it no longer slows us down."""


class Pacer:
    """The pace of one channel."""

    def __init__(self) -> None:
        self._sent_at = float("-inf")
        self._acked: dict[str, tuple[int, float]] = {}

    def acknowledged(self, client: str, seq: int, now: float) -> None:
        self._acked[client] = (seq, now)

    def forget(self, client: str) -> None:
        self._acked.pop(client, None)

    def sent(self, now: float) -> None:
        self._sent_at = now

    def wait(self, seq: int, now: float) -> float:
        """Seconds until the next frame may go; ``seq`` is the last frame sent."""
        return max(0.0, self._sent_at + self._interval(seq, now) - now)

    def _interval(self, seq: int, now: float) -> float:
        lags = [seq - acked for acked, heard in self._acked.values() if now - heard < LAG_FORGOTTEN_S]
        lag = max(lags, default=0)
        if lag <= LAG_FRAMES:
            return FRAME_S
        return min(SLOWEST_S, FRAME_S * lag / LAG_FRAMES)
