// The requests about the log, answered from the lines of a report.

import type { LogFilter, LogSearch, Requests } from "../kernel/wire";
import { countUpto, numbersUpto } from "./data";
import { type Lines, patternOf } from "./lines";

const MOST_COPIED = 100_000;

/** The lines of one filter up to the moment that is shown. */
async function shown(lines: Lines, upto: number, filter: LogFilter, search: LogSearch | null = null) {
  const indices = await lines.passing(filter, search);
  const most = lines.upto(upto) - 1;
  return indices.subarray(0, numbersUpto(indices, most));
}

type Args<Name extends keyof Requests> = Requests[Name]["args"];
type Result<Name extends keyof Requests> = Promise<Requests[Name]["result"]>;

/** The answers to some requests, by their names. */
export type Answers = { [Name in keyof Requests]?: (args: Requests[Name]["args"]) => unknown };

/** Answers for the first `upto` events. */
export function logRequests(lines: Lines, upto: number): Answers {
  return {
    async "log.window"({ filter, start, count, search }: Args<"log.window">): Result<"log.window"> {
      const indices = await shown(lines, upto, filter);
      const first = Math.min(Math.max(0, start), indices.length);
      const rows = await lines.rows(indices, first, count, search ?? filter.search);
      return { total: indices.length, start: first, rows };
    },
    async "log.next"({ filter, wanted, start, direction }: Args<"log.next">): Result<"log.next"> {
      const rows = await shown(lines, upto, filter);
      const both: LogFilter = {
        levels:
          filter.levels && wanted.levels
            ? filter.levels.filter((level) => wanted.levels?.includes(level))
            : (filter.levels ?? wanted.levels),
        stage_id: wanted.stage_id ?? filter.stage_id,
        agent: wanted.agent ?? filter.agent,
        search: wanted.search ?? filter.search,
      };
      const hits = await shown(lines, upto, both, wanted.search ? filter.search : null);
      if (!hits.length) return { index: null, nth: 0, of: 0 };
      const line = rows[start] ?? (direction > 0 && start < 0 ? -1 : Infinity);
      const after = numbersUpto(hits, direction > 0 ? line : line - 1);
      const nth = direction > 0 ? after % hits.length : (after - 1 + hits.length) % hits.length;
      const index = numbersUpto(rows, (hits[nth] as number) - 1);
      return { index, nth: nth + 1, of: hits.length };
    },
    async "log.locate"({ filter, position, time_us, line }: Args<"log.locate">): Result<"log.locate"> {
      const rows = await shown(lines, upto, filter);
      let first = (line ?? 1) - 1;
      if (position !== null) first = lines.upto(position - 1);
      else if (time_us !== null) first = countUpto(lines.total, (i) => lines.timeUs(i) ?? 0, time_us - 1);
      const index = numbersUpto(rows, first - 1);
      return { index: Math.min(index, Math.max(0, rows.length - 1)), total: rows.length };
    },
    "log.facets"(): Requests["log.facets"]["result"] {
      const count = (nameOf: (index: number) => string | null) => {
        const counts = new Map<string, number>();
        for (let i = 0; i < lines.upto(upto); i += 1) {
          const name = nameOf(i);
          if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
        }
        return [...counts];
      };
      return { agents: count(lines.agent), stages: count(lines.stage) };
    },
    async "log.copy"({ filter, start, end }: Args<"log.copy">): Result<"log.copy"> {
      const indices = await shown(lines, upto, filter);
      const rows = await lines.rows(indices, start, Math.min(end - start, MOST_COPIED), null);
      const texts: string[] = [];
      for (const row of rows) {
        const whole = row.chars ? await lines.message(indices[row.index] as number) : row.message;
        const time = row.time_us === null ? "" : new Date(row.time_us / 1000).toISOString();
        const level = row.level.toUpperCase();
        texts.push([time, level, row.stage_id, row.agent, whole].filter(Boolean).join("  "));
      }
      return { text: texts.join("\n"), lines: texts.length };
    },
    async "log.message"({ line }: Args<"log.message">): Result<"log.message"> {
      return { message: await lines.message(line - 1) };
    },
  };
}

/** The error in the pattern of a search; `null`: it can be read. */
export function patternError(search: LogSearch): string | null {
  try {
    patternOf(search);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
