// Which rows of a long list are on screen, and where. Pure.
//
// Rows may be of any height, and only those that are drawn are ever measured. So a list stands where one
// point of it stands on the screen: its anchor. What the scroll bar shows is derived from that.

/** Browsers cap the height of an element. */
const MOST_PX = 8_000_000;
/** Rows drawn beyond each edge of the screen. */
export const OVERSCAN = 6;

export interface ListShape {
  total: number;
  /** What a row's height is taken to be where it was not measured. */
  rowPx: number;
  viewPx: number;
}

/** The point `at` of the list stands `y` below the screen's top: row `floor(at)`, and how far into it. */
export interface Anchor {
  at: number;
  y: number;
}

/** How high the scrolled content is. */
export const contentPx = ({ total, rowPx }: ListShape): number => Math.min(total * rowPx, MOST_PX);

/** How far it can be scrolled. */
export const endPx = (shape: ListShape): number => Math.max(0, contentPx(shape) - shape.viewPx);

/** The rows to draw: enough to fill the screen, as none is lower than `leastPx`. */
export function drawnRows(
  { total, viewPx }: ListShape,
  leastPx: number,
  { at, y }: Anchor,
): [first: number, end: number] {
  const fit = Math.ceil(viewPx / leastPx);
  const first = Math.min(Math.floor(at - Math.max(0, y) / leastPx), total - fit) - OVERSCAN;
  const end = Math.max(Math.ceil(at + Math.max(0, viewPx - y) / leastPx), fit) + OVERSCAN;
  return [Math.max(0, first), Math.min(total, end)];
}

/** Where the list stands when its scroll bar does: both ends are reached, whatever the rows' heights. */
export function anchorAt(shape: ListShape, scrollPx: number): Anchor {
  const share = Math.min(1, scrollPx / endPx(shape) || 0);
  return { at: shape.total * share, y: shape.viewPx * share };
}

/** Where the drawn rows stand. */
export interface Standing {
  /** Of the first drawn row's top, below the screen's. */
  shiftPx: number;
  /** The points of the list at the screen's top and bottom. */
  at: number;
  bottom: number;
  atEnd: boolean;
  /** Part of the screen is left blank that other rows would fill. */
  blank: boolean;
  /** How far the scroll bar stands. */
  scrollPx: number;
}

/**
 * Puts measured rows on the screen. `edges` are the tops of the rows from `first` on and the last one's
 * bottom, counted from the first one's top. The row `wanted` is brought into view: no farther than
 * needed, but one that was far away with rows around it.
 */
export function standing(
  shape: ListShape,
  anchor: Anchor,
  first: number,
  edges: readonly number[],
  wanted: number | null,
): Standing {
  const { total, rowPx, viewPx } = shape;
  const rows = edges.length - 1;
  const end = first + rows;
  const height = edges[rows] ?? 0;
  const edge = (row: number) => edges[row] ?? 0;
  const pxOf = (at: number) => {
    const row = Math.max(0, Math.min(Math.floor(at) - first, rows - 1));
    return edge(row) + (at - first - row) * (edge(row + 1) - edge(row));
  };
  let shiftPx = anchor.y - pxOf(anchor.at);
  if (wanted !== null && wanted >= first && wanted < end) {
    const top = shiftPx + pxOf(wanted);
    const bottom = shiftPx + pxOf(wanted + 1);
    const far = Math.max(rowPx, bottom - top);
    if (bottom < -far || top > viewPx + far) shiftPx += viewPx / 3 - top;
    else if (top < 0 || bottom - top > viewPx) shiftPx -= top;
    else if (bottom > viewPx) shiftPx -= bottom - viewPx;
  }
  if (end === total) shiftPx = Math.max(shiftPx, viewPx - height);
  if (first === 0) shiftPx = Math.min(shiftPx, 0);
  const atOf = (px: number) => {
    let row = 0;
    while (row < rows - 1 && edge(row + 1) <= px) row += 1;
    return Math.max(0, first + row + (px - edge(row)) / (edge(row + 1) - edge(row) || 1));
  };
  const at = atOf(-shiftPx);
  const below = shiftPx + height - viewPx;
  // Near an end the bar leaves room for what is left up to there.
  const leastPx = first ? viewPx : Math.min(viewPx, -shiftPx);
  const mostPx = endPx(shape) - (end < total ? viewPx : Math.min(viewPx, below));
  const atEnd = end === total && below <= 1;
  const share = atEnd ? 1 : at / (total - viewPx / rowPx);
  return {
    shiftPx,
    at,
    bottom: Math.min(total, atOf(viewPx - shiftPx)),
    atEnd,
    blank: (first > 0 && shiftPx > 0) || (end < total && below < 0),
    scrollPx: rows === total ? 0 - shiftPx : Math.max(leastPx, Math.min(mostPx, endPx(shape) * share)),
  };
}
