"""The versions of an artifact: whatever rewrote it, every one stays readable."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_store import RUN, begin, created, delta, emitted, started
from worker_widget.events import ArtifactSources, Event, decode
from worker_widget.events.vocabulary import SentenceSource
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore

FILE = "page.html"


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    begin(memory)
    yield memory
    memory.close()


def versions(store: EventStore) -> list[str | None]:
    reported = store.artifact_versions(RUN, FILE)
    return [store.artifact_text(RUN, FILE, artifact.version) for artifact in reported]


def test_each_version_keeps_its_text(store: EventStore) -> None:
    first = [started(0), delta(1, "one ", 0), delta(2, "page", 4), created(3, "one page")]
    store.append(RUN, [*first, started(4), delta(5, "two ", 0), created(6, "two pages"), created(7, "three")])
    store.append(RUN, [started(8), delta(9, "fo", 0)])
    assert versions(store) == ["one page", "two pages", "three", "fo"]
    reported = store.artifact_versions(RUN, FILE)
    assert [(item.version, item.status, item.chars) for item in reported] == [
        *((1, "done", 8), (2, "done", 9), (3, "done", 5), (4, "assembling", 2))
    ]
    assert store.artifact_text(RUN, FILE) == "fo"


def test_one_that_was_begun_anew_before_it_was_whole_keeps_what_had_come(store: EventStore) -> None:
    store.append(RUN, [started(0), delta(1, "hal", 0), started(2), created(3, "whole")])
    assert versions(store) == ["hal", "whole"]


def test_the_same_content_told_again_is_no_new_version(store: EventStore) -> None:
    store.append(RUN, [created(0, "page"), created(1, "page"), created(2, None)])
    assert versions(store) == ["page"]


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ("x\\ud83d", "\\ude00y", "x\ufffd\ufffdy"),
        ("\\ud83d", "\\ude00", "\ufffd\ufffd"),
        ("x", "\\ude00\\ud83d", "x\ufffd\ufffd"),
    ],
)
def test_halves_of_a_character_in_two_pieces_shift_nothing_and_the_whole_follows(
    store: EventStore, first: str, second: str, shown: str
) -> None:
    """As of a worker that cuts its text between the two code units of JavaScript."""
    pieces = [(0, first), (len(json.loads(f'"{first}"')), second)]
    lines = [
        f'{{"type": "artifact_delta", "timestamp": "2026-11-22T07:50:0{offset}.000001Z", "data": '
        f'{{"artifact_name": "page", "artifact_type": "html", "offset": {offset}, "text": "{text}"}}}}'
        for offset, text in pieces
    ]
    store.append(RUN, [started(0), *(decode(line.encode()) for line in lines)])
    assert store.artifact_text(RUN, FILE) == shown
    store.append(RUN, [created(9, "x😀y")])
    assert versions(store)[-1] == "x😀y"


def test_what_is_not_there_is_none(store: EventStore) -> None:
    assert store.artifact_versions(RUN, FILE) == []
    store.append(RUN, [created(0, "page")])
    for number in (0, 2, -1):
        assert store.artifact_text(RUN, FILE, number) is None


def sources(n: int, *parts: str) -> Event:
    listed = [SentenceSource(start=i, end=i + 1, source=part) for i, part in enumerate(parts)]
    return emitted(ArtifactSources(artifact_name="page", artifact_type="html", sources=listed), n)


def test_the_sources_of_sentences_are_those_of_the_version(store: EventStore) -> None:
    store.append(RUN, [started(0), delta(1, "one", 0), created(2, "one"), sources(3, "brand", "rule")])
    assert [part.source for part in store.artifact_sources(RUN, FILE)] == ["brand", "rule"]
    assert versions(store) == ["one"]
    assert "".join(chunk.text for chunk in store.artifact_chunks(RUN, FILE)) == "one"
    store.append(RUN, [started(4), delta(5, "two", 0), created(6, "two")])
    assert store.artifact_sources(RUN, FILE) == []
    store.append(RUN, [sources(7, "brief")])
    assert [part.source for part in store.artifact_sources(RUN, FILE)] == ["brief"]
    assert [part.source for part in store.artifact_sources(RUN, FILE, 1)] == ["brand", "rule"]
    assert store.artifact_sources(RUN, "other.md") == []
    assert store.artifact_text(RUN, FILE) == "two"


EVENTS = st.lists(st.sampled_from(["start", "ab", "cd", "whole", "other", None]), max_size=12)


@given(EVENTS)
def test_the_newest_version_is_what_the_state_and_the_text_say(reported: list[str | None]) -> None:
    store = EventStore.memory()
    begin(store)
    make: list[Event] = []
    for n, word in enumerate(reported):
        if word == "start":
            make.append(started(n))
        elif word in ("ab", "cd"):
            make.append(delta(n, word, None))
        else:
            make.append(created(n, word))
    store.append(RUN, make)
    listed = store.artifact_versions(RUN, FILE)
    state = reduce_all(store.iterate(RUN))
    assert listed[-1:] == list(state.artifacts)
    assert [item.version for item in listed] == list(range(1, len(listed) + 1))
    if listed:
        assert store.artifact_text(RUN, FILE, listed[-1].version) == store.artifact_text(RUN, FILE)
    store.close()
