"""The memory of a process as Linux states it, in MiB.

The peak is not that of ``getrusage``, which begins with that of the process that started this one (a process
keeps it over ``exec``): measured within a long benchmark, it would not grow.
"""

from __future__ import annotations

from pathlib import Path


def now_mib(pid: int | str = "self") -> float:
    """What a process holds now."""
    return _status(pid, "VmRSS")


def peak_mib(pid: int | str = "self") -> float:
    """The most that a process ever held."""
    return _status(pid, "VmHWM")


def _status(pid: int | str, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (found,) = (line for line in lines if line.startswith(name + ":"))
    return int(found.split()[1]) / 1024
