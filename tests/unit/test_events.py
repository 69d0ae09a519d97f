from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recorded import NAMES, events, recording
from worker_widget.events import (
    PAYLOADS,
    TYPES,
    ArtifactCreated,
    Log,
    Payload,
    RoutingDecision,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunResumed,
    RunStarted,
    StageCompleted,
    StageFailed,
    StagePlan,
    StageStarted,
    StreamEnd,
    UnknownEvent,
    decode,
    encode,
    encode_at,
    make,
)
from worker_widget.state.incident import IncidentBook
from worker_widget.state.incidents import enter
from worker_widget.state.log_line import LoggedEvent, LogLine, level, log_line

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


@given(st.datetimes(datetime(1970, 1, 1)))
def test_a_time_in_microseconds_is_written_as_that_instant(naive: datetime) -> None:
    time = naive.replace(tzinfo=UTC)
    time_us = (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    written = encode_at(Log(message="m"), run_id="r", time_us=time_us)
    assert written == encode(Log(message="m"), run_id="r", time=time)
    assert decode(written, "log").time_us == time_us


@pytest.mark.parametrize(
    ("kind", "body", "field", "words"),
    [
        ("run_failed", {"message": "out of memory"}, "error", "out of memory"),
        ("run_failed", {"reason": "out of memory", "msg": "no"}, "error", "out of memory"),
        ("run_failed", {"detail": [{"msg": "no quota"}, {"msg": "no key"}]}, "error", "no quota; no key"),
        ("run_failed", {"error": None, "message": "it broke"}, "error", "it broke"),
        ("run_failed", {"error": "first", "message": "second"}, "error", "first"),
        ("run_failed", {"message": 5}, "error", None),
        ("stage_failed", {"stage_id": "copy", "message": {"message": "too long"}}, "error", "too long"),
        ("stage_failed", {"stage_id": "copy", "description": "Writes the copy"}, "error", None),
        ("run_cancelled", {"message": "by the owner"}, "reason", "by the owner"),
        ("policy_violation", {"policy": "p", "message": "a forbidden claim"}, "reason", "a forbidden claim"),
        ("log", {"msg": "as pino writes", "level": 30}, "message", "as pino writes"),
        ("log", {"message": "", "stage_id": "copy"}, "message", ""),
    ],
)
def test_words_under_another_name_are_those_of_the_event(
    kind: str, body: dict[str, Any], field: str, words: str | None
) -> None:
    for message in (wire(kind, body), json.dumps({"type": kind, **body}).encode()):
        for name in (kind, ""):
            event = decode(message, name)
            assert (event.type, getattr(event.data, field)) == (kind, words)


def test_missing_fields_have_their_defaults() -> None:
    assert decode(wire("log", {}), "log").data == Log(message="", level="info")
    assert decode(b'{"type":"run_completed","data":{}}', "run_completed").data == RunCompleted()


@pytest.mark.parametrize(
    ("body", "kept", "malformed"),
    [
        ({"stage_id": "ux", "duration_ms": "12", "tokens_used": "3"}, ("ux", 12.0, 3), {}),
        ({"stage_id": "ux", "duration_ms": "soon"}, ("ux", None, None), {"duration_ms": "soon"}),
        (
            {"stage_id": "ux", "duration_ms": -1, "tokens_used": -3},
            ("ux", None, None),
            "duration_ms tokens_used",
        ),
        ({"stage_id": 5, "duration_ms": 1}, ("5", 1.0, None), {}),
        ({"stage_id": {"id": "ux"}, "duration_ms": 1}, ("ux", 1.0, None), {}),
        ({"stage_id": {"a": 1}}, (None, None, None), {"stage_id": {"a": 1}}),
        ({"stage_id": "ux", "tokens_used": 470.0}, ("ux", None, 470), {}),
        ({"stage_id": "ux", "tokens_used": 470.5}, ("ux", None, None), {"tokens_used": 470.5}),
        ({"stage_id": None, "tokens_used": True}, (None, None, None), {"tokens_used": True}),
        ({"stage_id": "ux", "tokens_used": 10**30}, ("ux", None, None), {"tokens_used": 10**30}),
    ],
)
def test_a_field_of_another_type_is_set_aside_and_the_rest_stays(
    body: dict[str, Any], kept: tuple[Any, ...], malformed: dict[str, Any] | str
) -> None:
    event = decode(wire("stage_completed", body), "stage_completed")
    assert isinstance(event.data, StageCompleted)
    assert (event.data.stage_id, event.data.duration_ms, event.data.tokens_used) == kept
    lost = {name: body[name] for name in malformed.split()} if isinstance(malformed, str) else malformed
    assert event.malformed == lost


@pytest.mark.parametrize(
    ("raw", "data", "lost"),
    [
        # Numbers as Python writes them.
        (
            b'{"type":"run_completed","data":{"success":true,"total_tokens":800,"total_latency_ms":NaN}}',
            RunCompleted(success=True, total_tokens=800),
            {"total_latency_ms": "NaN"},
        ),
        (
            b'{"type":"run_completed","data":{"success":true,"total_latency_ms":-Infinity,"total_tokens":1e400}}',
            RunCompleted(success=True),
            {"total_latency_ms": "-Infinity", "total_tokens": "1e400"},
        ),
        (b'{"type":"run_completed","data":{"total_tokens":%s}}' % (b"9" * 5000), RunCompleted(), None),
        # Text that no UTF-8 can hold.
        (b'{"type":"log","data":{"message":"a\\ud83d"}}', Log(message="a\ufffd"), {}),
        (b'{"type":"log","data":{"message":"\\ude00 b \\ud83d\\ude00"}}', Log(message="\ufffd b 😀"), {}),
        (b'\xef\xbb\xbf{"type":"log","data":{"message":"m\\u0000"}}', Log(message="m\0"), {}),
        (b'{"type":"log","data":{"message":"a\xff\x01b"}}', Log(message="a\ufffd\x01b"), {}),
        # Data that is no object.
        (b'{"type":"run_failed","data":"out of memory"}', RunFailed(error="out of memory"), {}),
        (b'{"type":"run_failed","data":null}', RunFailed(), {}),
        (b'{"type":"run_failed"}', RunFailed(), {}),
        (b'{"type":"run_failed","data":[1]}', RunFailed(), {"data": [1]}),
        (b'{"type":"run_failed","data":["disk","full"]}', RunFailed(error="disk; full"), {}),
        (
            b'{"type":"log","data":{"message":"a: nan, \\"inf\\"","x":nan}}',
            Log(message='a: nan, "inf"'),
            {},
        ),
        (
            b'{"type":"run_completed","data":{"total_tokens":nan,"total_latency_ms":-inf}}',
            RunCompleted(),
            {"total_tokens": "nan", "total_latency_ms": "-inf"},
        ),
        (b'{"type":"run_failed","error":"no space","run_id":"r"}', RunFailed(error="no space"), {}),
        (b'{"type":"run_cancelled","data":"by Ann"}', RunCancelled(reason="by Ann"), {}),
        (b'{"type":"run_completed","data":7}', RunCompleted(), {"data": 7}),
        (b'{"type":"run_failed","data":%s}' % (b"[" * 500 + b"]" * 500), RunFailed(), None),
        # Truth, texts, lists and objects in other forms.
        (b'{"type":"run_completed","data":{"success":0}}', RunCompleted(success=False), {}),
        (b'{"type":"run_completed","data":{"success":"False"}}', RunCompleted(success=False), {}),
        (b'{"type":"run_completed","data":{"success":"no"}}', RunCompleted(success=False), {}),
        (b'{"type":"run_completed","data":{"success":2}}', RunCompleted(), {"success": 2}),
        (
            b'{"type":"run_failed","data":{"error":{"message":"Too many requests","code":429}}}',
            RunFailed(error="Too many requests"),
            {},
        ),
        (b'{"type":"run_failed","data":{"error":{"error":{"message":"m"}}}}', RunFailed(error="m"), {}),
        (b'{"type":"run_failed","data":{"error":["a",{"msg":"b"}]}}', RunFailed(error="a; b"), {}),
        (
            b'{"type":"run_failed","data":{"error":{"detail":[{"msg":"a","loc":["b"]},{"msg":"c"}]}}}',
            RunFailed(error="a; c"),
            {},
        ),
        (b'{"type":"run_failed","data":{"error":{"errors":[]}}}', RunFailed(error='{"errors":[]}'), {}),
        (b'{"type":"run_failed","data":{"error":{"detail":[]}}}', RunFailed(error='{"detail":[]}'), {}),
        # Less than nothing.
        (
            b'{"type":"run_completed","data":{"total_tokens":-1,"total_latency_ms":-0.5}}',
            RunCompleted(),
            {"total_tokens": -1, "total_latency_ms": -0.5},
        ),
        (b'{"type":"run_resumed","data":{"paused_ms":"-3"}}', RunResumed(), {"paused_ms": "-3"}),
        (
            b'{"type":"artifact_created","data":{"content":{"message":"m","n":1}}}',
            ArtifactCreated(content='{\n  "message": "m",\n  "n": 1\n}'),
            {},
        ),
        (
            b'{"type":"artifact_created","data":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}',
            ArtifactCreated(content="ab"),
            {},
        ),
        (
            b'{"type":"run_started","data":{"stages":[{"stage_id":"a"},7]}}',
            RunStarted(stages=[StagePlan(stage_id="a")]),
            {"stages": [{"stage_id": "a"}, 7]},
        ),
        (b'{"type":"routing_decision","data":{"alternatives":null}}', RoutingDecision(), {}),
        (
            b'{"type":"run_completed","data":{"replay_token":"{\\"seed\\": 1}"}}',
            RunCompleted(replay_token={"seed": 1}),
            {},
        ),
    ],
)
def test_a_known_type_keeps_its_meaning_whatever_its_fields_hold(
    raw: bytes, data: Payload, lost: dict[str, Any] | None
) -> None:
    event = decode(raw, "message")
    assert event.data == data
    assert event.raw == raw
    assert event.malformed == lost or (lost is None and event.malformed)
    assert decode(raw, event.type) == event, "as it is read again from the history"


@pytest.mark.parametrize(
    ("raw", "name", "kind", "data"),
    [
        (wire("tool_called", {"tool": "grep"}), "tool_called", "tool_called", {"tool": "grep"}),
        (b"not json", "tool", "tool", "not json"),
        (b"\xff\xfe", "", "unknown", "\ufffd\ufffd"),
        (b"[1, 2]", "tool", "tool", [1, 2]),
        (b"null", "", "unknown", None),
        (b'[NaN, "\\ud83d"]', "tool", "tool", ["NaN", "\ufffd"]),
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
    cut = decode(b'{"run_id": "r-1", "reas', "stream_end")
    assert (cut.data, cut.malformed) == (StreamEnd(), {"data": '{"run_id": "r-1", "reas'})


@pytest.mark.parametrize(
    ("wording", "time"),
    [
        ("2026-11-22T07:49:19.084474+00:00", WHEN),
        ("2026-11-22T07:49:19.084474", WHEN),
        ("2026-11-22T09:49:19.084474+02:00", WHEN.astimezone(timezone(timedelta(hours=2)))),
        ("2026-11-22T07:49:19.084474Z", WHEN),
        ("yesterday", None),
        (1_795_333_759, WHEN.replace(microsecond=0)),
        (1_795_333_759.084474, WHEN),
        (1_795_333_759_084, WHEN.replace(microsecond=84_000)),
        (1_795_333_759_084_474, WHEN),
        ("1795333759.084474", WHEN),
        ("Sun, 22 Nov 2026 07:49:19 GMT", WHEN.replace(microsecond=0)),
        ("2026-11-22 07:49:19.084474 UTC", WHEN),
        ("0001-01-01T00:00:00+01:00", None),
        (True, None),
        (-5, None),
        (float("nan"), None),
        (None, None),
    ],
)
def test_a_time_is_read_in_every_form_and_is_utc_without_an_offset(
    wording: Any, time: datetime | None
) -> None:
    assert decode(wire("log", {"message": "m"}, timestamp=wording), "log").time == time


def test_events_are_told_apart_by_id_or_else_by_content() -> None:
    one, same, other = (decode(wire("log", {"message": text}), "log") for text in ("a", "a", "b"))
    assert one.key == same.key != other.key
    assert decode(one.raw, "log", "1").key == decode(other.raw, "log", "1").key
    assert decode(one.raw, "log", "1").key != decode(one.raw, "log", "2").key


@pytest.mark.parametrize(
    "data",
    [
        Log(message='a "é"\n', stage_id="copy", agent="writer", level="x"),
        Log(message="m"),
        RunStarted(task="t", stages=[StagePlan(stage_id="copy")], options={"pace": None}),
        StageStarted(),
    ],
)
def test_an_event_is_encoded_without_the_fields_that_are_missing(data: Payload) -> None:
    written = encode(data, run_id='r"1', time=WHEN)
    fields = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not None}
    message = {"type": TYPES[type(data)], "timestamp": WHEN.isoformat(timespec="microseconds")}
    assert written == msgspec.json.encode({**message, "run_id": 'r"1', "data": fields})


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
    assert not isinstance(event.data, UnknownEvent)
    for field, value in event.malformed.items():
        assert field in body
        assert value is not None


@pytest.mark.parametrize("name", ["stage_failed", "run_failed", "run_cancelled", "log"])
def test_the_log_shows_what_was_told_in_another_type(name: str) -> None:
    field = {"run_cancelled": "reason", "log": "message"}.get(name, "error")
    event = decode(b'{"type": "%s", "data": {"%s": {"code": 7}}}' % (name.encode(), field.encode()))
    line = log_line(event, IncidentBook())
    assert line is not None
    assert '{"code":7}' in line.message


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        *[(word, "error") for word in ("50", "60", "ERR", "SEVERE", "E", "alert", "panic", "Critical", "3")],
        *[(word, "error") for word in ("FAIL", "Failed", "exception", "Error:", "[ERROR]", "<E>", "FTL")],
        *[(word, "warning") for word in ("40", "W", "WARN", "4", "Warning:", "(wrn)", "*warn*")],
        *[(word, "debug") for word in ("10", "20", "D", "FINEST", "Trace", "verbose", "7", "[dbg]", "TRC")],
        *[(word, "info") for word in ("30", "I", "notice", "6", "", "loud", "²", "999999999", "[]", "INF")],
    ],
)
def test_levels_of_other_loggers_are_those_of_the_log(told: str, shown: str) -> None:
    assert level(told) == shown


def end_of_run(stage_error: str | None, run_error: str | None) -> LogLine | None:
    """The line for the end of a run whose stage failed first."""
    failed = make(StageFailed(stage_id="copy", error=stage_error), run_id="r-1", time=WHEN)
    book = enter(IncidentBook(), LoggedEvent(1, failed)).book
    return log_line(make(RunFailed(error=run_error), run_id="r-1", time=WHEN), book)


def test_the_end_of_a_run_names_the_stage_in_place_of_its_reason() -> None:
    assert end_of_run("No wording is left.", "No wording is left.") == LogLine(
        "error", "Run failed in this stage.", "copy"
    )


@pytest.mark.parametrize("stage_error", [None, "", "Out of memory", "Out of time" * 400])
def test_the_end_of_a_run_has_a_reason_that_no_stage_has(stage_error: str | None) -> None:
    line = end_of_run(stage_error, "Out of time")
    assert line == LogLine("error", "Run failed: Out of time")
