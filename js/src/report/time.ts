// The times and types of the events of a report.

import { countUpto, type ReportData, summed } from "./data";

interface Columns {
  types: string[];
  type: number[];
  time_us: (number | null)[];
}

export interface Times {
  /** The number of events. */
  readonly events: number;
  /** The time after so many events; `null` before the first event with a time. */
  at(position: number): number | null;
  /** How many events there are up to a time. */
  upto(timeUs: number): number;
  /** The position of the next event of the type of the one at a position. */
  same(position: number, direction: 1 | -1): number | null;
}

export async function readTimes(data: ReportData, run: number): Promise<Times> {
  const parts = data.parts(run, "events");
  const columns = await Promise.all(parts.map((part) => data.read<Columns>(part)));
  const events = columns.reduce((sum, { type }) => sum + type.length, 0);
  const times = new Float64Array(events + 1);
  const types = new Int32Array(events + 1).fill(-1);
  let at = 1;
  // Times never go back, and each part begins its steps anew.
  let latest = 0;
  for (const { type, time_us } of columns) {
    types.set(type, at);
    for (const time of summed(time_us)) {
      latest = Math.max(latest, time ?? 0);
      times[at] = latest;
      at += 1;
    }
  }
  return {
    events,
    at: (position) => times[Math.min(position, events)] || null,
    upto: (timeUs) => Math.max(0, countUpto(events + 1, (i) => times[i] as number, timeUs) - 1),
    same(position, direction) {
      const wanted = types[position];
      for (let i = position + direction; i > 0 && i <= events; i += direction)
        if (types[i] === wanted) return i;
      return null;
    },
  };
}
