// The ways through the log: to the next of its kind, to a place, into its surroundings, and out to the
// clipboard.

import { plural } from "../format";
import type { LogRows } from "../log";
import { copyText, tellCopied } from "../ui/page";
import type { Level, LogFilter, LogRow, Requests } from "../wire";
import type { Own } from "./own";
import { parsePlace } from "./place";
import { missing, PAGE } from "./windows";

export type Way = 1 | -1;
type Spot = Partial<Requests["log.locate"]["args"]>;

const ERRORS: Level[] = ["error"];
/** While one scrolls, rows are asked for this often. */
const FETCH_PAUSE_MS = 60;
/** What could not be had is asked for again after this long. */
const AGAIN_MS = 2_000;

export interface Ways {
  choose(index: number, extend?: boolean): void;
  /** Which line of those one goes through the chosen one is, if it is one of them. */
  nth(): Own["nth"];
  look(): void;
  locate(position: number): Promise<void>;
  stay(row: LogRow, chosen: boolean): void;
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
  let fetching = false;
  let fetched = 0;
  let asking: LogRows | undefined;
  let asked = new Set<number>();
  let whole = { of: "", message: "" };

  function choose(index: number, extend = false): void {
    if (!extend || view.active === null) view.anchor = index;
    view.active = index;
    lines.show(index);
  }

  /** Goes to the first row at or after a place, or else to the last; unless one has gone elsewhere since. */
  async function find(spot: Spot, go: (index: number) => void): Promise<void> {
    finding += 1;
    const mine = finding;
    const place = { filter: app.filter, position: null, time_us: null, n: null, ...spot };
    const { i, total } = (await app.request("log.locate", place)).result;
    if (total && mine === finding) go(Math.min(i, total - 1));
  }

  /** What the log is of: with another answer, nothing that was counted in it counts. */
  const question = () => JSON.stringify([app.state.run?.run_id, app.filter, app.query]);

  function next(way: Way, want: LogFilter): void {
    app.attempt("log.next", async () => {
      const { filter } = app;
      const asked = question();
      const from = view.active ?? (way > 0 ? Math.floor(lines.top) - 1 : Math.ceil(lines.bottom));
      const { i, nth, of } = (await app.request("log.next", { filter, want, from, way })).result;
      if (i === null) tellCopied(app, want.levels === ERRORS ? "log: no error here" : "log: no match here");
      else {
        own.nth = { i, nth, of, asked, errors: want.levels === ERRORS };
        choose(i);
      }
    });
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
          // The answer may be older than a frame that overtook it: a log never becomes shorter.
          log.put(Math.max(result.total, log.total), result.rows, lines.first);
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
    nth: () => (own.nth && own.nth.i === view.active && own.nth.asked === question() ? own.nth : null),
    look() {
      if (!fetching) setTimeout(fetch, fetched + FETCH_PAUSE_MS - Date.now());
      fetching = true;
    },
    locate(position) {
      Object.assign(view, { levels: null, agent: null, only: false });
      // The rows of a new filter begin with nothing chosen: it must have been drawn before.
      app.paint();
      return find({ position }, choose);
    },
    stay({ position }, chosen) {
      // Where it fails one is where the list happens to stand.
      find({ position }, chosen ? choose : lines.stand).catch(() => undefined);
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
    toContext: () => app.set({ only: false, levels: null, agent: null }),
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
