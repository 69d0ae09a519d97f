"""The options of a run request against those that a worker declares."""

from __future__ import annotations

from typing import Any

import pytest

from worker_widget.events.answers import WorkerOption
from worker_widget.host.runs.options import affecting_options, complete_options
from worker_widget.host.runs.refusals import OptionsRefused

DECLARED = (
    WorkerOption(name="pace", type="number", default=10.0, minimum=0, maximum=120, unit="seconds"),
    WorkerOption(name="writer", type="choice", choices=("auto", "rules"), default="auto"),
    WorkerOption(name="copies", type="integer", minimum=1),
    WorkerOption(name="note", type="text", affects_artifacts=False),
    WorkerOption(name="dry", type="boolean", default=False),
)


def test_options_left_out_have_their_defaults() -> None:
    assert complete_options(DECLARED, {"copies": 2, "writer": None}) == {
        "pace": 10.0,
        "writer": "auto",
        "copies": 2,
        "note": None,
        "dry": False,
    }


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("pace", -1, "must be between 0 and 120 seconds"),
        ("pace", 121, "must be between 0 and 120 seconds"),
        ("pace", float("nan"), "must be a number"),
        ("pace", 10**400, "must be between 0 and 120 seconds"),
        ("pace", "10", "must be a number"),
        ("pace", True, "must be a number"),
        ("writer", "me", "must be one of auto, rules"),
        ("copies", 0, "must be at least 1"),
        ("copies", 1.5, "must be a whole number"),
        ("note", 7, "must be a text"),
        ("dry", "yes", "must be true or false"),
        ("pase", 1, "is not an option of this worker; it has pace, writer, copies, note, dry"),
    ],
)
def test_an_option_that_does_not_fit_is_named(name: str, value: Any, message: str) -> None:
    with pytest.raises(OptionsRefused) as refused:
        complete_options(DECLARED, {name: value})
    (problem,) = refused.value.detail
    assert problem["loc"] == ["body", "options", name]
    assert problem["msg"] == message


def test_every_option_that_does_not_fit_is_named() -> None:
    with pytest.raises(OptionsRefused) as refused:
        complete_options(DECLARED, {"pace": -1, "pase": 1, "dry": 3})
    assert {problem["loc"][-1] for problem in refused.value.detail} == {"pace", "pase", "dry"}


def test_options_that_the_artifacts_do_not_depend_on_do_not_count() -> None:
    assert "note" not in affecting_options(DECLARED, complete_options(DECLARED, {"note": "x"}))
