"""Attacks in outputs of cells: the outputs, and a server of the page that shows them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.browser.attacks.catalogue import Attack
from worker_widget.artifacts.diff.difference import difference
from worker_widget.artifacts.notebook_output import MOST_EMBEDDED_CHARS, artifact_html
from worker_widget.artifacts.summary_table import table_html

AT_ONCE = 12
"""How many outputs a page shows at once."""
PRESS = "() => document.querySelectorAll('a, area, button, input').forEach(element => element.click?.())"
_TRIPWIRE = (
    "<!doctype html><link rel=icon href=data:,>"
    "<script>addEventListener('message', e => { document.title = 'reached'; });</script>"
)


class OutputServer(ThreadingHTTPServer):
    """Serves one page at ``/`` and remembers every other request."""

    def __init__(self) -> None:
        self.page = ""
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def show(self, outputs: Sequence[str]) -> None:
        """Serve a page of these outputs, whose title says if one of them reaches it."""
        self.page = _TRIPWIRE + "".join(f"<div>{output}</div>" for output in outputs)


class _Handler(BaseHTTPRequestHandler):
    server: OutputServer

    def do_GET(self) -> None:
        if self.path == "/":
            body = self.server.page.encode("utf-8", "surrogatepass")
        else:
            self.server.asked.append(f"{self.headers.get('Host')}{self.path}")
            body = b""
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_HEAD = do_OPTIONS = do_GET

    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def output_server() -> Iterator[OutputServer]:
    server = OutputServer()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def hostile_outputs(attacks: Sequence[Attack], aimed: Callable[[Attack], str]) -> list[str]:
    """The attacks as artifacts of their kind, as Markdown, as a side of a comparison, and in a table.

    Those that can share an output are in one for their group, the others each alone. ``aimed`` gives the
    markup of an attack against a server.
    """
    shared: dict[tuple[str, str], str] = {}
    for attack in attacks:
        if attack.group == "annoy" or len(attack.markup) > MOST_EMBEDDED_CHARS:
            continue  # these only take time, or are not put into an output at all
        where = attack.name if attack.alone or attack.group == "parser" else attack.group
        shared[where, attack.kind] = shared.get((where, attack.kind), "") + aimed(attack)
    made = [(markup, kind) for (_, kind), markup in shared.items()]
    every = [
        *(artifact_html(markup, kind, "x", whole=True) for markup, kind in made),
        *(artifact_html(markup, "md", "x", whole=True) for markup, kind in made if kind == "html"),
        *(difference(markup, "x\n" + markup[::-1])._repr_html_() for markup, _ in made),
        table_html(["a"], [(markup,) for markup, _ in made], "t", figures=set()),
    ]
    drawn = [output for output in every if "<iframe" in output]  # of what is too long there is only a note
    assert len(drawn) > len(made) * 2
    return drawn
