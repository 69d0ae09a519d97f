// The rows of the log that are at hand: a bounded window on a log that may have millions.

import type { Level, LogFilter, LogRow } from "./wire";

export const LEVELS: readonly Level[] = ["debug", "info", "warning", "error"];

const CAPACITY = 4_000;
/** Rows are asked for in pages, so that scrolling asks for each once. */
export const PAGE = 200;

/** The rows under one filter, by their index. Forgets what lies farthest from where rows came last. */
export class LogRows {
  total = 0;
  /** Whether `total` was told yet. */
  known = false;
  /** How many came while one was reading elsewhere; who shows the end sets it back. */
  fresh = 0;
  readonly rows = new Map<number, LogRow>();
  /** Pages that were asked for and have not come yet. */
  readonly asked = new Set<number>();

  put(total: number, news: readonly LogRow[]): void {
    if (this.known) this.fresh += Math.max(0, total - this.total);
    this.total = total;
    this.known = true;
    for (const row of news) this.rows.set(row.i, row);
    if (this.rows.size <= CAPACITY) return;
    const near = news[news.length - 1]?.i ?? 0;
    const far = [...this.rows.keys()].sort((a, b) => Math.abs(b - near) - Math.abs(a - near));
    for (const i of far.slice(CAPACITY / 2)) this.rows.delete(i);
  }

  /** The pages, by their first row, that must be asked for to show `first` up to `end`. */
  missing(first: number, end: number): number[] {
    const pages = new Set<number>();
    for (let i = first; i < Math.min(end, this.total); i += 1) {
      const page = i - (i % PAGE);
      if (!this.rows.has(i) && !this.asked.has(page)) pages.add(page);
    }
    return [...pages];
  }
}

/** The rows that pass, numbered anew: for a saved run, whose log no kernel filters. */
export function filterRows(rows: readonly LogRow[], { levels, stage_id }: LogFilter): LogRow[] {
  return rows
    .filter((row) => (levels?.includes(row.level) ?? true) && (!stage_id || row.stage_id === stage_id))
    .map((row, i) => ({ ...row, i }));
}

/** One row as text, for the clipboard. */
export function rowText({ time_us, level, stage_id, agent, message }: LogRow): string {
  const time = time_us === null ? null : new Date(time_us / 1000).toISOString();
  return [time, level.toUpperCase(), stage_id, agent, message].filter(Boolean).join("  ");
}
