"""Whatever fits the host's OpenAPI document, and what almost does, is answered without a server error.

``make test`` sends some requests to each route, ``make soak`` many. The host serves no such document; the
test makes it from the routes and adds the models of the bodies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from pydantic import BaseModel

from worker_widget.events.request_models import (
    Brand,
    ForkRequest,
    InputAnswer,
    LanguageModelChoice,
    ReplayRequest,
    RetryRequest,
    ValidatedRequest,
)
from worker_widget.host.process.server import HostSettings
from worker_widget.host.process.threaded import ThreadedHost

from .host_support import Api, ScriptedWorker, app_of_routes, scripted

schemathesis = pytest.importorskip("schemathesis")

Operation = Any
"""An `APIOperation` of schemathesis."""
BODIES: dict[str, type[BaseModel]] = {
    "/run": ValidatedRequest,
    "/run-streaming": ValidatedRequest,
    "/replay": ReplayRequest,
    "/validate-brand": Brand,
    "/input": InputAnswer,
    "/retry": RetryRequest,
    "/fork": ForkRequest,
    "/language-model": LanguageModelChoice,
}
SPANS = {"resourceSpans": {"type": "array", "items": {"type": "object"}}}
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


class AnyWorker(ScriptedWorker):
    """Writes its task into a page, whatever the task is."""

    async def execute(self, request: ValidatedRequest, run: Any) -> Any:
        task = request.task.replace(";", ",")
        return await super().execute(request.model_copy(update={"task": f"page {task}"}), run)


def document(run_ids: list[str]) -> dict[str, Any]:
    """The OpenAPI document of the host's routes, with bodies, and with ids that are there."""
    made = app_of_routes().openapi()
    known = {"worker": ["scripted", "later"], "run_id": [*run_ids, "unknown"]}
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for path, methods in made["paths"].items():
        model = next((model for end, model in BODIES.items() if path.endswith(end)), None)
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in known:
                    parameter["schema"] = {"type": "string", "enum": known[parameter["name"]]}
            schema: dict[str, Any] | None = None
            if model is not None:
                schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
                schemas |= schema.pop("$defs", {})
            elif path == "/v1/traces":
                schema = {"type": "object", "properties": SPANS}
            if schema is not None:
                content = {"application/json": {"schema": schema}}
                operation["requestBody"] = {"required": True, "content": content}
    return made


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedHost]:
    workers = {**scripted(), "scripted": AnyWorker()}
    settings = HostSettings(max_in_flight=1_000, keepalive_s=0.2)
    with ThreadedHost(tmp_path_factory.mktemp("host"), workers, settings=settings) as running:
        yield running


@pytest.fixture(scope="module")
def operations(host: ThreadedHost) -> list[Operation]:
    api = Api(host.url, host.token)
    with api.http:
        run_ids = [api.finish(f"Write page {number}")[0] for number in range(3)]
    schema = schemathesis.openapi.from_dict(document(run_ids))
    found = [result.ok() for result in schema.get_all_operations()]
    # What is deleted would be unknown to the others.
    return sorted(found, key=lambda operation: operation.method == "delete")


def test_the_document_has_every_body(operations: list[Operation]) -> None:
    assert len(operations) >= 20
    with_body = {operation.path.rpartition("/")[2] for operation in operations if operation.body}
    assert with_body == {end[1:] for end in BODIES} | {"traces"}


@pytest.mark.parametrize("examples", [4, pytest.param(150, marks=pytest.mark.soak)])
def test_no_request_is_a_server_error(host: ThreadedHost, operations: list[Operation], examples: int) -> None:
    seen: Counter[int] = Counter()

    def send(case: Any) -> None:
        headers = {"X-AOS-Key": host.token, "Host": f"127.0.0.1:{host.port}"}
        response = case.call(host.url, headers=headers, timeout=120)
        seen[response.status_code] += 1
        assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, (case, response.text)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            assert response.json()["detail"]

    for operation in operations:
        for mode in MODES:
            strategy: st.SearchStrategy[Any] = operation.as_strategy(generation_mode=mode)
            check = settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=examples < 100,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(given(case=strategy)(send))
            with suppress(Unsatisfiable):  # a route without parameters and body has no wrong request
                check()
    print(f"{seen.total():,} requests: {dict(sorted(seen.items()))}")
    answered = {HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}
    assert (answered if examples < 100 else answered | {HTTPStatus.ACCEPTED}) <= set(seen)
    api = Api(host.url, host.token)
    with api.http:
        assert api.get("/health").status_code == HTTPStatus.OK
