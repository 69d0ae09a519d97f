"""The zip of a run's artifacts."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

import pytest

from worker_widget.run.bundle import bundle


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


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a\\b", "C:x"])
def test_a_name_that_would_leave_its_folder_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        bundle({name: "text"})


def test_packing_needs_nothing_of_the_host() -> None:
    loaded = "any(name.startswith('worker_widget.host') for name in sys.modules)"
    code = f"import sys, worker_widget.run.bundle; sys.exit({loaded})"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
