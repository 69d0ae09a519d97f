import { describe, expect, it } from "vitest";
import { splitsOf } from "../src/shell/split-layout";
import type { Columns, Shares } from "../src/state/layout";

const SHARES: Record<Columns, Shares> = {
  1: { rows: [0.18, 0.31, 0.5, 0.64] },
  2: { columns: [0.43], rows: [0.5], left: [0.68], centre: [0.62] },
  3: { columns: [0.25, 0.67], left: [0.6], centre: [0.6] },
};

const bars = (columns: Columns, shares = SHARES[columns], width = 1000, height = 1000) =>
  splitsOf(columns, shares, width, height);
const named = (columns: Columns, label: string, shares = SHARES[columns]) =>
  bars(columns, shares).find((bar) => bar.label === label);

describe("the splitters", () => {
  it.each<[Columns, number]>([
    [3, 4],
    [2, 4],
    [1, 4],
  ])("of %i columns have names of their own, and stand within their limits", (columns, size) => {
    const all = bars(columns);
    expect(new Set(all.map(({ label }) => label)).size).toBe(size);
    for (const { share, min, max } of all) {
      expect(share).toBeGreaterThan(min);
      expect(share).toBeLessThan(max);
    }
  });

  it("are drawn where the panes meet", () => {
    expect(named(3, "Height of the log")?.box).toEqual({ top: 0.6, left: 0.25, width: 0.67 - 0.25 });
    expect(named(3, "Width of the centre column")?.box).toEqual({ left: 0.67, height: 1 });
    const two = { columns: [0.4], rows: [0.5], left: [0.5], centre: [0.6] };
    expect(named(2, "Height of the timeline", two)?.box).toEqual({ top: 0.25, width: 0.4 });
    expect(named(2, "Height of the log", two)?.box).toEqual({ top: 0.3, left: 0.4, width: 0.6 });
    expect(named(2, "Width of the left column", two)?.box).toEqual({ left: 0.4, height: 0.5 });
    expect(named(1, "Height of the log")?.box).toEqual({ top: 0.5, width: 1 });
  });

  it("leave a column 200 pixels and a pane 110, on both of their sides", () => {
    expect(named(3, "Width of the left column")).toMatchObject({ min: 0.2, max: 0.67 - 0.2 });
    expect(named(3, "Width of the centre column")).toMatchObject({ min: 0.25 + 0.2, max: 0.8 });
    expect(named(1, "Height of the routing")).toMatchObject({ min: 0.18 + 0.11, max: 0.5 - 0.11 });
    const two = { columns: [0.4], rows: [0.5], left: [0.5], centre: [0.6] };
    expect(named(2, "Height of the log", two)).toMatchObject({ min: 0.22, max: 0.78, extent: 0.5 });
  });
});
