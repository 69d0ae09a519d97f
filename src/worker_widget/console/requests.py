"""What a view can ask for, and how it is answered. One handler per request of ``js/src/wire.ts``.

A handler's parameters are the request's arguments, checked by their types; what it returns is the
result, what it raises the refusal.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Literal

import msgspec

from ..errors import RequestRefused, RunUnknown, WorkerWidgetError
from ..history.logs import EVERY_LINE
from ..history.store import EventStore
from . import front_end, wire
from .channel import Channel
from .desk import Desk, parse_brand, wire_error
from .log_window import log_window, stored
from .wire import LogFilter, Request, Watch, WireError

_log = logging.getLogger(__name__)

MOST_TEXT = 1024 * 1024
_MIME = {"json": "application/json", "txt": "text/plain", "csv": "text/csv"}


class _Args(msgspec.Struct, frozen=True, kw_only=True):
    pass


class NoArgs(_Args, frozen=True, kw_only=True):
    pass


class VisibleArgs(_Args, frozen=True, kw_only=True):
    visible: bool


class StartArgs(_Args, frozen=True, kw_only=True):
    worker: str
    task: str
    brand: str = ""
    strict_mode: bool = False


class RunArgs(_Args, frozen=True, kw_only=True):
    run_id: str


class WorkerArgs(_Args, frozen=True, kw_only=True):
    worker: str


class BrandArgs(_Args, frozen=True, kw_only=True):
    brand: str


class LogWindowArgs(_Args, frozen=True, kw_only=True):
    filter: LogFilter
    start: int
    count: int


class LogLocateArgs(_Args, frozen=True, kw_only=True):
    filter: LogFilter
    position: int


class LogMessageArgs(_Args, frozen=True, kw_only=True):
    n: int


class ArtifactTextArgs(_Args, frozen=True, kw_only=True):
    file: str
    offset: int = 0
    count: int = MOST_TEXT


# `as` is the wire's word, and none that Python allows for a field.
class ArtifactRenderArgs(_Args, frozen=True, kw_only=True, rename={"shape": "as"}):
    file: str
    shape: Literal["preview", "source"]
    dark: bool


class PartArgs(_Args, frozen=True, kw_only=True):
    name: Literal["desk"]


class ExportArgs(_Args, frozen=True, kw_only=True):
    format: Literal["json", "txt", "csv"]


class Answer(msgspec.Struct, frozen=True):
    """A result, with the bytes that go beside it."""

    result: Any
    buffers: tuple[bytes, ...] = ()


class Requests:
    """Answers the requests of all views of one console."""

    def __init__(self, desk: Desk, channel: Channel) -> None:
        self._desk = desk
        self._channel = channel
        self._handlers: dict[str, tuple[type[msgspec.Struct], Any]] = {
            "run.start": (StartArgs, self._start),
            "run.stop": (NoArgs, self._stop),
            "run.new": (NoArgs, self._new),
            "run.open": (RunArgs, self._open),
            "run.replay": (NoArgs, self._replay),
            "worker.select": (WorkerArgs, self._select),
            "workers.refresh": (NoArgs, self._refresh),
            "brand.check": (BrandArgs, self._check_brand),
            "history.list": (NoArgs, self._history),
            "log.window": (LogWindowArgs, self._log_window),
            "log.locate": (LogLocateArgs, self._log_locate),
            "log.message": (LogMessageArgs, self._log_message),
            "artifact.text": (ArtifactTextArgs, self._artifact_text),
            "artifact.render": (ArtifactRenderArgs, self._artifact_render),
            "artifact.bundle": (NoArgs, self._bundle),
            "export": (ExportArgs, self._export),
            "part": (PartArgs, self._part),
        }

    async def answer(self, request: Request) -> None:
        """Answer one request, whatever comes of it."""
        try:
            answer = await self._handle(request)
        except WorkerWidgetError as error:
            refused = wire.refusal(request, wire_error(error))
        except msgspec.ValidationError as error:
            message = f"The console asked {request.name!r} in a form the kernel does not know: {error}"
            refused = wire.refusal(request, WireError("bad_request", message))
        except Exception as error:
            _log.exception("Request %s failed", request.name)
            message = f"The kernel could not do this ({request.name}): {type(error).__name__}: {error}"
            refused = wire.refusal(request, WireError("internal", message))
        else:
            result = msgspec.to_builtins(answer.result)
            self._channel.answer(wire.reply(request, result), list(answer.buffers))
            return
        self._channel.answer(refused, [])

    async def _handle(self, request: Request) -> Answer:
        if request.name == "watch":
            self._channel.watch(request.client, msgspec.convert(request.args, Watch))
            return Answer({})
        if request.name == "visible":
            self._channel.visible(request.client, msgspec.convert(request.args, VisibleArgs).visible)
            return Answer({})
        known = self._handlers.get(request.name)
        if known is None:
            raise RequestRefused(f"The kernel knows no request {request.name!r}; run the cell again.")
        kind, handler = known
        answer: Answer = await handler(msgspec.convert(request.args, kind))
        return answer

    def _shown_run(self) -> tuple[str, EventStore]:
        live = self._desk.live
        if live is None:
            raise RunUnknown("No run is on screen.")
        return live.run_id, live.store

    async def _start(self, args: StartArgs) -> Answer:
        live = await self._desk.start(
            worker=args.worker, task=args.task, brand=args.brand, strict_mode=args.strict_mode
        )
        return Answer({"run_id": live.run_id})

    async def _stop(self, args: NoArgs) -> Answer:
        await self._desk.stop()
        return Answer({})

    async def _new(self, args: NoArgs) -> Answer:
        self._desk.new()
        return Answer({})

    async def _open(self, args: RunArgs) -> Answer:
        await self._desk.open_run(args.run_id)
        return Answer({})

    async def _replay(self, args: NoArgs) -> Answer:
        live = await self._desk.replay()
        return Answer({"run_id": live.run_id})

    async def _select(self, args: WorkerArgs) -> Answer:
        self._desk.select(args.worker)
        return Answer({})

    async def _refresh(self, args: NoArgs) -> Answer:
        await self._desk.refresh_workers()
        return Answer({})

    async def _check_brand(self, args: BrandArgs) -> Answer:
        brand = parse_brand(args.brand)
        if brand is None:
            raise RequestRefused("There is no brand to check: the field is empty.")
        check = await self._desk.client.validate_brand(brand, worker=self._desk.shown.desk.worker)
        return Answer(
            {
                "valid": check.valid,
                "errors": [{"field": item.field, "message": item.message} for item in check.problems],
                "warnings": check.warnings,
                "policy_rules_generated": check.policy_rules_generated or 0,
                "drift_anchors_count": check.drift_anchors_count or 0,
            }
        )

    async def _history(self, args: NoArgs) -> Answer:
        return Answer({"runs": await self._desk.recent_runs()})

    async def _log_window(self, args: LogWindowArgs) -> Answer:
        run_id, store = self._shown_run()
        return Answer(await asyncio.to_thread(log_window, store, run_id, args.filter, args.start, args.count))

    async def _log_locate(self, args: LogLocateArgs) -> Answer:
        run_id, store = self._shown_run()
        at = await asyncio.to_thread(store.log_index, run_id, stored(args.filter), args.position)
        total = await asyncio.to_thread(store.log_total, run_id, stored(args.filter))
        return Answer({"i": min(at, max(total - 1, 0)), "total": total})

    async def _log_message(self, args: LogMessageArgs) -> Answer:
        run_id, store = self._shown_run()
        window = await asyncio.to_thread(store.log_window, run_id, EVERY_LINE, args.n - 1, 1)
        if not window.rows:
            raise RunUnknown(f"This run's log has no line {args.n}.")
        return Answer({"message": window.rows[0].message})

    async def _text(self, file: str) -> str:
        run_id, store = self._shown_run()
        text = await asyncio.to_thread(store.artifact_text, run_id, file)
        if text is None:
            raise RunUnknown(f"This run has no content for {file!r}.")
        return text

    async def _artifact_text(self, args: ArtifactTextArgs) -> Answer:
        text = await self._text(args.file)
        start = max(args.offset, 0)
        piece = text[start : start + min(args.count, MOST_TEXT)]
        return Answer({"text": piece, "offset": start, "chars": len(text)})

    async def _artifact_render(self, args: ArtifactRenderArgs) -> Answer:
        from ..artifacts.render import highlight_source, render

        text = await self._text(args.file)
        live = self._desk.live
        artifacts = live.state.artifacts if live is not None else ()
        artifact = next((item for item in artifacts if item.file == args.file), None)
        kind = artifact.kind if artifact is not None else "txt"
        make = render if args.shape == "preview" else highlight_source
        rendered = await asyncio.to_thread(make, text, kind, dark=args.dark)
        version = artifact.version if artifact is not None else 1
        return Answer({"html": rendered.html, "note": rendered.note, "version": version})

    async def _bundle(self, args: NoArgs) -> Answer:
        from ..run.bundle import bundle

        run_id, store = self._shown_run()
        live = self._desk.live
        files = [item.file for item in live.state.artifacts if item.has_content] if live else []
        texts = {file: await asyncio.to_thread(store.artifact_text, run_id, file) for file in files}
        data = await asyncio.to_thread(bundle, {file: text or "" for file, text in texts.items()})
        return Answer({"file_name": f"artifacts_{run_id[:8]}.zip"}, (data,))

    async def _part(self, args: PartArgs) -> Answer:
        return Answer({"code": await asyncio.to_thread(front_end.text, args.name)})

    async def _export(self, args: ExportArgs) -> Answer:
        from ..history.export import export_file_name, export_run

        run_id, store = self._shown_run()
        text = await asyncio.to_thread(export_run, store, run_id, args.format)
        name = await asyncio.to_thread(export_file_name, store, run_id, args.format)
        return Answer({"file_name": name, "mime": _MIME[args.format], "text": text})
