"""Fuzzes the decoders of streams and events with atheris: ``python -m tests.fuzzing SECONDS DIRECTORY``.

The directory gets the corpus, and the input of a failure as ``crash-...``. The last line of the output is the
number of executions.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["worker_widget.events", "worker_widget.sources.worker_api"]):
    from tests.fuzzing.stream import TOKENS, check_stream, seeds
    from worker_widget.store.event_store import EventStore

LONGEST = 65_536
MOST_MB = 1_024
MOST_S = 10


def main(seconds: int, directory: Path) -> None:
    corpus = directory / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = directory / "words"
    words.write_text("".join(f'"{_quoted(token)}"\n' for token in TOKENS))
    store = EventStore.memory()

    def check(data: bytes) -> None:
        check_stream(data, store)

    atheris.Setup(
        [
            sys.argv[0],
            str(corpus),
            f"-dict={words}",
            f"-artifact_prefix={directory}/",
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST}",
            f"-rss_limit_mb={MOST_MB}",
            f"-timeout={MOST_S}",
            "-print_final_stats=1",
        ],
        check,
    )
    atheris.Fuzz()


def _quoted(token: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token.encode())


main(int(sys.argv[1]), Path(sys.argv[2]))
