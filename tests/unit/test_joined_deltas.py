"""Pieces of an artifact's text that follow each other are one event."""

from __future__ import annotations

from worker_widget.events import ArtifactDelta, Log, Payload
from worker_widget.recording.recording import Recorded
from worker_widget.sources.local.joined_deltas import MOST_CHARS, joined


def _delta(name: str, offset: int, text: str) -> ArtifactDelta:
    return ArtifactDelta(stage_id="m", artifact_name=name, artifact_type="md", offset=offset, text=text)


def _joined(*events: Payload) -> list[Recorded]:
    return joined(Recorded(number, data) for number, data in enumerate(events))


def test_pieces_that_continue_each_other_are_one_event_at_the_time_of_the_first() -> None:
    line = Log(message="between")
    events = [_delta("a", 0, "Grü"), _delta("a", 3, "ße"), line, _delta("a", 5, "!")]
    assert _joined(*events) == [
        Recorded(0, _delta("a", 0, "Grüße")),
        Recorded(2, line),
        Recorded(3, _delta("a", 5, "!")),
    ]


def test_pieces_of_different_artifacts_stay_apart() -> None:
    events = [_delta("a", 0, "1"), _delta("b", 0, "x"), _delta("a", 1, "2"), _delta("b", 1, "y")]
    assert [item.data for item in _joined(*events)] == events


def test_a_piece_that_does_not_continue_the_one_before_stays_apart() -> None:
    events = [_delta("a", 0, "1"), _delta("a", 0, "2"), ArtifactDelta(artifact_name="a", text="3")]
    assert [item.data for item in _joined(*events)] == events


def test_a_joined_event_has_a_greatest_length() -> None:
    half = "x" * (MOST_CHARS // 2)
    events = [_delta("a", number * len(half), half) for number in range(5)]
    texts = [len(item.data.text) for item in _joined(*events) if isinstance(item.data, ArtifactDelta)]
    assert texts == [MOST_CHARS, MOST_CHARS, len(half)]
