"""``python -m worker_widget.host``: the host, detached from the process that started it."""

from __future__ import annotations

import argparse
import signal
import sys

from .process.host_process import add_options, run


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m worker_widget.host", description="The embedded worker host."
    )
    add_options(parser)
    options = parser.parse_args()
    if hasattr(signal, "pthread_sigmask"):  # the thread that starts the host leaves this signal to another
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    return run(options.port, options.idle_minutes, detach=True, open_streams=options.open_streams)


if __name__ == "__main__":
    sys.exit(main())
