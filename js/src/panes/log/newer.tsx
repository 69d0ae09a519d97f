// The button that returns to the end of the log, with the number of new lines.

import type { Uses } from "../../state/app";
import type { RowCache } from "../../state/log-rows";
import { isTicking } from "../../state/selectors";
import type { Child } from "../../ui/dom";
import { count } from "../../ui/format";
import { DOWN, Icon } from "../../ui/icons";

/**
 * Counts the lines that were added since the end was on screen. Lines that another filter passes are not new;
 * after a return to a filter, the lines added meanwhile are.
 */
export function createNewLines(): (rows: RowCache, filter: string, atEnd: boolean) => number {
  const seen = new Map<string, number>();
  return (rows, filter, atEnd) => {
    // Until their total is known, rows have that of the rows before, which can be those of another filter.
    if (!rows.known && !rows.sameRows) return 0;
    if (atEnd) seen.clear();
    const before = seen.get(filter) ?? rows.total;
    seen.set(filter, before);
    return Math.max(0, rows.total - before);
  };
}

export function createNewer(app: Uses<"log" | "run" | "view">): () => Child {
  const { list } = app.log;
  const newLines = createNewLines();
  return () => {
    const { run, past } = app.run.state;
    const { rows } = app.log;
    const filter = JSON.stringify([run?.run_id, app.log.filter]);
    const added = newLines(rows, filter, list.follow || (list.atEnd && list.end === rows.total));
    if (list.follow || !(added || (!list.atEnd && (past?.speed || isTicking(app.run.state))))) return null;
    return (
      <button
        class="newer row small on"
        onclick={() => {
          list.follow = true;
          app.view.set({ active: null });
        }}
      >
        <Icon d={DOWN} />
        {added ? `${count(added)} new` : "Follow"}
      </button>
    );
  };
}
