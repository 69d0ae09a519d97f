"""A redirect never takes a key to where nobody named: collectors and language models."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from worker_widget.events import RunCompleted, RunStarted, make
from worker_widget.runs.otlp_sending import Collector, TraceSender
from worker_widget.store.event_store import EventStore
from worker_widget.workers.business_builder.language_model.endpoint import ModelEndpoint
from worker_widget.workers.business_builder.language_model.settings import ModelSettings

SECRET = "s3cr3t-key"
BEGAN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class Redirecting(BaseHTTPRequestHandler):
    """Sends every request to `target`."""

    target = ""
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append(f"{self.server.server_port} {self.headers.get('Authorization')}")  # type: ignore[attr-defined]
        self.send_response(307)
        self.send_header("Location", self.target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def two_servers() -> Iterator[tuple[int, int]]:
    """The ports of two servers; each request to either is sent to the second."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) for _ in range(2)]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    Redirecting.seen.clear()
    Redirecting.target = f"http://127.0.0.1:{servers[1].server_port}/v1/models"
    yield servers[0].server_port, servers[1].server_port
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()


async def test_a_redirect_of_a_language_model_is_not_followed(two_servers: tuple[int, int]) -> None:
    first, _ = two_servers
    settings = ModelSettings(f"http://127.0.0.1:{first}/v1", "m", SECRET)
    await ModelEndpoint(settings).probe()
    assert Redirecting.seen == [f"{first} Bearer {SECRET}"]


def test_a_redirect_of_a_collector_is_not_followed(
    two_servers: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    first, _ = two_servers
    store = EventStore.memory()
    store.begin("r", worker="w", origin="o", task="t", time_us=0)
    plan, end = RunStarted(task="t"), RunCompleted(success=True)
    store.append("r", [make(data, run_id="r", time=BEGAN) for data in (plan, end)], after=0)
    sender = TraceSender(Collector(f"http://127.0.0.1:{first}/v1/traces", {"Authorization": SECRET}), ())
    sender.send(store, "r")
    sender.close(60)
    assert "307" in caplog.text
    assert Redirecting.seen == [f"{first} {SECRET}"]
    store.close()
