// The run history as the dialog and the Studio show it: what a person does with runs, those that are chosen,
// and their comparison.

import type { ComparedFigures, ComparedRuns, HistoryRow } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { tagsIn, toggled } from "../../state/history";
import type { PageNavigation } from "../home/navigation";
import type { NewestRuns } from "./newest";
import { createRunWindow, type RunWindow } from "./run-window";

/** How long a deletion can be undone here. */
const UNDO_MS = 15_000;

export type HistoryStores = Uses<
  "run" | "view" | "operations" | "connection" | "painting" | "artifacts" | "appearance"
>;

/** What a person adds to a run, while it is edited. */
export interface RunNotes {
  /** The run as it was when the editor opened. */
  row: HistoryRow;
  tags: string;
  note: string;
}

export interface HistoryStore {
  readonly window: RunWindow;
  /** The Studio lists all runs, not only the newest. */
  readonly all: boolean;
  /** The tags and the note that are edited. */
  readonly edited: RunNotes | null;
  /** The run whose deletion is to be confirmed. */
  readonly leaving: string | null;
  /** The run that was deleted last, as long as that can be undone here. */
  readonly deleted: HistoryRow | null;
  /** The ids of the runs that are chosen for a comparison. */
  readonly chosen: readonly string[];
  /** Two runs side by side, or a row of figures for each of more runs. */
  readonly compared: ComparedRuns | ComparedFigures | null;
  /** The comparison of two runs shows only what differs. */
  readonly onlyDifferences: boolean;
  load(): Promise<void>;
  /** Shows a run in the console. */
  open(row: HistoryRow): Promise<void>;
  /** Executes a run again from its replay token, and shows that. */
  verify(row: HistoryRow): Promise<void>;
  star(row: HistoryRow): Promise<void>;
  edit(notes: RunNotes | null): void;
  /** Stores what was edited. */
  saveNotes(): Promise<void>;
  /** Asks whether to delete a run; `null`: it is kept. */
  askToDelete(run_id: string | null): void;
  remove(row: HistoryRow): Promise<void>;
  /** Brings back the run that was deleted last. */
  undo(): Promise<void>;
  /** Hides the offer to bring it back. */
  forgetDeleted(): void;
  showAll(all: boolean): void;
  toggle(run_id: string): void;
  /** Chooses no run. */
  chooseNone(): void;
  /** Compares the chosen runs, the oldest as the first. */
  compare(): Promise<void>;
  /** Shows the comparison of two runs in the dialog. */
  compareRuns(a: string, b: string): Promise<void>;
  toggleDifferences(): void;
  closeComparison(): void;
  /** Shows the difference of an artifact in the console. */
  showDifference(file: string): Promise<void>;
}

export function createHistory(
  app: HistoryStores,
  newest: NewestRuns,
  navigation: PageNavigation,
  searchLog: (text: string) => void,
): HistoryStore {
  const { view, operations, painting } = app;
  const { load } = newest;
  const window = createRunWindow(app, newest);
  let all = false;
  let edited: RunNotes | null = null;
  let leaving: string | null = null;
  let deleted: HistoryRow | null = null;
  let undoing: ReturnType<typeof setTimeout> | undefined;
  let chosen: readonly string[] = [];
  let compared: ComparedRuns | ComparedFigures | null = null;
  let onlyDifferences = false;
  /** Ends waiting for a run that is to be shown. */
  let stopWaiting: (() => void) | undefined;

  async function show(run_id: string): Promise<boolean> {
    stopWaiting?.();
    view.set({ panel: "", maximised: null });
    navigation.goToConsole();
    return app.run.state.run?.run_id === run_id || !!(await operations.act("run.open", { run_id }));
  }

  /** Calls `then` until it returns `true`, once the run is on screen: the reply can arrive before the run. */
  function whenShown(run_id: string, then: () => boolean): void {
    const stop = painting.onPaint(() => {
      if (app.run.state.run?.run_id === run_id && then()) stop();
    });
    stopWaiting = stop;
    painting.changed();
  }

  /** A run was changed here: the list is read again. */
  async function reread(): Promise<void> {
    painting.changed();
    await Promise.all([window.refresh(), load()]);
  }

  const history: HistoryStore = {
    window,
    get all() {
      return all;
    },
    get edited() {
      return edited;
    },
    get leaving() {
      return leaving;
    },
    get deleted() {
      return deleted;
    },
    get chosen() {
      return chosen;
    },
    get compared() {
      return compared;
    },
    get onlyDifferences() {
      return onlyDifferences;
    },
    load,
    async open({ run_id, lines }) {
      const { text } = window.filter;
      if (!(await show(run_id)) || !text || !lines) return;
      whenShown(run_id, () => {
        searchLog(text);
        return true;
      });
    },
    async verify({ run_id }) {
      if (await show(run_id)) await operations.act("run.replay", {});
    },
    async star({ run_id, starred }) {
      if (await operations.act("history.star", { run_id, starred: !starred })) await reread();
    },
    edit(notes) {
      edited = notes;
      if (!notes) operations.clearError("history.tag");
      painting.changed();
    },
    async saveNotes() {
      if (!edited) return;
      const { row, tags, note } = edited;
      const { run_id, tags: before } = row;
      const tagged = await operations.act("history.tag", { run_id, tags: tagsIn(tags), before });
      const noted =
        note === (row.note ?? "") || (tagged && (await operations.act("history.note", { run_id, note })));
      if (!tagged || !noted) return;
      if (edited?.row.run_id === run_id) edited = null;
      await reread();
    },
    askToDelete(run_id) {
      leaving = run_id;
      painting.changed();
    },
    async remove(row) {
      leaving = null;
      const { run_id } = row;
      if (!(await operations.act("history.trash", { run_id }))) return;
      chosen = chosen.filter((id) => id !== run_id);
      deleted = row;
      clearTimeout(undoing);
      undoing = setTimeout(history.forgetDeleted, UNDO_MS);
      await reread();
    },
    async undo() {
      if (!deleted) return;
      const { run_id } = deleted;
      if (!(await operations.act("history.restore", { run_id }))) return;
      history.forgetDeleted();
      await reread();
    },
    forgetDeleted() {
      clearTimeout(undoing);
      deleted = null;
      painting.changed();
    },
    showAll(next) {
      all = next;
      painting.changed();
    },
    toggle(run_id) {
      chosen = toggled(chosen, run_id);
      painting.changed();
    },
    chooseNone() {
      chosen = [];
      painting.changed();
    },
    async compare() {
      const [a, b, ...more] = chosen;
      if (!a || !b) return;
      const answer = more.length
        ? await operations.act("history.figures", { run_ids: [...chosen] })
        : await operations.act("history.compare", { a, b });
      if (answer) compared = answer.result;
      painting.changed();
    },
    async compareRuns(a, b) {
      chosen = [a, b];
      view.set({ panel: "history" });
      await history.compare();
    },
    toggleDifferences() {
      onlyDifferences = !onlyDifferences;
      painting.changed();
    },
    closeComparison() {
      compared = null;
      painting.changed();
    },
    async showDifference(file) {
      const [a, b] = compared?.run_ids ?? []; // the older first
      if (!a || !b || !(await show(b))) return;
      // Another artifact on screen ends a comparison.
      whenShown(b, () => {
        if (app.artifacts.shown?.file !== file) {
          if (view.picked !== file) view.set({ picked: file, stage: null });
          return false;
        }
        view.set({
          picked: file,
          comparison: {
            a: { run_id: a, file, version: null },
            b: { run_id: null, file, version: null },
            name: "The earlier run, and this run",
          },
        });
        return true;
      });
    },
  };
  return history;
}
