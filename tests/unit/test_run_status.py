from __future__ import annotations

import pytest

from worker_widget.events.run_status import end_status, known_status


@pytest.mark.parametrize(
    ("word", "known", "end"),
    [
        ("FAILED", "failed", "failed"),
        ("RunStatus.FAILED", "failed", "failed"),
        ("Succeeded.", "completed", "completed"),
        ("Done!", "completed", "completed"),
        ("timed out", "failed", "failed"),
        ("crashed", "crashed", "failed"),
        ("Processing...", "processing", None),
        ("Running…", "running", None),
        ("waiting", "waiting", None),
        ("", "", None),
    ],
)
def test_a_status_in_any_form_is_known(word: str, known: str, end: str | None) -> None:
    assert (known_status(word), end_status(word)) == (known, end)
