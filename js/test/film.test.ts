// @vitest-environment happy-dom

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { RunAxis } from "../src/kernel/wire";
import type { Moves } from "../src/shell/travel/moves";
import { loadAxisPreferences, rememberPlaying, saveAxisPreferences } from "../src/shell/travel/preferences";
import { SHOT_PX, shotsOf } from "../src/shell/travel/shots";
import { loadPreferences, savePreferences } from "../src/state/preferences";

const axis = (changes: RunAxis["changes"]): RunAxis => ({
  start_us: 0,
  end_us: 100e6,
  newest: 101,
  points: [
    [1, 0],
    [101, 100e6],
  ],
  activity: [],
  marks: [],
  changes,
});

describe("the pictures of the film strip", () => {
  it("are where most was written, in the order of time, none over another", () => {
    const shots = shotsOf(
      axis([
        { file: "page.html", positions: [11, 31, 32, 51], bytes: [10, 500, 400, 20] },
        { file: "plan.md", positions: [91], bytes: [300] },
      ]),
      1_000,
    );
    expect(shots.map(({ file, position }) => [file, position])).toEqual([
      ["page.html", 11],
      ["page.html", 31],
      ["page.html", 51],
      ["plan.md", 91],
    ]);
    expect(shots.map(({ middlePx }) => middlePx)).toEqual([100, 300, 500, 900]);
  });

  it("are at most ten, inside the axis, also of a run with many changes", () => {
    const positions = Array.from({ length: 100 }, (_, i) => i + 1);
    for (const width of [0, 90, 96, 300, 1_000, 5_000]) {
      const bytes = positions.map((i) => (i * 37) % 101);
      const shots = shotsOf(axis([{ file: "a.md", positions, bytes }]), width);
      expect(shots.length).toBeLessThanOrEqual(Math.min(10, Math.ceil(width / SHOT_PX)));
      shots.forEach(({ middlePx }, i) => {
        expect(middlePx).toBeGreaterThanOrEqual(SHOT_PX / 2);
        expect(middlePx).toBeLessThanOrEqual(width - SHOT_PX / 2);
        if (i) expect(middlePx - (shots[i - 1]?.middlePx ?? 0)).toBeGreaterThanOrEqual(SHOT_PX);
      });
    }
  });

  it("are none where nothing was written", () => {
    expect(shotsOf(axis([]), 1_000)).toEqual([]);
    expect(shotsOf(axis([{ file: "a.md", positions: [5], bytes: [0] }]), 1_000)).toEqual([]);
  });
});

describe("what the browser remembers of the axis", () => {
  beforeEach(() => localStorage.clear());

  it("is beside the other preferences", () => {
    expect(loadAxisPreferences()).toEqual({ speed: 1, shortPauses: true, film: false });
    savePreferences({ absolute: true });
    saveAxisPreferences({ speed: 16, film: true });
    saveAxisPreferences({ shortPauses: false });
    savePreferences({ wrap: true });
    expect(loadAxisPreferences()).toEqual({ speed: 16, shortPauses: false, film: true });
    expect(loadPreferences()).toMatchObject({ absolute: true, wrap: true });
  });

  it.each(['{"speed": 3, "shortPauses": "no", "film": 1}', "no JSON", "[]", "null"])(
    "has its defaults where %s is stored",
    (text) => {
      localStorage.setItem("worker-widget", text);
      expect(loadAxisPreferences()).toEqual({ speed: 1, shortPauses: true, film: false });
    },
  );

  it("is how it is played", () => {
    saveAxisPreferences({ speed: 8, shortPauses: false });
    const set = vi.fn();
    const moves = rememberPlaying({ set } as unknown as Moves);
    expect(set).toHaveBeenCalledWith({ speed: 8, shortPauses: false });
    moves.set({ speed: 2 });
    expect(set).toHaveBeenLastCalledWith({ speed: 2 });
    expect(loadAxisPreferences()).toMatchObject({ speed: 2, shortPauses: false });
  });
});
