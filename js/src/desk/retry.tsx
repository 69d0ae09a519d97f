import type { App } from "../app";
import { Button } from "../ui/bits";
import { REFRESH } from "../ui/icons";

/** Looks for the worker again; while a run is on screen, that has ways of its own. */
export function Retry({ app }: { app: App }) {
  return (
    !(app.off || app.state.run) &&
    app.state.desk.notice && (
      <Button
        class="tool end"
        icon={REFRESH}
        text="Try again"
        tip="Look for the worker again"
        busy={app.busy.has("workers.refresh")}
        onclick={() => app.act("workers.refresh", {})}
      />
    )
  );
}
