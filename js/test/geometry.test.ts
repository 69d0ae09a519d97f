import { describe, expect, it } from "vitest";
import { contentPx, endPx, rowWindow, scrollToRow } from "../src/ui/virtual";

const shape = (total: number) => ({ total, rowPx: 20, viewPx: 300 });

describe("rowWindow", () => {
  it("draws what is in view and a little around it", () => {
    expect(rowWindow(shape(1_000), 0, 5)).toEqual({ first: 0, end: 20, topPx: 0 });
    expect(rowWindow(shape(1_000), 410, 5)).toEqual({ first: 15, end: 41, topPx: 300 });
    expect(rowWindow(shape(3), 0, 5)).toEqual({ first: 0, end: 3, topPx: 0 });
    expect(rowWindow(shape(0), 0, 5)).toEqual({ first: 0, end: 0, topPx: 0 });
  });

  it("stays inside the list when it became shorter", () => {
    const { first, end } = rowWindow(shape(20), 99_999, 5);
    expect(end).toBe(20);
    expect(first).toBe(0);
  });

  it.each([10, 1_000, 399_999, 400_001, 5_000_000, 90_000_000])("reaches both ends of %i rows", (total) => {
    const list = shape(total);
    expect(contentPx(list)).toBeLessThanOrEqual(8_000_000);
    expect(rowWindow(list, 0, 0).first).toBe(0);
    const last = rowWindow(list, endPx(list), 0);
    expect(last.end).toBe(total);
    // The last row ends where the content ends.
    const bottom = last.topPx + (last.end - last.first) * 20;
    expect(bottom).toBeCloseTo(Math.max(contentPx(list), total * 20 < 300 ? total * 20 : 0), 3);
  });

  it("never draws more rows than fit, with the margin", () => {
    for (let scroll = 0; scroll < 8_000_000; scroll += 99_991) {
      const { first, end, topPx } = rowWindow(shape(5_000_000), scroll, 6);
      expect(end - first).toBeLessThanOrEqual(15 + 1 + 12);
      expect(Math.abs(topPx - scroll)).toBeLessThanOrEqual(7 * 20);
    }
  });
});

describe("scrollToRow", () => {
  it("stays where it is when the row is in view", () => {
    expect(scrollToRow(shape(1_000), 400, 25)).toBe(400);
  });

  it("moves no farther than needed to the next row", () => {
    expect(scrollToRow(shape(1_000), 400, 19)).toBe(380);
    expect(scrollToRow(shape(1_000), 400, 35)).toBe(420);
  });

  it("shows a far row with others around it", () => {
    const scroll = scrollToRow(shape(1_000), 0, 500);
    expect(scroll).toBeGreaterThan(500 * 20 - 300);
    expect(scroll).toBeLessThan(500 * 20);
    expect(scrollToRow(shape(1_000), 900, 0)).toBe(0);
  });

  it.each([5, 1_000, 2_000_000])("brings any row of %i into the window", (total) => {
    for (const index of [0, 1, Math.floor(total / 3), total - 1]) {
      const { first, end } = rowWindow(shape(total), scrollToRow(shape(total), 12_345, index), 1);
      expect(index).toBeGreaterThanOrEqual(first);
      expect(index).toBeLessThan(end);
    }
  });
});
