"""`Pacer` computes when the next frame may be sent, by time and by the acknowledgements of browsers.

The first frame is sent at once, then at most 12 a second, and fewer if they are large (at most `BYTES_PER_S`)
or bring more events than a person can follow.
If a browser's acknowledgements lag, frames are sent less often; a browser that sends none (a busy cell can
delay them) does not affect the pace. The current time is a parameter, in seconds of any monotonic clock.
"""

from __future__ import annotations

FRAME_S = 1 / 12
"""The shortest interval between frames. Users cannot read faster, and every frame costs the page a layout of
the changed panes."""
FOLLOWED_EVENTS = 40
"""More events in a frame than this are more rows than a pane shows."""
FLOOD_S = 1 / 8
"""The shortest interval after such a frame: what nobody can follow need not take the main thread so often."""
HEARTBEAT_S = 2.0
"""The interval between heartbeats."""
BYTES_PER_S = 240_000
"""The most bytes of figures and rows, as JSON. Jupyter's message headers add about 40,000."""
SLOWEST_S = 0.5
"""The longest interval between frames."""
LAG_FRAMES = 10
"""Up to this lag the pace is not reduced: it is usual over a slow connection."""
LAG_FORGOTTEN_S = 5.0
"""Clients without an acknowledgement for this long do not affect the pace: more than twice the interval of a
browser's acknowledgements."""


class Pacer:
    """Computes the pace of one channel."""

    def __init__(self) -> None:
        self._sent_at = float("-inf")
        self._size = 0
        self._events = 0
        self._lags: dict[str, tuple[int, float]] = {}

    def acknowledged(self, client: str, lag: int, now: float) -> None:
        """Records that ``client`` has drawn all frames except the last ``lag``."""
        self._lags[client] = (lag, now)

    def forget(self, client: str) -> None:
        """Removes a client, which no longer affects the pace."""
        self._lags.pop(client, None)

    def sent(self, now: float, size: int = 0, events: int = 0) -> None:
        """Records that a frame was sent; ``size`` is the number of its bytes that count for the pace.

        ``events`` is how many events arrived since the frame before.
        """
        self._sent_at, self._size, self._events = now, size, events

    def wait(self, now: float) -> float:
        """Seconds until the next frame may be sent."""
        return max(0.0, self._sent_at + self._interval(now) - now)

    def _interval(self, now: float) -> float:
        lags = [lag for lag, acked_at in self._lags.values() if now - acked_at < LAG_FORGOTTEN_S]
        lag = max(lags, default=0)
        shortest = FLOOD_S if self._events > FOLLOWED_EVENTS else FRAME_S
        interval = max(shortest, self._size / BYTES_PER_S)
        if lag > LAG_FRAMES:
            interval = max(interval, FRAME_S * lag / LAG_FRAMES)
        return min(SLOWEST_S, interval)
