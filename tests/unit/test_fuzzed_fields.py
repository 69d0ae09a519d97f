"""Every field of every event with values of every other type: nothing raises, and every event is kept."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from worker_widget.console.channel import snapshot
from worker_widget.console.wire import FormState, Link, Shown
from worker_widget.events import PAYLOADS, Event, UnknownEvent, decode
from worker_widget.events.vocabulary import Connected, StreamEnd
from worker_widget.runs.export import ExportFormat, export_pieces
from worker_widget.runs.frames.schema import FRAMES
from worker_widget.runs.history import RunHistory
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

RUN = "r1"
FORM = FormState(worker="w")
ODD: list[str] = [
    *("null", "true", "0", "-1", "0.5", "1e308", "1e400", "NaN", "-Infinity"),
    *(str(2**53 + 1), str(10**30), "9" * 4_400),
    *('""', '"false"', '"12"', '"\\ud83d"', '"\\u0000\\u202e<b>\\u001b[31m"', '"' + "x" * 3_000 + '"'),
    *("[]", '[null, "a", {"b": [NaN]}]', "{}", '{"": null, "message": "m", "a": {"b": [1e400]}}'),
    *('[{"text": 5, "stage_id": {}, "agent": 1}]', '{"amount": -1, "total_tokens": "x", "stages": []}'),
]
"""Values as JSON, or as what Python, JavaScript and other languages write for it."""
SENT = [name for name, payload in PAYLOADS.items() if not issubclass(payload, Connected | StreamEnd)]
TIMES = [
    '"2026-11-22T07:50:01.000001+00:00"',
    "null",
    "1764000000000",
    "-1",
    '"0001-01-01T00:00:00+01:00"',
    "[]",
]


def event(kind: str, fields: dict[str, str], time: str = TIMES[0]) -> Event:
    data = ", ".join(f'"{name}": {value}' for name, value in fields.items())
    return decode(f'{{"type": "{kind}", "timestamp": {time}, "data": {{{data}}}}}'.encode(), kind)


def with_field(value: str) -> list[Event]:
    """Every event, with this value in each of its fields, and in all of them."""
    events = [
        event(kind, {"stage_id": '"ux"', "artifact_name": '"page"', name: value}, TIMES[number % len(TIMES)])
        for kind in SENT
        for number, name in enumerate(PAYLOADS[kind].__struct_fields__)
    ]
    return events + [event(kind, dict.fromkeys(PAYLOADS[kind].__struct_fields__, value)) for kind in SENT]


def shown(state: RunState) -> bytes:
    """What a console gets of a state."""
    return msgspec.json.encode(snapshot.state(Shown(form=FORM, link=Link(), run_id=RUN, run=state)))


def test_values_of_any_type_in_any_field_are_kept_and_shown_everywhere() -> None:
    store = EventStore.memory()
    store.begin(RUN, worker="w", origin="o", time_us=0)
    events = [item for value in ODD for item in with_field(value)]
    assert not any(isinstance(item.data, UnknownEvent) for item in events), "each keeps its meaning"
    state = RunState()
    for start in range(0, len(events), 200):
        state = reduce_all(store.append(RUN, events[start : start + 200], after=state.position), state)
        json.loads(shown(state))
    kept = {logged.event.raw for logged in store.iterate(RUN)}
    assert kept == {item.raw for item in events}
    assert state.over
    store.summarise(RUN, **summary(state))
    assert store.state(RUN) == state
    store.keep_state(RUN, state)
    history = RunHistory(store)
    for frame in FRAMES:
        getattr(history, frame)(runs=RUN)
    formats: tuple[ExportFormat, ...] = ("json", "txt", "csv", "md", "ipynb", "otlp", "html")
    for format in formats:
        assert sum(map(len, export_pieces(store, RUN, format)))
    store.close()


VALUES = st.sampled_from(ODD)
EVENTS = st.sampled_from(SENT).flatmap(
    lambda kind: st.builds(
        event,
        st.just(kind),
        st.fixed_dictionaries({}, optional=dict.fromkeys(PAYLOADS[kind].__struct_fields__, VALUES)),
        st.sampled_from(TIMES),
    )
)


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENTS, max_size=12))
def test_odd_events_in_any_order_are_stored_and_shown(events: list[Event]) -> None:
    store = EventStore.memory()
    store.begin(RUN, worker="w", origin="o", time_us=0)
    state = reduce_all(store.append(RUN, events))
    shown(state)
    assert {logged.event.raw for logged in store.iterate(RUN)} == {item.raw for item in events}
    assert store.state(RUN) == state
    store.close()
