// Which rows are asked for as one moves through the log.

import type { LogRows } from "../../state/log-rows";

/** Rows are asked for in pages, so that scrolling asks for each once. */
export const PAGE = 200;

/** The pages, by their first row, that must be asked for to show `first` up to `end`. */
export function missing({ total, known, rows }: LogRows, first: number, end: number): number[] {
  const pages = new Set<number>();
  for (let i = first; known && i < Math.min(end, total); i += 1) if (!rows.has(i)) pages.add(i - (i % PAGE));
  return [...pages];
}
