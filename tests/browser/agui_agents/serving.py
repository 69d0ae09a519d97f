"""Serves an agent on a free port of the loopback, and how a test reaches the process."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from .script import Gates

FRAMEWORKS: Final = ("pydantic_ai", "langgraph")


def serve(agent: ASGIApp, gates: Gates) -> None:
    """Serves until the process ends. The first line of the output is the address; the agent is below it."""
    requests: MutableMapping[str, int] = {"open": 0}

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        requests["open"] += 1
        try:
            await agent(scope, receive, send)
        finally:
            requests["open"] -= 1

    async def open_gate(request: Request) -> JSONResponse:
        gates.open(request.path_params["name"])
        return JSONResponse({})

    async def open_requests(request: Request) -> JSONResponse:
        return JSONResponse(requests["open"])

    app = Starlette(
        routes=[
            Route("/gates/{name}", open_gate, methods=["POST"]),
            Route("/open-requests", open_requests),
            Mount("/agents", counted),
        ]
    )
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


@dataclass(frozen=True)
class ServedAgent:
    """A running server with one agent at ``url``."""

    origin: str

    @property
    def url(self) -> str:
        return f"{self.origin}/agents/assistant"

    def open_gate(self, name: str) -> None:
        self._ask(urllib.request.Request(f"{self.origin}/gates/{name}", method="POST"))

    @property
    def open_requests(self) -> int:
        """How many connections the agent has."""
        return int(self._ask(urllib.request.Request(f"{self.origin}/open-requests")))

    def _ask(self, request: urllib.request.Request) -> Any:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())


@contextmanager
def served(framework: str, log: Path) -> Iterator[ServedAgent]:
    """The agent of a framework in a process of its own, whose errors are written to ``log``."""
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.{framework}_server"],
            cwd=Path(__file__).parents[3],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    with process:
        try:
            assert process.stdout is not None
            origin = process.stdout.readline().strip()
            assert origin, f"the agent of {framework} did not start:\n{log.read_text()[-2_000:]}"
            yield ServedAgent(origin)
        finally:
            process.kill()
