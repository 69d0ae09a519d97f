// Moments of the synthetic run: where its events are, and what happened when.

import type { AxisMark, Past, RunAxis, ShownRange } from "../src/kernel/wire";
import { type Moment, momentOf, type Scene } from "./run";

const PARTS = 100;
const POINTS = 40;

export class Travel {
  /** The moment on screen; `null` for the newest. */
  past: Past | null = null;
  #scene: Scene;
  #startUs: number;
  /** The run at the times of its events. */
  #moments = new Map<number, Moment>();
  #newest: Moment;
  #times: number[];
  #range: ShownRange | null = null;

  constructor(scene: Scene, startUs: number, newest: Moment) {
    this.#scene = scene;
    this.#startUs = startUs;
    this.#newest = newest;
    this.#times = timesOf(newest);
  }

  /** The run has gone on. */
  advance(newest: Moment): void {
    this.#newest = newest;
    this.#times = timesOf(newest);
    if (this.past)
      this.past = {
        ...this.past,
        newest: eventsOf(newest),
        newest_us: this.#times.at(-1) ?? null,
        over: isOver(newest),
      };
  }

  /** Shows the run as it was at a time. */
  toTime(timeUs: number, speed: number | null = null): Moment {
    const last = this.#times[this.#times.length - 1] ?? 0;
    const time = this.#times.filter((us) => us <= timeUs).pop();
    if (timeUs >= last) return this.toNewest();
    const at = time === undefined ? -1 : (time - this.#startUs) / 1e6;
    // What it asks now was not asked then.
    const { asks: _, ...scene } = this.#scene;
    const moment = momentOf({ ...scene, at }, this.#startUs);
    moment.state.form = this.#newest.state.form;
    moment.state.link = this.#newest.state.link;
    if (at < 0 && moment.state.run)
      moment.state.run = { ...moment.state.run, counts: { ...moment.state.run.counts, events: 0 } };
    this.past = {
      position: eventsOf(moment),
      time_us: time ?? null,
      speed,
      newest: eventsOf(this.#newest),
      newest_us: last,
      over: isOver(this.#newest),
      range: this.#rangeAround(time ?? 0),
    };
    return this.past.range ? alone(moment, this.past.range) : moment;
  }

  /** Shows only what happened between two times. */
  toRange(startUs: number, endUs: number): Moment {
    const upto = this.#positionAt(endUs);
    const after = this.#positionAt(startUs - 1);
    this.#range = upto > after ? { after, upto, start_us: startUs, end_us: endUs } : null;
    return this.toTime(Math.min(endUs, (this.#times.at(-1) ?? 0) - 1));
  }

  #rangeAround(us: number): ShownRange | null {
    const { start_us, end_us } = this.#range ?? {};
    if (start_us == null || end_us == null || us < start_us || us > end_us) this.#range = null;
    return this.#range;
  }

  #positionAt(us: number): number {
    const at = (us - this.#startUs) / 1e6;
    return at < 0 ? 0 : eventsOf(momentOf({ ...this.#scene, at }, this.#startUs));
  }

  toPosition(position: number): Moment {
    if (position >= eventsOf(this.#newest)) return this.toNewest();
    let [low, high] = [0, this.#times.length - 1];
    const eventsAt = (i: number) =>
      eventsOf(
        momentOf({ ...this.#scene, at: ((this.#times[i] ?? 0) - this.#startUs) / 1e6 }, this.#startUs),
      );
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (eventsAt(middle) > position) high = middle - 1;
      else low = middle;
    }
    return this.toTime(position > 0 ? (this.#times[low] as number) : 0);
  }

  toNewest(): Moment {
    this.past = null;
    this.#range = null;
    return this.#newest;
  }

  step(direction: 1 | -1, to: "event" | "same" | "trouble"): Moment {
    const now = this.past ? (this.past.time_us ?? 0) : Number.POSITIVE_INFINITY;
    const times =
      to === "trouble" ? troublesOf(this.#newest).map(({ time_us }) => time_us ?? 0) : this.#times;
    const next = direction > 0 ? times.find((us) => us > now) : times.filter((us) => us < now).at(direction);
    const before = this.past ? times.filter((us) => us < now).pop() : this.#times.at(-2);
    const found = direction > 0 ? next : to === "trouble" ? times.filter((us) => us < now).pop() : before;
    if (found === undefined) return this.toTime(direction > 0 ? now : 0);
    return this.toTime(found);
  }

  /** The text of an artifact after so many events. */
  textAt(file: string, position: number): string {
    const time = this.#times.filter((us) => eventsOf(this.#at(us)) <= position).pop();
    return (time && this.#at(time).texts[file]) || "";
  }

  #at(us: number): Moment {
    const known = this.#moments.get(us);
    if (known) return known;
    const made = momentOf({ ...this.#scene, at: (us - this.#startUs) / 1e6 }, this.#startUs);
    this.#moments.set(us, made);
    return made;
  }

  #grown(file: string, position: number, most: number): number {
    return Math.min(most, this.textAt(file, position).length - this.textAt(file, position - 3).length);
  }

  axis(): RunAxis {
    const start = this.#times[0] ?? this.#startUs;
    const end = this.#times[this.#times.length - 1] ?? start;
    const points: [number, number][] = [];
    for (let i = 0; i <= POINTS; i += 1) {
      const us = start + ((end - start) * i) / POINTS;
      const at = (us - this.#startUs) / 1e6;
      const position = eventsOf(momentOf({ ...this.#scene, at }, this.#startUs));
      if (position > (points.at(-1)?.[0] ?? 0)) points.push([position, Math.round(us)]);
    }
    const activity = Array<number>(PARTS).fill(0);
    for (const us of this.#times) {
      const part = Math.min(PARTS - 1, Math.floor(((us - start) / (end - start || 1)) * PARTS));
      activity[part] = (activity[part] ?? 0) + 1;
    }
    const { stages, artifacts, ledger, inputs } = this.#newest.state;
    const mark = (
      kind: AxisMark["kind"],
      time_us: number | null,
      label: string,
      stage_id: string | null,
    ): AxisMark => ({
      kind,
      time_us: time_us ?? start,
      label,
      stage_id,
      position: points.filter(([, us]) => us <= (time_us ?? 0)).pop()?.[0] ?? 1,
      last: points.filter(([, us]) => us <= (time_us ?? 0)).pop()?.[0] ?? 1,
      count: 1,
    });
    const marks = [
      ...stages.flatMap((row) =>
        row.started_us ? [mark("stage", row.started_us, row.name, row.stage_id)] : [],
      ),
      ...stages.flatMap((row) => (row.error ? [mark("failure", row.ended_us, row.error, row.stage_id)] : [])),
      ...ledger.rows.flatMap((row) =>
        row.kind === "policy" && row.outcome === "warning"
          ? [mark("violation", row.time_us, row.title, row.stage_id)]
          : row.kind === "recovery" && row.outcome === "ok"
            ? [mark("recovery", row.time_us, row.title, row.stage_id)]
            : [],
      ),
      ...artifacts.flatMap((row) => {
        const stage = stages.find(({ stage_id }) => stage_id === row.stage_id);
        return stage?.ended_us ? [mark("artifact", stage.ended_us, row.file, row.stage_id)] : [];
      }),
      ...inputs.map((row) => mark("input", end, row.message ?? "", row.stage_id)),
    ].sort((a, b) => (a.time_us ?? 0) - (b.time_us ?? 0));
    return {
      start_us: start,
      end_us: end,
      newest: eventsOf(this.#newest),
      points,
      activity,
      marks,
      changes: Object.entries(this.#newest.texts).map(([file, text]) => ({
        file,
        positions: points.map(([position]) => position),
        bytes: points.map(([position]) => this.#grown(file, position, text.length)),
      })),
    };
  }
}

/** What happened in a range. */
function alone({ state, log, texts }: Moment, { after, start_us }: ShownRange): Moment {
  const since = <Row extends { time_us: number | null }>(rows: Row[]) =>
    rows.filter((row) => (row.time_us ?? 0) >= (start_us ?? 0));
  const rows = since(log).map((row, index) => ({ ...row, index }));
  const tail = <Row extends { time_us: number | null }>(all: { rows: Row[] }) => {
    const kept = since(all.rows);
    return { total: kept.length, rows: kept };
  };
  const stages = state.stages.filter(({ started_us: began, ended_us }) =>
    ended_us === null ? began !== null : ended_us >= (start_us ?? 0),
  );
  const counts = state.run && {
    ...state.run.counts,
    events: state.run.counts.events - after,
    logs: rows.length,
    stages: stages.length,
    top_stages: stages.length,
    top_done: stages.filter(({ status }) => status === "completed").length,
  };
  return {
    log: rows,
    texts,
    state: {
      ...state,
      run: state.run && counts && { ...state.run, counts },
      routing: tail(state.routing),
      ledger: tail(state.ledger),
      stages,
    },
  };
}

const eventsOf = ({ state }: Moment) => state.run?.counts.events ?? 0;
const isOver = ({ state }: Moment) => state.link.phase === "ended";
const troublesOf = ({ state }: Moment) =>
  state.ledger.rows.filter(({ outcome }) => /error|warning/.test(outcome));

/** The times of all events, without those that have the time of another. */
function timesOf({ state, log }: Moment): number[] {
  const rows = [...log, ...state.ledger.rows, ...state.routing.rows];
  const ends = state.stages.flatMap(({ ended_us }) => ended_us ?? []);
  return [...new Set([...rows.flatMap(({ time_us }) => time_us ?? []), ...ends])].sort((a, b) => a - b);
}
