// The run history as the dialog and the Studio show it: the newest runs, two that are chosen, and their
// comparison.

import type { ComparedRuns, HistoryRow } from "../../kernel/wire";
import type { App, Uses } from "../../state/app";
import { toggled } from "../../state/history";
import { isOver } from "../../state/selectors";
import type { Pages } from "../home/pages";

export type HistoryStores = Uses<
  "run" | "view" | "operations" | "connection" | "painting" | "artifacts" | "appearance"
>;

export interface HistoryStore {
  /** The number of runs in this computer's history, once it is known. */
  readonly total: number | null;
  /** The ids of the runs that are chosen for a comparison, at most two. */
  readonly chosen: readonly string[];
  readonly compared: ComparedRuns | null;
  load(): Promise<void>;
  /** Shows a run in the console. */
  open(row: HistoryRow): Promise<void>;
  /** Executes a run again from its replay token, and shows that. */
  verify(row: HistoryRow): Promise<void>;
  toggle(run_id: string): void;
  /** Compares the two chosen runs, the older as the first. */
  compare(): Promise<void>;
  closeComparison(): void;
  /** Shows the difference of an artifact in the console. */
  showDifference(file: string): Promise<void>;
}

export function createHistory(app: App, pages: Pages): HistoryStore {
  const { view, operations, painting } = app;
  let total: number | null = null;
  let chosen: readonly string[] = [];
  let compared: ComparedRuns | null = null;
  let loaded = "";
  /** Ends waiting for a run whose difference is to be shown. */
  let stopWaiting: (() => void) | undefined;

  async function load(): Promise<void> {
    const answer = await operations.act("history.list", {});
    if (!answer) return;
    ({ total } = answer.result);
    view.set({ history: answer.result.runs });
  }

  // The number on the button changes when a run starts or ends here.
  painting.onPaint(() => {
    const { run } = app.run.state;
    const state = `${run?.run_id}${run && isOver(run)}`;
    if (!app.connection.off && view.visible && state !== loaded) {
      loaded = state;
      load();
    }
  });

  async function show(run_id: string): Promise<boolean> {
    stopWaiting?.();
    view.set({ panel: "", maximised: null });
    pages.goToConsole();
    return app.run.state.run?.run_id === run_id || !!(await operations.act("run.open", { run_id }));
  }

  const history: HistoryStore = {
    get total() {
      return total;
    },
    get chosen() {
      return chosen;
    },
    get compared() {
      return compared;
    },
    load,
    async open({ run_id }) {
      await show(run_id);
    },
    async verify({ run_id }) {
      if (await show(run_id)) await operations.act("run.replay", {});
    },
    toggle(run_id) {
      chosen = toggled(chosen, run_id);
      painting.changed();
    },
    async compare() {
      const runs = view.home ? app.run.state.home?.runs : view.history;
      const startOf = (id: string) => runs?.find((row) => row.run_id === id)?.started_us ?? 0;
      const [a, b] = [...chosen].sort((x, y) => startOf(x) - startOf(y));
      if (!a || !b) return;
      const answer = await operations.act("history.compare", { a, b });
      if (answer) compared = answer.result;
      painting.changed();
    },
    closeComparison() {
      compared = null;
      painting.changed();
    },
    async showDifference(file) {
      const [a, b] = compared?.run_ids ?? [];
      if (!a || !b || !(await show(b))) return;
      // The reply can arrive before the run, and another artifact on screen ends a comparison.
      const stop = painting.onPaint(() => {
        if (app.run.state.run?.run_id !== b) return;
        if (app.artifacts.shown?.file !== file) {
          if (view.picked !== file) view.set({ picked: file, stage: null });
          return;
        }
        stop();
        view.set({
          picked: file,
          comparison: {
            a: { run_id: a, file, version: null },
            b: { run_id: null, file, version: null },
            name: "The earlier run, and this run",
          },
        });
      });
      stopWaiting = stop;
      painting.changed();
    },
  };
  return history;
}
