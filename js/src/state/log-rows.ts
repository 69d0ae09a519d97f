// The rows of the log that are at hand: a bounded window on a log that may have millions.

import type { Level, LogFilter, LogRow } from "../kernel/wire";

export const LEVELS: readonly Level[] = ["debug", "info", "warning", "error"];

const CAPACITY = 2_000;

/** The rows under one filter, by their index. Forgets what lies far from where one reads. */
export class LogRows {
  total: number;
  /** Whether the total of these rows was told yet; until then the rows before are shown. */
  known = false;
  rows = new Map<number, LogRow>();
  /** Set while the rows before are to stay: what came last meanwhile. */
  late: Parameters<LogRows["put"]> | [] | undefined;
  /** Shown in place of what is not here yet. */
  private before: LogRows["rows"];

  /** `same` are those before, only marked otherwise: each stays until the new one is here. */
  constructor(
    before?: LogRows,
    private same = false,
  ) {
    this.before = before?.rows.size ? before.rows : (before?.before ?? this.rows);
    this.total = before?.total ?? 0;
  }

  row(index: number): LogRow | undefined {
    return this.rows.get(index) ?? this.before.get(index);
  }

  /** `near` is the index of a row on screen. */
  put(total: number, news: readonly LogRow[], near: number): void {
    if (this.late) {
      this.late = [total, news, near];
      return;
    }
    this.total = total;
    this.known = true;
    if (!this.same) this.before = this.rows;
    if (this.rows.size > CAPACITY) {
      for (const i of this.rows.keys()) if (Math.abs(i - near) > CAPACITY / 4) this.rows.delete(i);
    }
    // A row that is drawn stays the same object.
    for (const row of news) if (!this.rows.has(row.i)) this.rows.set(row.i, row);
  }
}

/** The rows that pass, numbered anew: for a saved run, whose log no kernel filters. */
export function filterRows(rows: readonly LogRow[], { levels, stage_id }: LogFilter): LogRow[] {
  return rows
    .filter((row) => (levels?.includes(row.level) ?? true) && (!stage_id || row.stage_id === stage_id))
    .map((row, i) => ({ ...row, i }));
}

export type Piece = [text: string, style: string];

/** A message in the pieces that differ in style. */
export const piecesOf = ({ message, pieces }: LogRow): Piece[] => pieces ?? [[message, ""]];

/** The pieces of the first line, and how many lines follow it. */
export function firstLine(row: LogRow): { pieces: Piece[]; more: number } {
  const lines = row.message.trimEnd().split("\n");
  let left = (lines[0] as string).length;
  const pieces = piecesOf(row).flatMap(([text, style]): Piece[] => {
    const part = text.slice(0, left);
    left -= part.length;
    return part ? [[part, style]] : [];
  });
  return { pieces, more: lines.length - 1 };
}
