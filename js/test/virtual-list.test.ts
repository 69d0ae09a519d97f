import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createList, type List } from "../src/ui/list/list";
import { makeVirtual } from "../src/ui/list/virtual";

const ROW = 20;

/** A box as a browser has it: it clamps its scrolling, and forgets it out of the page. */
class FakeBox {
  clientHeight = 300;
  style = {};
  #top = 0;
  #left = 0;
  readonly block = {
    children: [] as { offsetTop: number }[],
    offsetHeight: 0,
    style: { transform: "" },
  };
  readonly firstElementChild = { style: { height: "" }, firstElementChild: this.block };

  get scrollHeight(): number {
    return Math.max(this.clientHeight, Number.parseFloat(this.firstElementChild.style.height) || 0);
  }
  get scrollTop(): number {
    this.#top = Math.max(0, Math.min(this.#top, this.scrollHeight - this.clientHeight));
    return this.#top;
  }
  set scrollTop(px: number) {
    this.#top = px;
  }
  get scrollLeft(): number {
    return this.#left;
  }
  set scrollLeft(px: number) {
    this.#left = Math.min(1, px);
  }
  querySelector(): unknown {
    return this.block;
  }
  /** Out of the page and back, at once. */
  move(): void {
    this.#top = 0;
    this.#left = 0;
  }
}

let box: FakeBox;
let list: List;
let total: number;
let heightOf: (row: number) => number;
let paints: Set<() => void>;
let resized: () => void;
let leave: () => void;

/** Draws as the console does: the rows first, then what measures them. */
function draw(): void {
  list.draw(total);
  let top = 0;
  box.block.children = Array.from({ length: list.end - list.first }, (_, k) => {
    const row = { offsetTop: top };
    top += heightOf(list.first + k);
    return row;
  });
  box.block.offsetHeight = top;
  for (const paint of paints) paint();
}

/** The rows on screen, by where their tops are. */
function seen(): Record<number, number> {
  const shift = Number(/-?\d+/.exec(box.block.style.transform)?.[0]) - box.scrollTop;
  const tops = box.block.children.map(
    ({ offsetTop }, k) => [list.first + k, Math.round(offsetTop + shift)] as const,
  );
  return Object.fromEntries(tops.filter(([row, top]) => top + heightOf(row) > 0 && top < box.clientHeight));
}

const last = () => Math.max(...Object.keys(seen()).map(Number));
const scrollTo = (px: number) => {
  box.scrollTop = px;
  list.onScroll?.();
  draw();
};
const wheel = (deltaY: number) => {
  list.onWheel?.({ deltaY } as WheelEvent);
  scrollTo(box.scrollTop + deltaY);
};
const grow = (rows: number) => {
  total += rows;
  draw();
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(changed: () => void) {
        resized = changed;
      }
      observe() {}
      disconnect() {}
    },
  );
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  paints = new Set();
  const painting = {
    changed: () => undefined,
    onPaint: (paint: () => void) => {
      paints.add(paint);
      return () => paints.delete(paint);
    },
  };
  box = new FakeBox();
  heightOf = () => ROW;
  total = 1_000;
  list = createList(ROW, true);
  makeVirtual(list, painting);
  leave = list.box?.(box as unknown as HTMLElement) as () => void;
  resized();
  draw();
});

afterEach(() => {
  leave();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a list that follows its end", () => {
  it("stays there as rows come", () => {
    expect(seen()[999]).toBe(280);
    grow(60);
    expect(seen()[1059]).toBe(280);
    expect(list.atEnd).toBe(true);
  });

  it("stops at the first scroll up, and moves no row after that", () => {
    wheel(-1);
    expect(list.follow).toBe(false);
    const before = seen();
    for (let k = 0; k < 20; k += 1) grow(50);
    expect(seen()).toEqual(before);
    expect(list.atEnd).toBe(false);
  });

  it("stops at the first turn of the wheel, before anything was scrolled", () => {
    list.onWheel?.({ deltaY: -4 } as WheelEvent);
    const before = seen();
    grow(50);
    expect(seen()).toEqual(before);
  });

  it("stops also when it is drawn before the scroll event", () => {
    box.scrollTop -= 7;
    grow(50);
    expect(list.follow).toBe(false);
    const before = seen();
    list.onScroll?.();
    grow(50);
    expect(seen()).toEqual(before);
  });

  it("follows again after a scroll back to the end", () => {
    wheel(-400);
    wheel(100);
    expect(list.follow).toBe(false);
    wheel(1_000);
    expect(list.follow).toBe(true);
    grow(10);
    expect(last()).toBe(1_009);
  });

  it("follows again after a scroll to the former end, although rows were added", () => {
    wheel(-600);
    vi.runAllTimers();
    for (let k = 0; k < 25; k += 1) {
      total += 10;
      wheel(20);
    }
    expect(list.follow).toBe(false);
    total += 10;
    wheel(300);
    expect(list.follow).toBe(true);
  });

  it("does not follow when a longer list replaces a list during a scroll", () => {
    total = 40;
    draw();
    wheel(-200);
    total = 5_000;
    list.moveTo(2_000);
    draw();
    wheel(20);
    expect(list.follow).toBe(false);
    expect(Object.keys(seen())).toContain("2001");
  });

  it("goes on following when its box becomes higher or lower", () => {
    for (const height of [500, 200]) {
      box.clientHeight = height;
      resized();
      draw();
      expect(list.follow).toBe(true);
      expect(seen()[999]).toBe(height - ROW);
    }
  });
});

it("keeps the row that was brought into view when its box becomes lower, until it is scrolled", () => {
  list.show(999);
  draw();
  expect(seen()[999]).toBe(280);
  box.clientHeight = 200;
  draw();
  expect(seen()[999]).toBe(180);
  wheel(-100);
  box.clientHeight = 150;
  resized();
  draw();
  expect(Object.keys(seen())).not.toContain("999");
});

it("stands where it stood after its box was moved in the page, or out of it for a while", () => {
  wheel(-5_000);
  const before = seen();
  box.move();
  draw();
  expect(seen()).toEqual(before);
  box.move();
  box.clientHeight = 0;
  resized();
  draw();
  box.clientHeight = 300;
  resized();
  draw();
  expect(seen()).toEqual(before);
  list.follow = true;
  box.move();
  draw();
  expect(list.follow).toBe(true);
  expect(seen()[999]).toBe(280);
});

describe("rows of very different height", () => {
  beforeEach(() => {
    heightOf = (row) => (row % 9 ? ROW : 700);
    draw();
  });

  it("move by the scrolled pixels, although most of them were never measured", () => {
    for (let k = 0; k < 60; k += 1) {
      const before = seen();
      wheel(-100);
      const after = seen();
      const both = Object.keys(before).filter((row) => row in after);
      expect(both.length).toBeGreaterThan(0);
      for (const row of both)
        expect(Math.abs((after[+row] ?? 0) - (before[+row] ?? 0) - 100)).toBeLessThan(2);
      if (k % 7 === 0) vi.runAllTimers();
      draw();
    }
  });

  it("are scrolled through to either end, without a stop", () => {
    total = 80;
    draw();
    for (let k = 0; k < 150; k += 1) wheel(-100);
    expect(list.top).toBe(0);
    for (let k = 0; k < 150; k += 1) wheel(100);
    expect(list.atEnd).toBe(true);
    expect(list.follow).toBe(true);
  });

  it("are reached by the bar from end to end", () => {
    list.onPointerDown?.({ target: box, currentTarget: box } as unknown as Event);
    scrollTo(0);
    expect(list.top).toBe(0);
    scrollTo(box.scrollHeight);
    expect(list.atEnd).toBe(true);
  });
});

describe("a row that is asked for", () => {
  it("is shown with others around it, and the end is no longer followed", () => {
    list.show(500);
    draw();
    expect(seen()[500]).toBe(100);
    grow(10);
    expect(seen()[500]).toBe(100);
  });

  it("moves nothing where it is on screen", () => {
    const before = seen();
    list.show(990);
    draw();
    expect(seen()).toEqual(before);
  });

  it("is shown as far as it fits when it became higher", () => {
    list.show(999);
    draw();
    heightOf = (row) => (row === 999 ? 120 : ROW);
    list.show(999);
    draw();
    expect(seen()[999]).toBe(180);
  });
});

it("moves the scroll bar of a list that left the page during a scroll", () => {
  wheel(-100);
  leave();
  box = new FakeBox();
  leave = list.box?.(box as unknown as HTMLElement) as () => void;
  resized();
  draw();
  list.show(10);
  draw();
  draw();
  expect(seen()[10]).toBeDefined();
  expect(box.scrollTop).toBeLessThan(12 * ROW);
});

it("draws what a screen holds, and a margin, of any number of rows", () => {
  grow(3_000_000);
  for (const share of [0, 0.3, 0.77, 1]) {
    list.moveTo(share * total);
    draw();
    draw();
    expect(list.end - list.first).toBeLessThanOrEqual(300 / ROW + 14);
  }
});
