// A list that draws only the rows on screen: rows of any height, one element each. The position of the list
// is that of its anchor (geometry.ts), and scrolling moves the anchor, so that rows which are added or
// change their height never move what is on screen.

import type { Painting } from "../painting";
import {
  type Anchor,
  anchorAt,
  contentPx,
  drawnRows,
  endPx,
  LEAST_OVERSCAN,
  layOut,
  OVERSCAN,
} from "./geometry";
import { createList, type List } from "./list";

/** Scrolling has ended after a pause this long. */
const PAUSE_MS = 150;

export function createVirtualList(painting: Painting, rowPx: number): List {
  const list = createList(rowPx);
  makeVirtual(list, painting);
  return list;
}

export function makeVirtual(list: List, painting: Pick<Painting, "changed" | "onPaint" | "quick">): void {
  const { changed, onPaint } = painting;
  const { rowPx, tail } = list;
  const shape = { total: 0, rowPx, viewPx: list.viewPx };
  let anchor: Anchor = { point: 0, y: 0 };
  let box: HTMLElement | undefined;
  /** The row to bring into view. */
  let target: number | null = null;
  /** The last such row until the list is scrolled: it stays in view when the box becomes lower. */
  let shown: number | null = null;
  /** What was written last: the height of the content, and the offset of the rows in it. */
  let heightPx = Number.NaN;
  let blockPx = Number.NaN;
  /** The scroll position of the box at the last drawing. */
  let scrolled = 0;
  /** The scroll bar was dragged: its position is a share of the whole. A wheel moves by as much as it turns. */
  let dragged = false;
  let down = false;
  /** The length of the list as scrolling began: a scroll beyond it has reached the end, even if rows were added. */
  let goal = 0;
  let again = false;
  /** Something has changed since the last measurement: until then nothing is read, because that costs a layout. */
  let stale = true;
  /** What was drawn at the last measurement, and the height of its rows. */
  let measured = "";
  /** The height of the box is known. */
  let sized = false;
  let rowsPx = 0;
  let pausing: ReturnType<typeof setTimeout> | undefined;

  /** Applies a scroll since the last drawing. A box that was out of the page has lost both scroll positions. */
  function applyScroll(): boolean {
    if (!box?.clientHeight || !box.scrollLeft) return false;
    // The browser also scrolls a box whose size changes: a list that follows its end is not moved by that.
    if (list.follow && box.clientHeight !== shape.viewPx) return false;
    const moved = box.scrollTop - scrolled;
    if (Math.abs(moved) < 1) return false;
    scrolled = box.scrollTop;
    // The browser scrolls a box up that becomes higher at its end.
    list.follow &&= scrolled >= heightPx - box.clientHeight - 1;
    if (list.follow) return false;
    stale = true;
    list.moved += 1;
    target = shown = null;
    down = moved > 0;
    const all = list.end - list.first === shape.total;
    if (!all && (dragged || Math.abs(moved) > 4 * shape.viewPx)) anchor = anchorAt(shape, scrolled);
    else anchor.y -= moved;
    if (!pausing) goal = shape.total;
    clearTimeout(pausing);
    pausing = setTimeout(() => {
      pausing = undefined;
      invalidate();
    }, PAUSE_MS);
    return true;
  }

  function endPause(): void {
    clearTimeout(pausing);
    pausing = undefined;
  }

  function invalidate(): void {
    stale = true;
    changed();
  }

  /** Rows beyond the screen are for scrolling: until then they would only be work. */
  const overscan = () => (list.moved || !sized ? OVERSCAN : LEAST_OVERSCAN);

  const drawn = () => [shape.total, list.first, list.end, list.follow, target].join();

  function paint(): void {
    if (!box || !(stale || measured !== drawn())) return;
    // Other rows of the same heights at the end of a long list: it is measured with everything else.
    const samePx = rowsPx === (list.end - list.first) * rowPx;
    if (painting.quick && list.follow && !stale && samePx && rowsPx >= shape.viewPx && list.first) return;
    stale = true;
    const spacer = box.firstElementChild as HTMLElement;
    const block = spacer.firstElementChild as HTMLElement;
    // Before anything is read, so that one layout is enough.
    if (contentPx(shape) > heightPx) spacer.style.height = `${contentPx(shape)}px`;
    if (!box.clientHeight) return;
    // A scroll whose event has not fired yet must not be undone.
    applyScroll();
    measured = drawn();
    sized = true;
    if (box.clientHeight !== shape.viewPx) {
      list.viewPx = shape.viewPx = box.clientHeight;
      if (list.follow) anchor.y = shape.viewPx;
      else target ??= shown;
    }
    const rows = [...block.children] as HTMLElement[];
    rowsPx = block.offsetHeight;
    const mean = rowsPx / rows.length;
    // No row is lower than `rowPx`: where the mean is not higher, all have this height.
    const edges = [...rows.map((row, i) => (mean > rowPx ? row.offsetTop : i * rowPx)), rowsPx];
    const all = rows.length === shape.total;
    if (rows.length && (all || (!pausing && Math.abs(mean / shape.rowPx - 1) > 0.25))) shape.rowPx = mean;
    const layout = layOut(shape, anchor, list.first, edges, target);
    const { shiftPx, top, bottom, atEnd, blank, scrollPx } = layout;
    anchor = { point: top, y: 0 };
    Object.assign(list, {
      top: layout.visibleTop,
      bottom,
      atEnd,
      page: Math.max(1, Math.floor(bottom - top) - 1),
    });
    if (down && bottom > goal - 0.1) list.follow = tail;
    down = false;
    // Every write costs a layout when the next list is measured: only changes are written.
    if (heightPx !== contentPx(shape)) {
      heightPx = contentPx(shape);
      spacer.style.height = `${heightPx}px`;
    }
    // Setting the position stops a scroll in progress, so it waits, except where the bar has reached its end too early.
    const stuck = scrolled < 1 ? top > 0 : scrolled > endPx(shape) - 1 && !atEnd;
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
    else target = null;
    stale = again;
  }

  Object.assign(list, {
    virtual: true,
    show(index) {
      target = shown = index;
      list.moved += 1;
      list.follow = false;
      invalidate();
    },
    moveTo(point) {
      anchor = { point, y: 0 };
      target = shown = null;
      list.follow = false;
      // A scroll in progress continues from here.
      endPause();
      invalidate();
    },
    draw(total) {
      shape.total = total;
      anchor.point = Math.min(anchor.point, total);
      if (list.follow) {
        anchor = { point: total, y: shape.viewPx };
        target = shown = null;
      }
      let [first, end] = drawnRows(shape, rowPx, anchor, overscan());
      if (target !== null && (target < first || target >= end)) {
        anchor = { point: target, y: shape.viewPx / 3 };
        [first, end] = drawnRows(shape, rowPx, anchor, overscan());
      }
      // Where most rows are new, each element gets another row: that costs less than other elements.
      const step = first - list.first;
      if (list.follow ? 4 * Math.abs(step) > end - first : first >= list.end || end <= list.first)
        list.base += step;
      Object.assign(list, { first, end });
    },
    box(element) {
      box = element;
      heightPx = blockPx = Number.NaN;
      stale = true;
      const block = element.querySelector(".spacer > div") as HTMLElement;
      const sizes = new ResizeObserver(() => {
        if (stale || element.clientHeight !== shape.viewPx || block.offsetHeight !== rowsPx) invalidate();
      });
      sizes.observe(element);
      sizes.observe(block);
      // A box that was moved in the page has lost its scroll position; no other event reports that.
      const sight = new IntersectionObserver(invalidate, { root: element });
      sight.observe(block);
      const stop = onPaint(paint, element);
      return () => {
        sizes.disconnect();
        sight.disconnect();
        stop();
        endPause();
      };
    },
    onScroll() {
      // A drawing scrolls the box, too.
      if (applyScroll() || !box?.scrollLeft) invalidate();
    },
    onWheel({ deltaY }) {
      dragged = false;
      // Before the first scroll event: rows added in between must not return the list to its end.
      if (deltaY < 0 && list.top > 0 && list.follow) {
        list.moved += 1;
        list.follow = false;
        invalidate();
      }
    },
    onPointerDown({ target: pressed, currentTarget }) {
      dragged = pressed === currentTarget;
    },
  } satisfies Partial<List>);
}
