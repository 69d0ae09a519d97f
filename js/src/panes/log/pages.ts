// Rows of the log are requested in pages, so that scrolling requests each row once. Pure.

import type { RowCache } from "../../state/log-rows";

export const PAGE_ROWS = 200;

/** The first rows of the pages that are missing between `first` and `end`. */
export function missingPages({ total, known, rows }: RowCache, first: number, end: number): number[] {
  const pages = new Set<number>();
  for (let index = first; known && index < Math.min(end, total); index += 1)
    if (!rows.has(index)) pages.add(index - (index % PAGE_ROWS));
  return [...pages];
}
