// Makes a list draw only what is on screen: rows of any height, each one element. The box's scrolling is
// a wish, and the list stands where its anchor says (see geometry.ts): so rows that are added or change
// their height never move what one reads.

import { type Anchor, anchorAt, contentPx, drawnRows, endPx, standing } from "./geometry";
import type { List } from "./list";

/** After a pause this long, one does not go on scrolling. */
const PAUSE_MS = 150;

export function drive(list: List): void {
  const { rowPx, tail } = list;
  const { changed, onPaint } = list.app;
  const shape = { total: 0, rowPx, viewPx: list.viewPx };
  let anchor: Anchor = { at: 0, y: 0 };
  let box: HTMLElement | undefined;
  let wanted: number | null = null;
  /** What was written last: how high the content is, and how far down in it the rows stand. */
  let heightPx = Number.NaN;
  let blockPx = Number.NaN;
  /** How far the box was scrolled when it was last drawn. */
  let scrolled = 0;
  /** What was scrolled by moves by as much; what the bar was dragged to is a share of the whole. */
  let dragged = false;
  let down = false;
  /** Where the list ended as one began to scroll: whoever gets there has come to the end, even if it went on. */
  let goal = 0;
  let again = false;
  let pausing: ReturnType<typeof setTimeout> | undefined;

  /** What one has scrolled since. A box that was out of the page has forgotten it: also sideways. */
  function heed(): boolean {
    if (!box?.clientHeight || !box.scrollLeft) return false;
    const moved = box.scrollTop - scrolled;
    if (Math.abs(moved) < 1) return false;
    scrolled = box.scrollTop;
    // A box that becomes higher at the end is scrolled upward by the browser.
    list.follow &&= scrolled >= box.scrollHeight - box.clientHeight - 1;
    if (list.follow) return false;
    list.moved += 1;
    wanted = null;
    down = moved > 0;
    const all = list.end - list.first === shape.total;
    if (!all && (dragged || Math.abs(moved) > 4 * shape.viewPx)) anchor = anchorAt(shape, scrolled);
    else anchor.y -= moved;
    if (!pausing) goal = shape.total;
    clearTimeout(pausing);
    pausing = setTimeout(() => {
      pausing = undefined;
      changed();
    }, PAUSE_MS);
    return true;
  }

  function rest(): void {
    clearTimeout(pausing);
    pausing = undefined;
  }

  function paint(): void {
    if (!box?.clientHeight) return;
    // What one has scrolled and was not told yet is not to be undone.
    heed();
    const spacer = box.firstElementChild as HTMLElement;
    const block = spacer.firstElementChild as HTMLElement;
    const rows = [...block.children] as HTMLElement[];
    const edges = [...rows.map((row) => row.offsetTop), block.offsetHeight];
    const mean = block.offsetHeight / rows.length;
    const all = rows.length === shape.total;
    if (rows.length && (all || (!pausing && Math.abs(mean / shape.rowPx - 1) > 0.25))) shape.rowPx = mean;
    const { shiftPx, at, bottom, atEnd, blank, scrollPx } = standing(
      shape,
      anchor,
      list.first,
      edges,
      wanted,
    );
    anchor = { at, y: 0 };
    Object.assign(list, { top: at, bottom, atEnd, page: Math.max(1, Math.floor(bottom - at) - 1) });
    if (down && bottom > goal - 0.1) list.follow = tail;
    down = false;
    // Whatever is written costs a layout when the next list is measured: only what is another.
    if (heightPx !== contentPx(shape)) {
      heightPx = contentPx(shape);
      spacer.style.height = `${heightPx}px`;
    }
    // Not while one scrolls, which that would stop; but nobody is to be held up where the bar ends.
    const stuck = scrolled < 1 ? at > 0 : scrolled > endPx(shape) - 1 && !atEnd;
    if (!pausing || stuck || list.follow || !box.scrollLeft) {
      if (Math.abs(scrollPx - box.scrollTop) >= 1) box.scrollTop = scrollPx;
      if (!box.scrollLeft) box.scrollLeft = 1;
    }
    scrolled = box.scrollTop;
    if (blockPx !== Math.round(scrolled + shiftPx)) {
      blockPx = Math.round(scrolled + shiftPx);
      block.style.transform = `translateY(${blockPx}px)`;
    }
    again = blank && !again;
    if (again) changed();
    else wanted = null;
  }

  Object.assign(list, {
    driven: true,
    show(index) {
      wanted = index;
      list.moved += 1;
      list.follow = false;
      changed();
    },
    stand(at) {
      anchor = { at, y: 0 };
      wanted = null;
      list.follow = false;
      // Whoever goes on scrolling has begun here.
      rest();
      changed();
    },
    draw(total) {
      shape.total = total;
      anchor.at = Math.min(anchor.at, total);
      if (list.follow) {
        anchor = { at: total, y: shape.viewPx };
        wanted = null;
      }
      let [first, end] = drawnRows(shape, rowPx, anchor);
      if (wanted !== null && (wanted < first || wanted >= end)) {
        anchor = { at: wanted, y: shape.viewPx / 3 };
        [first, end] = drawnRows(shape, rowPx, anchor);
      }
      Object.assign(list, { first, end });
    },
    box(element) {
      box = element;
      heightPx = blockPx = Number.NaN;
      const sizes = new ResizeObserver(() => {
        if (element.clientHeight) list.viewPx = shape.viewPx = element.clientHeight;
        changed();
      });
      sizes.observe(element);
      // A box that was moved in the page has lost its scrolling, which nothing else would tell.
      const sight = new IntersectionObserver(changed, { root: element });
      sight.observe(element.querySelector(".spacer > div") as Element);
      const stop = onPaint(paint);
      return () => {
        sizes.disconnect();
        sight.disconnect();
        stop();
        rest();
      };
    },
    onScroll() {
      // What was just drawn scrolls the box, too.
      if (heed()) changed();
    },
    onWheel({ deltaY }) {
      dragged = false;
      // At once: what comes before the first scrolled pixel must not take one back to the end.
      if (deltaY < 0 && list.top > 0 && list.follow) {
        list.moved += 1;
        list.follow = false;
        changed();
      }
    },
    onPointerDown({ target, currentTarget }) {
      dragged = target === currentTarget;
    },
  } satisfies Partial<List>);
}
