"""`StateReader`: the state of a run at any position, from the nearest known state and the events after it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from sqlite3 import Connection
from typing import Final, NamedTuple

import msgspec

from ..errors import HistoryError, RunUnknown
from ..state.reduce import reduce_all
from ..state.run_state import RunState
from . import events_table, keyframes
from .blocks_table import BlockReader
from .database import Database
from .events_table import Head

MOST_STATES: Final = 16
"""So many states that were used last stay in memory."""
MOST_UNSTORED_BYTES: Final = 32 * 1024 * 1024
"""The most bytes of keyframes that stay in memory because they cannot be stored."""
_RETRY_S: Final = 30.0
"""How long no keyframe is written after the history could not be written."""


class StateProgress(msgspec.Struct, frozen=True):
    """How near the known states are to a position: the nearest before it is at ``reached``."""

    reached: int
    position: int

    @property
    def done(self) -> bool:
        """Whether the state at the position is made quickly: few events are between."""
        return self.position - self.reached <= keyframes.KEYFRAME_EVENTS


class _Known(NamedTuple):
    """A state after the first ``reached`` events. Its own position is less if the last are damaged."""

    reached: int
    state: RunState


_START: Final = _Known(0, RunState())


class _Building:
    """The ``threads`` that make states of one run, or wait to: those are made by one at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.threads = 0


class StateReader:
    """The states of runs at positions. May be used from any thread.

    ``head`` returns the head of a run by its id, and raises `RunUnknown`.
    """

    def __init__(self, db: Database, reader: BlockReader, head: Callable[[Connection, str], Head]) -> None:
        self._db = db
        self._reader = reader
        self._head = head
        self._lock = threading.Lock()
        self._building: dict[int, _Building] = {}
        self._states: OrderedDict[tuple[int, int], RunState] = OrderedDict()
        self._unstored: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._unstored_bytes = 0
        self._cleaned: set[int] = set()
        self._retry_at = -inf

    def at(self, run_id: str, position: int) -> RunState:
        """The state after the first ``position`` events, or after all if there are fewer."""
        run, last, known = self._nearest(run_id, position)
        if last - known.reached > keyframes.KEYFRAME_EVENTS:
            with self._alone(run, inf):
                _, _, known = self._nearest(run_id, last)
                known = self._built(run_id, run, known, last, inf)
        if last > known.reached:
            known = self._advanced(run_id, run, known, last, self._reader)
            self._remember(run, known)
        return known.state

    def prepare(self, run_id: str, position: int, seconds: float) -> StateProgress:
        """Makes states towards a position for about ``seconds``; see `StateProgress`."""
        until = time.perf_counter() + seconds
        run, last, known = self._nearest(run_id, position)
        if last - known.reached > keyframes.KEYFRAME_EVENTS:
            with self._alone(run, seconds) as free:
                _, _, known = self._nearest(run_id, last)
                if free:
                    known = self._built(run_id, run, known, last, until)
        return StateProgress(known.reached, last)

    def keep(self, run_id: str, state: RunState) -> bool:
        """Stores a state of a run as a keyframe; see `EventStore.keep_keyframe`."""
        content = keyframes.packed(state) if _is_complete(state) else None
        if content is None or time.monotonic() < self._retry_at:
            return True
        return self._stored(run_id, None, state.position, content) is not None

    @contextmanager
    def _alone(self, run: int, seconds: float) -> Iterator[bool]:
        """Whether no other thread makes states of a run, after a wait of at most ``seconds``."""
        with self._lock:
            building = self._building.setdefault(run, _Building())
            building.threads += 1
        free = building.lock.acquire(timeout=-1 if seconds == inf else max(seconds, 0))
        try:
            yield free
        finally:
            if free:
                building.lock.release()
            with self._lock:
                building.threads -= 1
                if not building.threads:
                    del self._building[run]

    def _built(self, run_id: str, run: int, known: _Known, last: int, until: float) -> _Known:
        """Goes on from a state, with a keyframe after each part, until about ``last`` or a time."""
        reader = BlockReader(most_bytes=0)
        while last - known.reached > keyframes.KEYFRAME_EVENTS:
            known = self._advanced(run_id, run, known, known.reached + keyframes.KEYFRAME_EVENTS, reader)
            self._store(run_id, run, known)
            if time.perf_counter() >= until:
                break
        self._remember(run, known)
        return known

    def _advanced(self, run_id: str, run: int, known: _Known, last: int, reader: BlockReader) -> _Known:
        with self._db.read() as db:
            if self._head(db, run_id).run != run:
                raise RunUnknown(f"Run {run_id!r} was deleted while it was read. Read it again.")
            events = events_table.read_to(db, reader, run, known.reached, last)
        return _Known(last, reduce_all(events, known.state))

    # --- known states --------------------------------------------------------------------------

    def _nearest(self, run_id: str, position: int) -> tuple[int, int, _Known]:
        """The key of a run, the position within it, and the nearest known state at or before that."""
        with self._db.read() as db:
            head = self._head(db, run_id)
            last = min(max(position, 0), head.events)
            known = self._in_memory(head.run, last)
            damaged: list[int] = []
            upper = last
            while known.reached < upper:
                keyframe = keyframes.nearest(db, head.run, known.reached, upper)
                if keyframe is None:
                    break
                state = keyframes.state_of(keyframe)
                if state is not None:
                    known = _Known(keyframe.position, state)
                    break
                damaged.append(keyframe.position)
                upper = keyframe.position - 1
            if last == head.events and known.reached < last:
                known = _kept(db, head.run, last) or known
        for at in damaged:
            self._delete(head.run, at)
        return head.run, last, known

    def _in_memory(self, run: int, position: int) -> _Known:
        known = _START
        with self._lock:
            for (key, reached), state in self._states.items():
                if key == run and known.reached < reached <= position:
                    known = _Known(reached, state)
            if known is not _START:
                self._states.move_to_end((run, known.reached))
            places = [at for key, at in self._unstored if key == run and known.reached < at <= position]
            content = self._unstored[run, max(places)] if places else None
        return known if content is None else _Known(max(places), keyframes.unpacked(content))

    def _remember(self, run: int, known: _Known) -> None:
        with self._lock:
            self._states[run, known.reached] = known.state
            self._states.move_to_end((run, known.reached))
            if len(self._states) > MOST_STATES:
                self._states.popitem(last=False)

    def _store(self, run_id: str, run: int, known: _Known) -> None:
        """Stores a keyframe: in memory if it cannot be written, or events before it are damaged."""
        content = keyframes.packed(known.state)
        if content is None:
            return
        whole = _is_complete(known.state) and known.state.position == known.reached
        may_write = whole and time.monotonic() >= self._retry_at
        if may_write and self._stored(run_id, run, known.reached, content):
            return
        with self._lock:
            self._unstored_bytes += len(content) - len(self._unstored.pop((run, known.reached), b""))
            self._unstored[run, known.reached] = content
            while self._unstored_bytes > MOST_UNSTORED_BYTES:
                self._unstored_bytes -= len(self._unstored.popitem(last=False)[1])

    def _stored(self, run_id: str, run: int | None, position: int, content: bytes) -> bool | None:
        """Whether a keyframe was stored; ``None`` if another thread or process is writing.

        Nothing is stored if the run was deleted, nor if it was begun again, where its key is known.
        """
        try:
            with self._db.write_if_free() as db:
                if db is None:
                    return None
                head = self._head(db, run_id)
                if head.events < position or run not in (None, head.run):
                    return False
                if head.run not in self._cleaned:
                    keyframes.delete_other_forms(db, head.run)
                    self._cleaned.add(head.run)
                return keyframes.insert(db, head.run, position, content)
        except RunUnknown:
            return False
        except HistoryError:
            self._retry_at = time.monotonic() + _RETRY_S
            return False

    def _delete(self, run: int, position: int) -> None:
        with suppress(HistoryError), self._db.write_if_free() as db:
            if db is not None:
                keyframes.delete(db, run, position)


def _is_complete(state: RunState) -> bool:
    """Whether no event before the state was damaged."""
    return state.counts.events == state.position


def _kept(db: Connection, run: int, last: int) -> _Known | None:
    """The state that was kept at the end of a run, if no event follows it."""
    (kept,) = db.execute("SELECT state FROM runs WHERE run = ?", (run,)).fetchone()
    if kept is not None:
        with suppress(msgspec.MsgspecError):  # an older version wrote another form
            state = msgspec.json.decode(kept, type=RunState)
            if state.position == last:
                return _Known(last, state)
    return None
