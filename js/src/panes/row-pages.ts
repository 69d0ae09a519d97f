// The rows of routing and ledger that the streamed state no longer holds: requested in pages as they come
// into view.

import type { Uses } from "../state/app";

export const PAGE_ROWS = 200;
const CAPACITY = 4_000;
/** The newest rows of a running run are requested at most this often; after a failure, any rows. */
const PAUSE_MS = 500;

export interface RowPages<Row, Counts> {
  readonly total: number;
  /** The number of rows that each filter passes. */
  readonly counts: Counts | undefined;
  row(index: number): Row | undefined;
  /** Requests the rows on screen that are not loaded. `length` is that of the whole list, whatever the filter. */
  fetchVisible(first: number, end: number, length: number): void;
}

interface Answer<Row, Counts> {
  total: number;
  rows: Row[];
  counts?: Counts;
}

type Fetch<Row, Counts> = (start: number) => Promise<Answer<Row, Counts>>;

const pause = () => new Promise((done) => setTimeout(done, PAUSE_MS));

function createPages<Row, Counts>(changed: () => void, fetch: Fetch<Row, Counts>): RowPages<Row, Counts> {
  const rows = new Map<number, Row>();
  let total = 0;
  let counts: Counts | undefined;
  let fetching = false;
  /** The length of the list when its end was requested last. */
  let known = 0;

  async function load(start: number, length: number): Promise<void> {
    fetching = true;
    try {
      const answer = await fetch(start);
      if (rows.size > CAPACITY) rows.clear();
      answer.rows.forEach((row, i) => {
        rows.set(start + i, row);
      });
      ({ total, counts } = answer);
      known = length;
      if (start + PAGE_ROWS >= total) await pause();
    } catch {
      await pause();
    }
    fetching = false;
    changed();
  }

  return {
    get total() {
      return total;
    },
    get counts() {
      return counts;
    },
    row: (index) => rows.get(index),
    fetchVisible(first, end, length) {
      if (fetching) return;
      for (let index = first; index < Math.min(end, total); index += 1) {
        if (!rows.has(index)) return void load(index - (index % PAGE_ROWS), length);
      }
      if (length !== known) void load(total - (total % PAGE_ROWS), length);
    },
  };
}

/** Keeps the pages of one list: another run or filter starts new ones. */
export function createRowPages<Row, Counts = undefined>(
  app: Uses<"run" | "painting">,
): (filter: string, fetch: Fetch<Row, Counts>) => RowPages<Row, Counts> {
  let key = "";
  let pages: RowPages<Row, Counts> | undefined;
  return (filter, fetch) => {
    const next = `${app.run.state.run?.run_id} ${filter}`;
    if (!pages || next !== key) pages = createPages(app.painting.changed, fetch);
    key = next;
    return pages;
  };
}
