// The ways through the log: to the next of its kind, to a place, into its surroundings, and out to the
// clipboard.

import type { Level, LogFilter, LogRow, Requests } from "../../kernel/wire";
import type { LogRows } from "../../state/log-rows";
import { plural } from "../../ui/format";
import { copyText, tellCopied } from "../../ui/page";
import { parsePlace } from "./location";
import { missing, PAGE } from "./pages";
import type { Own } from "./state";

export type Way = 1 | -1;
type Spot = Partial<Requests["log.locate"]["args"]>;

const ERRORS: Level[] = ["error"];
/** While one scrolls, rows are asked for this often. */
const FETCH_PAUSE_MS = 60;
/** What could not be had is asked for again after this long. */
const AGAIN_MS = 2_000;
/** For so long the lines before stay on screen while one's place among others is looked for. */
const HOLD_MS = 400;
/** Rows that are asked for above the place where one will stand. */
const ABOVE_ROWS = 50;

export interface Ways {
  choose(index: number, extend?: boolean): void;
  /** Which line of those one goes through the chosen one is, if it is one of them. */
  nth(): Own["nth"];
  look(): void;
  locate(position: number): Promise<void>;
  stay(before: LogRows, active: number | null): void;
  /** The whole message of a line, as soon as it is here. */
  whole(row: LogRow): string;
  /** The next line that matches the search, or the one before. */
  toMatch(way: Way): void;
  /** The next error, or the one before. */
  toError(way: Way): void;
  /** The place that one typed, and `then`; says what cannot be read as one. */
  toPlace(text: string, then: () => void): void;
  /** Whether lines are hidden around the chosen one. */
  isNarrowed(): boolean;
  /** Shows the chosen line among those that were hidden around it. */
  toContext(): void;
  /** Copies the chosen lines, or those on screen. */
  copy(): void;
}

export function createWays(own: Own): Ways {
  const { app } = own;
  const { view, lines } = app;
  let finding = 0;
  /** Of the steps to the next line of a kind: the last, through which lines, and how to give up the first. */
  let walk: Promise<unknown> = Promise.resolve();
  let walking = "";
  let leave = () => {};
  let fetching = false;
  let fetched = 0;
  let asking: LogRows | undefined;
  let asked = new Set<number>();
  let whole = { of: "", message: "" };
  /** The place that neither filters nor wrapping change, until one moves; `at` is where it is now. */
  let kept: { position: number; at: number; chosen: boolean; moved: number } | undefined;
  let { wrap } = view;

  function choose(index: number, extend = false): void {
    if (!extend || view.active === null) view.anchor = index;
    view.active = index;
    lines.show(index);
  }

  /** Keeps where one is, in the rows of `log`, unless one has not moved since. */
  function keep(log: LogRows, active: number | null): typeof kept {
    if (kept?.moved !== lines.moved) {
      const chosen = active !== null && active > lines.top - 1 && active < lines.bottom;
      hold(log, chosen ? active : lines.top, chosen);
    }
    return kept;
  }

  function hold(log: LogRows, at: number, chosen: boolean): void {
    const row = log.row(Math.floor(at));
    kept = row && { position: row.position, at, chosen, moved: lines.moved };
  }

  /** Lines were wrapped, or no longer are: that alone does not take one elsewhere. */
  function rewrap(): void {
    if (wrap === view.wrap) return;
    wrap = view.wrap;
    const place = lines.follow ? undefined : keep(app.log, view.active);
    if (!place) return;
    if (place.at === view.active) lines.show(place.at);
    else lines.stand(place.at);
    place.moved = lines.moved;
  }

  /** The answer may be older than a frame that overtook it: a log never becomes shorter. */
  const put = (log: LogRows, total: number, rows: LogRow[], near: number) =>
    log.put(log.known ? Math.max(total, log.total) : total, rows, near);

  /** Shows what came while the lines before stayed. */
  function release(log: LogRows): void {
    const { late } = log;
    log.late = undefined;
    if (late?.length) log.put(...late);
    app.changed();
  }

  /** Goes to the first row at or after a place, or else to the last; unless one has gone elsewhere since. */
  async function find(spot: Spot, go: (index: number) => void): Promise<void> {
    finding += 1;
    const mine = finding;
    const { log, filter, query: search } = app;
    const place = { filter, position: null, time_us: null, n: null, ...spot };
    // What stands elsewhere would be seen for a moment.
    if (!log.known) {
      log.late ??= [];
      setTimeout(release, HOLD_MS, log);
    }
    try {
      const { i, total } = (await app.request("log.locate", place)).result;
      const index = Math.min(i, total - 1);
      const start = Math.max(0, index - ABOVE_ROWS);
      const around = { filter, search, start, count: PAGE };
      const rows = log.known ? [] : (await app.request("log.window", around)).result.rows;
      release(log);
      put(log, total, rows, index);
      if (total && mine === finding) go(index);
    } catch (reason) {
      // Whoever asked for another place since does not wait for this one.
      if (mine === finding) throw reason;
    } finally {
      if (mine === finding) release(log);
    }
  }

  /** What the log is of: with another answer, nothing that was counted in it counts. */
  const question = () => JSON.stringify([app.state.run?.run_id, app.filter, app.query]);

  /** Steps follow each other; but nobody waits for one through lines that are no longer asked for. */
  function next(way: Way, want: LogFilter): void {
    const asked = question();
    if (asked !== walking) leave();
    walking = asked;
    const step = async () => {
      if (asked !== question()) return;
      const left = new Promise<null>((resolve) => {
        leave = () => resolve(null);
      });
      const from = view.active ?? (way > 0 ? Math.floor(lines.top) - 1 : Math.ceil(lines.bottom));
      const answer = await Promise.race([
        app.request("log.next", { filter: app.filter, want, from, way }),
        left,
      ]);
      if (!answer || asked !== question()) return;
      const { i, nth, of } = answer.result;
      if (i === null) tellCopied(app, want.levels === ERRORS ? "log: no error here" : "log: no match here");
      else {
        own.nth = { i, nth, of, asked, errors: want.levels === ERRORS };
        choose(i);
      }
    };
    walk = walk.then(() => app.attempt("log.next", step));
  }

  function fetch(): void {
    fetching = false;
    const { log, filter, query: search } = app;
    if (log !== asking) asked = new Set();
    asking = log;
    const pages = asked;
    for (const start of missing(log, lines.first, lines.end).filter((page) => !pages.has(page))) {
      pages.add(start);
      fetched = Date.now();
      app
        .request("log.window", { filter, search, start, count: PAGE })
        .then(({ result }) => {
          put(log, result.total, result.rows, lines.first);
          pages.delete(start);
          app.changed();
        })
        .catch(() =>
          setTimeout(() => {
            pages.delete(start);
            if (!app.off) app.changed();
          }, AGAIN_MS),
        );
    }
  }

  return {
    choose,
    nth() {
      const { nth } = own;
      if (nth?.i !== view.active || nth?.asked !== question()) return null;
      // There may be more since: of matches the search tells, of all errors the run does.
      const every = !Object.values(app.filter).some(Boolean);
      const now = nth.errors ? every && app.state.run?.counts.errors : app.found?.count;
      return { ...nth, of: Math.max(nth.of, now || 0) };
    },
    look() {
      rewrap();
      if (!fetching) setTimeout(fetch, fetched + FETCH_PAUSE_MS - Date.now());
      fetching = true;
    },
    locate(position) {
      Object.assign(view, { levels: null, agent: null, only: false });
      // The rows of a new filter begin with nothing chosen: it must have been drawn before.
      app.paint();
      return find({ position }, choose);
    },
    stay(before, active) {
      const place = keep(before, active);
      if (!place) return;
      find({ position: place.position }, (index) => {
        if (place.moved !== lines.moved) return;
        if (place.chosen) choose(index);
        else lines.stand(index);
        Object.assign(place, { at: index, moved: lines.moved });
      }).catch(() => undefined);
    },
    whole({ n, chars, message }) {
      if (chars === undefined) return message;
      const of = `${app.state.run?.run_id} ${n}`;
      if (whole.of === of) return whole.message;
      whole = { of, message };
      app
        .request("log.message", { n })
        .then(({ result }) => result.message)
        .catch((reason: Error) => `${message}\n\n${reason.message}`)
        .then((all) => {
          if (whole.of === of) whole.message = all;
          app.changed();
        });
      return message;
    },
    toMatch(way) {
      const { filter, query: search } = app;
      if (search) next(way, { ...filter, search });
    },
    toError: (way) => next(way, { ...app.filter, levels: ERRORS }),
    toPlace(text, then) {
      app.attempt("log.locate", async () => {
        const place = parsePlace(text, app.state.run?.started_us ?? null);
        if (!place) throw new Error("That is no time and no line. Try 12.5, 1:02, 14:03:07 or #1200.");
        await find(place, choose);
        then();
      });
    },
    isNarrowed: () => view.levels !== null || view.agent !== null || (view.only && app.query !== null),
    toContext() {
      // What is chosen is meant, also where one has scrolled away from it.
      if (view.active !== null) hold(app.log, view.active, true);
      app.set({ only: false, levels: null, agent: null });
    },
    copy() {
      app.attempt("log.copy", async () => {
        const { active, anchor } = view;
        const [start, end] =
          active === null
            ? [Math.floor(lines.top), Math.min(app.log.total, Math.ceil(lines.bottom))]
            : [Math.min(active, anchor), Math.max(active, anchor) + 1];
        const { result } = await app.request("log.copy", { filter: app.filter, start, end });
        await copyText(result.text, document.body);
        tellCopied(app, `log: ${plural(result.lines, "line")} copied`);
      });
    },
  };
}
