"""The zip of a run's artifacts."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

import pytest

from worker_widget.events.artifacts_zip import bundle


def test_a_bundle_holds_the_artifacts_in_their_order() -> None:
    artifacts = {"landing.html": "<p>Brötchen</p>\n", "a.md": "", "z.json": "{}"}
    with zipfile.ZipFile(io.BytesIO(bundle(artifacts))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name).decode() for name in archive.namelist()} == artifacts
        assert archive.namelist() == list(artifacts)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_same_artifacts_give_the_same_bytes() -> None:
    artifacts = {"a.txt": "one", "b.txt": "two"}
    assert bundle(artifacts) == bundle(dict(artifacts))
    assert bundle(artifacts) != bundle({"a.txt": "one", "b.txt": "three"})


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("", "artifact"),
        ("..", "artifact"),
        ("../x", "_x"),
        ("a/b.md", "a_b.md"),
        ("a\\b", "a_b"),
        ("C:x", "C_x"),
        ("\udc80.md", "_.md"),
    ],
)
def test_a_name_cannot_leave_the_folder_it_is_unpacked_in(name: str, packed: str) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle({name: "text"}))) as archive:
        assert archive.namelist() == [packed]
        assert archive.read(packed) == b"text"


def test_two_names_that_would_be_one_stay_two() -> None:
    artifacts = {"a/b.md": "1", "a_b.md": "2", "A_B.md": "3"}
    with zipfile.ZipFile(io.BytesIO(bundle(artifacts))) as archive:
        assert archive.namelist() == ["a_b.md", "a_b-2.md", "A_B-3.md"]
        assert [archive.read(name) for name in archive.namelist()] == [b"1", b"2", b"3"]


def test_packing_needs_nothing_of_the_host() -> None:
    loaded = "any(name.startswith('worker_widget.host') for name in sys.modules)"
    code = f"import sys, worker_widget.events.artifacts_zip; sys.exit({loaded})"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0
