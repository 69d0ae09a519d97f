import { describe, expect, it } from "vitest";
import type { RunAxis, ShownRange } from "../src/kernel/wire";
import {
  dragged,
  rangeWords,
  sharesOfRange,
  shownWords,
  timesOfShares,
  withEdge,
  withEnd,
} from "../src/shell/travel/range";
import { edgeStep, endOfKey } from "../src/shell/travel/range-keys";

const AXIS: RunAxis = {
  start_us: 10e6,
  end_us: 20e6,
  newest: 101,
  points: [
    [1, 10e6],
    [51, 12e6],
    [101, 20e6],
  ],
  activity: [],
  marks: [],
  changes: [],
};

const range = (over: Partial<ShownRange> = {}): ShownRange => ({
  after: 50,
  upto: 76,
  start_us: 12e6,
  end_us: 16e6,
  ...over,
});

describe("a range of the time axis", () => {
  it("is at its times, or where its events are", () => {
    expect(sharesOfRange(AXIS, range())).toEqual([0.2, 0.6]);
    expect(sharesOfRange(AXIS, range({ start_us: null, end_us: null }))).toEqual([0.2, 0.6]);
    expect(timesOfShares(AXIS, [0.2, 0.6])).toEqual({ start_us: 12e6, end_us: 16e6 });
  });

  it.each([
    [0.2, 0.6, [0.2, 0.6]],
    [0.6, 0.2, [0.2, 0.6]],
    [0.3, 0.3, null],
    [0.3, 0.3005, null],
  ])("is dragged from %f to %f in either direction, unless it is a click", (from, to, expected) => {
    expect(dragged(from, to)).toEqual(expected);
  });

  it.each([
    [0, 0.1, [0.1, 0.6]],
    [0, -1, [0, 0.6]],
    [1, 0.9, [0.2, 0.9]],
    [1, 2, [0.2, 1]],
  ] as const)("has its end %i at %f", (edge, share, expected) => {
    expect(withEdge([0.2, 0.6], edge, share)).toEqual(expected);
  });

  it("keeps its ends in order", () => {
    for (const edge of [0, 1] as const)
      for (let share = -0.5; share < 1.5; share += 0.01) {
        const [from, to] = withEdge([0.2, 0.6], edge, share);
        expect(0 <= from && from < to && to <= 1).toBe(true);
        const [start, end] = withEnd([0.2, 0.6], edge, Math.min(1, Math.max(0, share)));
        expect(start <= end).toBe(true);
      }
  });

  it.each([
    [null, 0, 0.3, [0.3, 1]],
    [null, 1, 0.3, [0, 0.3]],
    [[0.2, 0.6], 0, 0.3, [0.3, 0.6]],
    [[0.2, 0.6], 1, 0.3, [0.2, 0.3]],
    [[0.2, 0.6], 0, 0.8, [0.8, 1]],
    [[0.2, 0.6], 1, 0.1, [0, 0.1]],
  ] as const)("of %j ends (%i) at the moment %f", (before, edge, share, expected) => {
    expect(withEnd(before, edge, share)).toEqual(expected);
  });

  it("is named with its times and the exact number of its events", () => {
    expect(rangeWords(AXIS, [0.2, 0.6])).toBe("2.0 s – 6.0 s");
    expect(shownWords(AXIS, range({ after: 0, upto: 12_345 }))).toBe("2.0 s – 6.0 s · 12,345 events");
    expect(shownWords(AXIS, range({ after: 0, upto: 1 }))).toBe("2.0 s – 6.0 s · 1 event");
  });

  it.each([
    ["i", 0],
    ["o", 1],
    ["x", undefined],
  ])("is begun and ended by %s", (key, end) => {
    expect(endOfKey({ key, shiftKey: false })).toBe(end);
  });

  it.each([
    ["ArrowLeft", false, -0.01],
    ["ArrowRight", false, 0.01],
    ["ArrowRight", true, 0.1],
    ["Home", false, null],
  ])("is changed by %s (Shift: %s)", (key, shiftKey, step) => {
    expect(edgeStep({ key, shiftKey })).toBe(step);
  });
});
