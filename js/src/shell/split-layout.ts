// Where the bars between the panes are, and how far each can go. Pure.

import type { Columns, Group, Shares } from "../state/view";

export interface Bar {
  group: Group;
  /** Which of the group's shares it moves. */
  place: number;
  label: string;
  /** It goes left and right; else up and down. */
  across: boolean;
  share: number;
  least: number;
  most: number;
  /** How long its group is, as a share of the whole. */
  extent: number;
  /** Where it is drawn, in shares of the whole. */
  box: { left?: number; top?: number; width?: number; height?: number };
}

/** No column and no pane is made smaller than this, in pixels. */
const LEAST_WIDTH = 200;
const LEAST_HEIGHT = 110;

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

/** The bars of a layout that is `width` by `height` pixels. */
export function barsOf(columns: Columns, shares: Shares, width: number, height: number): Bar[] {
  const [low = 1] = columns === 2 ? (shares.rows ?? []) : [];
  const [first = 1, second = 1] = shares.columns ?? [];
  const boxes: Record<Group, (share: number) => Bar["box"]> = {
    columns: (left) => ({ left, height: low }),
    rows: (top) => ({ top, width: 1 }),
    left: (top) => ({ top: top * low, width: first }),
    centre: (top) => ({ top: top * low, left: first, width: second - first }),
  };
  return (Object.entries(LABELS[columns]) as [Group, string[]][]).flatMap(([group, labels]) => {
    const places = shares[group] ?? [];
    const across = group === "columns";
    const extent = group === "left" || group === "centre" ? low : 1;
    const room = across ? LEAST_WIDTH / width : LEAST_HEIGHT / (height * extent);
    return labels.map((label, place): Bar => {
      const share = places[place] as number;
      const least = (places[place - 1] ?? 0) + room;
      const most = Math.max(least, (places[place + 1] ?? 1) - room);
      return { group, place, label, across, share, least, most, extent, box: boxes[group](share) };
    });
  });
}
