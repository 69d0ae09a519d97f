"""A small OpenAI-compatible endpoint over real sockets, in a thread of its own, that streams, fails and lies.

Each artifact is asked for by a question of its own. `Say` words every passage that it is asked for, well
unless it is set otherwise; faults are given in turn, by artifact, and then it is well again::

    with ModelEndpoint() as endpoint:
        endpoint.faults = {"landing_copy": [Fail(429), Say(finish="length")]}
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

MODEL: Final = "paper-7b"
KEY: Final = "sk-paper-0123456789abcdef"

_ASKED: Final = re.compile(r"^(\d+) \| (\S.*?) \| at most (\d+) characters \| (.*)$", re.MULTILINE)

Words = Callable[[int, str, str], str]
"""The answer for a passage: its number, where it stands, and how the rules say it."""


ARTIFACTS: Final = {
    "market report": "market_report",
    "positioning paper": "positioning",
    "messages of a launch": "messaging",
    "Word a landing page": "landing_copy",
}
"""By what a question says, the artifact that it is about."""


def reworded(number: int, label: str, text: str) -> str:
    """The rules' words in another order of sentences, so that they differ from those of the rules."""
    first, *others = text.split(". ")
    return ". ".join([*(other.rstrip(".") for other in others), first.rstrip(".")]) + "." if others else text


@dataclass(frozen=True)
class Asked:
    """One question as it arrived."""

    key: str
    body: Mapping[str, Any]

    @property
    def prompt(self) -> str:
        return "\n".join(message["content"] for message in self.body["messages"])

    @property
    def passages(self) -> list[tuple[int, str, str]]:
        return [(int(number), label, text) for number, label, _, text in _ASKED.findall(self.prompt)]

    @property
    def artifact(self) -> str:
        return next(name for words, name in ARTIFACTS.items() if words in self.prompt)

    @property
    def wants_json(self) -> bool:
        return "one JSON object" in self.prompt


@dataclass(frozen=True)
class Say:
    """An answer that streams in pieces.

    ``words`` says a passage, ``whole`` makes the answer of all of them. ``usage`` counts its tokens, from the
    answer; ``None`` leaves the count out. ``finish`` is why it stops, ``None`` that it just does; ``cut``
    breaks the connection after so many pieces, and ``hold`` waits there until it is let go.
    """

    words: Words = reworded
    whole: Callable[[str], str] = str
    usage: Callable[[str], Any] | None = lambda answer: len(answer) // 4
    finish: str | None = "stop"
    cut: int | None = None
    hold: threading.Event | None = None
    refusal: str | None = None

    def answer(self, asked: Asked) -> str:
        wording = [(number, self.words(number, label, text)) for number, label, text in asked.passages]
        if asked.wants_json:
            return self.whole(json.dumps({str(number): text for number, text in wording}, ensure_ascii=False))
        return self.whole("\n\n".join(text for _, text in wording))

    def pieces(self, asked: Asked) -> Iterator[str]:
        answer = self.answer(asked)
        if self.refusal is not None:
            yield _chunk({"refusal": self.refusal})
        else:
            parts = re.findall(r"(?:\S+\s*){1,3}|\s+", answer)
            for index, part in enumerate(parts):
                if index == self.cut:
                    if self.hold is not None:
                        self.hold.wait()
                    return
                yield _chunk({"content": part})
        if self.finish is not None:
            yield _chunk({}, self.finish)
        if self.usage is not None:
            yield _event(
                {"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": self.usage(answer)}}
            )
        yield "data: [DONE]\n\n"


@dataclass(frozen=True)
class Fail:
    """An answer that is an error."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "No."


@dataclass(frozen=True)
class Raw:
    """An answer of these very bytes."""

    body: bytes
    content_type: str = "text/event-stream"


@dataclass(frozen=True)
class Refuse:
    """An error about a parameter; a question without it is answered as by ``then``."""

    parameter: str
    then: Say = field(default_factory=Say)
    status: int = 400
    named: bool = True


Reply = Say | Fail | Raw | Refuse


class ModelEndpoint:
    """Serves at ``url`` while in its ``with`` block; ``asked`` are the questions that came.

    ``models`` (or first, ``models_in_turn``) fails the list of models, ``usual`` is what is answered where no
    fault is left, and ``after`` what is done once an artifact was answered.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.usual: Reply = Say()
        self.faults: Mapping[str, Sequence[Reply]] = {}
        self.models: Fail | None = None
        self.models_in_turn: list[Fail | None] = []
        self.after: tuple[str, Callable[[], None]] | None = None
        self.probed = 0
        self._lock = threading.Lock()
        endpoint = self

        class Handler(_Handler):
            served = endpoint

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop_listening(self) -> None:
        """Be gone for whoever comes next; what is being answered goes on."""
        self._server.socket.close()

    def stop(self) -> None:
        """Be gone: nothing listens any more."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "WORKER_LLM_URL": self.url,
            "WORKER_LLM_MODEL": MODEL,
            "WORKER_LLM_KEY": KEY,
            **more,
        }

    def begin_anew(self, **faults: Sequence[Reply]) -> None:
        """Forget what was asked, and have these faults."""
        self.asked.clear()
        self.faults = faults
        self.models, self.usual = None, Say()

    def about(self, artifact: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.artifact == artifact]

    def reply(self, asked: Asked) -> Reply:
        with self._lock:
            turn = len(self.about(asked.artifact))
            self.asked.append(asked)
            faults = self.faults.get(asked.artifact, ())
            return faults[turn] if turn < len(faults) else self.usual


class _Handler(BaseHTTPRequestHandler):
    served: ModelEndpoint
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.served.probed += 1
        in_turn = self.served.models_in_turn
        failing = in_turn.pop(0) if in_turn else self.served.models
        if failing is not None:
            self._fail(failing)
        else:
            self._send(200, "application/json", json.dumps({"object": "list", "data": []}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._abandoned():
            self.close_connection = True
            return
        asked = Asked(self.headers.get("Authorization", ""), body)
        match self.served.reply(asked):
            case Fail() as fail:
                self._fail(fail)
            case Raw() as raw:
                self._send(200, raw.content_type, raw.body)
            case Refuse(parameter, status=status, named=named) if parameter in body:
                what = f"Unsupported parameter: '{parameter}'." if named else "Unprocessable Entity"
                self._fail(Fail(status, message=what))
            case Refuse(_, then):
                self._stream(then, asked)
            case Say() as say:
                self._stream(say, asked)

    def _abandoned(self) -> bool:
        """Whether the client is gone: a slow machine reads a stopped run's question in the next test."""
        try:
            return self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _stream(self, say: Say, asked: Asked) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for piece in say.pieces(asked):
                data = piece.encode("utf-8", "surrogatepass")
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()
            if say.cut is None:
                if self.served.after is not None and self.served.after[0] == asked.artifact:
                    self.served.after[1]()
                self.wfile.write(b"0\r\n\r\n")
            else:
                self.close_connection = True
        except OSError:
            self.close_connection = True

    def _fail(self, fail: Fail) -> None:
        body = json.dumps({"error": {"message": fail.message, "type": "error"}}).encode()
        self._send(fail.status, "application/json", body, fail.headers)

    def _send(self, status: int, kind: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _chunk(delta: Mapping[str, Any], finish: str | None = None) -> str:
    return _event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def _event(more: Mapping[str, Any]) -> str:
    wording = {"id": "c1", "object": "chat.completion.chunk", "created": 0, "model": MODEL, **more}
    return f"data: {json.dumps(wording)}\n\n"
