// Which rows of a long list are in view. Pure. Browsers cap the height of an element, so beyond a
// few hundred thousand rows the scroll bar's travel is stretched over the list.

const MOST_PX = 8_000_000;

export interface ListShape {
  total: number;
  rowPx: number;
  viewPx: number;
}

/** How high the scrolled content is. */
export const contentPx = ({ total, rowPx }: ListShape): number => Math.min(total * rowPx, MOST_PX);

/** How far it can be scrolled. */
export const endPx = (shape: ListShape): number => Math.max(0, contentPx(shape) - shape.viewPx);

/** How many pixels of the list one pixel of scrolling moves. */
function stretch(shape: ListShape): number {
  const end = endPx(shape);
  return end ? (shape.total * shape.rowPx - shape.viewPx) / end : 1;
}

/** The rows to draw, and where the first of them stands in the scrolled content. */
export function rowWindow(
  shape: ListShape,
  scrollPx: number,
  overscan: number,
): { first: number; end: number; topPx: number } {
  const { total, rowPx, viewPx } = shape;
  const scrolled = Math.min(scrollPx, endPx(shape));
  const listPx = scrolled * stretch(shape);
  const first = Math.max(0, Math.floor(listPx / rowPx) - overscan);
  const end = Math.min(total, Math.ceil((listPx + viewPx) / rowPx) + overscan);
  return { first, end, topPx: scrolled + first * rowPx - listPx };
}

/** Where to scroll so that a row is in view: no farther than needed, but a far one with rows around it. */
export function scrollToRow(shape: ListShape, scrollPx: number, index: number): number {
  const { rowPx, viewPx } = shape;
  const ratio = stretch(shape);
  const above = index * rowPx - scrollPx * ratio;
  const below = above + rowPx - viewPx;
  if (above >= 0 && below <= 0) return scrollPx;
  const far = above < -rowPx || below > rowPx;
  const move = far ? above - viewPx / 3 : above < 0 ? above : below;
  return Math.min(endPx(shape), Math.max(0, scrollPx + move / ratio));
}
