// The loaded rows of the log: a bounded window on a log of any length.

import type { Level, LogFilter, LogRow } from "../kernel/wire";

export const LEVELS: readonly Level[] = ["debug", "info", "warning", "error"];

/** The levels that are shown until the person chooses. */
export const SHOWN_LEVELS: readonly Level[] = ["info", "warning", "error"];

const CAPACITY = 2_000;

/** The rows under one filter, by their index. Rows far from the visible ones are discarded. */
export class RowCache {
  total: number;
  /** The total of these rows is known; until then the rows before are shown. */
  known = false;
  rows = new Map<number, LogRow>();
  /** Set while the rows before stay on screen: the last rows received meanwhile. */
  late: Parameters<RowCache["put"]> | [] | undefined;
  /** Shown in place of rows that are not loaded. */
  private before: RowCache["rows"];

  /** `sameRows`: the rows before are the same with other marks; each stays until its successor is loaded. */
  constructor(
    before?: RowCache,
    readonly sameRows = false,
  ) {
    this.before = before?.rows.size ? before.rows : (before?.before ?? this.rows);
    this.total = before?.total ?? 0;
  }

  row(index: number): LogRow | undefined {
    return this.rows.get(index) ?? this.before.get(index);
  }

  /** `near` is the index of a row on screen. */
  put(total: number, added: readonly LogRow[], near: number): void {
    if (this.late) {
      this.late = [total, added, near];
      return;
    }
    this.total = total;
    this.known = true;
    if (!this.sameRows) this.before = this.rows;
    if (this.rows.size > CAPACITY) {
      for (const index of this.rows.keys())
        if (Math.abs(index - near) > CAPACITY / 4) this.rows.delete(index);
    }
    // A loaded row stays the same object, so that it is not drawn again.
    for (const row of added) if (!this.rows.has(row.index)) this.rows.set(row.index, row);
  }
}

/** The rows of a saved run that pass, with new indices: no kernel filters them. */
export function filterRows(rows: readonly LogRow[], { levels, stage_id }: LogFilter): LogRow[] {
  return rows
    .filter((row) => (levels?.includes(row.level) ?? true) && (!stage_id || row.stage_id === stage_id))
    .map((row, index) => ({ ...row, index }));
}

export type TextPiece = [text: string, style: string];

/** A message in consecutive pieces of one style each. */
export const piecesOf = ({ message, pieces }: LogRow): TextPiece[] => pieces ?? [[message, ""]];

/** The pieces of the first line, and the number of lines after it. */
export function firstLine(row: LogRow): { pieces: TextPiece[]; more: number } {
  const lines = row.message.trimEnd().split("\n");
  let left = (lines[0] as string).length;
  const pieces = piecesOf(row).flatMap(([text, style]): TextPiece[] => {
    const part = text.slice(0, left);
    left -= part.length;
    return part ? [[part, style]] : [];
  });
  return { pieces, more: lines.length - 1 };
}
