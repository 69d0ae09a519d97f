// The list of all runs, of any length, under a filter: the rows around those on screen, kept up to date while
// the list is on screen. Each request also continues the search in the logs.

import type { HistoryFacets, HistoryRow, HistoryWindow, Home, RunFilter, WireError } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { EVERY_RUN, isFiltered, rowsToRead, withNewest } from "../../state/history";
import type { Ref } from "../../ui/dom";
import type { List } from "../../ui/list/list";
import { createVirtualList } from "../../ui/list/virtual";
import type { NewestRuns } from "./newest";

/** The lowest row. */
const ROW_PX = 44;
const POLL_MS = 1000;
/** While the logs are searched: each request searches for a while. */
const SEARCH_MS = 20;
const TYPING_MS = 200;
/** The server is asked for its runs after so many readings of the history. */
const SERVER_AFTER = 15;

export interface RunWindow {
  readonly filter: RunFilter;
  /** The text in the search field; it becomes part of the filter a moment later. */
  readonly typed: string;
  readonly list: List;
  /** The last answer, and its filter; `undefined` before the first. */
  readonly answer: HistoryWindow | undefined;
  readonly answeredFilter: RunFilter;
  readonly facets: HistoryFacets | undefined;
  readonly error: WireError | undefined;
  row(index: number): HistoryRow | undefined;
  type(text: string): void;
  set(change: Partial<RunFilter>): void;
  /** Reads again at once. */
  refresh(): Promise<void>;
  /** For the element of the list: while it is in the document, the list is kept up to date. */
  follow: Ref;
}

export function createRunWindow(
  app: Uses<"run" | "view" | "operations" | "connection" | "painting">,
  newest: NewestRuns,
): RunWindow {
  const { view, operations, painting, connection } = app;
  const list = createVirtualList(painting, ROW_PX);
  let filter: RunFilter = EVERY_RUN;
  let typed = "";
  let rows = new Map<number, HistoryRow>();
  let answer: HistoryWindow | undefined;
  let facets: HistoryFacets | undefined;
  let error: WireError | undefined;
  let answeredFilter = filter;
  /** The home page whose newest runs are in the rows. */
  let taken: Home | undefined;
  /** What `answer` is an answer to. */
  let answered = "";
  let followed = 0;
  let reading: Promise<void> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let readings = 0;

  function take(next: HistoryWindow, key: string): void {
    const isOther = key !== answered.slice(0, key.length);
    if (next.rows) {
      const top = Math.floor(list.top);
      const before = isOther ? undefined : rows.get(top)?.run_id;
      if (isOther || next.total !== answer?.total) rows = new Map();
      next.rows.forEach((row, i) => {
        rows.set(next.start + i, row);
      });
      // Runs that are added above do not move what a person reads further down.
      const now = next.rows.findIndex(({ run_id }) => run_id === before) + next.start;
      if (isOther) list.moveTo(0);
      else if (top > 0 && now >= next.start && now !== top) list.moveTo(list.top + now - top);
    }
    if (answer && next.all !== answer.all) {
      newest.load();
      readFacets();
    }
    answer = next;
  }

  async function readFacets(): Promise<void> {
    const found = await operations.request("history.facets", {}).catch(() => undefined);
    if (found) facets = found.result;
    painting.changed();
  }

  async function readOnce(): Promise<void> {
    const asking = filter;
    const key = JSON.stringify(asking);
    const [start, count] = rowsToRead(list.first, list.end);
    const asked = `${key} ${start} ${count}`;
    const known = asked === answered && answer ? answer.version : "";
    try {
      const { result } = await operations.request("history.window", { filter: asking, start, count, known });
      if (asking !== filter) return;
      take(result, key);
      answered = asked;
      answeredFilter = asking;
      error = undefined;
    } catch (reason) {
      error = reason as WireError;
    }
    painting.changed();
  }

  async function read(): Promise<void> {
    clearTimeout(timer);
    if (!connection.off && view.visible) {
      readings += 1;
      if (readings % SERVER_AFTER === 0) newest.load();
      await readOnce();
    }
    reading = undefined;
    schedule();
  }

  function schedule(): void {
    clearTimeout(timer);
    if (!followed || reading) return;
    const searching = answer?.search && !answer.search.done;
    const pause = answeredFilter !== filter ? 0 : searching ? SEARCH_MS : POLL_MS;
    timer = setTimeout(start, error ? POLL_MS : pause);
  }

  function start(): void {
    if (followed) reading ??= read();
  }

  /** While a cell keeps the kernel busy, requests wait: the newest runs come with the frames of the home page. */
  function takeNewest(): void {
    const { home } = app.run.state;
    if (!connection.waiting || !home || home === taken || !answer || isFiltered(filter)) return;
    taken = home;
    const [next, added] = withNewest(rows, home.runs);
    rows = next;
    answer = { ...answer, total: answer.total + added };
    if (list.top >= 1) list.moveTo(list.top + added);
    painting.changed();
  }

  /** Rows on screen that are not read are read at once. */
  function readMissing(): void {
    if (reading || error || !answer) return;
    let index = list.first;
    while (index < list.end && rows.has(index)) index += 1;
    if (index < Math.min(list.end, answer.total)) start();
  }

  const window: RunWindow = {
    get filter() {
      return filter;
    },
    get typed() {
      return typed;
    },
    list,
    get answer() {
      return answer;
    },
    get answeredFilter() {
      return answeredFilter;
    },
    get facets() {
      return facets;
    },
    get error() {
      return error;
    },
    row: (index) => rows.get(index),
    type(text) {
      typed = text;
      painting.changed();
      const apply = () => typed === text && filter.text !== text.trim() && window.set({ text: text.trim() });
      if (text.trim()) setTimeout(apply, TYPING_MS);
      else apply();
    },
    set(change) {
      filter = { ...filter, ...change };
      if (change.text === "") typed = "";
      error = undefined;
      painting.changed();
      schedule();
    },
    async refresh() {
      await reading;
      start();
      await reading;
    },
    follow() {
      followed += 1;
      const stop = painting.onPaint(() => {
        takeNewest();
        readMissing();
      });
      start();
      readFacets();
      return () => {
        followed -= 1;
        stop();
        schedule();
      };
    },
  };
  return window;
}
