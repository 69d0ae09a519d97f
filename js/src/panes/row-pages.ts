// The rows of routing and ledger that the streamed state no longer holds: requested in pages as they come
// into view. At an earlier moment of the run there are fewer; rows that were loaded stay on screen until those
// of the moment are.

import type { Uses } from "../state/app";
import { isStill } from "../state/selectors";

export const PAGE_ROWS = 100;
/** So many rows of an earlier moment come with it; others that the state has can be of another, with a gap between. */
export const SHORT_ROWS = 10;
const CAPACITY = 4_000;
/** The newest rows of a run that goes on or is played are requested at most this often; after a failure, any rows. */
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

interface Options<Row> {
  /** There are at most so many rows at the moment that is shown; with `all` exactly so many. */
  most?: () => number;
  all?: boolean;
  /** Rows change: those of another moment are requested again. */
  varies?: boolean;
  /** Rows of the moment that is shown, and the index of the first: they need not be requested. */
  known?: [rows: readonly Row[], start: number];
}

function createPages<Row, Counts>(
  { run, painting }: Uses<"run" | "painting">,
  fetch: Fetch<Row, Counts>,
  { most, all, varies }: Options<Row>,
): RowPages<Row, Counts> & { put(rows: readonly Row[], start: number): void } {
  const rows = new Map<number, Row>();
  /** The loaded rows that are of another moment, and the moment. */
  let old = new Set<number>();
  let moment: number | undefined;
  let total = 0;
  let counts: Counts | undefined;
  let fetching = false;
  /** The length of the list when its end was requested last. */
  let known = 0;

  async function load(start: number, length: number): Promise<void> {
    fetching = true;
    const asked = moment;
    try {
      const answer = await fetch(start);
      if (rows.size > CAPACITY) rows.clear();
      answer.rows.forEach((row, i) => {
        rows.set(start + i, row);
        if (asked === moment) old.delete(start + i);
      });
      ({ total, counts } = answer);
      known = length;
      if (start + PAGE_ROWS >= total && !isStill(run.state)) await pause();
    } catch {
      await pause();
    }
    fetching = false;
    painting.changed();
  }

  function follow(): void {
    const { past } = run.state;
    if (varies && past?.position !== moment) {
      old = new Set(rows.keys());
      known = -1;
    }
    moment = past?.position;
  }

  return {
    get total() {
      const least = most?.() ?? total;
      return all ? least : Math.min(total, least);
    },
    get counts() {
      return counts;
    },
    row: (index) => rows.get(index),
    put(some, start) {
      follow();
      some.forEach((row, i) => {
        rows.set(start + i, row);
        old.delete(start + i);
      });
    },
    fetchVisible(first, end, length) {
      follow();
      if (fetching) return;
      for (let index = first; index < Math.min(end, this.total); index += 1) {
        if (!rows.has(index) || old.has(index)) return void load(index - (index % PAGE_ROWS), length);
      }
      if (!all && length !== known) void load(total - (total % PAGE_ROWS), length);
    },
  };
}

/** Keeps the pages of one list: another run, range or filter starts new ones. */
export function createRowPages<Row, Counts = undefined>(
  app: Uses<"run" | "painting">,
): (filter: string, fetch: Fetch<Row, Counts>, options?: Options<Row>) => RowPages<Row, Counts> {
  let key = "";
  let pages: ReturnType<typeof createPages<Row, Counts>> | undefined;
  return (filter, fetch, options = {}) => {
    const { run, past } = app.run.state;
    const next = `${run?.run_id} ${past?.range?.after} ${filter}`;
    if (!pages || next !== key) pages = createPages(app, fetch, options);
    key = next;
    if (options.known) pages.put(...options.known);
    return pages;
  };
}
