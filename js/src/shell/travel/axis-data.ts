// The time axis of the run on screen, requested when it is first shown and again as events are added.

import type { ConsoleState, RunAxis } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { isActive } from "../../state/selectors";

/**
 * While the run goes on, and after a failure, it is requested at most this often, and first after this time: a
 * run that begins with many events has other work.
 */
const PAUSE_MS = 2_000;

/** The number of all events of the run so far, whichever moment is shown. */
export const newestOf = ({ past, run }: ConsoleState): number => past?.newest ?? run?.counts.events ?? 0;

/** Returns the axis of the run on screen; `null` before its first event, or until it is received. */
export function createAxisData(
  app: Uses<"run" | "view" | "operations" | "painting" | "connection">,
): () => RunAxis | null {
  const { view, operations, painting, connection } = app;
  let axis: RunAxis | null = null;
  let runId: string | undefined;
  /** The number of events as it was requested last, and when the answer came, or the run. */
  let known = 0;
  let answeredMs = 0;
  let busy = false;
  let failed = false;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  async function load(newest: number): Promise<void> {
    const mine = runId;
    busy = true;
    known = newest;
    try {
      const { result } = await operations.request("travel.axis", {});
      if (mine === runId) axis = result;
      failed = false;
    } catch {
      failed = true;
      known = 0;
    }
    busy = false;
    answeredMs = performance.now();
    painting.changed();
  }

  painting.onPaint(() => {
    const { state } = app.run;
    if (state.run?.run_id !== runId) {
      runId = state.run?.run_id;
      axis = null;
      known = 0;
      failed = false;
      answeredMs = performance.now();
    }
    const newest = newestOf(state);
    if (busy || newest === known || !newest || connection.off || !view.visible) return;
    const pause = failed || isActive(state) ? answeredMs + PAUSE_MS - performance.now() : 0;
    if (pause <= 0) load(newest);
    else {
      clearTimeout(waiting);
      waiting = setTimeout(painting.changed, pause);
    }
  });

  return () => (app.run.state.run?.run_id === runId ? axis : null);
}
