"""The sheet of commands that ``worker-widget --help`` prints."""

from __future__ import annotations

from typing import Final

SHEET: Final = """\
worker-widget: runs of AI workers, watched in notebooks and from here.

Look at runs
  worker-widget runs                       the newest runs, newest first
  worker-widget runs --status running      those that go on; also --worker, --tag, --text, --since
  worker-widget show RUN                   status, figures, open requests, warnings, artifacts
  worker-widget tail RUN                   its last log lines, and the position after them
  worker-widget tail RUN --after 120 -f    its events after position 120, until the run ends
  worker-widget export RUN --format txt    its trace as a file (--format, --output)
  worker-widget verify run.json            whether an exported run was changed

Act on runs
  worker-widget cancel RUN                 request the worker to cancel it (--wait)
  worker-widget answer RUN REQUEST true    answer a request that show lists; any JSON, - for stdin
  worker-widget pause RUN                  pause it at its next step; worker-widget resume RUN
  worker-widget retry RUN                  run it again from the stage that failed (--stage, --wait)
  worker-widget fork RUN STAGE --task ...  run it again from a stage on (--brand, --option, --wait)

Keep house
  worker-widget history size               the history on disk; also prune, export, vacuum
  worker-widget host                       the embedded worker host in this terminal
  worker-widget new my-worker              the package of a new worker

RUN is an id, its unique beginning, or "last". COMMAND --help lists all options.

For scripts and agents
  --json prints one JSON object a line, errors on stderr too; its keys stay. docs/command-line.md
  lists them. Every event has a position: tail ends with the last one, and --after goes on there.

  exit status   0  done                        5  no answer of the server
                1  another error               6  refused by the server, or for this run
                2  wrong arguments             7  not ended within --timeout
                3  the run failed, or was      8  the output cannot be written
                   cancelled (tail -f)       130  interrupted (Ctrl+C)
                4  no such run, or worker    141  the reader of the output ended, as head does
                                             143  terminated (SIGTERM)

Servers
  Runs that have ended are read from the history on disk. One that goes on is read from its server:
  the embedded host of this computer, or --url URL (default: WORKER_URL). The key of a server is
  never an argument, because other users see those: set WORKER_API_KEY, or store it in the keyring.

  worker-widget --version                  the version
"""
