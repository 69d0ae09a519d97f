"""The golden runs: what the kernel's channel says of each recorded stream, and what must be shown then.

``python -m tests.golden.generate`` writes them anew. Both sides are tested against these files: the
kernel must still say the same, and the browser's store must arrive at the same state.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.recorded import NAMES, events, recording
from tests.shown import RUN, ShownRun
from worker_widget.console.channel import snapshot
from worker_widget.console.wire import Hello, Watch, WatchedArtifact, WatchedLog
from worker_widget.store.line_filter import EVERY_LINE

HERE = Path(__file__).parent
CLIENT = "golden"
LOG_ROWS = 40


def golden(name: str) -> dict[str, Any]:
    """One golden run: ``messages`` from the kernel, and the ``final`` state, log and artifact."""
    return asyncio.run(_golden(name))


async def _golden(name: str) -> dict[str, Any]:
    stage = ShownRun()
    stage.channel.hello(Hello(client=CLIENT, watch=Watch(log=WatchedLog(rows=LOG_ROWS))))
    recorded = events(recording(name))
    artifact: WatchedArtifact | None = None
    size = 1
    while recorded:
        batch, recorded = recorded[:size], recorded[size:]
        size = size % 9 + 1
        stage.tell(batch)
        stage.channel.flush()
        if artifact is None and stage.shown.run.artifacts:
            page = [item.file for item in stage.shown.run.artifacts if item.kind == "html"]
            if page:
                artifact = WatchedArtifact(file=page[0])
                stage.channel.watch(CLIENT, Watch(log=WatchedLog(rows=LOG_ROWS), artifact=artifact))
    stage.channel.flush()
    stage.channel.close()
    reported = [{**message, "now_us": 0} if "now_us" in message else message for message in stage.sent]
    text = None if artifact is None else stage.store.artifact_text(RUN, artifact.file)
    tail = stage.store.log_window(RUN, EVERY_LINE, 0, 10_000)
    final = {
        "state": snapshot.state(stage.shown),
        "log": {"total": tail.total, "messages": [row.message for row in tail.rows][-LOG_ROWS:]},
        "artifact": None if artifact is None else {"file": artifact.file, "text": text},
    }
    stage.store.close()
    return {"client": CLIENT, "messages": reported, "final": json.loads(json.dumps(final))}


def text(run: dict[str, Any]) -> str:
    """A golden run as its file has it."""
    return json.dumps(run, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    for recorded_name in NAMES:
        (HERE / f"{recorded_name}.json").write_text(text(golden(recorded_name)), encoding="utf-8")
