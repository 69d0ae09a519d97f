"""Arguments of a wrong type are refused with their name, what they must be, and nothing of a key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from tests.contract.test_console import recording_comm
from worker_widget import Run, WorkerClient, WorkerConsole, log, run, worker
from worker_widget.errors import RequestRefused
from worker_widget.runs.functions import WorkerFunction
from worker_widget.runs.request_changes import changed

__all__ = ["recording_comm"]

KEY = b"wk-5f1d2c77"

wrong = cast(Any, WorkerConsole)
wrong_client = cast(Any, WorkerClient)
wrong_run = cast(Any, run)


@pytest.fixture
def count(own_home: object) -> WorkerFunction[..., str]:
    @worker
    def count(task: str) -> str:
        log("counted")
        return "done"

    return count


@pytest.fixture
def console(count: WorkerFunction[..., str]) -> Iterator[Any]:
    made = WorkerConsole(count)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wrong(3), "worker must be the id of a worker, or a function made one by @worker, not 3."),
        (lambda: wrong(url=3), "url must be text, not 3."),
        (lambda: wrong(agui=["x"]), "agui must be text, not a value of the type list."),
        (lambda: wrong(task=3), "task must be text, not 3."),
        (lambda: wrong(run_id=3.5), "run_id must be text, not 3.5."),
        (lambda: wrong(replay=3), "replay must be a run or the id of one, not 3."),
        (lambda: wrong(height="640"), "height must be a number of pixels, not '640'."),
        (lambda: wrong_client(api_key=KEY), "api_key must be text, not a value of the type bytes."),
        (lambda: wrong_run(3).__enter__(), "name must be text, not 3."),
        (lambda: wrong_run("nightly", task=3).__enter__(), "task must be text, not 3."),
    ],
)
def test_an_argument_of_a_wrong_type_is_named(
    own_home: object, call: Callable[[], object], message: str
) -> None:
    with pytest.raises(RequestRefused) as refused:
        call()
    assert str(refused.value) == message
    assert KEY.decode() not in repr(refused.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": 3}, "task must be text, not 3."),
        ({"task": None}, "task must be text, not None."),
        ({"task": b"page"}, "task must be text, not a value of the type bytes."),
        (
            {"task": "a", "brand": ["b"]},
            "brand must be a mapping, the name of a saved brand, or None, not a value of the type list.",
        ),
        ({"task": "a", "budget": "much"}, "budget must be a number of tokens, or None, not 'much'."),
        ({"task": "a", "budget": True}, "budget must be a number of tokens, or None, not True."),
        ({"task": "a", "strict_mode": 1}, "strict_mode must be True or False, not 1."),
        ({"task": "a", "depth": "x"}, "depth must be 'auto' or 'shallow' or 'deep', not 'x'."),
        (
            {"task": 3, "depth": 3},
            "task must be text, not 3. depth must be 'auto' or 'shallow' or 'deep', not 3.",
        ),
    ],
)
def test_a_request_of_wrong_types_is_refused_wherever_it_is_made(
    console: Any, count: Any, arguments: dict[str, Any], message: str
) -> None:
    ended = count.run("one").wait(120)
    calls = [console.run, count.run, cast(Any, WorkerClient(count)).run]
    calls.append(lambda **given: changed(ended.request, given))
    for call in calls:
        with pytest.raises(RequestRefused) as refused:
            call(**arguments)
        assert str(refused.value) == message
        assert {problem.field for problem in refused.value.problems} <= set(arguments)


def test_an_observer_that_cannot_be_called_is_refused(console: Any) -> None:
    with pytest.raises(RequestRefused, match="observer must be a function, not 3"):
        console.observe_selection(3)


def test_a_task_that_is_left_out_is_the_name_of_the_function(count: WorkerFunction[..., str]) -> None:
    ended: Run = count.run().wait(120)
    assert (ended.request.task, ended.status) == ("Count", "completed")
