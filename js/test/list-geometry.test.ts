import { describe, expect, it } from "vitest";
import {
  type Anchor,
  anchorAt,
  contentPx,
  drawnRows,
  endPx,
  layOut,
  OVERSCAN,
} from "../src/ui/list/geometry";
import { random } from "./samples";

const LEAST = 20;
const VIEW = 300;

/** A list of rows of known heights, seen during a scroll: only drawn rows are measured. */
function listOf(heightOf: (row: number) => number, total: number, rowPx = LEAST) {
  const shape = { total, rowPx, viewPx: VIEW };
  const look = (anchor: Anchor, wanted: number | null = null) => {
    const [first, end] = drawnRows(shape, LEAST, anchor);
    const edges = [0];
    for (let row = first; row < end; row += 1) edges.push((edges[row - first] ?? 0) + heightOf(row));
    const stands = layOut(shape, anchor, first, edges, wanted);
    /** Where a drawn row's top is on the screen. */
    const topOf = (row: number) => stands.shiftPx + (edges[row - first] ?? Number.NaN);
    return { ...stands, first, end, topOf, bottomPx: stands.shiftPx + (edges[end - first] ?? 0) };
  };
  return { shape, look };
}

const SEEDS = [1, 4, 5];

/** Lists of rows from 20 to 420 pixels high, most of them low. */
const UNEVEN = SEEDS.flatMap((seed) =>
  [40, 1_000, 3_000_000].map((total) => {
    const heightOf = (row: number) => LEAST + Math.floor(400 * random(seed * 7919 + row)() ** 6);
    return { name: `${total} rows, seed ${seed}`, total, seed, heightOf };
  }),
);

describe.each(UNEVEN)("a list of uneven rows ($name)", ({ total, seed, heightOf }) => {
  const { shape, look } = listOf(heightOf, total, 30);
  const next = random(seed);
  const places = Array.from({ length: 60 }, () => Math.floor(next() * total));

  it("fills the screen wherever it stands, with few rows", () => {
    for (const at of places) {
      const { blank, first, end } = look({ point: at + next(), y: 0 });
      expect(blank).toBe(false);
      expect(end - first).toBeLessThanOrEqual(VIEW / LEAST + 2 * OVERSCAN + 2);
    }
  });

  it("moves by the scrolled pixels, and no farther than its ends", () => {
    for (const at of places) {
      const before = look({ point: at, y: 0 });
      for (const px of [-260, -100, -1, 1, 100, 260]) {
        const after = look({ point: before.top, y: -px });
        const row = Math.max(before.first, after.first) + OVERSCAN;
        const moved = before.topOf(row) - after.topOf(row);
        if (after.top > 0 && !after.atEnd) expect(moved).toBeCloseTo(px, 4);
        else expect(Math.abs(moved)).toBeLessThanOrEqual(Math.abs(px) + 1e-6);
      }
    }
  });

  it("reaches both ends by its bar", () => {
    const start = look(anchorAt(shape, 0));
    expect([start.top, start.shiftPx, start.scrollPx]).toEqual([0, 0, 0]);
    const end = look(anchorAt(shape, endPx(shape)));
    expect(end.atEnd).toBe(true);
    expect(end.end).toBe(total);
    expect(end.bottomPx).toBeCloseTo(VIEW, 6);
    expect(end.scrollPx).toBeCloseTo(endPx(shape), 6);
  });

  it("shows by its bar about where it stands", () => {
    let last = -1;
    for (let at = 0; at < total; at += Math.ceil(total / 50)) {
      const { scrollPx } = look({ point: at, y: 0 });
      expect(scrollPx).toBeGreaterThanOrEqual(last);
      expect(scrollPx).toBeLessThanOrEqual(endPx(shape));
      last = scrollPx;
    }
  });

  it("brings any row into view, and moves nothing if it is in view", () => {
    for (const row of places) {
      const far = look({ point: row, y: VIEW / 3 }, row);
      const bottom = far.topOf(row) + heightOf(row);
      expect(far.topOf(row)).toBeGreaterThanOrEqual(-1e-6);
      expect(Math.min(bottom, VIEW)).toBeGreaterThan(far.topOf(row));
      const again = look({ point: far.top, y: 0 }, row);
      if (bottom <= VIEW) expect(again.topOf(row)).toBeCloseTo(far.topOf(row), 4);
    }
  });

  it("keeps every row where it is when more come", () => {
    const more = listOf(heightOf, total + 500, 30);
    for (const at of places) {
      const before = look({ point: at, y: 0 });
      if (before.atEnd) continue;
      const after = more.look({ point: before.top, y: 0 });
      expect(after.topOf(after.first + OVERSCAN)).toBeCloseTo(before.topOf(after.first + OVERSCAN), 4);
    }
  });
});

describe("a list of even rows", () => {
  it.each([16, 1_000, 399_000])("scrolls pixel by pixel like any box: %i rows", (total) => {
    const { shape, look } = listOf(() => LEAST, total);
    for (let px = 0; px <= endPx(shape); px += Math.ceil(endPx(shape) / 37)) {
      const { top, scrollPx } = look(anchorAt(shape, px));
      expect(top * LEAST).toBeCloseTo(px, 3);
      expect(scrollPx).toBeCloseTo(px, 3);
    }
  });

  it("is never higher than browsers can draw", () => {
    expect(contentPx(listOf(() => LEAST, 90_000_000).shape)).toBe(8_000_000);
  });

  it("moves no farther than needed to the next row, and shows a far row with others around it", () => {
    const { look } = listOf(() => LEAST, 1_000);
    expect(look({ point: 20, y: 0 }, 19).top).toBe(19);
    expect(look({ point: 20, y: 0 }, 34).top).toBe(20);
    expect(look({ point: 20, y: 0 }, 35).top).toBe(21);
    expect(look({ point: 20, y: 0 }, 37).topOf(37)).toBe(VIEW / 3);
  });

  it("that fits on the screen stands at its top", () => {
    const { look } = listOf(() => LEAST, 3);
    expect(look({ point: 3, y: VIEW })).toMatchObject({
      shiftPx: 0,
      top: 0,
      bottom: 3,
      atEnd: true,
      scrollPx: 0,
    });
    expect(listOf(() => LEAST, 0).look({ point: 0, y: 0 })).toMatchObject({ first: 0, end: 0, shiftPx: 0 });
  });
});
