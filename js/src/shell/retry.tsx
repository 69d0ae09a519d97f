import type { Uses } from "../state/app";
import { Button } from "../ui/button";
import type { Child, Ref } from "../ui/dom";
import { restoreFocus } from "../ui/focus";
import { clockTime } from "../ui/format";
import { HISTORY, REFRESH } from "../ui/icons";
import type { NewestRuns } from "./history/newest";

/** The banner's button that looks for the worker, follows the run again, or looks for another one, and the record of attempts. */
export function createRetry(
  app: Uses<"run" | "view" | "connection" | "operations" | "painting">,
  { load }: NewestRuns,
): {
  Retry: () => Child;
  /** An attempt failed with the error that the banner shows already. */
  tried(): void;
} {
  /** The time of the last attempt, in microseconds. */
  let triedUs: number | undefined;
  const tried = () => {
    triedUs = Date.now() * 1000;
    app.painting.changed();
  };
  const again = async () => {
    await app.operations.act("workers.refresh", {});
    tried();
  };
  const onLeave: Ref = (line) => {
    const restore = restoreFocus((root) => root.querySelector<HTMLElement>(".primary button"))(line);
    return () => {
      // Only after an attempt can the focus have been on this button.
      if (triedUs) restore?.();
      triedUs = undefined;
    };
  };
  return {
    tried,
    Retry() {
      const { form, run, link } = app.run.state;
      const { notice } = form;
      if (app.connection.off || !notice) return null;
      if (notice.code === "run_unknown")
        return (
          <Button
            icon={HISTORY}
            text="Open the history"
            tip="Choose a run of this computer"
            onclick={() => {
              app.view.set({ panel: "history" });
              load();
            }}
          />
        );
      return (
        <span class="end row" ref={onLeave}>
          {triedUs && <span class="num">Tried at {clockTime(triedUs).slice(0, 8)}</span>}
          {run && link.phase === "ended" && !run.verdict && !run.recording && (
            <Button
              icon={REFRESH}
              text="Follow again"
              tip="Connect to this run again"
              busy={app.operations.busy.has("run.open")}
              onclick={() => app.operations.act("run.open", { run_id: run.run_id })}
            />
          )}
          {!run && (
            <Button
              icon={REFRESH}
              text="Try again"
              tip="Look for the worker again"
              busy={app.operations.busy.has("workers.refresh")}
              onclick={again}
            />
          )}
        </span>
      );
    },
  };
}

/** Beside the countdown to the next attempt to reach the run's server, and beside that attempt. */
export function RetryNow({ app }: { app: Uses<"run" | "operations" | "connection"> }) {
  const { link, past } = app.run.state;
  if (link.phase !== "reconnecting" || past || app.connection.off) return null;
  return (
    <Button
      class="link"
      text="Retry now"
      tip="Reconnect at once; an attempt without an answer is ended"
      busy={app.operations.busy.has("run.reconnect")}
      onclick={() => app.operations.act("run.reconnect", {})}
    />
  );
}
