"""AG-UI events become the events of a run: the captures of real servers, and every order of events."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agui_reading import CAPTURES, read
from worker_widget.events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactStarted,
    FailureDetected,
    Log,
    Payload,
    Progress,
    RecoveryCompleted,
    RecoveryStarted,
    RoutingDecision,
    RunCompleted,
    RunFailed,
    RunStarted,
    StageCompleted,
    StageFailed,
    StageStarted,
    make,
)
from worker_widget.events.sse import SSEDecoder
from worker_widget.host.worker import RunError
from worker_widget.state.log_line import LoggedEvent
from worker_widget.state.reduce import reduce
from worker_widget.state.run_state import RunState
from worker_widget.workers.agui.conversation import Conversation
from worker_widget.workers.agui.interrupts import question, reply
from worker_widget.workers.agui.mapping import EventMapping
from worker_widget.workers.agui.messages import AguiEvent, Unknown, decode
from worker_widget.workers.agui.pieces import joined

ARRIVAL = 1_795_883_000_000.0
NAMES = [path.stem for path in CAPTURES]
FOLDER = CAPTURES[0].parent


def capture(name: str) -> bytes:
    return (FOLDER / f"{name}.sse").read_bytes()


def mapping() -> EventMapping:
    conversation = Conversation()
    conversation.add_user("m1", "hello")
    return EventMapping(conversation)


def frames(data: bytes) -> list[bytes]:
    return [frame.data for frame in SSEDecoder().feed(data)]


def mapped(events: Iterable[bytes], of: EventMapping | None = None, pause_ms: float = 1.0) -> list[Payload]:
    """The payloads of events that arrive one after the other, and of the end of the stream."""
    of = mapping() if of is None else of
    payloads: list[Payload] = []
    for number, data in enumerate(events):
        payloads += of.take(decode(data), ARRIVAL + pause_ms * number)
    return payloads + of.connection_ended()


def lines(*events: dict[str, Any]) -> list[bytes]:
    return [json.dumps(event).encode() for event in events]


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields}


def started() -> dict[str, Any]:
    return event("RUN_STARTED", threadId="t", runId="r")


def finished(**fields: Any) -> dict[str, Any]:
    return event("RUN_FINISHED", threadId="t", runId="r", **fields)


def texts(payloads: Sequence[Payload], stem: str) -> list[str]:
    """The texts of the artifacts whose names begin with ``stem``, put together from their pieces."""
    found: dict[str, str] = {}
    for item in payloads:
        if isinstance(item, ArtifactDelta):
            name = item.artifact_name or ""
            if re.fullmatch(rf"{stem}(-\d+)?", name):
                assert item.offset == len(found.get(name, ""))
                found[name] = found.get(name, "") + item.text
    return list(found.values())


def state_of(payloads: Sequence[Payload], of: EventMapping) -> RunState:
    """The state of the run whose worker emitted these payloads."""
    assert of.outcome is not None
    last: Payload
    if of.outcome.status == "failed":
        last = RunFailed(success=False, error=of.outcome.error)
    else:
        last = RunCompleted(success=True, total_tokens=sum(model.total_tokens for model in of.usage))
    state = RunState()
    for position, payload in enumerate([RunStarted(task="hello"), *payloads, last], 1):
        made = make(payload, run_id="r", time=datetime.fromtimestamp(position, UTC))
        state = reduce(state, LoggedEvent(position, made))
    return state


def by_stage(payloads: Sequence[Payload]) -> dict[str, dict[str, Any]]:
    stages: dict[str, dict[str, Any]] = {}
    for item in payloads:
        if isinstance(item, StageStarted):
            stage = stages.setdefault(item.stage_id or "", {"end": "open"})
            stage.setdefault("name", item.name)
            stage.setdefault("kind", item.kind)
            stage.setdefault("parent", item.parent_id)
            stage["input"] = item.input if item.input is not None else stage.get("input")
        elif isinstance(item, StageCompleted):
            stage = stages[item.stage_id or ""]
            stage["end"] = "completed"
            stage["output"] = item.output if item.output is not None else stage.get("output")
            stage["tokens"] = item.tokens_used or stage.get("tokens")
        elif isinstance(item, StageFailed):
            stages[item.stage_id or ""]["end"] = "failed"
    return stages


def of_type(payloads: Sequence[Payload], *kinds: type[Payload]) -> list[Any]:
    return [item for item in payloads if isinstance(item, kinds)]


# --- the captures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CAPTURES, ids=NAMES)
def test_a_capture_has_the_end_texts_and_tool_calls_that_a_simple_reading_finds(path: Path) -> None:
    expected = read(path)
    run = mapping()
    payloads = mapped(frames(path.read_bytes()), run)
    assert run.outcome is not None
    assert run.outcome.status == expected.end
    if expected.end == "failed":
        assert run.outcome.error == expected.error
    assert texts(payloads, "answer") == expected.answers
    assert texts(payloads, "thinking") == expected.thoughts
    stages = by_stage(payloads)
    tools = [stage for stage in stages.values() if stage["kind"] == "tool"]
    called = [(stage["name"], stage["input"]) for stage in tools if stage["input"] is not None]
    assert called == list(expected.calls.values())
    outputs = [stage.get("output") for stage in tools if stage.get("output") is not None]
    results = [parsed(text) for text in expected.results.values()]
    assert sorted(map(repr, outputs)) == sorted(map(repr, results))
    assert [stage["name"] for stage in stages.values() if stage["kind"] == "stage"] == expected.steps
    assert sum(model.total_tokens for model in run.usage) == expected.tokens
    waiting = [stage["name"] for stage in stages.values() if stage["end"] == "open"]
    assert waiting == (["delete_file"] if path.stem == "pydantic-ai-approval" else []) + (
        ["pick_color"] if path.stem == "pydantic-ai-frontend-tool" else []
    )
    state = state_of(payloads, run)
    assert state.status == ("failed" if expected.end == "failed" else "completed")
    assert all(stage.status not in ("running", "pending", "recovering") for stage in state.stages)
    assert state.counts.unknown == 0


def parsed(text: str) -> Any:
    return json.loads(text) if text[:1] in ("{", "[") else text


@pytest.mark.parametrize("path", CAPTURES, ids=NAMES)
def test_the_finished_text_is_the_sum_of_its_pieces(path: Path) -> None:
    payloads = mapped(frames(path.read_bytes()))
    whole = {
        item.artifact_name: item.content
        for item in of_type(payloads, ArtifactCreated)
        if item.artifact_type == "md" and item.artifact_name.startswith(("answer", "thinking"))
    }
    pieces: dict[str | None, str] = {}
    for item in of_type(payloads, ArtifactDelta):
        pieces[item.artifact_name] = pieces.get(item.artifact_name, "") + item.text
    unfinished = {"agent-framework-error": {"answer"}}.get(path.stem, set())
    assert {name: text for name, text in pieces.items() if name not in unfinished} == whole
    assert set(pieces) == {item.artifact_name for item in of_type(payloads, ArtifactStarted)}


@settings(max_examples=30, deadline=None)
@given(data=st.data(), name=st.sampled_from([name for name in NAMES if name != "pydantic-ai-long"]))
def test_any_cut_of_the_bytes_and_any_keepalives_give_the_same_events(data: st.DataObject, name: str) -> None:
    whole = capture(name)
    blocks = whole.split(b"\n\n")
    comment = st.sampled_from([b"", b": keepalive\n\n", b": ping - 2026\r\n\r\n", b":\n", b": x\r\n"])
    with_comments = b"\n\n".join(
        data.draw(comment, label="keepalive") + block if block else block for block in blocks
    )
    crlf = data.draw(st.booleans(), label="crlf")
    if crlf:
        with_comments = with_comments.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(with_comments)), max_size=12), label="cuts"))
    decoder = SSEDecoder()
    received = []
    for start, end in zip([0, *cuts], [*cuts, len(with_comments)], strict=True):
        received += [frame.data for frame in decoder.feed(with_comments[start:end])]
    assert mapped(received) == mapped(frames(whole))


ALL_EVENTS = [
    data for path in CAPTURES if path.stem != "pydantic-ai-long" for data in frames(path.read_bytes())
]


@settings(max_examples=50, deadline=None)
@given(data=st.data(), name=st.sampled_from(NAMES))
def test_shuffled_doubled_and_cut_streams_never_raise_and_always_end(data: st.DataObject, name: str) -> None:
    events = frames(capture(name))[:40]
    events += data.draw(st.lists(st.sampled_from(ALL_EVENTS), max_size=12))
    events += data.draw(st.lists(st.sampled_from(events), max_size=12))
    if data.draw(st.booleans()):
        events = data.draw(st.permutations(events))
    events = [
        event[: data.draw(st.integers(0, len(event)))] if data.draw(rarely) else event for event in events
    ]
    run = mapping()
    payloads = mapped(events, run)
    assert run.outcome is not None
    state = state_of(payloads, run)
    assert all(stage.status not in ("running", "pending", "recovering") for stage in state.stages)
    if run.outcome.status != "waiting":
        assert all(stage["end"] != "open" for stage in by_stage(payloads).values())


rarely = st.integers(0, 20).map(lambda number: number == 0)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    *("messageId", "toolCallId", "toolCallName", "delta", "content", "snapshot", "patch", "messages"),
    *("outcome", "usage", "stepName", "subagentRunId", "name", "value", "rawEvent", "activityType"),
    *("replace", "timestamp", "role", "input", "message", "code"),
]
TYPES = [
    *sorted({json.loads(data)["type"] for data in ALL_EVENTS}),
    *("ACTIVITY_SNAPSHOT", "ACTIVITY_DELTA", "SUBAGENT_STARTED", "SUBAGENT_FINISHED", "SUBAGENT_ERROR"),
    *("THINKING_START", "THINKING_TEXT_MESSAGE_CONTENT", "THINKING_END", "REASONING_MESSAGE_CHUNK"),
    "NOVELTY",
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES, max_size=6)),
        max_size=15,
    )
)
def test_fields_of_any_type_never_raise_and_can_be_stored(events: list[tuple[str, dict[str, Any]]]) -> None:
    run = mapping()
    payloads = mapped(
        [json.dumps({"type": kind, **fields}).encode("utf-8", "surrogatepass") for kind, fields in events],
        run,
    )
    for payload in payloads:
        make(payload, run_id="r", time=datetime.fromtimestamp(1, UTC))
    assert run.outcome is not None


# --- decoding --------------------------------------------------------------------------------------


def fields_of(event: AguiEvent) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def test_ids_can_be_numbers_and_absent_fields_null() -> None:
    one = decode(b'{"type":"TEXT_MESSAGE_START","messageId":7,"role":null,"name":null,"timestamp":null}')
    assert fields_of(one) == {
        "timestamp": None, "subagent_run_id": None, "message_id": "7", "role": None, "name": None
    }  # fmt: skip


def test_times_are_in_milliseconds_also_where_they_are_written_in_seconds() -> None:
    assert decode(b'{"type":"RAW","timestamp":1795883456}').time_ms == 1_795_883_456_000
    assert decode(b'{"type":"RAW","timestamp":1795883456123}').time_ms == 1_795_883_456_123
    assert decode(b'{"type":"RAW","timestamp":"yesterday"}').time_ms is None


@pytest.mark.parametrize(
    "data", [b"", b"[1]", b"nonsense", b'"x"', b"{}", b'{"type": 3}', b"\xff", b"[" * 5000]
)
def test_what_is_no_event_is_unknown(data: bytes) -> None:
    assert isinstance(decode(data), Unknown)


def test_an_unknown_type_is_a_log_line_with_its_fields() -> None:
    payloads = mapped(lines(started(), event("NOVELTY", depth=3), finished()))
    assert of_type(payloads, Log) == [Log(message='NOVELTY: {"type":"NOVELTY","depth":3}', level="debug")]


def test_a_character_cut_in_two_pieces_is_put_together() -> None:
    payloads = mapped(
        [
            b'{"type":"TEXT_MESSAGE_CONTENT","messageId":"a","delta":"x\\ud83d"}',
            b'{"type":"TEXT_MESSAGE_CONTENT","messageId":"a","delta":"\\ude00y"}',
            b'{"type":"TEXT_MESSAGE_CONTENT","messageId":"a","delta":"\\ud83d"}',
            *lines(finished()),
        ]
    )
    assert texts(payloads, "answer") == ["x😀y\ufffd"]


# --- texts -----------------------------------------------------------------------------------------


def message(message_id: str, *deltas: str, **fields: Any) -> list[dict[str, Any]]:
    return [
        event("TEXT_MESSAGE_START", messageId=message_id, **fields),
        *(event("TEXT_MESSAGE_CONTENT", messageId=message_id, delta=delta) for delta in deltas),
        event("TEXT_MESSAGE_END", messageId=message_id),
    ]


def test_an_empty_message_shows_nothing() -> None:
    payloads = mapped(lines(started(), *message("a"), *message("b", "", ""), finished()))
    assert payloads == []


def test_every_answer_is_an_artifact_and_a_stage_of_its_own() -> None:
    payloads = mapped(
        lines(started(), *message("a", "Grüß", " dich 😀", "!"), *message("b", "Two"), finished())
    )
    assert [(item.artifact_name, item.content) for item in of_type(payloads, ArtifactCreated)] == [
        ("answer", "Grüß dich 😀!"),
        ("answer-2", "Two"),
    ]
    assert [item.offset for item in of_type(payloads, ArtifactDelta)] == [0, 4, 11, 0]
    assert list(by_stage(payloads)) == ["answer", "answer #2"]
    assert [item.message for item in of_type(payloads, Log)] == ["Grüß dich 😀!", "Two"]


def test_chunks_without_an_id_continue_and_other_events_close() -> None:
    payloads = mapped(
        lines(
            started(),
            event("TEXT_MESSAGE_CHUNK", messageId="a", role="assistant", delta="One "),
            event("RAW", event={}),
            event("TEXT_MESSAGE_CHUNK", delta="text."),
            event("TOOL_CALL_CHUNK", toolCallId="c", toolCallName="weather", delta='{"city":'),
            event("TOOL_CALL_CHUNK", delta='"Basel"}'),
            event("TEXT_MESSAGE_CHUNK", messageId="b", delta="Other."),
            event("TEXT_MESSAGE_CHUNK", messageId="c", delta="Third."),
            finished(),
        )
    )
    assert texts(payloads, "answer") == ["One text.", "Other.", "Third."]
    assert by_stage(payloads)["weather"]["input"] == {"city": "Basel"}


def test_thinking_of_old_versions_is_reasoning_with_its_title() -> None:
    payloads = mapped(
        lines(
            started(),
            event("THINKING_START", title="Plan"),
            event("THINKING_TEXT_MESSAGE_START"),
            event("THINKING_TEXT_MESSAGE_CONTENT", delta="Hm. "),
            event("THINKING_TEXT_MESSAGE_END"),
            event("THINKING_END"),
            finished(),
        )
    )
    stage = by_stage(payloads)["thinking"]
    assert (stage["name"], stage["kind"], texts(payloads, "thinking")) == ("Plan", "reasoning", ["Hm. "])
    assert of_type(payloads, Log) == [Log(stage_id="thinking", message="Hm. ", level="debug")]


def test_a_text_that_breaks_off_keeps_its_pieces_and_is_not_called_finished() -> None:
    run = mapping()
    payloads = mapped(lines(started(), *message("a", "Half a")[:2]), run)
    assert texts(payloads, "answer") == ["Half a"]
    assert of_type(payloads, ArtifactCreated) == []
    assert run.outcome is not None
    assert "the connection ended" in run.outcome.error
    state = state_of(payloads, run)
    assert [(item.file, item.status) for item in state.artifacts] == [("answer.md", "failed")]


@pytest.mark.parametrize("path", CAPTURES, ids=NAMES)
def test_pieces_that_arrive_together_give_the_same_texts_in_fewer_events(path: Path) -> None:
    events = [decode(data) for data in frames(path.read_bytes())]
    run = mapping()
    payloads = [payload for item in joined(events) for payload in run.take(item, ARRIVAL)]
    payloads += run.connection_ended()
    expected = read(path)
    assert texts(payloads, "answer") == expected.answers
    assert texts(payloads, "thinking") == expected.thoughts
    one_by_one = mapped(frames(path.read_bytes()))
    assert len(of_type(payloads, ArtifactDelta)) <= len(of_type(one_by_one, ArtifactDelta))


# --- tool calls ------------------------------------------------------------------------------------


def call(call_id: str, tool: str, arguments: str = "{}", result: Any = None) -> list[dict[str, Any]]:
    events = [
        event("TOOL_CALL_START", toolCallId=call_id, toolCallName=tool),
        event("TOOL_CALL_ARGS", toolCallId=call_id, delta=arguments),
        event("TOOL_CALL_END", toolCallId=call_id),
    ]
    if result is not None:
        events.append(result_of(call_id, result))
    return events


def result_of(call_id: str, content: Any) -> dict[str, Any]:
    return event(
        "TOOL_CALL_RESULT", messageId=f"m-{call_id}", toolCallId=call_id, content=content, role="tool"
    )


def test_a_call_is_shown_as_code_and_as_the_choice_among_the_offered_tools() -> None:
    begun = event(
        "RUN_STARTED", threadId="t", runId="r", input={"tools": [{"name": "weather"}, {"name": "time"}]}
    )
    payloads = mapped(
        lines(begun, *call("c", "weather", '{"city": "Basel", "days": 3}', "sunny"), finished())
    )
    assert [item.message for item in of_type(payloads, Log)] == ['weather(city="Basel", days=3)', "sunny"]
    assert of_type(payloads, RoutingDecision) == [
        RoutingDecision(
            stage_id="weather", selected_agent="weather", alternatives=["time"], routing_source="model"
        )
    ]


def test_arguments_that_are_not_json_are_kept_as_text() -> None:
    payloads = mapped(lines(started(), *call("c", "search", "tea, green", "found"), finished()))
    assert by_stage(payloads)["search"]["input"] == "tea, green"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (json.dumps({"rows": ["x" * 100] * 30}), "json"),
        ("# Title\n\n" + "word " * 600, "md"),
        ("word " * 600, "txt"),
        ([{"type": "image", "source": {"type": "url", "value": "http://x/y.png"}}], "json"),
        ("short", None),
        ([{"type": "text", "text": "short"}], None),
    ],
)
def test_a_long_result_is_an_artifact_too(content: Any, kind: str | None) -> None:
    payloads = mapped(lines(started(), *call("c", "weather", "{}", content), finished()))
    found = [(item.artifact_name, item.artifact_type) for item in of_type(payloads, ArtifactCreated)]
    assert found == ([] if kind is None else [("weather-1", kind)])


@pytest.mark.parametrize("first", ["", '{"city"', '{"city": "Basel"}'])
@pytest.mark.parametrize("is_sent", [True, False])
def test_arguments_begin_with_the_piece_that_langgraph_sends_only_in_its_raw_event(
    first: str, is_sent: bool
) -> None:
    whole = '{"city": "Basel"}'
    chunk = {"tool_call_chunks": [{"id": "other", "args": "{"}, {"id": "c", "args": first}]}
    start = event(
        "TOOL_CALL_START", toolCallId="c", toolCallName="weather", rawEvent={"data": {"chunk": chunk}}
    )
    sent = whole if is_sent else whole.removeprefix(first)
    pieces = [event("TOOL_CALL_ARGS", toolCallId="c", delta=piece) for piece in (sent[:3], sent[3:]) if piece]
    payloads = mapped(
        lines(started(), start, *pieces, event("TOOL_CALL_END", toolCallId="c"), result_of("c", "sunny"))
    )
    assert next(item.message for item in of_type(payloads, Log)) == 'weather(city="Basel")'
    inputs = [item.input for item in of_type(payloads, StageStarted) if item.input is not None]
    assert inputs == [{"city": "Basel"}]


@pytest.mark.parametrize(
    "raw", [None, 1, {"data": []}, {"data": {"chunk": {"tool_call_chunks": [None, {}]}}}]
)
def test_a_raw_event_of_another_producer_adds_no_arguments(raw: Any) -> None:
    start = event("TOOL_CALL_START", toolCallId="c", toolCallName="f", rawEvent=raw)
    payloads = mapped(lines(started(), start, event("TOOL_CALL_END", toolCallId="c"), finished()))
    assert next(item.message for item in of_type(payloads, Log)) == "f()"


@pytest.mark.parametrize("arrived", ["", '"Basel"}'])
@pytest.mark.parametrize(
    "snapshot",
    [
        event(
            "STATE_SNAPSHOT",
            snapshot={"messages": [{"tool_calls": [{"id": "c", "args": {"city": "Basel"}}]}]},
        ),
        event(
            "MESSAGES_SNAPSHOT",
            messages=[
                {
                    "id": "a",
                    "role": "assistant",
                    "toolCalls": [
                        {"id": "c", "function": {"name": "weather", "arguments": '{"city": "Basel"}'}}
                    ],
                }
            ],
        ),
    ],
    ids=["state", "messages"],
)
def test_arguments_that_did_not_arrive_whole_are_those_of_the_snapshot(
    arrived: str, snapshot: dict[str, Any]
) -> None:
    payloads = mapped(
        lines(started(), *call("c", "weather", arrived), snapshot, result_of("c", "sunny"), finished())
    )
    assert by_stage(payloads)["weather"]["input"] == {"city": "Basel"}
    assert list(by_stage(payloads)) == ["weather"]


def test_an_id_that_is_used_again_is_another_call() -> None:
    payloads = mapped(lines(started(), *call("c", "a", "{}", "1"), *call("c", "b", "{}", "2"), finished()))
    assert {name: stage["output"] for name, stage in by_stage(payloads).items()} == {"a": "1", "b": "2"}


def failed(message_id: str, outcome: str = "failed") -> dict[str, Any]:
    value = json.dumps({"pydantic_ai": {"outcome": outcome}})
    return event("REASONING_ENCRYPTED_VALUE", subtype="message", entityId=message_id, encryptedValue=value)


def test_a_tool_that_is_called_again_after_a_failure_is_a_recovery() -> None:
    run = mapping()
    payloads = mapped(
        lines(
            started(),
            *call("c1", "weather", "{}", "no such city"),
            failed("m-c1"),
            *call("c2", "weather", '{"city": "Basel"}', "sunny"),
            finished(),
        ),
        run,
    )
    assert of_type(payloads, FailureDetected, RecoveryStarted, RecoveryCompleted) == [
        FailureDetected(stage_id="weather", error="no such city", pattern="tool_failed"),
        RecoveryStarted(stage_id="weather", action="retry"),
        RecoveryCompleted(stage_id="weather", action="retry", success=True),
    ]
    state = state_of(payloads, run)
    assert [(stage.stage_id, stage.status) for stage in state.stages] == [
        ("weather", "recovered"),
        ("weather #2", "completed"),
    ]


def test_a_retry_that_fails_too_is_no_success() -> None:
    payloads = mapped(
        lines(
            started(),
            *call("c1", "weather", "{}", "no"),
            failed("m-c1"),
            *call("c2", "weather", "{}", "no again"),
            failed("m-c2", "retried"),
            *call("c3", "weather", "{}", "yes"),
            finished(),
        )
    )
    assert [(item.stage_id, item.success) for item in of_type(payloads, RecoveryCompleted)] == [
        ("weather", False),
        ("weather", True),
        ("weather #2", True),
    ]


def test_a_declined_call_is_no_failure() -> None:
    payloads = mapped(
        lines(
            started(),
            *call("c", "delete", "{}", "The tool call was denied."),
            failed("m-c", "denied"),
            finished(),
        )
    )
    assert of_type(payloads, FailureDetected) == []
    assert "delete was declined." in [item.message for item in of_type(payloads, Log)]


def test_the_result_of_a_call_of_an_earlier_run_has_its_tool_and_arguments() -> None:
    run = mapping()
    run.conversation.add_call("c", "weather", '{"city":"Oslo"}', None)
    payloads = mapped(lines(started(), result_of("c", "rain"), finished()), run)
    stage = by_stage(payloads)["weather"]
    assert (stage["input"], stage["output"], stage["end"]) == ({"city": "Oslo"}, "rain", "completed")


def test_an_error_in_a_snapshot_is_the_failure_of_the_call() -> None:
    snapshot = event(
        "MESSAGES_SNAPSHOT",
        messages=[
            {"id": "u", "role": "user", "content": "hello"},
            {"id": "t", "role": "tool", "toolCallId": "c", "content": "", "error": "no network"},
        ],
    )
    payloads = mapped(lines(started(), *call("c", "fetch"), snapshot, snapshot, finished()))
    assert of_type(payloads, FailureDetected) == [
        FailureDetected(stage_id="fetch", error="no network", pattern="tool_failed")
    ]
    assert by_stage(payloads)["fetch"]["end"] == "failed"


# --- snapshots of messages -------------------------------------------------------------------------


def test_a_snapshot_shows_only_the_answers_after_the_last_question() -> None:
    snapshot = event(
        "MESSAGES_SNAPSHOT",
        messages=[
            {"id": "u0", "role": "user", "content": "before"},
            {"id": "a0", "role": "assistant", "content": "old answer"},
            {"id": "u1", "role": "user", "content": "hello"},
            {"id": "a1", "role": "assistant", "content": "streamed"},
            {"id": "a2", "role": "assistant", "content": "new answer"},
        ],
    )
    payloads = mapped(lines(started(), *message("x", "streamed"), snapshot, snapshot, finished()))
    assert texts(payloads, "answer") == ["streamed", "new answer"]


def test_the_conversation_is_that_of_the_last_snapshot_and_what_followed() -> None:
    run = mapping()
    snapshot = event("MESSAGES_SNAPSHOT", messages=[{"id": "u1", "role": "user", "content": "hello"}])
    mapped(lines(started(), snapshot, *message("a", "Hi"), *call("c", "f", "{}", "1"), finished()), run)
    assert [item["role"] for item in run.conversation.messages] == ["user", "assistant", "assistant", "tool"]
    assert run.conversation.messages[3] == {"id": "m-c", "role": "tool", "toolCallId": "c", "content": "1"}


# --- steps, subagents, progress --------------------------------------------------------------------


def test_work_belongs_to_the_step_and_the_subagent_around_it() -> None:
    payloads = mapped(
        lines(
            started(),
            event("STEP_STARTED", stepName="plan"),
            event("SUBAGENT_STARTED", subagentRunId="s", name="reader", description="Read it"),
            event("STEP_STARTED", stepName="inner", subagentRunId="s"),
            event("TOOL_CALL_START", toolCallId="c", toolCallName="fetch", subagentRunId="s"),
            event("TEXT_MESSAGE_CONTENT", messageId="a", delta="Top"),
            event("STEP_FINISHED", stepName="inner", subagentRunId="s"),
            event("SUBAGENT_FINISHED", subagentRunId="s", result={"pages": 3}),
            event("STEP_FINISHED", stepName="plan"),
            finished(),
        )
    )
    stages = by_stage(payloads)
    assert {name: (stage["parent"], stage["kind"]) for name, stage in stages.items()} == {
        "plan": (None, "stage"),
        "reader": ("plan", "agent"),
        "inner": ("reader", "stage"),
        "fetch": ("inner", "tool"),
        "answer": ("plan", "model"),
    }
    assert (stages["reader"]["input"], stages["reader"]["output"]) == ("Read it", {"pages": 3})
    assert of_type(payloads, RoutingDecision)[0].routing_source == "delegation"


def test_a_subagent_that_fails_is_a_failed_stage_of_a_run_that_goes_on() -> None:
    run = mapping()
    payloads = mapped(
        lines(
            started(),
            event("SUBAGENT_STARTED", subagentRunId="s", name="reader"),
            event("SUBAGENT_ERROR", subagentRunId="s", message="no page", code="E7"),
            finished(),
        ),
        run,
    )
    assert of_type(payloads, FailureDetected) == [
        FailureDetected(stage_id="reader", error="no page", pattern="E7")
    ]
    assert by_stage(payloads)["reader"]["end"] == "failed"
    assert run.outcome is not None
    assert run.outcome.status == "completed"


def test_a_step_that_comes_again_has_a_number() -> None:
    payloads = mapped(frames(capture("langgraph-graph")))
    assert list(by_stage(payloads)) == [
        "plan",
        "research_a",
        "research_b",
        "research_a #2",
        "write",
        "answer",
    ]
    assert of_type(payloads, Progress) == [Progress(stage_id="plan", done=1, total=3)]


def test_other_custom_events_are_log_lines() -> None:
    payloads = mapped(lines(started(), event("CUSTOM", name="note", value={"a": 1}), finished()))
    assert of_type(payloads, Log) == [Log(message='note: {"a":1}')]


def test_raw_events_are_counted() -> None:
    payloads = mapped(lines(started(), event("RAW", event=1), event("RAW", event=2), finished()))
    assert of_type(payloads, Log) == [Log(message="Events that are not shown: 2 RAW", level="debug")]


# --- documents -------------------------------------------------------------------------------------


def versions(payloads: Sequence[Payload], name: str = "state") -> list[Any]:
    return [
        json.loads(item.content) for item in of_type(payloads, ArtifactCreated) if item.artifact_name == name
    ]


def delta(*operations: dict[str, Any]) -> dict[str, Any]:
    return event("STATE_DELTA", delta=list(operations))


def test_the_state_has_at_most_one_version_a_second_and_its_last_in_any_case() -> None:
    steps = [delta({"op": "add", "path": "/n", "value": number}) for number in range(30)]
    payloads = mapped(lines(started(), *steps, finished()), pause_ms=100)
    assert [version["n"] for version in versions(payloads)] == [0, 9, 19, 29]


def test_a_change_that_does_not_apply_is_a_warning_until_the_next_snapshot() -> None:
    payloads = mapped(
        lines(
            started(),
            event("STATE_SNAPSHOT", snapshot={"a": 1}),
            delta({"op": "remove", "path": "/missing"}),
            delta({"op": "add", "path": "/b", "value": 2}),
            event("STATE_SNAPSHOT", snapshot={"a": 3}),
            delta({"op": "replace", "path": "/a", "value": 4}),
            finished(),
        ),
        pause_ms=2_000,
    )
    assert versions(payloads) == [{"a": 1}, {"a": 3}, {"a": 4}]
    warnings = [item for item in of_type(payloads, Log) if item.level == "warning"]
    assert len(warnings) == 1
    assert "state.json" in warnings[0].message


def test_an_activity_is_a_document_of_its_own() -> None:
    payloads = mapped(
        lines(
            started(),
            event("ACTIVITY_SNAPSHOT", messageId="m", activityType="plan", content={"steps": []}),
            event("ACTIVITY_SNAPSHOT", messageId="m", activityType="plan", content={}, replace=False),
            event(
                "ACTIVITY_DELTA",
                messageId="m",
                activityType="plan",
                patch=[{"op": "add", "path": "/steps/-", "value": "buy"}],
            ),
            event("ACTIVITY_SNAPSHOT", messageId="n", activityType="plan", content={"steps": ["sell"]}),
            finished(),
        )
    )
    assert versions(payloads, "plan")[-1] == {"steps": ["buy"]}
    assert versions(payloads, "plan-2") == [{"steps": ["sell"]}]


def test_without_the_package_for_changes_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonpatch", None)
    with pytest.raises(RunError, match=r'pip install "worker-widget\[agui\]"'):
        mapped(lines(started(), delta({"op": "add", "path": "/a", "value": 1})))


# --- usage -----------------------------------------------------------------------------------------


def test_the_tokens_of_several_models_are_stages_of_their_own() -> None:
    usage = [
        {"model": "big", "inputTokens": 10, "outputTokens": 5, "reasoningTokens": 4},
        {"model": "small", "totalTokens": 7},
        {"model": "none"},
    ]
    run = mapping()
    payloads = mapped(lines(started(), *message("a", "x"), finished(usage=usage)), run)
    stages = by_stage(payloads)
    assert (stages["big"]["tokens"], stages["small"]["tokens"]) == (15, 7)
    assert sum(model.total_tokens for model in run.usage) == 22
    assert state_of(payloads, run).tokens == 22


def test_the_tokens_of_one_model_are_those_of_the_last_answer() -> None:
    payloads = mapped(frames(capture("pydantic-ai-tool")))
    last = of_type(payloads, StageCompleted)[-1]
    assert (last.stage_id, last.model, last.input_tokens, last.output_tokens, last.tokens_used) == (
        "answer #2", "function::tool_fn", 100, 24, 124
    )  # fmt: skip


# --- questions -------------------------------------------------------------------------------------


def test_an_approval_is_asked_as_a_yes_or_no_about_the_call() -> None:
    run = mapping()
    mapped(frames(capture("pydantic-ai-approval")), run)
    assert run.outcome is not None
    (interrupt,) = run.outcome.interrupts
    asked = question(interrupt, run.call(interrupt.tool_call_id))
    assert asked.message == 'Run delete_file(name="old.txt")?'
    assert (asked.schema, asked.stage_id, asked.reason) == ({"type": "boolean"}, "delete_file", "tool_call")
    assert reply([(interrupt, asked.payload(True))]).resume == [
        {"interruptId": "int-call-1", "status": "resolved", "payload": {"approved": True}}
    ]
    payloads = mapped(frames(capture("pydantic-ai-approval-resumed")), run)
    assert [item.stage_id for item in of_type(payloads, StageStarted)] == ["answer #2"]
    assert of_type(payloads, StageCompleted)[0].output == "old.txt is gone"
    assert run.outcome.status == "completed"


def test_an_interrupt_of_langgraph_is_answered_by_its_command() -> None:
    run = mapping()
    mapped(frames(capture("langgraph-interrupt-raw")), run)
    assert run.outcome is not None
    (interrupt,) = run.outcome.interrupts
    asked = question(interrupt, None)
    assert (asked.message, asked.schema) == ("Publish the report?", {"enum": ["yes", "no"]})
    assert reply([(interrupt, "yes")]).command == "yes"


def test_several_interrupts_of_langgraph_are_answered_by_their_ids() -> None:
    run = mapping()
    questions = [
        event("CUSTOM", name="on_interrupt", value=f"Ok {number}?", rawEvent={"id": f"i{number}"})
        for number in (1, 2)
    ]
    mapped(lines(started(), *questions, finished()), run)
    assert run.outcome is not None
    answers = [(item, "yes") for item in run.outcome.interrupts]
    assert reply(answers).command == {"i1": "yes", "i2": "yes"}
    assert [item.message for item in run.outcome.interrupts] == ["Ok 1?", "Ok 2?"]


def test_an_interrupt_with_a_form_of_its_own_is_asked_as_it_is() -> None:
    schema = {"type": "object", "properties": {"date": {"type": "string"}}}
    interrupt = {
        "id": "i",
        "reason": "input_required",
        "message": "When?",
        "responseSchema": schema,
        "expiresAt": "2026-12-01T10:00:00Z",
    }
    run = mapping()
    mapped(lines(started(), finished(outcome={"type": "interrupt", "interrupts": [interrupt]})), run)
    assert run.outcome is not None
    asked = question(run.outcome.interrupts[0], None)
    assert (asked.message, asked.schema, asked.reason) == ("When?", schema, "input_required")
    assert asked.expires_at == datetime(2026, 12, 1, 10, tzinfo=UTC)


def test_an_interrupt_of_the_protocol_that_langgraph_made_asks_what_its_value_asks() -> None:
    value = {"question": "Publish?", "options": ["yes", "no"]}
    interrupt = {"id": "i", "reason": "langgraph:interrupt", "metadata": {"langgraph": {"raw": value}}}
    run = mapping()
    legacy = event("CUSTOM", name="on_interrupt", value=json.dumps(value))
    mapped(lines(started(), legacy, finished(outcome={"type": "interrupt", "interrupts": [interrupt]})), run)
    assert run.outcome is not None
    (found,) = run.outcome.interrupts
    assert (found.form, found.message, found.schema) == ("resume", "Publish?", {"enum": ["yes", "no"]})


def test_a_tool_that_the_client_must_answer_is_asked_for() -> None:
    run = mapping()
    mapped(frames(capture("pydantic-ai-frontend-tool")), run)
    assert run.outcome is not None
    (interrupt,) = run.outcome.interrupts
    asked = question(interrupt, run.call(interrupt.tool_call_id))
    assert asked.message == 'The agent waits for the result of pick_color(options=["red","blue"]).'
    assert asked.stage_id == "pick_color"
    payloads = run.answer_call("call-f", "red", ARRIVAL)
    assert of_type(payloads, StageCompleted)[0].output == "red"
    assert run.conversation.messages[-1] == {
        "id": "result-call-f", "role": "tool", "toolCallId": "call-f", "content": "red"
    }  # fmt: skip


# --- ends ------------------------------------------------------------------------------------------


def test_a_stream_can_hold_several_runs() -> None:
    run = mapping()
    payloads = mapped(
        lines(started(), *message("a", "1"), finished(), started(), *message("b", "2"), finished()), run
    )
    assert texts(payloads, "answer") == ["1", "2"]
    assert run.outcome is not None
    assert run.outcome.status == "completed"


def test_an_error_fails_the_open_stages_with_its_code_as_the_pattern() -> None:
    run = mapping()
    payloads = mapped(
        lines(
            started(),
            event("STEP_STARTED", stepName="tools"),
            *call("c", "broken"),
            event("RUN_ERROR", message="it broke", code="E1"),
        ),
        run,
    )
    assert {name: stage["end"] for name, stage in by_stage(payloads).items()} == {
        "tools": "failed", "broken": "failed"
    }  # fmt: skip
    assert of_type(payloads, FailureDetected) == [
        FailureDetected(stage_id="broken", error="it broke", pattern="E1")
    ]
    assert [(data.stage_id, data.failed_in) for data in of_type(payloads, StageFailed)] == [
        ("broken", None),
        ("tools", "broken"),
    ]


def test_a_run_that_the_agent_cancelled_is_not_completed() -> None:
    run = mapping()
    mapped(lines(started(), finished(outcome={"type": "cancelled"})), run)
    assert run.outcome is not None
    assert run.outcome.status == "cancelled"
