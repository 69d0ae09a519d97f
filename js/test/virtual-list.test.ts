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
    heightPx: 0,
    /** How often it was measured. */
    measured: 0,
    get offsetHeight() {
      this.measured += 1;
      return this.heightPx;
    },
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
    moved();
  }
}

let box: FakeBox;
let list: List;
let total: number;
let heightOf: (row: number) => number;
let paints: Set<() => void>;
let resized: () => void;
let moved: () => void;
/** A drawing is scheduled. */
let due: boolean;
let leave: () => void;
/** Only the log lines are drawn. */
let quick: boolean;

/** Draws as the console and the browser do: the rows, what measures them, and what observes their sizes. */
function draw(): void {
  drawOnce();
  const sizes = () => `${box.clientHeight} ${box.block.heightPx}`;
  for (let k = 0; k < 5 && (due || sizes() !== seenSizes); k += 1) {
    if (sizes() !== seenSizes) resized();
    seenSizes = sizes();
    if (due) drawOnce();
  }
}

let seenSizes = "";

function drawOnce(): void {
  due = false;
  list.draw(total);
  let top = 0;
  box.block.children = Array.from({ length: list.end - list.first }, (_, k) => {
    const row = { offsetTop: top };
    top += heightOf(list.first + k);
    return row;
  });
  box.block.heightPx = top;
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
      constructor(changed: () => void) {
        moved = changed;
      }
      observe() {}
      disconnect() {}
    },
  );
  paints = new Set();
  const painting = {
    changed: () => {
      due = true;
    },
    onPaint: (paint: () => void) => {
      paints.add(paint);
      return () => paints.delete(paint);
    },
    get quick() {
      return quick;
    },
  };
  quick = false;
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

it("begins at the first row of which more than a pixel is on screen", () => {
  scrollTo(50 * ROW + 10);
  expect(list.top).toBe(50.5);
  scrollTo(50 * ROW + 19.4);
  expect(list.top).toBe(51);
  expect(seen()[50]).toBe(-19);
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

describe("a list is measured only if something changed", () => {
  const measured = () => {
    const before = box.block.measured;
    draw();
    return box.block.measured - before;
  };

  it("not where the same rows are drawn again", () => {
    draw();
    expect(measured()).toBe(0);
    wheel(-500);
    vi.runAllTimers();
    draw();
    expect(measured()).toBe(0);
  });

  it("where rows come, where it is scrolled, and where a row changes its height", () => {
    draw();
    total += 1;
    expect(measured()).toBeGreaterThan(0);
    wheel(-500);
    vi.runAllTimers();
    draw();
    const before = seen();
    const below = Object.keys(before).map(Number)[3] as number;
    heightOf = (row) => (row === below ? 60 : ROW);
    expect(measured()).toBeGreaterThan(0);
    const after = seen();
    expect(after[below]).toBe(before[below]);
    expect(after[below + 1]).toBe((before[below + 1] as number) + 40);
  });

  it("and rows of one height are not measured one by one", () => {
    const read = vi.fn();
    total += 100;
    list.draw(total);
    box.block.children = Array.from({ length: list.end - list.first }, (_, k) => ({
      get offsetTop() {
        read();
        return k * ROW;
      },
    }));
    box.block.heightPx = (list.end - list.first) * ROW;
    for (const paint of paints) paint();
    expect(read).not.toHaveBeenCalled();
    expect(seen()[1_099]).toBe(280);
  });
});

describe("the rows at the end of a long list, drawn alone", () => {
  const measured = () => {
    const before = box.block.measured;
    draw();
    return box.block.measured - before;
  };

  it("take the places of those before, without a measurement", () => {
    draw();
    quick = true;
    const places = Object.values(seen());
    for (let k = 0; k < 3; k += 1) {
      total += 60;
      expect(measured()).toBe(0);
      expect(Object.values(seen())).toEqual(places);
      expect(last()).toBe(total - 1);
    }
    quick = false;
    draw();
    expect(seen()[total - 1]).toBe(280);
    expect(list.atEnd).toBe(true);
  });

  it("are left by a scroll up as if everything had been drawn", () => {
    quick = true;
    grow(60);
    grow(60);
    quick = false;
    wheel(-100);
    expect(list.follow).toBe(false);
    expect(seen()[1_119]).toBeUndefined();
    expect(seen()[1_114]).toBe(280);
  });

  it("are put in their places where the list has become longer than its box", () => {
    total = 10;
    list.moveTo(0);
    list.follow = true;
    draw();
    quick = true;
    grow(40);
    expect(last()).toBe(49);
    expect(seen()[49]).toBe(280);
  });
});

describe("the rows beyond the screen", () => {
  it("are few until the list is scrolled", () => {
    draw();
    const rows = () => list.end - list.first;
    const before = rows();
    expect(before).toBeLessThanOrEqual(list.viewPx / 20 + 2);
    wheel(-100);
    draw();
    expect(rows()).toBeGreaterThan(before + 5);
  });
});

describe("the keys of rows", () => {
  const keys = () => Array.from({ length: list.end - list.first }, (_, k) => list.first + k - list.base);

  it("stay with the elements where all rows are new, so that no element is made", () => {
    draw();
    const before = keys();
    grow(500);
    expect(keys()).toEqual(before);
    list.moveTo(100);
    draw();
    const there = keys();
    list.moveTo(900);
    draw();
    expect(keys()).toEqual(there);
  });

  it("go with the rows where a few are new, so that what is read stays in its element", () => {
    draw();
    const { base } = list;
    grow(2);
    expect(list.base).toBe(base);
    wheel(-100);
    for (let k = 0; k < 20; k += 1) {
      wheel(-200);
      expect(list.base).toBe(base);
    }
  });
});
