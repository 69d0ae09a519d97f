"""What a console shows while it finds its server and asks it for a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from worker_widget.console.controller import ConsoleController
from worker_widget.console.wire import Link
from worker_widget.errors import RequestRefused
from worker_widget.events.answers import WorkerInfo
from worker_widget.events.run_request import RunRequest
from worker_widget.sources.worker_server import WorkerServer
from worker_widget.store.event_store import EventStore


class Server:
    """A client whose server lists one worker and refuses every run."""

    news = ""

    async def workers(self) -> list[WorkerInfo]:
        return [WorkerInfo(id="builder", name="Builder", status="available")]

    async def start(self, request: RunRequest, *, worker: str, secrets: Mapping[str, str]) -> Any:
        raise RequestRefused("Not now.")


@pytest.mark.parametrize(
    ("origin", "connecting", "asking"),
    [
        ("embedded host", "starting", "Asking the embedded host for a run"),
        ("https://w.example", "connecting", "Asking the server https://w.example for a run"),
    ],
)
async def test_only_the_embedded_host_is_started(origin: str, connecting: str, asking: str) -> None:
    links: list[Link] = []
    controller = ConsoleController(
        cast(WorkerServer, Server()),
        EventStore.memory(),
        origin=origin,
        worker="builder",
        task="",
        brand="",
        changed=lambda: links.append(controller.shown.link),
    )
    await controller.connect()
    assert [link.phase for link in links[:1]] == [connecting]
    assert (links[-1].phase, controller.shown.form.notice) == ("idle", None)
    links.clear()
    with pytest.raises(RequestRefused):
        await controller.start(RunRequest(task="A page"), worker="builder", brand="")
    assert [(link.phase, link.message) for link in links[:1]] == [("connecting", asking)]


async def test_what_happened_when_the_host_was_found_is_shown_until_a_run_is() -> None:
    server = Server()
    server.news = "A host of version 2 took the place of one of version 1."
    controller = ConsoleController(
        cast(WorkerServer, server),
        EventStore.memory(),
        origin="embedded host",
        worker="builder",
        task="",
        brand="",
        changed=lambda: None,
    )
    await controller.connect()
    assert controller.shown.link == Link(message=server.news)
