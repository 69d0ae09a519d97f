"""Events with fields of any size: what is shown of them has a bound, their bytes stay whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from worker_widget.console.channel import snapshot
from worker_widget.console.wire import FormState, Link, Shown
from worker_widget.events import decode
from worker_widget.events.long_texts import MOST_NAME, MOST_TEXT, short_text
from worker_widget.events.vocabulary import PAYLOADS
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

LONG = "wörd " * 60_000
VALUES: list[Any] = [LONG, [LONG] * 3, {"a": {LONG: [LONG]}}, ["x"] * 50_000]


def raw(_type: str, **data: Any) -> bytes:
    return json.dumps(
        {"type": _type, "timestamp": "2026-01-01T00:00:00.1Z", "run_id": "r", "data": data}
    ).encode()


def every_field() -> Iterator[tuple[str, str]]:
    for kind, payload in PAYLOADS.items():
        for field in payload.__struct_fields__:
            yield kind, field


def sent_bytes(state: RunState) -> int:
    shown = Shown(form=FormState(worker="w", origin="o"), link=Link(), run_id="r", run=state)
    return len(msgspec.json.encode(snapshot.state(shown)))


@pytest.mark.parametrize(("kind", "field"), every_field())
def test_what_is_shown_of_a_field_of_any_size_has_a_bound(kind: str, field: str) -> None:
    store = EventStore.memory()
    store.begin("r", worker="w", origin="o", time_us=0)
    ids = {"stage_id": "s", "artifact_name": "a", "artifact_type": "txt", "request_id": "q"}
    for value in VALUES:
        event = decode(raw(kind, **{**ids, field: value}), kind)
        state = reduce_all(store.append("r", [event]))
        store.summarise("r", **summary(state))
        assert sent_bytes(state) < 500_000
        # A token is used as it is, or not at all.
        assert field == "replay_token" or len(repr(store.run("r"))) < 50_000
    assert [item.raw for item in store.raw_events("r")][-1] == event.raw
    store.close()


def test_two_long_names_stay_two() -> None:
    names = [LONG + end for end in ("a", "b")]
    found = [decode(raw("stage_started", stage_id=name)).data for name in names]
    short = [data.stage_id for data in found]
    assert short[0] != short[1]
    assert [len(name) for name in short] == [MOST_NAME, MOST_NAME]
    assert short == [short_text(name) for name in names]
    assert short[0].startswith("wörd wörd")
    assert "(300,001 characters, " in short[0]


def test_a_long_error_says_how_long_it_is() -> None:
    data = decode(raw("run_failed", error=LONG)).data
    error = data.error
    assert len(error) == MOST_TEXT
    assert error[:100] == LONG[:100]
    assert "… (300,000 characters, " in error


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("log", "message"),
        ("artifact_created", "content"),
        ("artifact_delta", "text"),
        ("stage_started", "input"),
        ("stage_completed", "output"),
        ("stage_failed", "traceback"),
        ("run_failed", "traceback"),
        ("input_given", "payload"),
    ],
)
def test_contents_stay_whole(kind: str, field: str) -> None:
    assert getattr(decode(raw(kind, **{field: LONG})).data, field) == LONG


def test_a_schema_is_there_whole_or_not_at_all() -> None:
    small = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(400)}}
    big = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(4_000)}}
    found = [decode(raw("input_requested", schema=item)).data.schema for item in (small, big)]
    assert found == [small, None]


def test_short_events_are_as_they_were() -> None:
    text = "x" * 19_000
    assert decode(raw("run_failed", error=text)).data.error == text
    assert decode(raw("a type", x=1)).type == "a type"
    assert len(decode(raw(LONG)).type) == MOST_NAME
