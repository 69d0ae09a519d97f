"""Where the embedded host keeps its files."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import pytest

from worker_widget import settings


@pytest.mark.skipif(os.name != "posix", reason="modes of files are those of POSIX")
def test_a_full_disk_does_not_hide_for_good_that_files_are_not_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(home))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    def full(**place: object) -> tuple[int, str]:
        raise OSError(errno.ENOSPC, "No space left on device")

    def readable_by_all(*, prefix: str, dir: Path) -> tuple[int, str]:
        path = dir / prefix
        file = os.open(path, os.O_CREAT | os.O_RDWR)
        os.fchmod(file, 0o644)
        return file, str(path)

    monkeypatch.setattr(tempfile, "mkstemp", full)
    assert settings.host_home() == home
    monkeypatch.setattr(tempfile, "mkstemp", readable_by_all)
    assert settings.host_home().parent == temporary
    assert os.listdir(home) == []
