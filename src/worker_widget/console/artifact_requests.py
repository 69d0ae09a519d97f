"""Requests about the artifacts of the run on screen."""

from __future__ import annotations

import asyncio
from typing import Literal

from ..errors import RunUnknown
from .arguments import Answer, Args, Handlers, NoArgs, shown_run
from .desk import Desk

MOST_TEXT = 1024 * 1024


class TextArgs(Args, frozen=True, kw_only=True):
    file: str
    offset: int = 0
    count: int = MOST_TEXT


# `as` is the wire's word, and none that Python allows for a field.
class RenderArgs(Args, frozen=True, kw_only=True, rename={"shape": "as"}):
    file: str
    shape: Literal["preview", "source"]
    dark: bool


class ArtifactRequests:
    """Answers them for one console."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.handlers: Handlers = {
            "artifact.text": (TextArgs, self._text),
            "artifact.render": (RenderArgs, self._render),
            "artifact.bundle": (NoArgs, self._bundle),
        }

    async def _whole(self, file: str) -> str:
        run_id, store = shown_run(self._desk)
        text = await asyncio.to_thread(store.artifact_text, run_id, file)
        if text is None:
            raise RunUnknown(f"This run has no content for {file!r}.")
        return text

    async def _text(self, args: TextArgs) -> Answer:
        text = await self._whole(args.file)
        start = max(args.offset, 0)
        piece = text[start : start + min(args.count, MOST_TEXT)]
        return Answer({"text": piece, "offset": start, "chars": len(text)})

    async def _render(self, args: RenderArgs) -> Answer:
        from ..artifacts.render import highlight_source, render

        text = await self._whole(args.file)
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

        run_id, store = shown_run(self._desk)
        live = self._desk.live
        files = [item.file for item in live.state.artifacts if item.has_content] if live else []
        texts = {file: await asyncio.to_thread(store.artifact_text, run_id, file) for file in files}
        data = await asyncio.to_thread(bundle, {file: text or "" for file, text in texts.items()})
        return Answer({"file_name": f"artifacts_{run_id[:8]}.zip"}, (data,))
