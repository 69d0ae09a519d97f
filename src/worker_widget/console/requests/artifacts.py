"""Requests about artifacts: those of the run on screen, and of others to compare them with."""

from __future__ import annotations

import asyncio
import time
from math import ceil
from typing import Any, Final, Literal

import msgspec

from ...errors import RequestRefused, RunUnknown
from ...state.run_state import Artifact
from ...store.event_store import EventStore
from ..controller import ConsoleController
from .arguments import Answer, Args, Handlers, NoArgs, shown_run
from .artifact_texts import ArtifactTexts

MOST_TEXT: Final = 1024 * 1024
MOST_ROWS: Final = 1_000
MOST_PREVIEW: Final = 4_000_000
"""How much of an HTML artifact goes into one answer."""

MOST_BUNDLE: Final = 50_000_000

_GROWTH: Final = 1.5
_LEAST_GROWTH: Final = 120
_REST: Final = 4.0
"""How long to rest after a text was drawn that still grows, in times of how long that took. With the
growth it keeps all drawings together linear in the text, and below a fifth of the time."""


class TextArgs(Args, frozen=True, kw_only=True):
    file: str
    version: int | None = None
    offset: int = 0
    count: int = MOST_TEXT


# `as` and `from` are the wire's words, and none that Python allows for a field.
class RenderArgs(Args, frozen=True, kw_only=True, rename={"shape": "as"}):
    file: str
    shape: Literal["preview", "source"]
    dark: bool
    version: int | None = None
    find: str | None = None
    patient: bool = False


class LinesArgs(Args, frozen=True, kw_only=True):
    file: str
    start: int
    count: int
    version: int | None = None


class FindArgs(Args, frozen=True, kw_only=True, rename={"start": "from"}):
    file: str
    text: str
    start: int
    way: Literal[1, -1]
    version: int | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact: ``run_id`` is ``None`` for the run on screen, ``version`` for the newest."""

    run_id: str | None
    file: str
    version: int | None


class CompareArgs(Args, frozen=True, kw_only=True):
    a: Place
    b: Place
    dark: bool


class ArtifactRequests:
    """Answers them for one console."""

    def __init__(self, controller: ConsoleController) -> None:
        self._controller = controller
        self._texts = ArtifactTexts()
        self._rest_until = 0.0
        self.handlers: Handlers = {
            "artifact.text": (TextArgs, self._text),
            "artifact.render": (RenderArgs, self._render),
            "artifact.lines": (LinesArgs, self._lines),
            "artifact.find": (FindArgs, self._find),
            "artifact.compare": (CompareArgs, self._compare),
            "artifact.bundle": (NoArgs, self._bundle),
        }

    async def _text(self, args: TextArgs) -> Answer:
        lines = await self._texts.lines(*self._shown(args.file), args.version)
        start = max(args.offset, 0)
        piece = lines.text[start : start + min(args.count, MOST_TEXT)]
        return Answer({"text": piece, "offset": start, "chars": len(lines.text)})

    async def _lines(self, args: LinesArgs) -> Answer:
        lines = await self._texts.lines(*self._shown(args.file), args.version)
        start = max(args.start, 0)
        rows = lines.window(start, min(args.count, MOST_ROWS))
        return Answer({"total": lines.total, "start": start, "rows": rows, "chars": len(lines.text)})

    async def _find(self, args: FindArgs) -> Answer:
        lines = await self._texts.lines(*self._shown(args.file), args.version)
        found = await asyncio.to_thread(lines.find, args.text, args.start, args.way)
        return Answer({"line": found.row, "nth": found.nth, "of": found.of})

    async def _render(self, args: RenderArgs) -> Answer:
        if self._grows(args):
            await asyncio.sleep(self._rest_until - time.monotonic())
        # Looked at behind the rest: it may have grown, or be done by now.
        growing = self._grows(args)
        store, run_id, artifact = self._shown(args.file)
        lines = await self._texts.lines(store, run_id, artifact, args.version)
        began = time.monotonic()
        told = await asyncio.to_thread(_drawn, lines.text, artifact.kind, not growing, args)
        ended = time.monotonic()
        if growing:
            self._rest_until = ended + _REST * (ended - began)
        chars = len(lines.text)
        again_at = drawn_again_at(chars) if growing and not told["long"] else None
        number = artifact.version if args.version is None else args.version
        return Answer({"chars": chars, **told, "again_at": again_at, "version": number})

    async def _compare(self, args: CompareArgs) -> Answer:
        a, b = await self._placed(args.a), await self._placed(args.b)
        return Answer(await asyncio.to_thread(_compared, a, b, args.dark))

    async def _bundle(self, args: NoArgs) -> Answer:
        from ...events.bundle import bundle

        run_id, store = shown_run(self._controller)
        live = self._controller.live
        shown = [item for item in live.state.artifacts if item.has_content] if live else []
        chars = sum(item.chars for item in shown)
        if chars > MOST_BUNDLE:
            raise RequestRefused(
                f"The artifacts are too large for one download ({chars:,} characters). Download them one by "
                "one, or write them with run.artifacts.save_all(directory) in a cell."
            )
        texts = {item.file: await asyncio.to_thread(store.artifact_text, run_id, item.file) for item in shown}
        data = await asyncio.to_thread(bundle, {file: text or "" for file, text in texts.items()})
        return Answer({"file_name": f"artifacts_{run_id[:8]}.zip"}, (data,))

    def _shown(self, file: str) -> tuple[EventStore, str, Artifact]:
        """Where an artifact of the run on screen is, and how it stands. Raises `RunUnknown`."""
        run_id, store = shown_run(self._controller)
        live = self._controller.live
        for artifact in live.state.artifacts if live is not None else ():
            if artifact.file == file:
                return store, run_id, artifact
        raise RunUnknown(f"This run has no artifact {file!r}.")

    def _grows(self, args: RenderArgs) -> bool:
        """Whether what is to be drawn is still being written."""
        _, _, artifact = self._shown(args.file)
        return artifact.status == "assembling" and args.version in (None, artifact.version)

    async def _placed(self, place: Place) -> tuple[str, str]:
        """A title for the artifact at a place, and its text. Raises `RunUnknown`."""
        version = "" if place.version is None else f" · version {place.version}"
        if place.run_id in (None, self._controller.live.run_id if self._controller.live else None):
            lines = await self._texts.lines(*self._shown(place.file), place.version)
            return f"{place.file}{version} · this run", lines.text
        run_id = str(place.run_id)
        text = await asyncio.to_thread(
            self._controller.store.artifact_text, run_id, place.file, place.version
        )
        if text is None:
            raise RunUnknown(f"Run {run_id} has no content for {place.file!r}{version}.")
        return f"{place.file}{version} · run {run_id[:8]}", text


def drawn_again_at(chars: int) -> int:
    """At which length a text is worth drawing again that was drawn at ``chars`` and still grows."""
    return max(ceil(chars * _GROWTH), chars + _LEAST_GROWTH)


def _drawn(text: str, kind: str, whole: bool, args: RenderArgs) -> dict[str, Any]:
    from ...artifacts.render import PATIENT, QUICK, highlight_source, render

    limits = PATIENT if args.patient else QUICK
    if args.shape == "source":
        told = highlight_source(text, kind, dark=args.dark, find=args.find, limits=limits)
    else:
        told = render(text, kind, dark=args.dark, whole=whole, limits=limits)
    if told.html is text and len(text) > MOST_PREVIEW:
        note = f"The first {MOST_PREVIEW:,} of {len(text):,} characters are shown; download it for all."
        told = told._replace(html=text[:MOST_PREVIEW], note=note, chars=MOST_PREVIEW)
    drawn = {"html": told.html, "note": told.note, "matches": told.matches, "long": told.long}
    return drawn if told.chars is None else {**drawn, "chars": told.chars}


def _compared(a: tuple[str, str], b: tuple[str, str], dark: bool) -> dict[str, Any]:
    from ...artifacts.diff.difference import difference

    told = difference(a[1], b[1], title_a=a[0], title_b=b[0])
    return {"html": told.html(dark=dark), "changes": told.changes, "note": told.note, "same": told.same}
