// One console on one screen: its stores, and their connection to the channel. A component names the stores
// that it uses: `app: Uses<"run" | "view">`.

import type { Answer, Channel, Kernel, Sink } from "../kernel/channel";
import type { ConsoleState, RunHeader, SubscriberNews, Watch } from "../kernel/wire";
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

/** The streamed state: the run on screen and the form around it. */
export interface RunStore {
  readonly state: ConsoleState;
  /** The time on the run's clock at the moment that is shown, in microseconds. */
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
  readonly channel: Channel;
}

/** The stores that a component uses. */
export type Uses<Name extends keyof App> = Pick<App, Name>;

/** How the page around a console starts and ends it. */
export interface Lifecycle {
  open(): void;
  close(): void;
}

/** Makes the connection to what answers the console. */
export type Connect = (sink: Sink) => Channel;

interface Options {
  connect: Connect;
  /** Draws everything, or only the log lines. */
  draw: (quick: boolean) => void;
  guard: PainterGuard;
  /** Starts the code of `live.js`. `pages` is the answer with `pages.js`, where that is needed at once. */
  startLive: (code: string, pages: Promise<Answer<"pages"> | null> | undefined) => Promise<void>;
}

export function createApp({ connect, draw, guard, startLive }: Options): App & Lifecycle {
  let state = NOTHING;
  let started = false;
  const clock = createClock();
  const painting = createPainting((quick) => {
    log.refresh();
    draw(quick);
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
  function watch(): Watch {
    const file = artifacts.shown?.file;
    const text = file === undefined ? undefined : artifacts.text(file);
    return {
      log: { filter: log.filter, search: log.query, rows: logRows() + MARGIN_ROWS },
      artifact:
        file === undefined
          ? null
          : {
              file,
              version: text?.version ?? 0,
              have: text?.chars ?? 0,
              newest: !(view.picked ?? view.stage),
            },
      home: !!view.home,
    };
  }
  const firstKey = log.key;

  const channel = connect({
    watch,
    snapshot(next, update) {
      show(next, update);
      changed();
      // An attempt is drawn at its end: after each moment of the run that would be once more.
      if (!started) operations.attempt("live", loadLive);
    },
    patch(patch, update) {
      const { total } = log.rows;
      const { run, past } = state;
      show(applyPatch(state, patch), update);
      // The first line takes the place of a text. All panes show another moment at once.
      const stays = run?.status === state.run?.status && past?.position === state.past?.position;
      // Who reads further up gets whole drawings: under a new filter no row of the old one may stay.
      if (total && stays && log.list.follow) painting.grew();
      else changed();
    },
    clock: clock.passed,
    saved({ state: last, log: rows, artifact }) {
      const version = last.artifacts.find((row) => row.file === artifact?.file)?.version ?? 1;
      show(last, { ...(artifact && { artifact: { ...artifact, version, offset: 0, done: true } }) });
      log.showSaved(rows);
      changed();
      view.picked = artifact?.file ?? null;
    },
    live: () => isTicking(state),
    changed,
  });
  view.home = channel.trait("section") || "";
  view.studio = view.home !== "";
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
      if (next.run && view.studio) view.below = true;
      else if (next.run) view.home = "";
      log.reset();
      artifacts.reset();
      lists.routing.follow = true;
      lists.stages.moveTo(0);
      lists.ledger.moveTo(0);
      clock.reset();
    } else if (next.run && next.run.counts.events < (state.run as RunHeader).counts.events)
      artifacts.rewind(next.artifacts);
    if (next.past?.range?.after !== state.past?.range?.after) log.reset();
    state = next;
    // Without the code that sends a filter, the rows are those of the first filter.
    if (update && (channel.follower || log.key === firstKey)) log.receive(update);
    if (update?.artifact && !artifacts.receive(update.artifact)) channel.hello();
    if (isTicking(next)) {
      const times = next.stages.map((stage) => stage.started_us ?? 0);
      clock.passed(Math.max(...times, update?.log?.rows.at(-1)?.time_us ?? 0));
    }
  }

  async function loadLive(): Promise<void> {
    const pages = view.home ? operations.act("pages", {}) : undefined;
    await startLive((await channel.request("live", {})).result.code, pages);
    started = true;
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
        return state.past?.time_us ?? state.run?.paused_since_us ?? clock.nowUs;
      },
    },
    view,
    log,
    artifacts,
    lists,
    operations,
    appearance,
    channel,
    open: channel.open,
    close() {
      painting.close();
      appearance.dispose();
      channel.close();
    },
  };
}
