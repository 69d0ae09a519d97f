"""Requests about the moment that is shown of the run on screen."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final, Literal, TypedDict

from ...errors import RunUnknown
from ...runs.run_axis import RunAxis, run_axis
from ..controller import ConsoleController
from ..time_travel import TimeTravel
from .code import ModuleCode, module_code
from .handlers import NOTHING, Args, Handlers, NoArgs, NoResult, RequestAnswer, RequestHandler, shown_run

MOST_DRAWN: Final = 100_000
"""A picture is drawn from so many characters: it shows the beginning."""
_DRAWING_S: Final = 0.5


class SeekArgs(Args, frozen=True, kw_only=True):
    """A moment by its position or its time; without either the newest."""

    position: int | None = None
    time_us: int | None = None


class StepArgs(Args, frozen=True, kw_only=True):
    direction: Literal[1, -1]
    to: Literal["event", "same", "trouble"] = "event"


class PlayArgs(Args, frozen=True, kw_only=True):
    speed: float
    short_pauses: bool


class RangeArgs(Args, frozen=True, kw_only=True):
    """The times of a range, both belonging to it; without them the whole run."""

    start_us: int | None
    end_us: int | None


class PictureArgs(Args, frozen=True, kw_only=True):
    """An artifact after the first ``position`` events."""

    file: str
    position: int
    dark: bool


class ArtifactPicture(TypedDict):
    """The beginning of an artifact as a document for the sandboxed frame."""

    html: str


class TravelRequests:
    """Answers the requests about the shown moment for one console."""

    def __init__(self, controller: ConsoleController) -> None:
        self._controller = controller
        self.handlers: Handlers = {
            "travel": RequestHandler(NoArgs, ModuleCode, self._code),
            "travel.axis": RequestHandler(NoArgs, RunAxis, self._axis),
            "travel.seek": RequestHandler(SeekArgs, NoResult, self._seek),
            "travel.step": RequestHandler(StepArgs, NoResult, self._step),
            "travel.play": RequestHandler(PlayArgs, NoResult, self._play),
            "travel.picture": RequestHandler(PictureArgs, ArtifactPicture, self._picture),
            "travel.range": RequestHandler(RangeArgs, NoResult, self._range),
            "travel.pause": RequestHandler(NoArgs, NoResult, self._pause),
        }

    @property
    def _travel(self) -> TimeTravel:
        if self._controller.travel is None:
            raise RunUnknown("No run is on screen.")
        return self._controller.travel

    async def _code(self, args: NoArgs) -> RequestAnswer:
        """The module ``travel.js``, when a console is first on screen."""
        return await module_code("travel")

    async def _axis(self, args: NoArgs) -> RequestAnswer:
        run_id, store, _, _ = shown_run(self._controller)
        return RequestAnswer(await asyncio.to_thread(run_axis, store, run_id))

    async def _picture(self, args: PictureArgs) -> RequestAnswer:
        """What a small picture of an artifact is drawn from, as it was at a moment."""
        run_id, store, _, _ = shown_run(self._controller)
        for artifact in self._controller.newest.run.artifacts:
            if artifact.file == args.file:
                read = partial(store.artifact_text, run_id, args.file, upto=args.position)
                text = await asyncio.to_thread(read) or ""
                return RequestAnswer(
                    {"html": await asyncio.to_thread(_drawn, text, artifact.kind, args.dark)}
                )
        raise RunUnknown(f"This run has no artifact {args.file!r}.")

    async def _seek(self, args: SeekArgs) -> RequestAnswer:
        """Shows a moment, and plays no more."""
        if args.time_us is not None:
            await self._travel.seek_time(args.time_us)
        else:
            await self._travel.seek(args.position)
        return NOTHING

    async def _step(self, args: StepArgs) -> RequestAnswer:
        """Shows the moment after the next event or the one before: any event, one of the type of the event
        that is shown last, or one that brings trouble.
        """
        await self._travel.step(args.direction, args.to)
        return NOTHING

    async def _play(self, args: PlayArgs) -> RequestAnswer:
        """Plays the run from the moment that is shown, 0.5 to 64 times as fast as it was."""
        self._travel.play(args.speed, short_pauses=args.short_pauses)
        return NOTHING

    async def _range(self, args: RangeArgs) -> RequestAnswer:
        """Shows only what happened in a range of times, or the whole run again, at its newest moment."""
        if args.start_us is not None and args.end_us is not None:
            await self._travel.show_times(args.start_us, args.end_us)
        else:
            await self._travel.seek(None)
        return NOTHING

    async def _pause(self, args: NoArgs) -> RequestAnswer:
        self._travel.pause()
        return NOTHING


def _drawn(text: str, kind: str, dark: bool) -> str:
    from ...artifacts.render import Limits, render

    limits = Limits(MOST_DRAWN, _DRAWING_S)
    return render(text[:MOST_DRAWN], kind, dark=dark, whole=False, limits=limits).html
