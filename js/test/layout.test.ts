import { describe, expect, it } from "vitest";
import { type LogView, lineLayout } from "../src/panes/log/layout";
import { columnPx, columnsOf, defaultShares, sharesOf } from "../src/state/layout";
import { random } from "./samples";

const view = (width: number, over: Partial<LogView> = {}): LogView => ({
  width,
  shares: {},
  maximised: null,
  absolute: false,
  wrap: null,
  stage: null,
  ...over,
});

describe("the layout", () => {
  it("has ascending shares at every width", () => {
    for (let width = 300; width < 3000; width += 7) {
      for (const shares of Object.values(defaultShares(width)))
        for (const [i, share] of shares.entries()) {
          expect(share).toBeGreaterThan((shares[i - 1] ?? 0) + 0.05);
          expect(share).toBeLessThan(0.9);
        }
      expect(columnPx(view(width), 0)).toBeGreaterThan(columnsOf(width) === 1 ? 0 : 215);
    }
  });

  it("keeps what was chosen for its number of columns at every width of it", () => {
    const shares = { 3: { columns: [0.3, 0.7] } };
    expect(sharesOf({ width: 1100, shares })).toEqual({ ...defaultShares(1100), columns: [0.3, 0.7] });
    expect(sharesOf({ width: 1600, shares }).columns).toEqual([0.3, 0.7]);
    expect(sharesOf({ width: 800, shares })).toEqual(defaultShares(800));
  });

  it.each([
    [1600, 3, { wrap: false, stage: "whole" }],
    [1200, 3, { wrap: false, stage: "short" }],
    [1080, 3, { wrap: false, stage: "short" }],
    [1032, 3, { wrap: false, stage: "short" }],
    [800, 2, { wrap: true, stage: "inline" }],
    [632, 2, { wrap: true, stage: "inline" }],
    [500, 1, { wrap: true, stage: "inline" }],
  ])("at %i px has %i columns and shows 60 characters of a log message", (width, columns, layout) => {
    expect(columnsOf(width)).toBe(columns);
    expect(lineLayout(view(width))).toEqual(layout);
  });
});

describe("a log line", () => {
  it("has room for the tag of a level and 60 characters below three columns, or is wrapped", () => {
    for (let width = 300; width < 1000; width += 7)
      for (const stage of [null, "ux"])
        for (const maximised of [null, "log"] as const) {
          const { wrap } = lineLayout(view(width, { stage, maximised }));
          const panePx = maximised ? width : columnPx(view(width), 1);
          const textPx = panePx - 74 - 54 - (stage ? 0 : 70);
          expect(wrap).toBe(textPx < 60 * 6.3);
        }
  });

  it("is wrapped as the person chose, once there is a choice", () => {
    expect(lineLayout(view(500, { wrap: false }))).toEqual({ wrap: false, stage: "short" });
    expect(lineLayout(view(1200, { wrap: true }))).toEqual({ wrap: true, stage: "inline" });
    expect(lineLayout(view(1600, { wrap: true }))).toEqual({ wrap: true, stage: "whole" });
  });

  it("has more room in a maximised pane, less with times of day, and names no stage that is chosen", () => {
    expect(lineLayout(view(800, { maximised: "log" }))).toEqual({ wrap: false, stage: "whole" });
    expect(lineLayout(view(1032, { absolute: true }))).toEqual({ wrap: true, stage: "inline" });
    expect(lineLayout(view(1032, { absolute: true, stage: "ux" }))).toEqual({ wrap: false, stage: "none" });
  });

  it("names its stage at every width", () => {
    for (let seed = 1; seed < 300; seed += 1) {
      const next = random(seed);
      const wrap = [null, true, false][Math.floor(next() * 3)] as boolean | null;
      const { stage, wrap: wrapped } = lineLayout(
        view(300 + next() * 1500, { wrap, absolute: next() < 0.5 }),
      );
      expect(stage).not.toBe("none");
      expect(stage === "inline").toBe(stage !== "whole" && wrapped);
    }
  });
});
