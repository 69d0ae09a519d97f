// The requests for another moment: one at a time. A moment that is chosen takes the place of all that wait; steps from it
// wait for it.

import type { ConsoleState, Requests } from "../../kernel/wire";
import type { Uses } from "../../state/app";

export const SPEEDS = [0.5, 1, 2, 4, 8, 16, 32, 64] as const;

/** A moment may be drawn after the answer to the request for it. */
export const SETTLE_MS = 250;

/** The key of the operation. */
export const TRAVEL = "travel";

export interface Moves {
  readonly speed: number;
  readonly shortPauses: boolean;
  /** The time that a person chose, until its moment is shown. */
  readonly targetUs: number | null;
  /** Shows a moment, by its position or its time, or the newest; `timeUs` is where it is on the axis. */
  seek(args: Requests["travel.seek"]["args"], timeUs?: number | null): void;
  /** The handle is held. */
  hold(held: boolean): void;
  /** `repeated`: the key or the button is held, which must not go on after it is released. */
  step(direction: 1 | -1, to: Requests["travel.step"]["args"]["to"], repeated?: boolean): void;
  /** Plays, or pauses. */
  toggle(): void;
  /** Does `work`, which leads to another moment, in the place of all that wait. */
  go(work: () => Promise<unknown>): void;
  /** How it is played, also if it is being played now. */
  set(change: { speed?: number; shortPauses?: boolean }): void;
}

export const NEWEST: Requests["travel.seek"]["args"] = { position: null, time_us: null };

export function createMoves({ run, operations, painting }: Uses<"run" | "operations" | "painting">): Moves {
  let speed = 1;
  let shortPauses = true;
  let targetUs: number | null = null;
  let held = false;
  let busy = false;
  let scheduled = false;
  let waiting: (() => Promise<unknown>)[] = [];
  /** What was shown when the last of the requests was answered: the next state shows its moment. */
  let answered: ConsoleState | undefined;
  let settling: ReturnType<typeof setTimeout> | undefined;

  const isShown = () => !held && !!answered && answered !== run.state;

  /** The handle goes to the moment that is shown, also where that was shown before. */
  function settle(): void {
    clearTimeout(settling);
    settling = setTimeout(() => {
      if (held || answered !== run.state) return;
      targetUs = null;
      painting.changed();
    }, SETTLE_MS);
  }

  async function send(): Promise<void> {
    scheduled = false;
    const next = busy ? undefined : waiting.shift();
    if (!next) return;
    busy = true;
    if (operations.errors[TRAVEL]) operations.clearError(TRAVEL);
    // A drawing at the answer would delay that of the moment, which comes right after it.
    await next().catch((error) => operations.fail(TRAVEL, error));
    busy = false;
    if (waiting.length) schedule();
    else {
      answered = run.state;
      settle();
    }
  }

  /** One request for all that a person does in one task. */
  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(send);
  }

  function go(work: () => Promise<unknown>): void {
    waiting = [work];
    answered = undefined;
    schedule();
  }

  const ask = <Name extends keyof Requests>(name: Name, args: Requests[Name]["args"]) =>
    go(() => operations.request(name, args));

  const play = () => ask("travel.play", { speed, short_pauses: shortPauses });

  return {
    go,
    get speed() {
      return speed;
    },
    get shortPauses() {
      return shortPauses;
    },
    get targetUs() {
      return isShown() ? null : targetUs;
    },
    seek(args, timeUs = null) {
      targetUs = timeUs;
      ask("travel.seek", args);
      painting.changed();
    },
    hold(now) {
      held = now;
      if (isShown()) painting.changed();
      else settle();
    },
    step(direction, to, repeated) {
      if (repeated && waiting.length) return;
      targetUs = null;
      const before = waiting;
      ask("travel.step", { direction, to });
      waiting.unshift(...before);
    },
    toggle() {
      targetUs = null;
      if (run.state.past?.speed) ask("travel.pause", {});
      else play();
    },
    set(change) {
      ({ speed = speed, shortPauses = shortPauses } = change);
      if (run.state.past?.speed) play();
      painting.changed();
    },
  };
}
