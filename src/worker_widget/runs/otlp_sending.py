"""Sends every run at its end to the collector that ``WORKER_OTLP_ENDPOINT`` names, over OTLP/HTTP.

A thread of its own does that: a collector that is slow or down delays no run. After a few attempts the run is
not sent, and the first such failure is a warning in the log. At exit the program waits a moment for runs that
are being sent.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from .. import background, settings
from ..errors import WorkerWidgetError
from ..spans import WORKER_ID, protobuf_writer
from ..store.event_store import EventStore
from .export.otlp_format import SCOPE
from .export.run_spans import RESOURCE, run_spans
from .export.trace import read_trace

if TYPE_CHECKING:
    import httpx

PATH: Final = "/v1/traces"
RETRY_AFTER_S: Final = (1.0, 5.0)
"""The waits before the second and the third attempt."""
AT_EXIT_S: Final = 2.0
"""How long the end of the program waits for runs that are being sent."""

_TIMEOUT_S: Final = 10.0
_AGAIN: Final = (429, 502, 503, 504)
_SPANS_AT_ONCE: Final = 256
_MOST_WAITING: Final = 100
_MOST_KNOWN: Final = 1_000
_RECENT_US: Final = 10 * 60 * 1_000_000
"""A run that ended longer ago was not followed to its end: it is read from its server later."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Collector:
    """Where runs are sent to. The headers, which can have a key, are not in the repr."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The address without what can be secret in it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"


def configured() -> Collector | None:
    """The collector that the environment names; ``None`` if it names none.

    Raises ``ValueError`` for settings that cannot be used; its message says which.
    """
    endpoint = settings.variable(settings.OTLP_ENDPOINT)
    if not endpoint:
        return None
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(
            f"{settings.OTLP_ENDPOINT} is not a web address. Use the address of a collector, such as"
            " http://127.0.0.1:4318."
        )
    if settings.unencrypted(endpoint):
        raise ValueError(
            f"{settings.OTLP_ENDPOINT} is of another computer and begins with http://, so all texts could be"
            f" read on the way. {settings.ENCRYPT}"
        )
    url = endpoint if parts.path.endswith(PATH) else endpoint.rstrip("/") + PATH
    return Collector(url, _headers(settings.variable(settings.OTLP_HEADERS)))


def _headers(text: str) -> dict[str, str]:
    """Headers as ``name=value`` with commas between them; values are percent-encoded."""
    headers = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = pair.partition("=")
        value = unquote(value.strip())
        if not equals or not name.strip().isascii() or not (value.isascii() and value.isprintable()):
            raise ValueError(
                f"{settings.OTLP_HEADERS} cannot be used. Write name=value, with commas between headers and"
                " %20 for a space."
            )
        headers[name.strip()] = value
    return headers


class TraceSender:
    """Sends runs to one collector, one after the other, on a daemon thread that starts with the first."""

    def __init__(self, collector: Collector, retry_after_s: tuple[float, ...] = RETRY_AFTER_S) -> None:
        self._collector = collector
        self._retry_after_s = retry_after_s
        self._runs: queue.Queue[tuple[EventStore, str]] = queue.Queue(_MOST_WAITING)
        self._known: deque[str] = deque(maxlen=_MOST_KNOWN)
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._warned = False

    def send(self, store: EventStore, run_id: str) -> None:
        """Sends a run soon, each run once. Returns at once and raises nothing."""
        if run_id in self._known or self._ending.is_set():
            return
        self._known.append(run_id)
        try:
            self._runs.put_nowait((store, run_id))
        except queue.Full:
            self._warn(f"{_MOST_WAITING} runs wait to be sent already")
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="worker-widget-otlp", daemon=True)
            self._thread.start()
            atexit.register(self.close)

    def close(self, within_s: float = AT_EXIT_S) -> None:
        """Sends what waits, without further retries; returns after ``within_s`` at the latest."""
        self._ending.set()
        end = time.monotonic() + within_s
        while self._runs.unfinished_tasks and time.monotonic() < end:
            time.sleep(0.01)

    def _serve(self) -> None:
        import httpx  # slow

        background.leave_interrupts_to_main_thread()
        with httpx.Client(timeout=_TIMEOUT_S, headers=dict(self._collector.headers)) as http:
            while True:
                store, run_id = self._runs.get()
                try:
                    failure = self._deliver(http, store, run_id)
                    if failure is not None:
                        self._warn(failure)
                except Exception as error:
                    self._warn(f"{type(error).__name__}: {error}")
                finally:
                    self._runs.task_done()

    def _deliver(self, http: httpx.Client, store: EventStore, run_id: str) -> str | None:
        """Sends a run in requests of bounded size; returns why it could not be sent."""
        try:
            for body in _bodies(store, run_id):
                failure = self._post(http, body)
                if failure is not None:
                    return failure
        except WorkerWidgetError as error:
            return str(error)
        return None

    def _post(self, http: httpx.Client, body: bytes) -> str | None:
        import httpx

        failure = None
        for wait_s in (0.0, *self._retry_after_s):
            if wait_s and self._ending.wait(wait_s):
                break
            try:
                answer = http.post(
                    self._collector.url, content=body, headers={"Content-Type": "application/x-protobuf"}
                )
            except httpx.HTTPError as error:
                failure = f"{type(error).__name__}: {error}"
                continue
            if answer.is_success:
                return None
            failure = f"it answers {answer.status_code} {answer.reason_phrase}"
            if answer.status_code not in _AGAIN:
                break
        return failure

    def _warn(self, failure: str) -> None:
        if self._warned:
            _log.debug("A run was not sent to %s: %s", self._collector.name, failure)
            return
        self._warned = True
        _log.warning(
            "A run was not sent to %s (%s). The run is not affected. Check %s; this is not reported again.",
            *(self._collector.name, failure, settings.OTLP_ENDPOINT),
        )


def _bodies(store: EventStore, run_id: str) -> Iterator[bytes]:
    spans = run_spans(read_trace(store, run_id, datetime.now(UTC)))
    while batch := list(islice(spans, _SPANS_AT_ONCE)):
        yield protobuf_writer.encode(batch, RESOURCE, SCOPE)


_sender: tuple[int, Collector, TraceSender] | None = None
_reported: set[str] = set()


def send_ended_run(store: EventStore, run_id: str, worker: str, ended_us: int | None) -> None:
    """Sends a run that has just ended, if the environment names a collector. Raises nothing.

    A run that was made of spans is not sent: what made the spans can send them itself.
    """
    global _sender
    try:
        collector = configured()
    except ValueError as error:
        if str(error) not in _reported:
            _reported.add(str(error))
            _log.warning("Runs are not sent: %s", error)
        return
    if (
        collector is None
        or worker == WORKER_ID
        or (ended_us is not None and time.time_ns() // 1_000 - ended_us > _RECENT_US)
    ):
        return
    if _sender is None or _sender[:2] != (os.getpid(), collector):
        _sender = (os.getpid(), collector, TraceSender(collector))
    _sender[2].send(store, run_id)
