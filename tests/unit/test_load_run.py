"""A run's JSON goes out and comes back the same, and what happened to the file in between is named."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pandas as pd
import pytest
from hypothesis import given, settings

from tests.recorded import NAMES, events, recording
from tests.unit.test_export import ANY_EVENT
from worker_widget import (
    RunDiffers,
    RunFileError,
    RunHistory,
    RunUnknown,
    WorkerClient,
    WorkerConsole,
    compare,
    load_run,
)
from worker_widget.cli import main
from worker_widget.events import Event, Log, RunCompleted, RunStarted, decode, make
from worker_widget.runs import json_members
from worker_widget.runs.frames.schema import FRAMES
from worker_widget.runs.json_members import BadJson, JsonMembers
from worker_widget.runs.verifying import verify
from worker_widget.state.reduce import reduce_all
from worker_widget.store.blocks_table import DamageWarning
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary
from worker_widget.store.shared import shared_store

MOMENT = datetime(2026, 11, 23, 8, tzinfo=UTC)
CREATED_US = 1_763_800_000_000_000
NAME = "valid_professional"


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    yield memory
    memory.close()


def put(store: EventStore, run_id: str, reported: list[Event]) -> None:
    store.begin(run_id, worker="business-builder", origin="http://127.0.0.1:8000", time_us=CREATED_US)
    store.summarise(run_id, **summary(reduce_all(store.append(run_id, reported))))


def exported(store: EventStore, reported: list[Event], path: Path, run_id: str = "r") -> Path:
    put(store, run_id, reported)
    return RunHistory(store).export(run_id, "json", path)


def lines(*messages: str) -> list[Event]:
    logged = [make(Log(message=message), run_id="r", time=MOMENT) for message in messages]
    start = make(RunStarted(task="A task"), run_id="r", time=MOMENT)
    return [start, *logged, make(RunCompleted(success=True), run_id="r", time=MOMENT)]


def raws(store: EventStore, run_id: str = "r") -> list[tuple[int, str | None, bytes, str]]:
    return [tuple(event) for event in store.raw_events(run_id)]


@contextmanager
def silent() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# --- there and back --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_run_comes_back_as_it_was(store: EventStore, tmp_path: Path, name: str) -> None:
    path = exported(store, events(recording(name)), tmp_path / "run.json", name)
    with silent():
        run = load_run(path)
    there, here = RunHistory(store), RunHistory()
    assert raws(run.store, name) == raws(store, name)
    assert run.state == store.state(name)
    for frame in set(FRAMES) - {"runs", "events"}:
        before, after = (getattr(history, frame)(runs=name) for history in (there, here))
        pd.testing.assert_frame_equal(before, after)
    unlike = {"created_at", "source"}
    before, after = (history.runs().drop(columns=unlike) for history in (there, here))
    pd.testing.assert_frame_equal(before, after)
    assert here.runs()["source"][0] == "run.json (from http://127.0.0.1:8000)"
    comparison = compare(run, name)
    assert all(difference.similarity == 1 for difference in comparison.values())


@settings(deadline=None, max_examples=80)
@given(raw=ANY_EVENT)
def test_whatever_a_server_sent_comes_back_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    store = EventStore.memory()
    path = tmp_path_factory.mktemp("any") / "run.json"
    sent = [decode(raw, "log", "7"), decode(b' {"data":\r\n{"message":"x"}} ', "log"), decode(b"\xff", "log")]
    exported(store, sent, path)
    with silent():
        run = load_run(path, in_memory=True)
    assert raws(run.store) == raws(store)
    assert verify(path).changed is None
    store.close()
    run.store.close()


def test_a_loaded_run_is_a_run_like_any_other(store: EventStore, tmp_path: Path) -> None:
    path = exported(store, lines("Hello"), tmp_path / "run.json")
    run = load_run(path)
    assert (run.status, run.wait(120).success, list(run.logs()["message"])) == ("completed", True, ["Hello"])
    assert WorkerClient().get("r").state == run.state
    again = run.export("json", tmp_path / "again.json")
    assert json.loads(again.read_text())["events"] == json.loads(path.read_text())["events"]


def test_in_memory_the_history_is_not_touched(store: EventStore, tmp_path: Path) -> None:
    run = load_run(exported(store, lines("Hello"), tmp_path / "run.json"), in_memory=True)
    assert list(run.logs()["message"]) == ["Hello"]
    with pytest.raises(RunUnknown):
        shared_store().known_run("r")


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_console_shows_a_loaded_run(store: EventStore, tmp_path: Path, in_memory: bool) -> None:
    run = load_run(exported(store, lines("Hello"), tmp_path / "run.json"), in_memory=in_memory)
    console = WorkerConsole(replay=run)
    try:
        while (shown := console.current_run) is None:
            pass
        assert (shown.run_id, list(shown.logs()["message"])) == ("r", ["Hello"])
    finally:
        console.close()


def test_the_same_file_twice_is_the_same_run(store: EventStore, tmp_path: Path) -> None:
    path = exported(store, lines("a", "b"), tmp_path / "run.json")
    load_run(path).tag("mine")
    with silent():
        run = load_run(path)
    assert list(RunHistory().runs()["tags"][0]) == ["mine"]
    assert run.store.known_run("r").events == 4


def test_a_longer_file_adds_what_is_missing_and_a_shorter_one_nothing(
    store: EventStore, tmp_path: Path
) -> None:
    reported = lines("a", "b", "c")
    short = exported(store, reported[:2], tmp_path / "short.json")
    store.append("r", reported[2:])
    full = RunHistory(store).export("r", "json", tmp_path / "full.json")
    run = load_run(short)
    assert (run.status, run.store.known_run("r").events) == ("running", 2)
    with pytest.raises(Exception, match="had not ended when it was recorded"):
        run.wait(120)
    assert load_run(full).status == "completed"
    assert load_run(short).status == "completed"
    assert raws(run.store) == raws(store)


def test_another_run_of_the_same_id_stays(store: EventStore, tmp_path: Path) -> None:
    path = exported(store, lines("a", "b"), tmp_path / "run.json")
    other = EventStore.memory()
    load_run(exported(other, lines("a", "other"), tmp_path / "other.json"))
    other.close()
    kept = raws(shared_store())
    with pytest.raises(
        RunDiffers, match=r"a run r that differs from .*run\.json at event 3 \(line \d+, .*in_memory"
    ):
        load_run(path)
    assert raws(shared_store()) == kept
    assert list(load_run(path, in_memory=True).logs()["message"]) == ["a", "b"]


def test_a_run_in_the_trash_is_taken_out_of_it(store: EventStore, tmp_path: Path) -> None:
    path = exported(store, lines("a"), tmp_path / "run.json")
    load_run(path).store.trash("r")
    load_run(path)
    assert list(RunHistory().runs()["run_id"]) == ["r"]


def test_a_file_of_the_first_version_is_read(store: EventStore, tmp_path: Path) -> None:
    trace = json.loads(exported(store, lines("a"), tmp_path / "run.json").read_text())
    del trace["integrity"]
    trace["version"] = 1
    for row in trace["events"]:
        del row["hash"]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(trace, indent=1))
    with silent():
        assert list(load_run(path).logs()["message"]) == ["a"]
    with pytest.raises(RunFileError, match="an older worker-widget wrote it"):
        verify(path)


# --- files that are not as they were ---------------------------------------------------------------


def damaged(store: EventStore, tmp_path: Path, before: str, after: str) -> Path:
    path = exported(store, lines("first", "second", "third"), tmp_path / "run.json")
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    return path


HEAD = '{"format": "worker-widget/run", "version": '
BAD = {
    "": "run.json is not complete: it ends in the middle (line 1, byte 0)",
    "PK\x03\x04": "run.json is not the JSON of a run: It does not begin with {",
    "[]": "It does not begin with {",
    "{}": "run.json is JSON of another program",
    '{"format": "har", "version": 1, "run": {}}': "JSON of another program: its format is 'har'",
    '{"format": "worker-widget/run", "version": 3, "run": {}}': "newer worker-widget (version 3",
    '{"format": "worker-widget/run", "version": 2, "run": {}}': "does not name its run",
    '{"format": "worker-widget/run", "version": 2, "run": {"run_id": 5}}': "does not name its run",
    '{"format": "worker-widget/run", "run": {"run_id": "r"}, "events": []}': "it has no version",
    HEAD + 'true, "run": {"run_id": "r"}, "events": []}': "its version is True (line 1, byte 43)",
    HEAD + '-1, "run": {"run_id": "r"}, "events": []}': "its version is -1 (line 1, byte 43)",
    HEAD + '"2", "run": {"run_id": "r"}, "events": []}': "its version is '2' (line 1, byte 43)",
    HEAD + '2, "run": {"run_id": "r"}}': "the JSON of a run: it has no events. Export",
    HEAD + '2, "run": {"run_id": "r"}, "events": {"a": 1}}': "its events are no list (line 1, byte 80)",
    HEAD + '2, "run": {"run_id": "r"}, "events": null}': "its events are no list (line 1, byte 80)",
    HEAD + '2,\n"run": {"run_id": "r\\u0000"}, "events": []}': r"its run.run_id 'r\x00' has control",
    HEAD
    + '2,\n"run": {"run_id": "%s"}, "events": []}' % ("r" * 100_000): "100,000 characters, of at most 1,000",
    '{"format": "worker-widget/run" "version": 2}': "followed by neither , nor }. (line 1, byte 31)",
    '{"format": nonsense}': "This is no JSON. (line 1, byte 11)",
    '{"format"': "ends in the middle",
    '{"format": "x\ud800"}': "has values that cannot be read",
}


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_a_file_that_is_no_run_is_named_with_the_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(RunFileError) as error:
        load_run(path)
    assert BAD[text] in str(error.value)
    assert len(str(error.value)) < 500
    assert RunHistory().runs().empty


def test_a_file_that_was_cut_stores_nothing(store: EventStore, tmp_path: Path) -> None:
    whole = exported(store, lines("first", "second"), tmp_path / "run.json").read_bytes()
    path = tmp_path / "cut.json"
    for end in range(0, len(whole) - 2, 23):
        path.write_bytes(whole[:end])
        with pytest.raises(RunFileError, match="is not complete: it ends in the middle"):
            load_run(path)
    assert RunHistory().runs().empty


def test_a_damaged_event_is_kept_as_it_is(store: EventStore, tmp_path: Path) -> None:
    path = damaged(store, tmp_path, '"data":{"message":"second"', '"data":{"message":"sec')
    with pytest.warns(DamageWarning, match=r"1 event is damaged, the first at line \d+, byte") as caught:
        run = load_run(path)
    assert caught[0].filename == __file__
    first, odd, third = run.logs()["message"]
    assert (first, third) == ("first", "third")
    assert odd.startswith('(not of the declared type: {"d')
    assert b'{"message":"sec' in raws(run.store)[2][2]
    assert run.status == "completed"


@pytest.mark.parametrize("names", [{"__name__": "__main__", "__package__": None}, {}])
def test_a_warning_names_the_line_of_a_script_or_a_cell(
    store: EventStore, tmp_path: Path, names: dict[str, object]
) -> None:
    path = damaged(store, tmp_path, "second", "zweite")
    script = compile("\n\nrun = load_run(path)", "script.py", "exec")
    with pytest.warns(DamageWarning, match="was changed after its export") as caught:
        exec(script, {"load_run": load_run, "path": path, **names})
    assert (caught[0].filename, caught[0].lineno) == ("script.py", 3)


def test_a_row_that_is_no_event_is_kept_as_it_is(store: EventStore, tmp_path: Path) -> None:
    path = damaged(store, tmp_path, '{"position":3,', '{"place":3,')
    text = path.read_text()
    path.write_text(
        text.replace(
            '"event":{"type":"log","timestamp":"2026-11-23T08:00:00.000000+00:00"', '"even":{"type":"log"', 1
        )
    )
    with pytest.warns(DamageWarning):
        run = load_run(path)
    assert run.store.known_run("r").events == 5


def test_a_changed_event_is_loaded_with_a_warning(store: EventStore, tmp_path: Path) -> None:
    path = damaged(store, tmp_path, '"data":{"message":"second"', '"data":{"message":"zweite"')
    with pytest.warns(DamageWarning, match=r"was changed after its export, at event 3 \(line \d+, byte "):
        run = load_run(path)
    assert list(run.logs()["message"]) == ["first", "zweite", "third"]


@pytest.mark.parametrize("layout", [{"indent": 3}, {"separators": (",", ":")}, {"sort_keys": True}])
def test_a_file_that_another_program_wrote_anew_is_read(
    store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: dict[str, object]
) -> None:
    path = exported(store, lines("first", 'quotes " \\ {', "ü" * 5_000), tmp_path / "run.json")
    path.write_text("\ufeff" + json.dumps(json.loads(path.read_text()), **layout))  # type: ignore[arg-type]
    monkeypatch.setattr(json_members, "_CHUNK", 64)
    monkeypatch.setattr(json_members, "_LONGEST_LINE", 256)
    with pytest.warns(DamageWarning, match="was changed after its export"):
        run = load_run(path)
    assert list(run.logs()["message"]) == ["first", 'quotes " \\ {', "ü" * 5_000]


def test_several_events_on_a_line_are_not_damaged(store: EventStore, tmp_path: Path) -> None:
    path = exported(store, lines(*map(str, range(9))), tmp_path / "run.json")
    rows = path.read_text().split(',\n    {"position":')
    text = rows[0]
    for number, row in enumerate(rows[1:]):
        text += (', {"position":' if number % 3 else ',\n    {"position":') + row
    path.write_text(text)
    with silent():
        run = load_run(path)
    assert raws(run.store) == raws(store)


@pytest.mark.parametrize("separators", [(",", ":"), (",\n", ":")])
def test_the_bytes_of_a_file_are_copied_a_few_times_only(
    separators: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from io import BytesIO

    checked = 0
    is_json = json_members._is_json

    def counted(text: bytes) -> bool:
        nonlocal checked
        checked += len(text)
        return is_json(text)

    monkeypatch.setattr(json_members, "_is_json", counted)
    rows = [{"position": n, "event": {"type": "log", "data": "x" * 40}} for n in range(2_000)]
    text = json.dumps({"run": {"run_id": "r"}, "events": rows}, separators=separators).encode()
    assert len(list(JsonMembers(BytesIO(text)))) == 2_001
    assert checked < 4 * len(text)


@settings(deadline=None, max_examples=40)
@given(data=ANY_EVENT)
def test_members_are_those_of_a_json_parser(data: bytes) -> None:
    from io import BytesIO

    try:
        whole = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    text = json.dumps({"a": whole, "b": [whole, 1, [whole]], "c": []}, indent=1).encode()
    found = [(item.key, json.loads(item.text)) for item in JsonMembers(BytesIO(text))]
    expected = [("b", whole), ("b", 1), ("b", [whole])]
    if isinstance(whole, list):
        expected = [*(("a", item) for item in whole), *expected]
    else:
        expected = [("a", whole), *expected]
    assert found == expected
    with pytest.raises(BadJson):
        list(JsonMembers(BytesIO(text[:-1])))


# --- verify ----------------------------------------------------------------------------------------


def test_every_changed_byte_is_found(store: EventStore, tmp_path: Path) -> None:
    whole = exported(store, lines("first", "second"), tmp_path / "run.json").read_bytes()
    path = tmp_path / "changed.json"
    rows = whole.index(b'\n  "events": [') + 1
    end = whole.index(b'\n  "integrity"') + 1
    for at in range(0, len(whole), 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            changed = verify(path).changed
        except RunFileError:  # no key of the end is left
            continue
        assert changed is not None, at
        if rows + 20 < at < end - 10:
            number = whole[rows:at].count(b"\n")
            assert changed.startswith((f"event {number} ", f"event {number + 1} ")), (at, changed)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("second", "zweite"), r"event 3 \(line 29, byte [\d,]+ to [\d,]+\)"),
        (('"status":"completed"', '"status":"failed"'), r"run \(line 5 to 5, byte"),
        (('"message":"first"}\n', '"message":"First"}\n'), r"logs \(line"),
    ],
)
def test_verify_names_the_first_change(
    store: EventStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: tuple[str, str],
    named: str,
) -> None:
    path = exported(store, lines("first", "second"), tmp_path / "run.json")
    assert main(["verify", str(path)]) == 0
    out = capsys.readouterr().out
    head = json.loads(path.read_text())["integrity"]["head"]
    assert out == f"{path} is intact: run r, 4 events.\nIts head hash: {head}\nIt is not signed.\n"
    before, after = change
    text = path.read_text()
    path.write_text(
        text.replace(before, after, 1) if before in text else text.replace(before.rstrip(), after.rstrip(), 1)
    )
    assert main(["verify", str(path)]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"{path} was changed after its export: ")


def test_events_that_were_taken_out_or_moved_are_found(store: EventStore, tmp_path: Path) -> None:
    path = exported(store, lines("first", "second", "third"), tmp_path / "run.json")
    rows = path.read_text().splitlines(keepends=True)
    start = next(number for number, row in enumerate(rows) if row.startswith('  "events"')) + 1
    for change, named in (
        (rows[: start + 1] + rows[start + 2 :], "event 2 ("),
        ([*rows[: start + 1], rows[start + 2], rows[start + 1], *rows[start + 3 :]], "event 2 ("),
        ([*rows[: start + 2], rows[start + 1], *rows[start + 2 :]], "event 3 ("),
        (
            [*rows[: start + 3], rows[start + 3].rstrip(",\n") + "\n", *rows[start + 5 :]],
            "it has 4 events of 5",
        ),
    ):
        path.write_text("".join(change))
        assert (verify(path).changed or "").startswith(named)


def test_a_file_with_new_hashes_is_found_by_its_head(store: EventStore, tmp_path: Path) -> None:
    path = exported(store, lines("first"), tmp_path / "run.json")
    head = verify(path).head
    assert verify(path, head=head.upper()).changed is None
    other = EventStore.memory()
    forged = exported(other, lines("forged"), tmp_path / "forged.json")
    other.close()
    assert verify(forged).changed is None
    assert f"its head hash is {verify(forged).head}, not {head}" in (verify(forged, head=head).changed or "")


def test_what_cannot_be_verified_has_its_own_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.json"
    assert main(["verify", str(path)]) == 2
    path.write_text('{"format": "har"}')
    assert main(["verify", str(path)]) == 2
    assert "JSON of another program" in capsys.readouterr().err
