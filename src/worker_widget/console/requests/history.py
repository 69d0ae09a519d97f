"""Requests about the run history: its list, what people add to a run, and comparisons."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import Final, TypedDict

from ...errors import Problem, RequestRefused
from ...state.run_state import ENDED
from ...store.event_store import EventStore
from ...store.run_list import RunFilter
from ..comparison import ComparedFigures, ComparedRuns, compared_runs, run_figures
from ..controller import ConsoleController
from ..history import HistoryReader, HistoryWindow, RecentRuns, row_of
from .handlers import NOTHING, Args, Handlers, NoArgs, NoResult, RequestAnswer, RequestHandler

MOST_COMPARED: Final = 50
"""The most runs whose figures are compared at once."""


class HistoryWindowArgs(Args, frozen=True, kw_only=True):
    """``known`` is the version of this window that the browser has, "" for none."""

    filter: RunFilter
    start: int
    count: int
    known: str = ""


class PairArgs(Args, frozen=True, kw_only=True):
    a: str
    b: str


class RunsArgs(Args, frozen=True, kw_only=True):
    run_ids: list[str]


class HistoryRunArgs(Args, frozen=True, kw_only=True):
    run_id: str


class StarArgs(Args, frozen=True, kw_only=True):
    run_id: str
    starred: bool


class TagsArgs(Args, frozen=True, kw_only=True):
    """``before`` are the tags that were edited: others that the run has meanwhile stay."""

    run_id: str
    tags: list[str]
    before: list[str]


class NoteArgs(Args, frozen=True, kw_only=True):
    run_id: str
    note: str


class HistoryFacets(TypedDict):
    """The workers and the tags of all runs, each with its number of runs."""

    workers: list[tuple[str, int]]
    tags: list[tuple[str, int]]


class HistoryRequests:
    """Answers the requests about the history for one console."""

    def __init__(self, controller: ConsoleController) -> None:
        self._controller = controller
        self._preparing: asyncio.Task[None] | None = None
        self.handlers: Handlers = {
            "history.list": RequestHandler(NoArgs, RecentRuns, self._list),
            "history.window": RequestHandler(HistoryWindowArgs, HistoryWindow, self._window),
            "history.facets": RequestHandler(NoArgs, HistoryFacets, self._facets),
            "history.star": RequestHandler(StarArgs, NoResult, self._star),
            "history.tag": RequestHandler(TagsArgs, NoResult, self._tag),
            "history.note": RequestHandler(NoteArgs, NoResult, self._note),
            "history.trash": RequestHandler(HistoryRunArgs, NoResult, self._trash),
            "history.restore": RequestHandler(HistoryRunArgs, NoResult, self._restore),
            "history.compare": RequestHandler(PairArgs, ComparedRuns, self._compare),
            "history.figures": RequestHandler(RunsArgs, ComparedFigures, self._figures),
        }

    @property
    def _store(self) -> EventStore:
        return self._controller.store

    @cached_property
    def _reader(self) -> HistoryReader:
        return HistoryReader(self._controller.store, self._controller.client)

    async def _list(self, args: NoArgs) -> RequestAnswer:
        return RequestAnswer(await self._reader.recent(self._controller.next_worker))

    async def _window(self, args: HistoryWindowArgs) -> RequestAnswer:
        """The runs of this computer's history, and without a filter those that only the server has, as
        ``history.list`` read them last.
        """
        read = self._reader.window
        return RequestAnswer(await asyncio.to_thread(read, args.filter, args.start, args.count, args.known))

    async def _facets(self, args: NoArgs) -> RequestAnswer:
        """A history that shows its filters is likely to be searched soon."""
        facets = await asyncio.to_thread(self._store.run_facets)
        if self._preparing is None:
            self._preparing = asyncio.create_task(asyncio.to_thread(self._store.prepare_search))
        return RequestAnswer(facets)

    async def _star(self, args: StarArgs) -> RequestAnswer:
        await asyncio.to_thread(self._store.set_starred, args.run_id, args.starred)
        return NOTHING

    async def _tag(self, args: TagsArgs) -> RequestAnswer:
        """Adds and removes tags of a run, from ``before`` to ``tags``."""
        add = [tag for tag in args.tags if tag not in args.before]
        remove = [tag for tag in args.before if tag not in args.tags]
        try:
            await asyncio.to_thread(self._store.change_tags, args.run_id, add=add, remove=remove)
        except ValueError as error:
            raise RequestRefused(str(error), [Problem("tags", str(error))]) from error
        return NOTHING

    async def _note(self, args: NoteArgs) -> RequestAnswer:
        """Sets the note of a run; "" removes it."""
        await asyncio.to_thread(self._store.set_note, args.run_id, args.note.strip() or None)
        return NOTHING

    async def _trash(self, args: HistoryRunArgs) -> RequestAnswer:
        """Deletes a run that does not go on; ``history.restore`` brings it back."""
        await asyncio.to_thread(self._delete, args.run_id)
        return NOTHING

    def _delete(self, run_id: str) -> None:
        status = row_of(self._store.known_run(run_id))["status"]
        if status not in (*ENDED, "interrupted"):
            raise RequestRefused(f"This run is {status}: stop it before it is deleted.")
        self._store.trash(run_id)

    async def _restore(self, args: HistoryRunArgs) -> RequestAnswer:
        await asyncio.to_thread(self._store.restore, args.run_id)
        return NOTHING

    async def _compare(self, args: PairArgs) -> RequestAnswer:
        """Compares two runs of this computer's history, the older as the first."""
        return RequestAnswer(await asyncio.to_thread(compared_runs, self._store, args.a, args.b))

    async def _figures(self, args: RunsArgs) -> RequestAnswer:
        """The figures of up to 50 runs of this computer's history, a row each."""
        if len(args.run_ids) > MOST_COMPARED:
            raise RequestRefused(
                f"{len(args.run_ids)} runs are chosen, and at most {MOST_COMPARED} are compared at once. "
                "RunHistory().runs() has the figures of all."
            )
        return RequestAnswer(await asyncio.to_thread(run_figures, self._store, args.run_ids))
