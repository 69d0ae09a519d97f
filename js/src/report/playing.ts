// Which moment of a run is shown: one that was sought, the one after a step, or those of a run that is played.

import type { Requests } from "../kernel/wire";
import type { ReportRun } from "./run";

const TICK_MS = 50;
/** A longer pause of the run is played as this long, if pauses are shortened. */
const LONGEST_PAUSE_US = 2_000_000;
/** The time between two events of a run whose events have no times. */
const UNTIMED_US = 100_000;

export interface Playing {
  /** How many events are shown; `null` for all. */
  readonly position: number | null;
  readonly speed: number | null;
  seek(args: Requests["travel.seek"]["args"]): Promise<void>;
  step(args: Requests["travel.step"]["args"]): Promise<void>;
  play(args: Requests["travel.play"]["args"]): Promise<void>;
  pause(): Promise<void>;
}

/** `show` draws the moment; it is not called again before it has ended. */
export function createPlaying(run: ReportRun, show: () => Promise<void>): Playing {
  let position: number | null = null;
  let speed: number | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const { events } = run.head;

  async function timeAt(at: number): Promise<number> {
    const times = await run.times();
    return times.at(at) ?? times.at(1) ?? at * UNTIMED_US;
  }

  async function positionAt(timeUs: number): Promise<number> {
    const times = await run.times();
    return times.at(events) === null ? Math.floor(timeUs / UNTIMED_US) : times.upto(timeUs);
  }

  function go(to: number | null): Promise<void> {
    position = to === null || to >= events ? null : Math.max(0, to);
    return show();
  }

  function stop(): void {
    clearTimeout(timer);
    speed = null;
  }

  return {
    get position() {
      return position;
    },
    get speed() {
      return speed;
    },
    async seek({ position: to, time_us }) {
      stop();
      await go(time_us === null ? to : await positionAt(time_us));
    },
    async step({ direction, to }) {
      stop();
      const at = position ?? events;
      const found =
        to === "event"
          ? at + direction
          : to === "same"
            ? (await run.times()).same(at, direction)
            : await run.rows.trouble(at, direction);
      if (found !== null && found >= 0) await go(found);
    },
    async play({ speed: wanted, short_pauses }) {
      stop();
      if (position === null) await go(0);
      const from = position ?? 0;
      let now = { at: from, timeUs: await timeAt(from), before: performance.now() };
      speed = wanted;
      const tick = async () => {
        const { at, before } = now;
        const moment = performance.now();
        let timeUs = now.timeUs + Math.round((moment - before) * 1000 * wanted);
        if (short_pauses) timeUs = Math.max(timeUs, (await timeAt(at + 1)) - LONGEST_PAUSE_US);
        const reached = Math.max(at, await positionAt(timeUs));
        if (speed !== wanted) return;
        now = { at: reached, timeUs, before: moment };
        if (reached >= events) {
          speed = null;
          await go(null);
          return;
        }
        if (reached !== at) await go(reached);
        if (speed === wanted) timer = setTimeout(tick, TICK_MS);
      };
      await show();
      timer = setTimeout(tick, TICK_MS);
    },
    async pause() {
      stop();
      await show();
    },
  };
}
