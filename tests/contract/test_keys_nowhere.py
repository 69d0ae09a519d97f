"""No key is anywhere but where it is used: a notebook uses keys of every kind, and all it leaves is read.

The keys: that of a server of the worker API, that of the embedded host's language model, a header and a query
of an AG-UI agent, and a secret of one run. The servers repeat what they got, in answers, errors and events.
What is read: every message of the kernel, the widget state, the saved notebook, every export, the logs at
their most talkative, the reprs of all objects, tracebacks, the process list, and all files.
"""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import sys
import textwrap
import threading
from base64 import b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

import nbformat
import psutil
import pytest
from nbformat import v4

from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.runs.export import ExportFormat

from .asking_worker import AskingWorker
from .model_endpoint import MODEL, ModelEndpoint
from .test_embedded import host_pid, wait_until_gone
from .test_export_secrets import contents

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

nbclient = pytest.importorskip("nbclient")

MODEL_KEY = "sk-canary-model-Zebra4711"
HEADER = "canary-header-Zebra4712"
QUERY = "canary-query-Zebra4713"
SECRET = "canary-secret-Zebra4714"
SERVER_KEY = "canary-server-Zebra4715"
TASK = "Launch a podcast app called Quagga4716 for busy parents"
SEEN = "Quagga4716"
"""It is no secret: where it is not found, nothing would be."""

FORMATS = get_args(ExportFormat)

CELLS = {
    "begin": """
        import gc, io, json, logging, os, sys, contextlib, time
        logging.basicConfig(level=logging.DEBUG, filename=os.environ["KERNEL_LOG"], force=True)
        # Below INFO it logs the headers of answers, and a server here puts the key into one.
        logging.getLogger("httpcore").setLevel(logging.INFO)
        from worker_widget import RunHistory, WorkerClient, WorkerConsole, WorkerStudio, compare
        from worker_widget import cli
        echo, task = os.environ["ECHO"], os.environ["TASK"]

        def take_part(console):
            def say(**content):
                data = {"method": "custom", "content": {"client": "v1", **content}}
                console.comm.handle_msg({"content": {"data": data}, "buffers": []})
            say(kind="hello", have=0, visible=True)
            for number, name in enumerate(["history.list", "code", "brands.list", "home"]):
                say(kind="request", id=number, name=name, args={})
    """,
    "model": """
        console = WorkerConsole("business-builder", task=task)
        console
    """,
    "model run": """
        take_part(console)
        first = console.run(task, pace=0).wait(120)
        first
    """,
    "agent": """
        agent = WorkerConsole(
            agui=f"{echo}/agent?key={os.environ['QUERY']}",
            headers={"Authorization": "Bearer " + os.environ["HEADER"]},
        )
        agent
    """,
    "agent runs": """
        take_part(agent)
        ended = [agent.run(words).wait(120) for words in ("stream it", "deny it", "fail it")]
        [(run.status, run.error) for run in ended]
    """,
    "secret": """
        client = WorkerClient("agui", url=os.environ["SERVER"], api_key=os.environ["SERVER_KEY"])
        secrets = {"Authorization": "Bearer " + os.environ["SECRET"]}
        told = [client.run(words, secrets=secrets).wait(60) for words in ("digest it", "tell it", "crash it")]
        other = WorkerConsole("agui", url=os.environ["SERVER"], api_key=os.environ["SERVER_KEY"])
        other
    """,
    "secret runs": """
        take_part(other)
        told.append(other.run("tell it", secrets=secrets).wait(60))
        [(run.status, run.error) for run in told]
    """,
    "studio": """
        studio = WorkerStudio(url=os.environ["SERVER"], api_key=os.environ["SERVER_KEY"])
        studio
    """,
    **{
        f"error {kind}": f"""
            WorkerClient("w", url=echo + "/{kind}", api_key=os.environ["SERVER_KEY"]).run("{kind} it")
        """
        for kind in ("401", "403", "404", "422", "429", "500", "redirect", "text", "cut")
    },
    "frames": "%tb",
    "verbose": """
        %xmode Verbose
        WorkerClient("w", url=echo + "/500", api_key=os.environ["SERVER_KEY"]).run("once more")
    """,
    "verbose frames": "%tb",
    "verbose agent": """
        address, headers = "http://127.0.0.1:1/?key=" + os.environ["QUERY"], {"A": os.environ["HEADER"]}
        WorkerClient(agui=address, headers=headers,
            url=echo + "/500", api_key=os.environ["SERVER_KEY"]).run("once more")
    """,
    "verbose secret": """
        client.run("no", secrets={"Authorization": "Bearer " + os.environ["SECRET"]})
    """,
    "shown": """
        runs = [first, *ended, *told]
        for item in (*runs, RunHistory(), RunHistory().runs(), compare(ended[0], ended[1]), client, console):
            display(item)
        for run in runs:
            display(run.state, run.request, run.replay_token, *run.artifacts.values())
    """,
    "reprs": """
        # A dict of this notebook has what the notebook itself gave; what the package made of it counts.
        kept = [item for item in gc.get_objects()
            if str(type(item).__module__).startswith("worker_widget")]
        texts = {repr(item) for item in kept} | {str(item) for item in kept}
        print(len(kept), "objects")
        print("\\n".join(texts))
    """,
    "commands": """
        for words in (["runs"], ["runs", "--json"], *(
            [name, run.run_id] for run in runs for name in ("show", "tail")), ["history", "size"]):
            with contextlib.suppress(SystemExit):
                cli.main(words)
    """,
    "exports": """
        folder = os.environ["EXPORTS"]
        for format in json.loads(os.environ["FORMATS"]):
            for number, run in enumerate([first, ended[0], told[2]]):
                RunHistory().export(run, format, f"{folder}/{number}.{format}")
        RunHistory().to_parquet(folder)
    """,
}


@dataclass
class Left:
    """Everything that the notebook left behind, by the place where it was."""

    places: dict[str, bytes] = field(default_factory=dict)
    processes: set[str] = field(default_factory=set)
    host_token: str = ""


class Echo(BaseHTTPRequestHandler):
    """Repeats the key and the query of each request in its answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        told = " ".join(
            [self.headers.get("X-AOS-Key", ""), self.headers.get("Authorization", ""), self.path, body]
        )
        kind = self.path.split("/")[1].partition("?")[0]
        if kind == "agent":
            kind = next((words for words in ("deny", "fail") if f"{words} it" in body), "stream")
        if self.path.endswith("/health") and kind != "500":
            self._answer(200, json.dumps({"status": "healthy"}))
            return
        match kind:
            case "stream":
                events = [
                    {"type": "RUN_STARTED", "threadId": "t", "runId": "r"},
                    {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"},
                    {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": f"You sent {told}"},
                    {"type": "TEXT_MESSAGE_END", "messageId": "m"},
                    {"type": "RAW", "event": {"request": told}},
                    {"type": "RUN_FINISHED", "threadId": "t", "runId": "r"},
                ]
                text = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
                self._answer(200, text, "text/event-stream")
            case "deny" | "401":
                self._answer(401, json.dumps({"detail": f"Key {told} is unknown"}))
            case "422":
                self._answer(422, json.dumps({"detail": [{"loc": ["header"], "msg": told, "input": told}]}))
            case "redirect":
                self._answer(302, "", location=f"https://elsewhere.example/{self.headers.get('X-AOS-Key')}")
            case "text":
                self._answer(200, told, "text/plain")
            case "cut":
                self.close_connection = True
            case _:
                self._answer(int(kind) if kind.isdigit() else 500, json.dumps({"detail": told}))

    do_POST = do_GET

    def _answer(self, status: int, text: str, kind: str = "application/json", location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


class RecordingClient(nbclient.NotebookClient):  # type: ignore[misc,name-defined]
    """Executes a notebook and keeps each message of its kernel, and the processes of each moment."""

    left: Left
    messages: list[str]

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        buffers = b"".join(bytes(part) for part in msg.get("buffers") or ())
        self.messages.append(json.dumps(msg["content"], default=str) + buffers.decode("utf-8", "replace"))
        if msg["msg_type"] == "status":
            self.left.processes |= command_lines()
        return super().process_message(msg, cell, cell_index)


def command_lines() -> set[str]:
    return {" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])}


def unpacked(value: bytes) -> bytes:
    """Bytes of a file, and what is compressed in them."""
    found = [value]
    for start in re.finditer(re.escape(b"\x28\xb5\x2f\xfd"), value):
        try:
            found.append(zstd.ZstdDecompressor().decompress(value[start.start() :]))
        except zstd.ZstdError:
            continue
    return b"\n".join(found)


def rows(path: Path) -> bytes:
    """Every value of every table of a database, unpacked."""
    with sqlite3.connect(path) as db:
        tables = [
            name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        ]
        values = [
            value if isinstance(value, bytes) else str(value).encode()
            for table in tables
            for row in db.execute(f'SELECT * FROM "{table}"')
            for value in row
        ]
    db.close()
    return b"\n".join(map(unpacked, values))


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    directory = tmp_path_factory.mktemp("keys")
    home, exports = directory / "home", directory / "exports"
    exports.mkdir()
    (directory / "server").mkdir()
    echo = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=echo.serve_forever)
    thread.start()
    server = ThreadedHost(directory / "server", {"agui": AskingWorker()}, token=SERVER_KEY)
    notebook = v4.new_notebook(
        cells=[v4.new_code_cell(textwrap.dedent(source).strip()) for source in CELLS.values()]
    )
    client = RecordingClient(notebook, timeout=240, store_widget_state=True, allow_errors=True)
    found = client.left = Left()
    client.messages = []
    try:
        with ModelEndpoint() as model, server, pytest.MonkeyPatch.context() as patch:
            for name, value in {
                **model.environment(WORKER_LLM_KEY=MODEL_KEY, WORKER_LLM_MODEL=MODEL),
                "WORKER_WIDGET_HOME": str(home),
                "KERNEL_LOG": str(directory / "kernel.log"),
                "ECHO": f"http://127.0.0.1:{echo.server_port}",
                "SERVER": server.url,
                "SERVER_KEY": SERVER_KEY,
                "TASK": TASK,
                "HEADER": HEADER,
                "QUERY": QUERY,
                "SECRET": SECRET,
                "EXPORTS": str(exports),
                "FORMATS": json.dumps(FORMATS),
            }.items():
                patch.setenv(name, value)
            client.execute()
            assert {asked.key for asked in model.asked} == {f"Bearer {MODEL_KEY}"}
            found.host_token = json.loads((home / "host.json").read_text())["token"]
    finally:
        echo.shutdown()
        thread.join()
        echo.server_close()
        if (home / "host.json").exists():
            pid = host_pid(home)
            psutil.Process(pid).send_signal(signal.SIGTERM)
            wait_until_gone(pid)
    found.places |= {
        "messages": "\n".join(client.messages).encode(),
        "saved notebook": nbformat.writes(notebook).encode(),
        "widget state": json.dumps(notebook.metadata["widgets"]).encode(),
        "process list": "\n".join(found.processes).encode(),
        "kernel's log": (directory / "kernel.log").read_bytes(),
        **{f"export {path.name}": contents(path) for path in sorted(exports.iterdir())},
        **{
            f"file {path.relative_to(directory)}": unpacked(path.read_bytes())
            for path in sorted(directory.rglob("*"))
            if path.is_file() and path.name != "host.json"
        },
        **{f"table of {path.relative_to(directory)}": rows(path) for path in directory.rglob("*.db")},
    }
    outputs = {name: json.dumps(cell.outputs) for name, cell in zip(CELLS, notebook.cells, strict=True)}
    found.places |= {f"output {name}": text.encode() for name, text in outputs.items()}
    return found


def forms(key: str) -> set[bytes]:
    """A key as it is, and as a query, a JSON or an encoded header can have it."""
    plain = key.encode()
    return {plain, quote(key).encode(), b64encode(plain), plain.hex().encode()}


@pytest.mark.parametrize("kind", ["model", "header", "query", "secret", "server", "host"])
def test_no_key_is_anywhere(left: Left, kind: str) -> None:
    keys = {"model": MODEL_KEY, "header": HEADER, "query": QUERY, "secret": SECRET, "server": SERVER_KEY}
    key = keys.get(kind, left.host_token)
    assert len(key) > 20
    places = [
        (place, text[at - 120 : at + 120])
        for place, text in left.places.items()
        for form in forms(key)
        if (at := text.find(form)) >= 0
    ]
    assert places == []


def test_the_search_would_find_them(left: Left) -> None:
    places = {place for place, text in left.places.items() if SEEN.encode() in text}
    assert {"messages", "saved notebook", "widget state", "output shown", "output reprs"} <= places
    assert {"output commands", "table of home/history.db", "table of home/host.db"} <= places
    assert {f"export 0.{format}" for format in FORMATS} <= places
    assert b"ipykernel" in left.places["process list"]
    assert b"worker_widget.host" in left.places["process list"]
    assert b"POST" in left.places["kernel's log"]
    assert b"Listening" in left.places["file home/host.log"]


def test_everything_was_done(left: Left) -> None:
    def output(name: str) -> str:
        return left.places[f"output {name}"].decode()

    for name in CELLS:
        failed = '"output_type": "error"' in output(name)
        meant = name.startswith(("error", "verbose")) or name == "frames"
        assert failed == meant, (name, output(name)[-3_000:])
    assert "completed" in output("agent runs")
    assert output("agent runs").count("failed") == 2
    assert "[secret]" in output("secret runs")
    assert "transport.py" in output("verbose frames")
    assert int(re.search(r"(\d+) objects", output("reprs"))[1]) > 200  # type: ignore[index]
