from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recorded import NAMES, events, recording
from worker_widget.events import (
    PAYLOADS,
    ArtifactCreated,
    Log,
    RoutingDecision,
    RunCompleted,
    StageCompleted,
    StreamEnd,
    UnknownEvent,
    decode,
    encode,
    make,
)
from worker_widget.state.log_line import log_line

WHEN = datetime(2026, 11, 22, 7, 49, 19, 84474, tzinfo=UTC)


def wire(kind: str, data: Any, **envelope: Any) -> bytes:
    message = {"type": kind, "timestamp": WHEN.isoformat(), "run_id": "r-1", "data": data}
    return json.dumps(message | envelope).encode()


def test_an_event_is_typed_and_keeps_its_bytes() -> None:
    raw = wire("log", {"stage_id": "copy", "agent": "a", "message": "hä 🙂", "level": "warning"})
    event = decode(raw, "log", "7")
    assert event.data == Log(stage_id="copy", agent="a", message="hä 🙂", level="warning")
    assert (event.type, event.run_id, event.time, event.raw, event.id) == ("log", "r-1", WHEN, raw, "7")
    assert event.time_us == 1_795_333_759_084_474
    assert event.malformed == {}


def test_missing_fields_have_their_defaults() -> None:
    assert decode(wire("log", {}), "log").data == Log(message="", level="info")
    assert decode(b'{"type":"run_completed","data":{}}', "run_completed").data == RunCompleted()


@pytest.mark.parametrize(
    ("body", "kept", "malformed"),
    [
        ({"stage_id": "ux", "duration_ms": "12", "tokens_used": 3}, ("ux", None, 3), {"duration_ms": "12"}),
        ({"stage_id": 5, "duration_ms": 1}, (None, 1.0, None), {"stage_id": 5}),
        ({"stage_id": "ux", "tokens_used": 470.0}, ("ux", None, 470), {}),
        ({"stage_id": "ux", "tokens_used": 470.5}, ("ux", None, None), {"tokens_used": 470.5}),
        ({"stage_id": None, "tokens_used": True}, (None, None, None), {"tokens_used": True}),
        ({"stage_id": "ux", "tokens_used": 10**30}, ("ux", None, 10**30), {}),
    ],
)
def test_a_field_of_another_type_is_set_aside_and_the_rest_stays(
    body: dict[str, Any], kept: tuple[Any, ...], malformed: dict[str, Any]
) -> None:
    event = decode(wire("stage_completed", body), "stage_completed")
    assert isinstance(event.data, StageCompleted)
    assert (event.data.stage_id, event.data.duration_ms, event.data.tokens_used) == kept
    assert event.malformed == malformed


@pytest.mark.parametrize(
    ("raw", "name", "kind", "data"),
    [
        (wire("tool_called", {"tool": "grep"}), "tool_called", "tool_called", {"tool": "grep"}),
        (b"not json", "log", "log", "not json"),
        (b"\xff\xfe", "", "unknown", "\ufffd\ufffd"),
        (b"[1, 2]", "log", "log", [1, 2]),
        (b"null", "", "unknown", None),
        (wire("log", "only text"), "log", "log", "only text"),
        (wire("log", None), "log", "log", json.loads(wire("log", None))),
        (b'{"type": 7, "data": {"a": 1}}', "odd", "odd", {"a": 1}),
    ],
)
def test_everything_else_is_an_unknown_event_with_what_came(
    raw: bytes, name: str, kind: str, data: Any
) -> None:
    event = decode(raw, name)
    assert event.data == UnknownEvent(data=data)
    assert (event.type, event.raw) == (kind, raw)


def test_the_type_inside_wins_over_the_name_outside() -> None:
    assert decode(wire("log", {"message": "m"}), "message").data == Log(message="m")
    assert decode(wire("stage_completed", {"stage_id": "ux"}), "log").data == StageCompleted(stage_id="ux")


def test_the_streams_own_events_have_no_envelope() -> None:
    event = decode(b'{"run_id": "r-1", "reason": "run_completed"}', "stream_end")
    assert event.data == StreamEnd(run_id="r-1", reason="run_completed")
    assert event.run_id == "r-1"


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("2026-11-22T07:49:19.084474+00:00", WHEN),
        ("2026-11-22T07:49:19.084474", WHEN),
        ("2026-11-22T09:49:19.084474+02:00", WHEN.astimezone(timezone(timedelta(hours=2)))),
        ("2026-11-22T07:49:19.084474Z", WHEN),
        ("yesterday", None),
        (1_795_333_759, None),
        (None, None),
    ],
)
def test_a_time_without_offset_is_utc_and_an_odd_one_is_none(said: Any, time: datetime | None) -> None:
    assert decode(wire("log", {"message": "m"}, timestamp=said), "log").time == time


def test_events_are_told_apart_by_id_or_else_by_content() -> None:
    one, same, other = (decode(wire("log", {"message": text}), "log") for text in ("a", "a", "b"))
    assert one.key == same.key != other.key
    assert decode(one.raw, "log", "1").key == decode(other.raw, "log", "1").key
    assert decode(one.raw, "log", "1").key != decode(one.raw, "log", "2").key


def test_what_is_encoded_decodes_to_the_same() -> None:
    for data in (
        Log(stage_id="copy", message="m"),
        RoutingDecision(stage_id="ux", alternatives=[{"agent": "a", "score": 0.1}]),
        ArtifactCreated(artifact_name="landing", artifact_type="html", content="<p>ä</p>"),
    ):
        event = make(data, run_id="r-1", time=WHEN)
        assert (event.data, event.time, event.run_id) == (data, WHEN, "r-1")
    assert b"\n" not in encode(Log(message="two\nlines"), run_id="r", time=WHEN)
    assert json.loads(encode(Log(message="m"), run_id="r", time=WHEN))["data"]["level"] == "info"


@pytest.mark.parametrize("name", NAMES)
def test_every_recorded_event_is_typed(name: str) -> None:
    for event in events(recording(name)):
        assert not isinstance(event.data, UnknownEvent)
        assert event.malformed == {}
        assert event.time is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.binary(), st.text(max_size=12) | st.sampled_from(sorted(PAYLOADS)))
def test_no_bytes_make_it_raise(raw: bytes, name: str) -> None:
    assert decode(raw, name).raw == raw


@given(st.sampled_from(sorted(PAYLOADS)), st.data())
def test_no_values_of_known_fields_make_it_raise(kind: str, data: st.DataObject) -> None:
    fields = PAYLOADS[kind].__struct_fields__
    body = {field: data.draw(JSON) for field in fields if data.draw(st.booleans())}
    event = decode(wire(kind, body), kind)
    assert event.type == kind
    for field, value in event.malformed.items():
        assert json.loads(event.raw)["data"][field] == value or value != value


@pytest.mark.parametrize("name", ["stage_failed", "run_failed", "run_cancelled", "log"])
def test_the_log_shows_what_was_told_in_another_type(name: str) -> None:
    field = {"run_cancelled": "reason", "log": "message"}.get(name, "error")
    line = log_line(decode(b'{"type": "%s", "data": {"%s": {"code": 7}}}' % (name.encode(), field.encode())))
    assert line is not None
    assert '{"code":7}' in line.message
