"""Every file that the package keeps is readable by its owner only, whatever the umask allows."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from .host_support import environment
from .test_embedded import host_pid, wait_until_gone

WORK = """
import os
os.umask(0)
from worker_widget import RunHistory, SavedBrands, WorkerClient, run, settings
from worker_widget.workers.agui.conversation import Conversation
from worker_widget.workers.agui.threads import Threads

client = WorkerClient("business-builder")
made = client.run("Launch a podcast app for busy parents", pace=0).wait()
assert made.status == "completed", made
SavedBrands().save("Podly", {"company_name": "Podly"})
Threads(settings.home() / "agui").save("http://127.0.0.1:1", "t", Conversation())
client.history.export(made, "json", EXPORT)
client.history.export(made, "json", KEPT)
made.artifacts["positioning.md"].save(SAVED, overwrite=True)
print(oct(os.stat(EXPORT).st_mode & 0o777))
# The write-ahead log is a file of its own while the history is open.
print(sorted(path.name for path in settings.home().iterdir()))
with open(LISTING, "w") as listing:
    for path in settings.home().rglob("*"):
        print(oct(path.stat().st_mode & 0o777), path.is_dir(), path, file=listing)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_files_are_private_and_folders_too(tmp_path: Path) -> None:
    home = tmp_path / "made" / "home"
    kept, saved = tmp_path / "kept.json", tmp_path / "saved.md"
    for path in (kept, saved):
        path.touch(0o600)
    names = {
        "EXPORT": tmp_path / "export.json",
        "KEPT": kept,
        "SAVED": saved,
        "LISTING": tmp_path / "listing",
    }
    script = "".join(f"{name} = {str(path)!r}\n" for name, path in names.items()) + WORK
    try:
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment(home), capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        assert "history.db-wal" in done.stdout
        found = [line.split(" ", 2) for line in names["LISTING"].read_text().splitlines()]
        files = {Path(path).name for _, folder, path in found if folder == "False"}
        assert {"history.db", "host.db", "host.json", "host.log", "host.lock"} <= files
        assert len([path for _, _, path in found if "/brands/" in path or "/agui/" in path]) == 2
        loose = [
            (path, mode) for mode, folder, path in found if mode != ("0o700" if folder == "True" else "0o600")
        ]
        assert loose == []
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        # An export is a file of the user's own: it has the mode that the user's other new files have.
        assert done.stdout.startswith("0o666")
        # A file that was private stays so when it is written anew.
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert kept.stat().st_size > 0
        assert stat.S_IMODE(saved.stat().st_mode) == 0o600
        assert saved.stat().st_size > 0
    finally:
        if (home / "host.json").exists():
            pid = host_pid(home)
            os.kill(pid, signal.SIGTERM)
            wait_until_gone(pid)
