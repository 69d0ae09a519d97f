// Which rows of a long list are on screen, and where. Pure.
//
// Rows can have any height, and only drawn rows are measured. So the position of a list is that of one of its
// points on the screen: its anchor. The position of the scroll bar is computed from it.

/** Browsers limit the height of an element. */
const MAX_PX = 8_000_000;
/** Rows drawn beyond each edge of the screen. */
export const OVERSCAN = 6;
/** The same, until the list is first scrolled: many are never. */
export const LEAST_OVERSCAN = 0;

export interface ListShape {
  total: number;
  /** The assumed height of a row that is not drawn. */
  rowPx: number;
  viewPx: number;
}

/** A point of the list is `y` below the screen's top. The point is the index of a row, plus the part of it above. */
export interface Anchor {
  point: number;
  y: number;
}

/** The height of the scrolled content. */
export const contentPx = ({ total, rowPx }: ListShape): number => Math.min(total * rowPx, MAX_PX);

/** The largest scroll position. */
export const endPx = (shape: ListShape): number => Math.max(0, contentPx(shape) - shape.viewPx);

/** The rows to draw: enough to fill the screen, as no row is lower than `minPx`. */
export function drawnRows(
  { total, viewPx }: ListShape,
  minPx: number,
  { point, y }: Anchor,
  overscan = OVERSCAN,
): [first: number, end: number] {
  const fit = Math.ceil(viewPx / minPx);
  const first = Math.min(Math.floor(point - Math.max(0, y) / minPx), total - fit) - overscan;
  const end = Math.max(Math.ceil(point + Math.max(0, viewPx - y) / minPx), fit) + overscan;
  return [Math.max(0, first), Math.min(total, end)];
}

/** The anchor for a position of the scroll bar: it reaches both ends, whatever the heights of the rows. */
export function anchorAt(shape: ListShape, scrollPx: number): Anchor {
  const share = Math.min(1, scrollPx / endPx(shape) || 0);
  return { point: shape.total * share, y: shape.viewPx * share };
}

/** The drawn rows on the screen. */
export interface Layout {
  /** The offset of the first drawn row's top below the screen's top. */
  shiftPx: number;
  /** The points of the list at the screen's top and bottom. */
  top: number;
  bottom: number;
  /** `top`; the next row where at most a pixel of the row at `top` is on screen. */
  visibleTop: number;
  atEnd: boolean;
  /** Part of the screen is empty that other rows would fill. */
  blank: boolean;
  /** The position of the scroll bar. */
  scrollPx: number;
}

/**
 * Puts measured rows on the screen. `edges` are the tops of the rows from `first` on and the bottom of the
 * last row, relative to the top of the first. The row `target` is brought into view with the smallest
 * movement; a row that was far away is shown with rows around it.
 */
export function layOut(
  shape: ListShape,
  anchor: Anchor,
  first: number,
  edges: readonly number[],
  target: number | null,
): Layout {
  const { total, rowPx, viewPx } = shape;
  const rows = edges.length - 1;
  const end = first + rows;
  const height = edges[rows] ?? 0;
  const edge = (row: number) => edges[row] ?? 0;
  const pxOf = (point: number) => {
    const row = Math.max(0, Math.min(Math.floor(point) - first, rows - 1));
    return edge(row) + (point - first - row) * (edge(row + 1) - edge(row));
  };
  let shiftPx = anchor.y - pxOf(anchor.point);
  if (target !== null && target >= first && target < end) {
    const top = shiftPx + pxOf(target);
    const bottom = shiftPx + pxOf(target + 1);
    const far = Math.max(rowPx, bottom - top);
    if (bottom < -far || top > viewPx + far) shiftPx += viewPx / 3 - top;
    else if (top < 0 || bottom - top > viewPx) shiftPx -= top;
    else if (bottom > viewPx) shiftPx -= bottom - viewPx;
  }
  if (end === total) shiftPx = Math.max(shiftPx, viewPx - height);
  if (first === 0) shiftPx = Math.min(shiftPx, 0);
  const pointAt = (px: number) => {
    let row = 0;
    while (row < rows - 1 && edge(row + 1) <= px) row += 1;
    return Math.max(0, first + row + (px - edge(row)) / (edge(row + 1) - edge(row) || 1));
  };
  const top = pointAt(-shiftPx);
  const below = shiftPx + height - viewPx;
  // Near an end the bar leaves room for the rows up to that end.
  const minPx = first ? viewPx : Math.min(viewPx, -shiftPx);
  const maxPx = endPx(shape) - (end < total ? viewPx : Math.min(viewPx, below));
  const atEnd = end === total && below <= 1;
  const share = atEnd ? 1 : top / (total - viewPx / rowPx);
  return {
    shiftPx,
    top,
    bottom: Math.min(total, pointAt(viewPx - shiftPx)),
    visibleTop: Math.max(top, Math.floor(pointAt(1 - shiftPx))),
    atEnd,
    blank: (first > 0 && shiftPx > 0) || (end < total && below < 0),
    scrollPx: rows === total ? 0 - shiftPx : Math.max(minPx, Math.min(maxPx, endPx(shape) * share)),
  };
}
