// One console on one screen: the three kinds of state, kept apart, and what ties them to the channel.
// Everything on screen is drawn from here, in one pass after each change.

import { type Answer, type Channel, createChannel, type Kernel, type Model } from "./channel";
import { filterRows, LogRows, PAGE } from "./log";
import { importPart, PART_NAMES, type Parts } from "./parts";
import { isOver, isTicking, ofStage, shownArtifact } from "./selectors";
import { applyPatch, NOTHING } from "./store";
import { type ArtifactText, applyText } from "./text";
import { type Choice, remember, remembered, watchPage } from "./theme";
import type { Child } from "./ui/dom";
import { FIRST_VIEW, RUN_VIEW, type View } from "./view";
import type {
  ArtifactRow,
  ConsoleState,
  LogFilter,
  LogRow,
  Requests,
  ViewPatch,
  Watch,
  WireError,
} from "./wire";

/** Rows that are watched beyond those on screen, so that a little scrolling asks for nothing. */
const MARGIN_ROWS = 30;
export const ROW_PX = 20;
const TICK_MS = 100;
const FETCH_PAUSE_MS = 60;
const COPIED_MS = 2_000;
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
  choose(theme: Choice): void;
  text(file: string): ArtifactText | undefined;
  request: Channel["request"];
  /** Does something that can fail, once at a time, and keeps what went wrong for `place` to show. */
  attempt<Result>(place: string, work: () => Promise<Result>): Promise<Result | null>;
  /** A request that a control makes; its place is its name. */
  act<Name extends keyof Requests>(name: Name, args: Requests[Name]["args"]): Promise<Answer<Name> | null>;
  /** Says for a moment that something was copied there. */
  said(place: string): void;
  /** The whole message of a log row, as soon as it is here. */
  whole(row: LogRow): string;
  /** Soon asks for the log rows from `first` up to `end` that are not at hand. */
  fetchLog(first: number, end: number): void;
  /** Chooses the log line at or after a position, showing what the levels hid. */
  locate(position: number): Promise<void>;
  /** Draws soon, with all that has changed by then. */
  changed(): void;
  setVisible(visible: boolean): void;
  open(): void;
  close(): void;
}

/** `draw` puts all of it on screen; `load` makes a part of its code. */
export function createApp(model: Model, draw: () => void, load = importPart): App {
  const view = { ...FIRST_VIEW };
  let state = NOTHING;
  let log = new LogRows();
  const texts = new Map<string, ArtifactText>();
  let savedLog: LogRow[] = [];
  const errors: Errors = {};
  const busy = new Set<string>();
  const painters = new Set<() => void>();
  const rows = new WeakMap<object, { mode: string; child: Child }>();
  /** How far the run's clock is ahead of ours, in microseconds. */
  let ahead: number | undefined;
  let ticker: ReturnType<typeof setInterval> | undefined;
  let saying: ReturnType<typeof setTimeout> | undefined;
  let fetching: ReturnType<typeof setTimeout> | undefined;
  let looked: [first: number, end: number] = [0, 0];
  const parts: Partial<Parts> = {};
  let whole = { n: 0, message: "" };
  let drawing = false;
  let closed = false;
  let choice = remembered();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

  const filter = (): LogFilter => ({ levels: view.levels, stage_id: view.stage, agent: null, text: null });
  const shown = () =>
    shownArtifact(ofStage(state.artifacts, view.stage), view.picked, state.run !== null && isOver(state.run));
  const filterKey = () => JSON.stringify(filter());
  // The kernel forgets with a run which artifact of it was watched.
  const watchKey = () =>
    [filterKey(), Math.ceil(view.logPx / ROW_PX), state.run?.run_id, shown()?.file].join();
  function watch(): Watch {
    const file = shown()?.file;
    const text = file === undefined ? undefined : texts.get(file);
    return {
      log: { filter: filter(), rows: Math.ceil(view.logPx / ROW_PX) + MARGIN_ROWS },
      artifact: file === undefined ? null : { file, version: text?.version ?? 0, have: text?.chars ?? 0 },
    };
  }
  let filtered = filterKey();
  let watched = watchKey();

  function show(next: ConsoleState, news: ViewPatch | undefined): void {
    const { desk } = state;
    if (next.run?.run_id !== state.run?.run_id) {
      Object.assign(view, RUN_VIEW);
      log = new LogRows();
      texts.clear();
      ahead = undefined;
    }
    state = next;
    if (next.desk.task !== desk.task) view.task = next.desk.task;
    if (next.desk.brand !== desk.brand) view.brand = next.desk.brand;
    if (news?.log && filterKey() === filtered) log.put(news.log.total, news.log.rows);
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
        log.asked.clear();
        show(next, news);
        app.attempt("part", loadParts);
      },
      patch: (patch, news) => show(applyPatch(state, patch), news),
      clock: hear,
      saved({ state: last, log: lines, artifact }) {
        savedLog = lines;
        const version = last.artifacts.find((row) => row.file === artifact?.file)?.version ?? 1;
        show(last, { ...(artifact && { artifact: { ...artifact, version, offset: 0, done: true } }) });
        log.put(lines.length, filterRows(lines, filter()));
        view.picked = artifact?.file ?? null;
      },
      live: () => isTicking(state.run, state.link),
      changed: () => changed(),
    },
    watch(),
  );
  const page = watchPage(() => changed());

  function changed(): void {
    if (drawing || closed) return;
    drawing = true;
    queueMicrotask(paint);
  }

  function paint(): void {
    drawing = false;
    if (closed) return;
    if (filterKey() !== filtered) {
      filtered = filterKey();
      log = new LogRows();
      view.active = null;
      if (app.offline) {
        const lines = filterRows(savedLog, filter());
        log.put(lines.length, lines);
      }
    }
    if (watchKey() !== watched) {
      watched = watchKey();
      channel.watch(watch());
    }
    const ticks = view.visible && (isTicking(state.run, state.link) || state.link.phase === "reconnecting");
    if (!ticks) clearInterval(ticker);
    else if (ticker === undefined) ticker = setInterval(changed, calm ? TICK_MS * 10 : TICK_MS);
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
      const around = page.read();
      const dark = chosen === "auto" ? around.dark : chosen === "dark";
      return { choice: chosen, dark, native: around.native && around.dark === dark };
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
    get log() {
      return log;
    },
    get shown() {
      return shown();
    },
    set(change) {
      Object.assign(view, change);
      changed();
    },
    forgive(place) {
      delete errors[place];
      changed();
    },
    choose(theme) {
      choice = theme;
      remember(theme);
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
    onPaint(painter) {
      painters.add(painter);
      return () => painters.delete(painter);
    },
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
    said(place) {
      app.set({ copied: place });
      clearTimeout(saying);
      saying = setTimeout(() => app.set({ copied: "" }), COPIED_MS);
    },
    whole({ n, chars, message }) {
      if (chars === undefined || app.offline) return message;
      if (whole.n === n) return whole.message;
      whole = { n, message };
      channel
        .request("log.message", { n })
        .then(({ result }) => result.message)
        .catch((reason: Error) => `${message}\n\n${reason.message}`)
        .then((all) => {
          whole = { n, message: all };
          changed();
        });
      return message;
    },
    fetchLog(first, end) {
      looked = [first, end];
      fetching ??= setTimeout(() => {
        fetching = undefined;
        const asking = log;
        for (const start of app.offline ? [] : asking.missing(...looked)) {
          asking.asked.add(start);
          channel
            .request("log.window", { filter: filter(), start, count: PAGE })
            .then(({ result }) => asking.put(result.total, result.rows))
            .then(() => {
              asking.asked.delete(start);
              changed();
            })
            .catch(() => {
              // The rows stay blank, and are asked for again after the next snapshot.
            });
        }
      }, FETCH_PAUSE_MS);
    },
    async locate(position) {
      view.levels = null;
      let index: number;
      if (app.offline) index = filterRows(savedLog, filter()).findIndex((row) => row.position >= position);
      else {
        const { result } = await channel.request("log.locate", { filter: filter(), position });
        index = Math.min(result.i, result.total - 1);
      }
      // The rows of a new filter begin with nothing chosen: it must have been drawn before.
      paint();
      if (index >= 0) app.set({ active: index, anchor: index, follow: false });
    },
    changed,
    setVisible(visible) {
      app.set({ visible });
      channel.setVisible(visible);
    },
    open: () => channel.open(view.visible),
    close() {
      closed = true;
      clearInterval(ticker);
      clearTimeout(fetching);
      clearTimeout(saying);
      page.dispose();
      channel.close();
    },
  };
  return app;
}
