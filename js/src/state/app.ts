// One console on one screen: the three kinds of state, kept apart, and what ties them to the channel.
// Everything on screen is drawn from here, in one pass after each change.

import { type Answer, type Channel, createChannel, type Kernel, type Model } from "../kernel/channel";
import { importPart, PART_NAMES, type Parts } from "../kernel/live-code";
import type {
  ArtifactRow,
  ConsoleState,
  LogFilter,
  LogRow,
  LogSearch,
  Requests,
  SearchProgress,
  ViewPatch,
  Watch,
  WireError,
} from "../kernel/wire";
import type { Search } from "../panes/log/live-types";
import type { Child } from "../ui/dom";
import { createList, type List } from "../ui/list/list";
import { type ArtifactText, applyText } from "./artifact-text";
import { filterRows, LogRows } from "./log-rows";
import { remember, remembered } from "./preferences";
import { isOver, isTicking, ofStage, shownArtifact } from "./selectors";
import { applyPatch, NOTHING } from "./store";
import { type Choice, watchPage } from "./theme";
import { FIRST_VIEW, RUN_VIEW, type View } from "./view";

/** Rows that are watched beyond those on screen, so that a little scrolling asks for nothing. */
const MARGIN_ROWS = 30;
export const ROW_PX = 20;
const STAGE_PX = 34;
const DECISION_PX = 40;
const ENTRY_PX = 22;
const TICK_MS = 100;
const TEXTS_MOST = 12;

/** What went wrong with what was asked for, by the place that asked. */
export type Errors = Partial<Record<string, WireError>>;

export interface App {
  readonly state: ConsoleState;
  readonly view: View;
  readonly kernel: Kernel;
  readonly waiting: boolean;
  readonly theme: { choice: Choice; dark: boolean; native: boolean };
  readonly height: number;
  /** The run's clock, in microseconds. */
  readonly nowUs: number;
  /** A saved run without a kernel: there is nothing more than what is shown. */
  readonly offline: boolean;
  /** Why the kernel cannot be asked for anything now, or `""`. */
  readonly off: string;
  /** What the kernel sent of itself to work with: each part once it is here. */
  readonly parts: Readonly<Partial<Parts>>;
  readonly log: LogRows;
  /** The list of the log's lines, and those of the other panes' rows. */
  readonly lines: List;
  readonly lists: Readonly<Record<"stages" | "routing" | "ledger", List>>;
  /** What the log's rows are asked for with: the filter, and what is marked in them. */
  readonly filter: LogFilter;
  readonly query: LogSearch | null;
  /** The ways through the log, once they are here. */
  readonly search: Search | undefined;
  /** How far the search is, once the kernel has told it. */
  readonly found: SearchProgress | undefined;
  readonly shown: ArtifactRow | null;
  readonly errors: Errors;
  readonly busy: ReadonlySet<string>;
  /** Calls `painter` after each drawing, for what is not drawn by the component tree, until the returned call. */
  onPaint(painter: () => void): () => void;
  /** What `make` gave before for the same row in the same mode: what is the same is not compared again. */
  memo(row: object, mode: string, make: () => Child): Child;
  set(change: Partial<View>): void;
  /** Takes back what `place` said went wrong. */
  forgive(place: string): void;
  setTheme(theme: Choice): void;
  text(file: string): ArtifactText | undefined;
  request: Channel["request"];
  /** Does something that can fail, once at a time, and keeps what went wrong for `place` to show. */
  attempt<Result>(place: string, work: () => Promise<Result>): Promise<Result | null>;
  /** A request that a control makes; its place is its name. */
  act<Name extends keyof Requests>(name: Name, args: Requests[Name]["args"]): Promise<Answer<Name> | null>;
  /** Draws soon, with all that has changed by then. */
  changed(): void;
  /** Draws what has changed. */
  paint(): void;
  setVisible(visible: boolean): void;
  open(): void;
  close(): void;
}

/** `draw` puts all of it on screen; `load` makes a part of its code. */
export function createApp(model: Model, draw: () => void, load = importPart): App {
  const { theme: lastTheme, ...looks } = remembered();
  const view = { ...FIRST_VIEW, ...looks };
  let state = NOTHING;
  let log = new LogRows();
  let found: SearchProgress | undefined;
  const texts = new Map<string, ArtifactText>();
  let savedLog: LogRow[] = [];
  const errors: Errors = {};
  const busy = new Set<string>();
  const painters = new Set<() => void>();
  const rows = new WeakMap<object, { mode: string; child: Child }>();
  /** How far the run's clock is ahead of ours, in microseconds. */
  let ahead: number | undefined;
  let ticker: ReturnType<typeof setInterval> | undefined;
  const parts: Partial<Parts> = {};
  let search: Search | undefined;
  let drawing = false;
  let painted = 0;
  let closed = false;
  let choice = lastTheme;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

  const page = { changed, onPaint, parts };
  const lines = createList(page, ROW_PX, true);
  const lists = {
    stages: createList(page, STAGE_PX),
    routing: createList(page, DECISION_PX, true),
    ledger: createList(page, ENTRY_PX, true),
  };
  const query = () => (view.query.text ? view.query : null);
  const filter = (): LogFilter => ({
    levels: view.levels,
    stage_id: view.stage,
    agent: view.agent,
    search: view.only ? query() : null,
  });
  const shown = () =>
    shownArtifact(ofStage(state.artifacts, view.stage), view.picked, state.run !== null && isOver(state.run));
  const filterKey = () => JSON.stringify(filter());
  const logKey = () => JSON.stringify([filter(), query()]);
  const logRows = () => Math.ceil(lines.viewPx / ROW_PX);
  // The kernel forgets with a run which artifact of it was watched.
  const watchKey = () => [logKey(), logRows(), state.run?.run_id, shown()?.file].join();
  function watch(): Watch {
    const file = shown()?.file;
    const text = file === undefined ? undefined : texts.get(file);
    return {
      log: { filter: filter(), search: query(), rows: logRows() + MARGIN_ROWS },
      artifact: file === undefined ? null : { file, version: text?.version ?? 0, have: text?.chars ?? 0 },
    };
  }
  let filtered = filterKey();
  let marked = logKey();
  let watched = watchKey();

  function show(next: ConsoleState, news: ViewPatch | undefined): void {
    const { desk } = state;
    if (next.run?.run_id !== state.run?.run_id) {
      Object.assign(view, RUN_VIEW);
      log = new LogRows();
      found = undefined;
      for (const list of [lines, lists.routing, lists.ledger]) list.follow = true;
      lists.stages.stand(0);
      texts.clear();
      ahead = undefined;
    }
    state = next;
    if (next.desk.task !== desk.task) view.task = next.desk.task;
    if (next.desk.brand !== desk.brand) view.brand = next.desk.brand;
    if (logKey() === marked) {
      if (news?.log) log.put(news.log.total, news.log.rows, lines.first);
      found = news?.search ?? found;
    }
    if (news?.artifact) {
      const text = applyText(texts.get(news.artifact.file), news.artifact);
      if (text) keep(text);
      else channel.watch(watch());
    }
    if (isTicking(next.run, next.link)) {
      const times = next.stages.map((stage) => stage.started_us ?? 0);
      hear(Math.max(...times, news?.log?.rows[news.log.rows.length - 1]?.time_us ?? 0));
    }
    changed();
  }

  async function loadParts(): Promise<void> {
    for (const name of PART_NAMES) {
      if (parts[name]) continue;
      const { result } = await channel.request("part", { name });
      Object.assign(parts, { [name]: await load(name, result.code) });
      changed();
    }
  }

  function keep(text: ArtifactText): void {
    texts.delete(text.file);
    texts.set(text.file, text);
    for (const file of texts.keys()) if (texts.size > TEXTS_MOST) texts.delete(file);
  }

  /** A moment of the run's clock has passed. News only ever comes late, so the latest moment counts. */
  function hear(us: number): void {
    if (us > 0) ahead = Math.max(ahead ?? Number.NEGATIVE_INFINITY, us - Date.now() * 1000);
  }

  const channel = createChannel(
    model,
    {
      snapshot(next, news) {
        show(next, news);
        app.attempt("part", loadParts);
      },
      patch: (patch, news) => show(applyPatch(state, patch), news),
      clock: hear,
      saved({ state: last, log: rows, artifact }) {
        savedLog = rows;
        const version = last.artifacts.find((row) => row.file === artifact?.file)?.version ?? 1;
        show(last, { ...(artifact && { artifact: { ...artifact, version, offset: 0, done: true } }) });
        putSaved();
        view.picked = artifact?.file ?? null;
      },
      live: () => isTicking(state.run, state.link),
      changed: () => changed(),
    },
    watch(),
  );
  const around = watchPage(() => changed());

  function changed(): void {
    if (drawing || closed) return;
    drawing = true;
    queueMicrotask(paint);
  }

  function putSaved(): void {
    const rows = filterRows(savedLog, filter());
    log.put(rows.length, rows, 0);
  }

  /** The log's rows are others now, or marked otherwise. */
  function turnLog(): void {
    const same = log.known && filterKey() === filtered;
    const { active } = view;
    const before = log;
    filtered = filterKey();
    marked = logKey();
    found = undefined;
    log = new LogRows(log, same);
    if (app.offline) putSaved();
    if (same) return;
    view.active = null;
    if (!lines.follow) app.search?.stay(before, active);
  }

  function onPaint(painter: () => void): () => void {
    painters.add(painter);
    return () => painters.delete(painter);
  }

  /** The figures tick, unless news has just drawn them. */
  function tick(): void {
    if (Date.now() - painted > TICK_MS / 2) changed();
  }

  function paint(): void {
    drawing = false;
    if (closed) return;
    painted = Date.now();
    if (logKey() !== marked) turnLog();
    if (watchKey() !== watched) {
      watched = watchKey();
      channel.watch(watch());
    }
    const ticks = view.visible && (isTicking(state.run, state.link) || state.link.phase === "reconnecting");
    if (!ticks) clearInterval(ticker);
    else if (ticker === undefined) ticker = setInterval(tick, calm ? TICK_MS * 10 : TICK_MS);
    if (!ticks) ticker = undefined;
    draw();
    for (const painter of painters) painter();
  }

  const app: App = {
    view,
    errors,
    busy,
    parts,
    get state() {
      return state;
    },
    get kernel() {
      return channel.kernel;
    },
    get waiting() {
      return channel.waiting;
    },
    get theme() {
      const own = channel.trait("theme") ?? "auto";
      const chosen = own === "auto" ? choice : own;
      const host = around.read();
      const dark = chosen === "auto" ? host.dark : chosen === "dark";
      return { choice: chosen, dark, native: host.native && host.dark === dark };
    },
    get height() {
      return channel.trait("height") ?? 640;
    },
    get nowUs() {
      return Date.now() * 1000 + (ahead ?? 0);
    },
    get offline() {
      return channel.kernel === "none";
    },
    get off() {
      return channel.off;
    },
    lines,
    lists,
    get log() {
      return log;
    },
    get filter() {
      return filter();
    },
    get query() {
      return query();
    },
    get search() {
      search ??= parts.search?.createSearch(app);
      return search;
    },
    get found() {
      return found;
    },
    get shown() {
      return shown();
    },
    set(change) {
      Object.assign(view, change);
      remember(change);
      changed();
    },
    forgive(place) {
      delete errors[place];
      changed();
    },
    setTheme(theme) {
      choice = theme;
      remember({ theme });
      channel.setTheme(theme);
      changed();
    },
    memo(row, mode, make) {
      const made = rows.get(row);
      if (made?.mode === mode) return made.child;
      const child = make();
      rows.set(row, { mode, child });
      return child;
    },
    onPaint,
    text: (file) => texts.get(file),
    request: channel.request,
    async attempt(place, work) {
      if (busy.has(place)) return null;
      busy.add(place);
      app.forgive(place);
      try {
        return await work();
      } catch (reason) {
        errors[place] = {
          code: "error",
          problems: [],
          ...(reason as Partial<WireError>),
          message: (reason as Error).message,
        };
        return null;
      } finally {
        busy.delete(place);
        changed();
      }
    },
    act: (name, args) => app.attempt(name, () => channel.request(name, args)),
    changed,
    paint,
    setVisible(visible) {
      app.set({ visible });
      channel.setVisible(visible);
    },
    open: () => channel.open(view.visible),
    close() {
      closed = true;
      clearInterval(ticker);
      around.dispose();
      channel.close();
    },
  };
  return app;
}
