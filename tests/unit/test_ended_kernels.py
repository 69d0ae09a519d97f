"""A process is recognised whatever happens to the clock."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from worker_widget.runs.ended_kernels import has_ended, own_process


def test_this_process_goes_on_and_its_child_ends() -> None:
    assert not has_ended(own_process())
    code = "from worker_widget.runs.ended_kernels import own_process; print(own_process())"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert has_ended(child.stdout.strip())


def test_a_step_of_the_clock_ends_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    process = own_process()
    create_time = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: create_time(self) + 3_600)
    if sys.platform == "linux":
        assert not has_ended(process)


def test_another_process_with_the_same_number_is_another() -> None:
    computer, pid, start = own_process().rsplit(" ", 2)
    boot, _, ticks = start.rpartition(":")
    if not boot:
        pytest.skip("only Linux counts from the start of the computer")
    assert int(pid) == os.getpid()
    assert has_ended(f"{computer} {pid} {boot}:{int(ticks) + 1}")
    assert has_ended(f"{computer} {pid} another-boot:{ticks}")
    assert not has_ended(f"another-{computer} {pid} {start}")
