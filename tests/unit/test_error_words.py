"""A worker's errors in words."""

from __future__ import annotations

import pytest

from worker_widget.state.error_words import PROGRAM_STOPPED, error_words


@pytest.mark.parametrize(
    "error",
    [
        "'list' object has no attribute 'get'",
        "'NoneType' object is not subscriptable",
        "'sarcastic' is not a valid ToneLevel",
        "KeyError: 'plan'",
        "'plan'",
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        "Expecting value: line 1 column 1 (char 0)",
        "unsupported operand type(s) for +: 'int' and 'str'",
        "run() missing 1 required positional argument: 'task'",
        "list index out of range",
        "Traceback (most recent call last):\n  File …",
        "TypeError: Cannot read properties of undefined (reading 'id')",
        "plan.map is not a function",
    ],
)
def test_the_error_of_a_program_is_named_and_quoted(error: str) -> None:
    assert error_words(error) == f"{PROGRAM_STOPPED}: “{error}”"


@pytest.mark.parametrize(
    "error",
    [
        "",
        "The value proposition contains “guaranteed”, which the brand forbids.",
        "The language model does not answer: connection refused.",
        "The stage took longer than 30 s.",
        "Error while the server was restarted.",
        "The colour 'blue' is not a valid colour",
        "Cancelled",
    ],
)
def test_an_error_for_people_stays_as_it_is(error: str) -> None:
    assert error_words(error) == error
