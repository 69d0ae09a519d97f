// Navigation in the log: to the next match or error, to a location, into the context of a line, and copying.

import type { Level, LogFilter, LogRow } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import type { MarkedLines } from "../../state/incidents";
import { LEVELS, type RowCache, SHOWN_LEVELS } from "../../state/log-rows";
import { plural } from "../../ui/format";
import { confirmCopy, copyText } from "../../ui/page";
import { lineLayout } from "./layout";
import { parseLocation } from "./location";
import { missingPages, PAGE_ROWS } from "./pages";
import type { LogState } from "./state";

export type Direction = 1 | -1;
/** The position of an event, a time, or a line. */
type Target = { position?: number; time_us?: number; line?: number };

const ERRORS: Level[] = ["error"];
/** During a scroll, rows are requested at most this often. */
const FETCH_PAUSE_MS = 60;
/** Failed requests of rows are repeated after this time. */
const RETRY_MS = 2_000;
/** The lines before a change stay on screen this long while the index of a line is requested. */
const HOLD_MS = 400;
/** Rows that are requested above a target line. */
const ROWS_ABOVE = 50;

export interface Navigation {
  choose(index: number, extend?: boolean): void;
  /** The last step, if its line is still the active line of the same log. */
  step(): LogState["step"];
  fetchVisible(): void;
  showLines(lines: MarkedLines): Promise<void>;
  /** After a change of the filter: keeps the chosen or topmost line where it is. */
  keepPlace(before: RowCache, active: number | null): void;
  /** The complete message of a line, once it is loaded; its beginning until then. */
  fullMessage(row: LogRow): string;
  toMatch(direction: Direction): void;
  /** Goes to the match at or after the chosen line, or after the topmost line. */
  toNearest(): void;
  toError(direction: Direction): void;
  /** Goes to the location in `text`, then calls `done`. */
  toLocation(text: string, done: () => void): void;
  /** Filters hide lines around the chosen line. */
  isFiltered(): boolean;
  /** Removes these filters and keeps the chosen line. */
  toContext(): void;
  /** Copies the chosen lines, or those on screen. */
  copy(): void;
}

export function createNavigation(
  app: Uses<"view" | "log" | "run" | "operations" | "painting" | "connection">,
  state: LogState,
): Navigation {
  const { view, log, operations } = app;
  const { list } = log;
  const { changed } = app.painting;
  let searches = 0;
  /** The steps in progress: the last step, the lines they go through, and how to abandon the first. */
  let steps: Promise<unknown> = Promise.resolve();
  let stepping = "";
  let abandon = () => {};
  let fetchDue = false;
  let fetchedMs = 0;
  let fetchedRows: RowCache | undefined;
  let requestedPages = new Set<number>();
  let full = { key: "", message: "" };
  /** The line that stays in place through filters and wrapping until the list is moved; `point` is its point in the list. */
  let kept: { position: number; point: number; chosen: boolean; moved: number } | undefined;
  let { wrap } = lineLayout(view);

  function choose(index: number, extend = false): void {
    if (!extend || view.active === null) view.anchor = index;
    view.active = index;
    list.show(index);
  }

  /** Keeps the chosen or topmost line of `rows`; the line kept before, if the list has not moved since. */
  function keep(rows: RowCache, active: number | null): typeof kept {
    if (kept?.moved !== list.moved) {
      const chosen = active !== null && active > list.top - 1 && active < list.bottom;
      keepPoint(rows, chosen ? active : list.top, chosen);
    }
    return kept;
  }

  function keepPoint(rows: RowCache, point: number, chosen: boolean): void {
    const row = rows.row(Math.floor(point));
    kept = row && { position: row.position, point, chosen, moved: list.moved };
  }

  /** A change of wrapping does not move the line on screen. */
  function applyWrap(): void {
    const { wrap: now } = lineLayout(view);
    if (wrap === now) return;
    wrap = now;
    const line = list.follow ? undefined : keep(log.rows, view.active);
    if (!line) return;
    if (line.point === view.active) list.show(line.point);
    else list.moveTo(line.point);
    line.moved = list.moved;
  }

  const moment = () => app.run.state.past?.position;

  /**
   * A reply can be older than a frame that arrived before it, and a frame can have found only a part of the lines:
   * the log of one moment never becomes shorter. `asked` is the moment of the request.
   */
  function put(
    rows: RowCache,
    asked: number | undefined,
    total: number,
    added: LogRow[],
    near: number,
  ): void {
    const longest = asked === moment() ? Math.max(total, rows.total) : rows.total;
    rows.put(rows.known ? longest : total, added, near);
  }

  /** Shows the rows that were received while the lines before stayed on screen. */
  function release(rows: RowCache): void {
    const { late } = rows;
    rows.late = undefined;
    if (late?.length) rows.put(...late);
    changed();
  }

  /** Calls `go` with the index of the first line at or after a target, or of the last line; unless another search has started. */
  async function find(target: Target, go: (index: number) => void): Promise<void> {
    searches += 1;
    const mine = searches;
    const { rows, filter, query: search } = log;
    const { position = null, time_us = null, line = null } = target;
    const args = { filter, position, time_us, line };
    const asked = moment();
    // Without this, other lines would be visible for a moment.
    if (!rows.known) {
      rows.late ??= [];
      setTimeout(release, HOLD_MS, rows);
    }
    try {
      const { index: located, total } = (await operations.request("log.locate", args)).result;
      const index = Math.min(located, total - 1);
      const start = Math.max(0, index - ROWS_ABOVE);
      const around = { filter, search, start, count: PAGE_ROWS };
      const added = rows.known ? [] : (await operations.request("log.window", around)).result.rows;
      release(rows);
      put(rows, asked, total, added, index);
      if (total && mine === searches) go(index);
    } catch (reason) {
      // The error of an outdated search is ignored.
      if (mine === searches) throw reason;
    } finally {
      if (mine === searches) release(rows);
    }
  }

  /** Every level but debug, and debug if it is chosen. */
  const shownLevels = () =>
    LEVELS.filter((level) => SHOWN_LEVELS.includes(level) || view.levels.includes(level));

  /** The position of the first of these lines, or of the line of their stage that is nearest to them. */
  async function nearest({ first, last, stage_id }: MarkedLines): Promise<number> {
    const filter = { ...log.filter, stage_id: stage_id ?? log.filter.stage_id };
    const at = { filter, position: first, time_us: null, line: null };
    const { index } = (await operations.request("log.locate", at)).result;
    const around = { filter, search: null, start: Math.max(0, index - 1), count: 2 };
    const { rows } = (await operations.request("log.window", around)).result;
    const far = ({ position }: LogRow) => Math.max(first - position, position - last, 0);
    return rows.sort((a, b) => far(a) - far(b))[0]?.position ?? first;
  }

  /** Identifies run, filter and query: counts under another key are outdated. */
  const logKey = () => JSON.stringify([app.run.state.run?.run_id, log.filter, log.query]);

  /** Steps run in sequence; a step through lines that are no longer shown is abandoned. */
  function next(direction: Direction, wanted: LogFilter, nearest = false): void {
    const asked = logKey();
    if (asked !== stepping) abandon();
    stepping = asked;
    const step = async () => {
      if (asked !== logKey()) return;
      const abandoned = new Promise<null>((resolve) => {
        abandon = () => resolve(null);
      });
      const from = view.active ?? (direction > 0 ? Math.floor(list.top) - 1 : Math.ceil(list.bottom));
      const start = nearest && view.active !== null ? from - 1 : from;
      const answer = await Promise.race([
        operations.request("log.next", { filter: log.filter, wanted, start, direction }),
        abandoned,
      ]);
      if (!answer || asked !== logKey()) return;
      const { index, nth, of } = answer.result;
      const errors = wanted.levels === ERRORS;
      if (index === null) nearest || confirmCopy(view, errors ? "log: no error here" : "log: no match here");
      else {
        state.step = { index, nth, of, asked, errors };
        choose(index);
      }
    };
    // The search bar shows the error of a pattern that is being typed.
    steps = steps.then(() =>
      nearest ? step().catch(() => undefined) : operations.attempt("log.next", step),
    );
  }

  function fetchMissing(): void {
    fetchDue = false;
    const { rows, filter, query: search } = log;
    if (rows !== fetchedRows) requestedPages = new Set();
    fetchedRows = rows;
    const pages = requestedPages;
    for (const start of missingPages(rows, list.first, list.end).filter((page) => !pages.has(page))) {
      const asked = moment();
      pages.add(start);
      fetchedMs = performance.now();
      operations
        .request("log.window", { filter, search, start, count: PAGE_ROWS })
        .then(({ result }) => {
          put(rows, asked, result.total, result.rows, list.first);
          pages.delete(start);
          changed();
        })
        .catch(() =>
          setTimeout(() => {
            pages.delete(start);
            if (!app.connection.off) changed();
          }, RETRY_MS),
        );
    }
  }

  return {
    choose,
    step() {
      const { step } = state;
      if (step?.index !== view.active || step?.asked !== logKey()) return null;
      // Newer totals: of matches in the search's progress, of all errors in the run's counts.
      const unfiltered = !Object.values(log.filter).some(Boolean);
      const now = step.errors ? unfiltered && app.run.state.run?.counts.errors : log.progress?.count;
      return { ...step, of: Math.max(step.of, now || 0) };
    },
    fetchVisible() {
      applyWrap();
      if (!fetchDue) setTimeout(fetchMissing, fetchedMs + FETCH_PAUSE_MS - performance.now());
      fetchDue = true;
    },
    async showLines(lines) {
      Object.assign(view, { levels: shownLevels(), agent: null, only: false, marked: lines });
      // The first drawing under a new filter resets the chosen line: it must come first.
      app.painting.paint();
      const position = await nearest(lines);
      if (position < lines.first || position > lines.last) {
        view.set({ marked: { ...lines, first: position, last: position } });
      }
      await find({ position }, choose);
    },
    keepPlace(before, active) {
      const line = keep(before, active);
      if (!line) return;
      find({ position: line.position }, (index) => {
        if (line.moved !== list.moved) return;
        if (line.chosen) choose(index);
        else list.moveTo(index);
        Object.assign(line, { point: index, moved: list.moved });
      }).catch(() => undefined);
    },
    fullMessage({ line: n, chars, message }) {
      if (chars === undefined) return message;
      const key = `${app.run.state.run?.run_id} ${n}`;
      if (full.key === key) return full.message;
      full = { key, message };
      operations
        .request("log.message", { line: n })
        .then(({ result }) => result.message)
        .catch((reason: Error) => `${message}\n\n${reason.message}`)
        .then((complete) => {
          if (full.key === key) full.message = complete;
          changed();
        });
      return message;
    },
    toMatch(direction) {
      const { filter, query: search } = log;
      if (search) next(direction, { ...filter, search });
    },
    toNearest() {
      const { filter, query: search } = log;
      // Where only matches are shown, the first at or after this place is kept in view already.
      if (search && !view.only) next(1, { ...filter, search }, true);
    },
    toError: (direction) => next(direction, { ...log.filter, levels: ERRORS }),
    toLocation(text, done) {
      operations.attempt("log.locate", async () => {
        const location = parseLocation(text, app.run.state.run?.started_us ?? null);
        if (!location)
          throw new Error("This is neither a time nor a line. Try 12.5, 1:02, 14:03:07 or #1200.");
        await find(location, choose);
        done();
      });
    },
    isFiltered: () =>
      view.agent !== null ||
      (view.only && log.query !== null) ||
      SHOWN_LEVELS.some((level) => !view.levels.includes(level)),
    toContext() {
      // The chosen line is kept even if the list was scrolled away from it.
      if (view.active !== null) keepPoint(log.rows, view.active, true);
      view.set({ only: false, levels: shownLevels(), agent: null });
    },
    copy() {
      operations.attempt("log.copy", async () => {
        const { active, anchor } = view;
        const [start, end] =
          active === null
            ? [Math.floor(list.top), Math.min(log.rows.total, Math.ceil(list.bottom))]
            : [Math.min(active, anchor), Math.max(active, anchor) + 1];
        const { result } = await operations.request("log.copy", { filter: log.filter, start, end });
        await copyText(result.text, document.body);
        confirmCopy(view, `log: ${plural(result.lines, "line")} copied`);
      });
    },
  };
}
