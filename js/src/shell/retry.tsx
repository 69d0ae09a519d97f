import type { Uses } from "../state/app";
import { Button } from "../ui/button";
import type { Child, Ref } from "../ui/dom";
import { restoreFocus } from "../ui/focus";
import { clockTime } from "../ui/format";
import { REFRESH } from "../ui/icons";

/** The banner's button that looks for the worker again, and the record of attempts. */
export function createRetry(app: Uses<"run" | "connection" | "operations" | "painting">): {
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
      if (app.connection.off || !app.run.state.form.notice) return null;
      return (
        <span class="end row" ref={onLeave}>
          {triedUs && <span class="num">Tried at {clockTime(triedUs).slice(0, 8)}</span>}
          {!app.run.state.run && (
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
