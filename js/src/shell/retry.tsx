import { Button } from "../panes/pane";
import type { App } from "../state/app";
import type { Ref } from "../ui/dom";
import { bequeath } from "../ui/focus";
import { clockTime } from "../ui/format";
import { REFRESH } from "../ui/icons";

/** When the console last tried to get past what stands in its way, in microseconds. */
const tries = new WeakMap<App, number>();

export const tried = (app: App): void => {
  tries.set(app, Date.now() * 1000);
};

/** Looks for the worker again; while a run is on screen, that has ways of its own. */
export function Retry({ app }: { app: App }) {
  if (app.off || !app.state.desk.notice) return null;
  const at = tries.get(app);
  const again = async () => {
    await app.act("workers.refresh", {});
    tried(app);
    app.changed();
  };
  const leaving: Ref = (line) => {
    const pass = bequeath((root) => root.querySelector<HTMLElement>(".primary button"))(line);
    return () => {
      // Only a press here can have left the focus here.
      if (tries.delete(app)) pass?.();
    };
  };
  return (
    <span class="end row" ref={leaving}>
      {at && <span class="num">Tried at {clockTime(at).slice(0, 8)}</span>}
      {!app.state.run && (
        <Button
          icon={REFRESH}
          text="Try again"
          tip="Look for the worker again"
          busy={app.busy.has("workers.refresh")}
          onclick={again}
        />
      )}
    </span>
  );
}
