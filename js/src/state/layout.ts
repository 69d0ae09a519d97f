// How the console is divided: its columns, and the shares of its panes. Pure.

/** The number of columns: three, two with the artifacts below them, or one. */
export type Columns = 1 | 2 | 3;

export const columnsOf = (width: number): Columns => (width >= 1000 ? 3 : width >= 600 ? 2 : 1);

/** The least useful height of the layouts with one, two and three columns, in pixels. */
const MIN_HEIGHT = [2000, 1100, 400];

/** The height that a console is drawn with where `height` pixels are asked for. */
export const heightOf = (columns: Columns, height: number): number =>
  Math.max(height, MIN_HEIGHT[columns - 1] as number);

/** What is divided: the console, and the panes of its left and its centre column. */
export type Group = "columns" | "rows" | "left" | "centre";

/** The boundaries in each group: ascending shares of it, from its left or top, 0 to 1. */
export type Shares = { [Name in Group]?: number[] };

/** The shares that a person has chosen, for each number of columns. */
export type ChosenShares = { [Number in Columns]?: Shares };

/** The narrowest timeline that cuts no name, and the narrowest log that shows 60 characters in a line. */
const TIMELINE_PX = 228;
const LOG_PX = 528;

/** The default shares of a console of this width. */
export function defaultShares(width: number): Shares {
  const columns = columnsOf(width);
  if (columns === 1) return { rows: [0.19, 0.3, 0.55, 0.675] };
  if (columns === 2) {
    const first = Math.min(0.42, Math.max(TIMELINE_PX, width - LOG_PX) / width);
    return { columns: [Math.floor(first * 1000) / 1000], rows: [0.55], left: [0.65], centre: [0.6] };
  }
  const first = Math.ceil(Math.max(200, (1000 * TIMELINE_PX) / width)) / 1000;
  const second = Math.ceil(1000 * first + Math.max(440, (1000 * LOG_PX) / width)) / 1000;
  return { columns: [first, second], left: [0.65], centre: [0.6] };
}

/** What decides the layout. */
export interface Divided {
  width: number;
  shares: ChosenShares;
}

/** The shares of a console: those that were chosen for its number of columns, and the defaults. */
export const sharesOf = ({ width, shares }: Divided): Shares => ({
  ...defaultShares(width),
  ...shares[columnsOf(width)],
});

/** The width of a column, of the left (0), the centre (1) or the right (2), in pixels. */
export function columnPx(divided: Divided, column: 0 | 1 | 2): number {
  const edges = [0, ...(sharesOf(divided).columns ?? []), 1];
  if (edges.length === 2) return divided.width;
  return ((edges[column + 1] ?? 1) - (edges[column] as number)) * divided.width;
}
