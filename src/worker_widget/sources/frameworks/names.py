"""`Names`: ids of stages and file names of artifacts, each used once in a run."""

from __future__ import annotations

import threading


class Names:
    """Gives the frameworks' stages ids and their texts file names, from any thread.

    The id of a stage has a colon, so that it is never that of a stage which the run's own code opens.
    """

    def __init__(self) -> None:
        self._stages = 0
        self._files: dict[str, int] = {}
        self._lock = threading.Lock()

    def stage_id(self, name: str) -> str:
        with self._lock:
            self._stages += 1
            return f"{name}:{self._stages}"

    def file_name(self, stem: str, ending: str) -> str:
        """``answer.md``, then ``answer-2.md`` and so on."""
        with self._lock:
            number = self._files[stem] = self._files.get(stem, 0) + 1
        return f"{stem}.{ending}" if number == 1 else f"{stem}-{number}.{ending}"
