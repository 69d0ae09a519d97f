import type { Uses } from "../../state/app";
import { isActive } from "../../state/selectors";

/** The newest runs of the history, which `view.history` holds once they are loaded. */
export interface NewestRuns {
  /** The number of runs in this computer's history, once it is known. */
  readonly total: number | null;
  load(): Promise<void>;
}

export function createNewestRuns(
  app: Uses<"run" | "view" | "operations" | "connection" | "painting">,
): NewestRuns {
  const { view, operations, painting } = app;
  let total: number | null = null;
  let loaded = "";

  async function load(): Promise<void> {
    const answer = await operations.act("history.list", {});
    if (!answer) return;
    ({ total } = answer.result);
    view.set({ history: answer.result.runs });
  }

  // The rows change when a run starts, waits for the person, or ends here.
  painting.onPaint(() => {
    const { run, past } = app.run.state;
    if (past && loaded) return;
    const state = `${run?.run_id}${isActive(app.run.state)}${run?.status === "waiting"}`;
    if (!app.connection.off && view.visible && state !== loaded) {
      loaded = state;
      load();
    }
  });

  return {
    get total() {
      return total;
    },
    load,
  };
}
