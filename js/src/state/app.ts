// One console on one screen: its stores, and their connection to the channel. A component names the stores
// that it uses: `app: Uses<"run" | "view">`.

import { createChannel, type Kernel, type Model } from "../kernel/channel";
import type { ConsoleState, SubscriberNews, Watch } from "../kernel/wire";
import { createList, type List } from "../ui/list/list";
import { createPainting, type PainterGuard, type Painting } from "../ui/painting";
import { type Appearance, createAppearance } from "./appearance";
import { type ArtifactStore, createArtifacts } from "./artifacts";
import { createClock } from "./clock";
import { createLog, type LogStore } from "./log";
import { createOperations, type Operations } from "./operations";
import { draftOf, isTicking } from "./selectors";
import { applyPatch, NOTHING } from "./store";
import { RUN_VIEW } from "./view";
import { createView, type ViewStore } from "./view-store";

/** Rows that are watched beyond those on screen, so that a little scrolling needs no request. */
const MARGIN_ROWS = 30;
const ROW_PX = 20;
const STAGE_PX = 36;
const DECISION_PX = 44;
const INCIDENT_PX = 44;
const TICK_MS = 100;

/** The streamed state: the run on screen and the form around it. */
export interface RunStore {
  readonly state: ConsoleState;
  /** The run's clock, in microseconds. */
  readonly nowUs: number;
}

export interface Connection {
  readonly kernel: Kernel;
  /** A request waits for a kernel that a cell keeps busy. */
  readonly waiting: boolean;
  /** A saved run without a kernel. */
  readonly offline: boolean;
  /** Why the kernel cannot answer requests now, or `""`. */
  readonly off: string;
}

export interface App {
  readonly painting: Painting;
  readonly connection: Connection;
  readonly run: RunStore;
  readonly view: ViewStore;
  readonly log: LogStore;
  readonly artifacts: ArtifactStore;
  readonly lists: Readonly<Record<"stages" | "routing" | "ledger", List>>;
  readonly operations: Operations;
  readonly appearance: Appearance;
}

/** The stores that a component uses. */
export type Uses<Name extends keyof App> = Pick<App, Name>;

/** How the page around a console starts and ends it. */
export interface Lifecycle {
  open(): void;
  setVisible(visible: boolean): void;
  close(): void;
}

interface Options {
  model: Model;
  /** Draws everything. */
  draw: () => void;
  guard: PainterGuard;
  /** Starts the code of `live.js`. */
  startLive: (code: string) => Promise<void>;
}

export function createApp({ model, draw, guard, startLive }: Options): App & Lifecycle {
  let state = NOTHING;
  let started = false;
  let ticker: ReturnType<typeof setInterval> | undefined;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const clock = createClock();
  const painting = createPainting(() => {
    log.refresh();
    updateWatch();
    updateTicker();
    draw();
  }, guard);
  const { changed } = painting;
  const view = createView(changed);
  const log = createLog(view, createList(ROW_PX, true));
  const artifacts = createArtifacts(view, () => state);
  const lists = {
    stages: createList(STAGE_PX),
    routing: createList(DECISION_PX, true),
    ledger: createList(INCIDENT_PX),
  };

  const logRows = () => Math.ceil(log.list.viewPx / ROW_PX);
  // With a run the kernel discards which of its artifacts was watched.
  const watchKey = () => [log.key, logRows(), state.run?.run_id, artifacts.shown?.file, view.home].join();
  function watch(): Watch {
    const file = artifacts.shown?.file;
    const text = file === undefined ? undefined : artifacts.text(file);
    return {
      log: { filter: log.filter, search: log.query, rows: logRows() + MARGIN_ROWS },
      artifact: file === undefined ? null : { file, version: text?.version ?? 0, have: text?.chars ?? 0 },
      home: !!view.home,
    };
  }
  view.home = model.get("section") || "";
  view.studio = view.home !== "";
  let watched = watchKey();

  const channel = createChannel(
    model,
    {
      snapshot(next, update) {
        show(next, update);
        operations.attempt("live", loadLive);
      },
      patch: (patch, update) => show(applyPatch(state, patch), update),
      clock: clock.passed,
      saved({ state: last, log: rows, artifact }) {
        const version = last.artifacts.find((row) => row.file === artifact?.file)?.version ?? 1;
        show(last, { ...(artifact && { artifact: { ...artifact, version, offset: 0, done: true } }) });
        log.showSaved(rows);
        view.picked = artifact?.file ?? null;
      },
      live: () => isTicking(state.run, state.link),
      changed,
    },
    watch(),
  );
  const operations = createOperations(channel.request, () => state.form.notice?.message, changed);
  const appearance = createAppearance(channel, changed);

  function show(next: ConsoleState, update: SubscriberNews | undefined): void {
    const { form } = state;
    const draft = draftOf(next.form);
    const isOther = next.run?.run_id !== state.run?.run_id;
    // All of it or nothing: a part of one run's request beside a part of another's was asked for by nobody.
    if ((next.run && isOther) || JSON.stringify(draft) !== JSON.stringify(draftOf(form)))
      Object.assign(view, draft);
    if (isOther) {
      Object.assign(view, RUN_VIEW);
      // A run that starts is watched in the console.
      if (next.run) Object.assign(view, view.studio ? { below: true } : { home: "" });
      log.reset();
      artifacts.reset();
      lists.routing.follow = true;
      for (const list of [lists.stages, lists.ledger]) list.moveTo(0);
      clock.reset();
    }
    state = next;
    if (update) log.receive(update);
    if (update?.artifact && !artifacts.receive(update.artifact)) channel.watch(watch());
    if (isTicking(next.run, next.link)) {
      const times = next.stages.map((stage) => stage.started_us ?? 0);
      clock.passed(Math.max(...times, update?.log?.rows[update.log.rows.length - 1]?.time_us ?? 0));
    }
    changed();
  }

  async function loadLive(): Promise<void> {
    if (started) return;
    await startLive((await channel.request("live", {})).result.code);
    started = true;
  }

  function updateWatch(): void {
    if (watchKey() === watched) return;
    watched = watchKey();
    channel.watch(watch());
  }

  /** Counting figures are drawn again and again, except just after another drawing. */
  function tick(): void {
    if (Date.now() - painting.paintedMs > TICK_MS / 2) changed();
  }

  function updateTicker(): void {
    const ticks = view.visible && (isTicking(state.run, state.link) || state.link.phase === "reconnecting");
    if (!ticks) clearInterval(ticker);
    else if (ticker === undefined) ticker = setInterval(tick, calm ? TICK_MS * 10 : TICK_MS);
    if (!ticks) ticker = undefined;
  }

  return {
    painting,
    connection: {
      get kernel() {
        return channel.kernel;
      },
      get waiting() {
        return channel.waiting;
      },
      get offline() {
        return channel.kernel === "none";
      },
      get off() {
        return channel.off;
      },
    },
    run: {
      get state() {
        return state;
      },
      get nowUs() {
        return clock.nowUs;
      },
    },
    view,
    log,
    artifacts,
    lists,
    operations,
    appearance,
    open: () => channel.open(view.visible),
    setVisible(visible) {
      view.set({ visible });
      channel.setVisible(visible);
    },
    close() {
      painting.close();
      clearInterval(ticker);
      appearance.dispose();
      channel.close();
    },
  };
}
