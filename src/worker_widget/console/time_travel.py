"""Which moment of a run a console shows: the newest, one that was sought, or one that is being played.

Runs on the background loop. Moments are positions: how many events of the run are shown. Where a range is
shown alone, those before it are left out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from ..errors import RequestRefused, WorkerWidgetError
from ..runs.live_run import LiveRun
from ..state.run_state import RunState
from .wire import Past, ShownRange

LEAST_SPEED: Final = 0.5
MOST_SPEED: Final = 64.0

_TICK_S: Final = 0.05
_LONGEST_PAUSE_US: Final = 2_000_000
"""Longer pauses of the run are played as this long, if they are shortened."""
_LOOP_PAUSE_S: Final = 0.3
"""How long the end of a range stays before it is played again."""
_UNTIMED_US: Final = 100_000
"""The time between two events of a run whose events have no times."""
_SLICE_S: Final = 0.05
"""How long keyframes are made before it is checked whether the moment is still wanted."""

_log = logging.getLogger(__name__)


class _Moment(NamedTuple):
    """A position, or ``None`` for all events there are, and the range around it that is shown alone."""

    position: int | None
    range: ShownRange | None = None


_NEWEST: Final = _Moment(None)


class TimeTravel:
    """The moment of one run that a console shows. ``changed`` is called after every change of it."""

    def __init__(self, live: LiveRun, changed: Callable[[], None]) -> None:
        self._shown = _NEWEST
        self._live = live
        self._changed = changed
        self._state = RunState()
        self._speed: float | None = None
        self._wanted = _NEWEST
        self._sought = 0
        self._going = asyncio.Lock()
        self._stepping = asyncio.Lock()
        self._playing: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def position(self) -> int | None:
        """How many events are shown; ``None`` for all there are, also of a run that goes on."""
        return self._shown.position

    @property
    def range(self) -> ShownRange | None:
        """The range that is shown alone, up to `position`."""
        return self._shown.range

    @property
    def after(self) -> int:
        """How many events are left out, because they are before the range."""
        return 0 if self.range is None else self.range.after

    @property
    def state(self) -> RunState:
        """The state of the run at the moment that is shown."""
        return self._live.state if self.position is None else self._state

    @property
    def past(self) -> Past | None:
        """The moment that is shown; ``None`` if that is the newest."""
        if self.position is None:
            return None
        newest = self._live.state
        return Past(
            position=self.position,
            time_us=self._state.last_us,
            speed=self._speed,
            newest=newest.position,
            newest_us=newest.last_us,
            over=newest.over,
            range=self.range,
        )

    async def seek(self, position: int | None) -> None:
        """Shows the run after its first ``position`` events, or the newest moment, and plays no more.

        Of moments that are sought faster than they can be shown, the last is shown. A moment outside the
        range that is shown alone ends that. Raises `HistoryError`.
        """
        self._sought += 1
        self.pause()
        part = self._wanted.range
        inside = part is not None and position is not None and part.after <= position <= part.upto
        await self._go(_Moment(position, part if inside else None))

    async def seek_time(self, time_us: int) -> None:
        """Shows the run as it was at a time, in µs since the epoch, as `seek` does."""
        self._sought += 1
        sought = self._sought
        position = await self._position_at(time_us)
        if sought == self._sought:
            await self.seek(position)

    async def show_range(
        self, after: int, upto: int, times: tuple[int | None, int | None] | None = None
    ) -> None:
        """Shows only what happened after position ``after``, up to ``upto``, at the end of it.

        ``times`` are those of the range as they were chosen, by default those of its events. Raises
        `RequestRefused` if no event is there.
        """
        newest = self._live.state.position
        upto = min(upto, newest)
        if not 0 <= after < upto:
            raise RequestRefused(
                f"A range has an event at least: from {after:,} to {upto:,} of {newest:,} there is none."
            )
        self._sought += 1
        self.pause()
        store, run_id = self._live.store, self._live.run_id
        if times is None:
            first = await asyncio.to_thread(store.time_at, run_id, after + 1)
            times = (first, await asyncio.to_thread(store.time_at, run_id, upto))
        part = ShownRange(after=after, upto=upto, start_us=times[0], end_us=times[1])
        await self._go(_Moment(upto, part))

    async def show_times(self, start_us: int, end_us: int) -> None:
        """Shows only what happened from one time to another, in µs since the epoch, both included; see
        `show_range`.
        """
        store, run_id = self._live.store, self._live.run_id
        after = await asyncio.to_thread(store.position_at, run_id, start_us - 1)
        upto = await asyncio.to_thread(store.position_at, run_id, end_us)
        await self.show_range(after, upto, (start_us, end_us))

    async def step(self, direction: Literal[1, -1], to: Literal["event", "same", "trouble"]) -> None:
        """Shows the moment after the next (1) or the previous (-1) event, and plays no more.

        ``same`` is the next event of the type of the last one shown, ``trouble`` one with which something
        failed or was violated. Where there is none, also none in the range that is shown alone, the moment
        stays. Steps that are taken faster than they
        can be shown are all taken; a moment that is sought meanwhile takes their place.
        """
        self.pause()
        sought = self._sought
        async with self._stepping:
            if sought != self._sought:
                return
            position, part = self._wanted
            at = self._live.state.position if position is None else position
            found: int | None = at + direction
            if to != "event":
                find = self._next_of_type if to == "same" else self._next_trouble
                found = await asyncio.to_thread(find, at, direction)
            if found is None or found < 0 or sought != self._sought:
                return
            if part is not None and not part.after <= found <= part.upto:
                return
            self._wanted = _Moment(found, part)
        await self._go(_Moment(found, part))

    def _next_of_type(self, at: int, direction: Literal[1, -1]) -> int | None:
        return self._live.store.next_of_type(self._live.run_id, at, direction)

    def _next_trouble(self, at: int, direction: Literal[1, -1]) -> int | None:
        """The position of the first event of the next incident that is no passed verification."""
        store, run_id = self._live.store, self._live.run_id
        number = store.state_at(run_id, at).counts.incidents + (direction == 1)
        while (incident := store.incident(run_id, number)) is not None:
            if incident.outcome != "passed" and (incident.position - at) * direction > 0:
                return incident.position
            number += direction
        return None

    def play(self, speed: float, *, short_pauses: bool = True) -> None:
        """Plays the run from the moment that is shown, from the start if that is the newest.

        ``speed`` is 0.5 to 64 times that of the run. With ``short_pauses`` a pause of more than 2 s is played
        as one of 2 s. A range that is shown alone is played again and again; otherwise playing ends at the
        newest moment. Of a run whose events have no times, ten events are a second.

        Raises `RequestRefused` for another speed.
        """
        is_number = isinstance(speed, int | float) and not isinstance(speed, bool)
        if not (is_number and LEAST_SPEED <= speed <= MOST_SPEED):
            given = f"{speed:g}" if is_number else repr(speed)
            raise RequestRefused(f"A run is played 0.5 to 64 times as fast as it was, not {given} times.")
        self._sought += 1
        self.pause()
        self._speed = speed
        self._playing = asyncio.create_task(
            self._play(speed, short_pauses, self._wanted.range), name=f"play {self._live.run_id}"
        )
        self._changed()

    def pause(self) -> None:
        """Plays no more; the moment stays."""
        playing, self._playing, self._speed = self._playing, None, None
        if playing is not None:
            playing.cancel()
            self._changed()

    def close(self) -> None:
        """Shows nothing more."""
        self._closed = True
        if self._playing is not None:
            self._playing.cancel()

    async def _play(self, speed: float, short_pauses: bool, part: ShownRange | None) -> None:
        loop = asyncio.get_running_loop()
        first, last = (0, None) if part is None else (part.after, part.upto)
        try:
            at = self.position
            if at is None or at < first or (last is not None and at >= last):
                at = first
                await self._go(_Moment(at, part))
            time_us = await self._time_at(at)
            before = loop.time()
            while True:
                await asyncio.sleep(_TICK_S)
                now = loop.time()
                time_us += round((now - before) * 1_000_000 * speed)
                before = now
                if short_pauses:
                    time_us = max(time_us, await self._time_at(at + 1) - _LONGEST_PAUSE_US)
                reached = max(at, await self._position_at(time_us))
                if last is not None and reached >= last:
                    await self._go(_Moment(last, part))
                    await asyncio.sleep(_LOOP_PAUSE_S)
                    at = first
                    await self._go(_Moment(at, part))
                    time_us, before = await self._time_at(at), loop.time()
                    continue
                if reached >= self._live.state.position:
                    self._speed = None
                    return await self._go(_NEWEST)
                if reached != at:
                    at = reached
                    await self._go(_Moment(at, part))
        except WorkerWidgetError as error:
            _log.warning("Run %s could not be played further: %s", self._live.run_id, error)
            self._speed = None
            self._changed()

    async def _go(self, moment: _Moment) -> None:
        self._wanted = moment
        async with self._going:
            if self._wanted != moment or self._closed:
                return  # a later call takes its place
            position, part = moment
            if position is not None and (part or 0 <= position < self._live.state.position):
                state = await self._made(moment, position)
                if state is None:
                    return
                self._state, self._shown = state, moment
            else:
                self._shown = _NEWEST
            self._changed()

    async def _made(self, moment: _Moment, position: int) -> RunState | None:
        """The state at a position; ``None`` if another moment is wanted before it is made."""
        after = None if moment.range is None else moment.range.after
        while (state := await asyncio.to_thread(self._state_if_ready, after, position)) is None:
            if self._wanted != moment or self._closed:
                return None
        return state

    def _state_if_ready(self, after: int | None, position: int) -> RunState | None:
        """The state at a position, of a range the part after another; ``None`` while it takes longer.

        In one thread: each change of threads costs milliseconds while another one is at work.
        """
        store, run_id = self._live.store, self._live.run_id
        for at in (position,) if after is None else (after, position):
            if not store.prepare_state(run_id, at, _SLICE_S).done:
                return None
        if after is None:
            return store.state_at(run_id, position)
        return store.range_state(run_id, after, position)

    async def _time_at(self, position: int) -> int:
        """The time at a position; that of the start before the first event with a time."""
        store, run_id = self._live.store, self._live.run_id
        time_us = await asyncio.to_thread(store.time_at, run_id, position)
        if time_us is None:
            time_us = await asyncio.to_thread(store.start_time, run_id)
        return position * _UNTIMED_US if time_us is None else time_us

    async def _position_at(self, time_us: int) -> int:
        return await asyncio.to_thread(self._read_position_at, time_us)

    def _read_position_at(self, time_us: int) -> int:
        store, run_id = self._live.store, self._live.run_id
        if store.start_time(run_id) is None:
            return min(time_us // _UNTIMED_US, self._live.state.position)
        return store.position_at(run_id, time_us)
