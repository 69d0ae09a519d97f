import type { App } from "../../state/app";
import type { LogRows } from "../../state/log-rows";
import { isTicking } from "../../state/selectors";
import type { Child } from "../../ui/dom";
import { count } from "../../ui/format";
import { DOWN, Icon } from "../../ui/icons";

/**
 * Counts the lines that came since the end was on screen. What another filter lets through is not new, and
 * what came meanwhile is when one has gone back to a filter.
 */
export function createFresh(): (log: LogRows, filter: string, ended: boolean) => number {
  const seen = new Map<string, number>();
  let told = "";
  return (log, filter, ended) => {
    if (log.known) told = filter;
    // Until its own total is told a log has that of the rows before.
    if (told !== filter) return 0;
    if (ended) seen.clear();
    const before = seen.get(filter) ?? log.total;
    seen.set(filter, before);
    return Math.max(0, log.total - before);
  };
}

/** The way back to the end of the log, for one who reads elsewhere. */
export function createNewer(app: App): () => Child {
  const { lines } = app;
  const freshOf = createFresh();
  return () => {
    const { log, state } = app;
    const filter = JSON.stringify([state.run?.run_id, app.filter]);
    const fresh = freshOf(log, filter, lines.follow || (lines.atEnd && lines.end === log.total));
    if (lines.follow || !(fresh || (!lines.atEnd && isTicking(state.run, state.link)))) return null;
    return (
      <button
        class="newer row small on"
        onclick={() => {
          lines.follow = true;
          app.set({ active: null });
        }}
      >
        <Icon d={DOWN} />
        {fresh ? `${count(fresh)} new` : "Follow"}
      </button>
    );
  };
}
