// The splitters between the panes: their positions and limits. Pure.

import type { Columns, Group, Shares } from "../state/layout";

export interface Split {
  group: Group;
  /** The index of the share that it moves. */
  index: number;
  label: string;
  /** It moves left and right; otherwise up and down. */
  across: boolean;
  share: number;
  min: number;
  max: number;
  /** The length of its group, as a share of the console. */
  extent: number;
  /** Its position, in shares of the console. */
  box: { left?: number; top?: number; width?: number; height?: number };
}

/** The smallest column and the smallest pane, in pixels. */
const MIN_WIDTH = 200;
const MIN_HEIGHT = 110;

const LABELS: Record<Columns, { [Name in Group]?: string[] }> = {
  1: {
    rows: ["Height of the timeline", "Height of the routing", "Height of the log", "Height of the ledger"],
  },
  2: {
    columns: ["Width of the left column"],
    rows: ["Height of the upper panes"],
    left: ["Height of the timeline"],
    centre: ["Height of the log"],
  },
  3: {
    columns: ["Width of the left column", "Width of the centre column"],
    left: ["Height of the timeline"],
    centre: ["Height of the log"],
  },
};

/** The splitters of a layout of `width` by `height` pixels. */
export function splitsOf(columns: Columns, shares: Shares, width: number, height: number): Split[] {
  const [low = 1] = columns === 2 ? (shares.rows ?? []) : [];
  const [first = 1, second = 1] = shares.columns ?? [];
  const boxes: Record<Group, (share: number) => Split["box"]> = {
    columns: (left) => ({ left, height: low }),
    rows: (top) => ({ top, width: 1 }),
    left: (top) => ({ top: top * low, width: first }),
    centre: (top) => ({ top: top * low, left: first, width: second - first }),
  };
  return (Object.entries(LABELS[columns]) as [Group, string[]][]).flatMap(([group, labels]) => {
    const groupShares = shares[group] ?? [];
    const across = group === "columns";
    const extent = group === "left" || group === "centre" ? low : 1;
    const room = across ? MIN_WIDTH / width : MIN_HEIGHT / (height * extent);
    return labels.map((label, index): Split => {
      const share = groupShares[index] as number;
      const min = (groupShares[index - 1] ?? 0) + room;
      const max = Math.max(min, (groupShares[index + 1] ?? 1) - room);
      return { group, index, label, across, share, min, max, extent, box: boxes[group](share) };
    });
  });
}
