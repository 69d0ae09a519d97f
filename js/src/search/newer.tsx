import type { App } from "../app";
import { count } from "../format";
import type { LogRows } from "../log";
import { isTicking } from "../selectors";
import type { Child } from "../ui/dom";
import { DOWN, Icon } from "../ui/icons";

/** Counts the lines that came since the end was on screen; what another filter lets through is not new. */
export function createFresh(): (log: LogRows, ended: boolean) => number {
  let counted: LogRows | undefined;
  let seen = 0;
  return (log, ended) => {
    if (ended || counted !== log) seen = log.total;
    if (log.known) counted = log;
    return Math.max(0, log.total - seen);
  };
}

/** The way back to the end of the log, for one who reads elsewhere. */
export function createNewer(app: App): () => Child {
  const { lines } = app;
  const freshOf = createFresh();
  return () => {
    const { log, state } = app;
    const fresh = freshOf(log, lines.follow || (lines.atEnd && lines.end === log.total));
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
