// The tree of the stages that the state holds, as rows. Pure.

import type { Stage } from "../../kernel/wire";
import type { View } from "../../state/view";

/** `depth` is 0 at the top. */
export interface TreeRow {
  stage: Stage;
  depth: number;
}

/** The rows of a tree. A row is `undefined` where it is not loaded. */
export interface TreeRows {
  total: number;
  row(index: number): TreeRow | undefined;
}

/** What is at work or failed is open, and what else has ended is closed, unless the person decided otherwise. */
export const isOpen = ({ opened }: Pick<View, "opened">, { stage_id, status }: Stage): boolean =>
  opened.get(stage_id) ?? /^(fail|run)|ring$/.test(status);

/** Each stage before those inside it, which are left out unless it is open. Without its parent a stage is at the top. */
export function treeRows(stages: readonly Stage[], opened: (stage: Stage) => boolean): TreeRows {
  const rows: TreeRow[] = [];
  const byId = new Map<string | null, Stage>(stages.map((stage) => [stage.stage_id, stage]));
  const enter = (parent: Stage | undefined, depth: number) => {
    for (const stage of stages) {
      if (byId.get(stage.parent_id) !== parent) continue;
      rows.push({ stage, depth });
      if (stage.children && opened(stage)) enter(stage, depth + 1);
    }
  };
  enter(undefined, 0);
  return { total: rows.length, row: (index) => rows[index] };
}
