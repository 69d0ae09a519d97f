"""Requests about artifacts: those of the run on screen, and of other runs for comparison."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from math import ceil
from typing import Any, Final, Literal, TypedDict

import msgspec

from ...errors import RequestRefused, RunUnknown
from ...events.vocabulary import SentenceSource
from ...state.run_state import Artifact
from ..controller import ConsoleController
from .artifact_texts import ArtifactTexts
from .handlers import Args, Handlers, NoArgs, RequestAnswer, RequestHandler, ShownRun, shown_run

MOST_TEXT: Final = 1024 * 1024
MOST_ROWS: Final = 1_000
MOST_PREVIEW: Final = 4_000_000
"""The most characters of an HTML artifact in one reply."""

MOST_BUNDLE: Final = 50_000_000

_GROWTH: Final = 1.5
_LEAST_GROWTH: Final = 120
_PAUSE: Final = 4.0
"""The pause after rendering a text that still grows, in multiples of the rendering time. With `_GROWTH` it
keeps the total cost linear in the length of the text, and rendering below a fifth of the time."""


class TextArgs(Args, frozen=True, kw_only=True):
    file: str
    version: int | None = None
    offset: int = 0
    count: int = MOST_TEXT


class RenderArgs(Args, frozen=True, kw_only=True):
    """``sources`` is the source with its sentences coloured by where they come from.

    With ``any_length`` a text of any length is formatted, which can take half a minute.
    """

    file: str
    shape: Literal["preview", "source", "sources"]
    dark: bool
    version: int | None = None
    find: str | None = None
    any_length: bool = False


class LinesArgs(Args, frozen=True, kw_only=True):
    file: str
    start: int
    count: int
    version: int | None = None


class FindArgs(Args, frozen=True, kw_only=True):
    file: str
    text: str
    start: int
    direction: Literal[1, -1]
    version: int | None = None


class ArtifactRef(msgspec.Struct, frozen=True, kw_only=True):
    """Identifies an artifact: ``run_id`` ``None`` is the run on screen, ``version`` ``None`` the newest."""

    run_id: str | None
    file: str
    version: int | None


class CompareArgs(Args, frozen=True, kw_only=True):
    a: ArtifactRef
    b: ArtifactRef
    dark: bool


class ArtifactText(TypedDict):
    """A page of an artifact's text; ``chars`` is the length of the whole text."""

    text: str
    offset: int
    chars: int


class MarkedSentence(TypedDict):
    """Where a sentence comes from ("brief", "brand", "rule", "model"), and the stage that wrote it."""

    source: str
    stage_id: str | None


class RenderedArtifact(TypedDict):
    """An artifact as a document; ``chars`` is the length of the text in it.

    In the shape ``sources`` the n-th of ``sentences`` is the link ``sentence-n``, from 1; there are none
    where the worker reports no sources. ``again_at``: while the artifact grows, the length from which it
    should be rendered again. ``long``: it is plain text only because of its length.
    """

    html: str
    note: str | None
    version: int
    chars: int
    again_at: int | None
    matches: int | None
    long: bool
    sentences: list[MarkedSentence] | None


class ArtifactLines(TypedDict):
    """A window of an artifact's lines; ``chars`` is the length of the whole text."""

    total: int
    start: int
    rows: list[str]
    chars: int


class FoundText(TypedDict):
    """The line that contains a text (``None``: no line does), the ``nth`` (from 1) of ``of``."""

    line: int | None
    nth: int
    of: int


class ComparedArtifacts(TypedDict):
    """Two artifacts side by side as a document."""

    html: str
    changes: int
    note: str | None
    same: bool


class ArtifactBundle(TypedDict):
    """The name of the zip file."""

    file_name: str


class ArtifactRequests:
    """Answers the requests about artifacts for one console."""

    def __init__(self, controller: ConsoleController) -> None:
        self._controller = controller
        self._texts = ArtifactTexts()
        self._pause_until = 0.0
        self.handlers: Handlers = {
            "artifact.text": RequestHandler(TextArgs, ArtifactText, self._text),
            "artifact.render": RequestHandler(RenderArgs, RenderedArtifact, self._render),
            "artifact.lines": RequestHandler(LinesArgs, ArtifactLines, self._lines),
            "artifact.find": RequestHandler(FindArgs, FoundText, self._find),
            "artifact.compare": RequestHandler(CompareArgs, ComparedArtifacts, self._compare),
            "artifact.bundle": RequestHandler(NoArgs, ArtifactBundle, self._bundle),
        }

    async def _text(self, args: TextArgs) -> RequestAnswer:
        """A page of the text, of at most 1,048,576 characters."""
        lines = await self._texts.lines(*self._shown(args.file), args.version)
        start = max(args.offset, 0)
        piece = lines.text[start : start + min(args.count, MOST_TEXT)]
        return RequestAnswer({"text": piece, "offset": start, "chars": len(lines.text)})

    async def _lines(self, args: LinesArgs) -> RequestAnswer:
        """The lines of the text; very long lines are cut into several."""
        lines = await self._texts.lines(*self._shown(args.file), args.version)
        start = max(args.start, 0)
        rows = lines.window(start, min(args.count, MOST_ROWS))
        return RequestAnswer({"total": lines.total, "start": start, "rows": rows, "chars": len(lines.text)})

    async def _find(self, args: FindArgs) -> RequestAnswer:
        """The nearest of these lines after (1) or before (-1) the line ``start`` that contains ``text``,
        ignoring case.
        """
        lines = await self._texts.lines(*self._shown(args.file), args.version)
        found = await asyncio.to_thread(lines.find, args.text, args.start, args.direction)
        return RequestAnswer({"line": found.row, "nth": found.nth, "of": found.of})

    async def _render(self, args: RenderArgs) -> RequestAnswer:
        """A complete document for the sandboxed frame. In a source the occurrences of ``find`` are the
        elements ``match-1`` to ``match-{matches}``.
        """
        if self._grows(args):
            await asyncio.sleep(self._pause_until - time.monotonic())
        # Checked again after the pause: the text may have grown or be complete.
        growing = self._grows(args)
        shown, artifact = self._shown(args.file)
        run_id, store, upto, _ = shown
        lines = await self._texts.lines(shown, artifact, args.version)
        began = time.monotonic()
        if args.shape == "sources":
            sources = await asyncio.to_thread(
                store.artifact_sources, run_id, args.file, args.version, upto=upto
            )
            rendered = await asyncio.to_thread(_marked, lines.text, sources, args.dark)
        else:
            rendered = await asyncio.to_thread(_rendered, lines.text, artifact.kind, not growing, args)
        ended = time.monotonic()
        if growing:
            self._pause_until = ended + _PAUSE * (ended - began)
        chars = len(lines.text)
        again_at = rendered_again_at(chars) if growing and not rendered["long"] else None
        number = artifact.version if args.version is None else args.version
        return RequestAnswer({"chars": chars, **rendered, "again_at": again_at, "version": number})

    async def _compare(self, args: CompareArgs) -> RequestAnswer:
        """A document with both artifacts side by side; its changes are the elements ``change-1`` to
        ``change-{changes}``.
        """
        a, b = await self._titled(args.a), await self._titled(args.b)
        return RequestAnswer(await asyncio.to_thread(_compared, a, b, args.dark))

    async def _bundle(self, args: NoArgs) -> RequestAnswer:
        """All artifacts as a zip, whose bytes are the first buffer of the reply."""
        from ...events.artifacts_zip import bundle

        run_id, store, upto, _ = shown_run(self._controller)
        shown = [item for item in self._controller.shown.run.artifacts if item.has_content]
        chars = sum(item.chars for item in shown)
        if chars > MOST_BUNDLE:
            raise RequestRefused(
                f"The artifacts are too large for one download ({chars:,} characters). Download them one by "
                "one, or write them with run.artifacts.save_all(directory) in a cell."
            )
        text_of = partial(store.artifact_text, run_id, upto=upto)
        texts = {item.file: await asyncio.to_thread(text_of, item.file) for item in shown}
        data = await asyncio.to_thread(bundle, {file: text or "" for file, text in texts.items()})
        return RequestAnswer({"file_name": f"artifacts_{run_id[:8]}.zip"}, (data,))

    def _shown(self, file: str) -> tuple[ShownRun, Artifact]:
        """An artifact of the run on screen, as it is shown. Raises `RunUnknown`."""
        shown = shown_run(self._controller)
        for artifact in self._controller.shown.run.artifacts:
            if artifact.file == file:
                return shown, artifact
        raise RunUnknown(f"This run has no artifact {file!r}.")

    def _grows(self, args: RenderArgs) -> bool:
        """Whether the version to render is still being written."""
        _, artifact = self._shown(args.file)
        return artifact.status == "assembling" and args.version in (None, artifact.version)

    async def _titled(self, ref: ArtifactRef) -> tuple[str, str]:
        """A title for an artifact, and its text. Raises `RunUnknown`."""
        version = "" if ref.version is None else f" · version {ref.version}"
        if ref.run_id in (None, self._controller.live.run_id if self._controller.live else None):
            lines = await self._texts.lines(*self._shown(ref.file), ref.version)
            return f"{ref.file}{version} · this run", lines.text
        run_id = str(ref.run_id)
        text = await asyncio.to_thread(self._controller.store.artifact_text, run_id, ref.file, ref.version)
        if text is None:
            raise RunUnknown(f"Run {run_id} has no content for {ref.file!r}{version}.")
        return f"{ref.file}{version} · run {run_id[:8]}", text


def rendered_again_at(chars: int) -> int:
    """The length at which a growing text is rendered again that was rendered with ``chars`` characters."""
    return max(ceil(chars * _GROWTH), chars + _LEAST_GROWTH)


def _rendered(text: str, kind: str, whole: bool, args: RenderArgs) -> dict[str, Any]:
    from ...artifacts.render import PATIENT, QUICK, highlight_source, render

    limits = PATIENT if args.any_length else QUICK
    if args.shape == "source":
        document = highlight_source(text, kind, dark=args.dark, find=args.find, limits=limits)
    else:
        document = render(text, kind, dark=args.dark, whole=whole, limits=limits)
    if document.html is text and len(text) > MOST_PREVIEW:
        note = f"The first {MOST_PREVIEW:,} of {len(text):,} characters are shown; download it for all."
        document = document._replace(html=text[:MOST_PREVIEW], note=note, chars=MOST_PREVIEW)
    rendered = {
        "html": document.html,
        "note": document.note,
        "matches": document.matches,
        "long": document.long,
        "sentences": None,
    }
    return rendered if document.chars is None else {**rendered, "chars": document.chars}


def _marked(text: str, found: list[SentenceSource], dark: bool) -> dict[str, Any]:
    from ...artifacts.sentence_marks import marked_source, whole_sentences

    note = None if found else "The worker does not report where these sentences come from."
    if len(text) > MOST_PREVIEW:
        note = f"The first {MOST_PREVIEW:,} of {len(text):,} characters are shown."
        text = text[:MOST_PREVIEW]
    sentences = whole_sentences(found, len(text))
    if found and len(sentences) < len(found):
        note = f"The first {len(sentences):,} of {len(found):,} sentences are marked."
    rows = [{"source": part.source, "stage_id": part.stage_id} for part in sentences]
    html = marked_source(text, sentences, dark=dark)
    return {"html": html, "note": note, "matches": None, "long": False, "sentences": rows}


def _compared(a: tuple[str, str], b: tuple[str, str], dark: bool) -> ComparedArtifacts:
    from ...artifacts.diff.difference import difference

    compared = difference(a[1], b[1], title_a=a[0], title_b=b[0])
    return {
        "html": compared.html(dark=dark),
        "changes": compared.changes,
        "note": compared.note,
        "same": compared.same,
    }
