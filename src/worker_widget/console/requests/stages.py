"""Requests about the stages of the run on screen: those inside one, and the content of one."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from ...state.stage_content import StageContent, StageDetail, stage_contents, stage_detail
from ...store.stages_table import StageWindow
from ..controller import ConsoleController
from .handlers import Args, Handlers, RequestAnswer, RequestHandler, ShownRun, shown_run

MOST_ROWS: Final = 500


class StageArgs(Args, frozen=True, kw_only=True):
    parent_id: str | None
    start: int
    count: int


class ContentArgs(Args, frozen=True, kw_only=True):
    stage_id: str


class StageRequests:
    """Answers the requests about stages for one console."""

    def __init__(self, controller: ConsoleController) -> None:
        self._controller = controller
        self.handlers: Handlers = {
            "stages.window": RequestHandler(StageArgs, StageWindow, self._window),
            "stages.content": RequestHandler(ContentArgs, StageDetail, self._content),
        }

    async def _window(self, args: StageArgs) -> RequestAnswer:
        """Stages directly inside one, or at the top, in the order of their start."""
        run_id, store, upto, after = shown_run(self._controller)
        count = min(args.count, MOST_ROWS)
        window = partial(store.stage_window, run_id, args.parent_id, args.start, count)
        return RequestAnswer(await asyncio.to_thread(window, after=after, upto=upto))

    async def _content(self, args: ContentArgs) -> RequestAnswer:
        """The input, the output and the traceback of a stage."""
        return RequestAnswer(await asyncio.to_thread(_detail, shown_run(self._controller), args.stage_id))


def _detail(shown: ShownRun, stage_id: str) -> StageDetail:
    run_id, store, upto, _ = shown
    stage = store.stage(run_id, stage_id, upto=upto)
    content = StageContent()
    if stage is not None:
        content = stage_contents(store.stage_events(run_id, stage)).get(stage_id, content)
    return stage_detail(content)
