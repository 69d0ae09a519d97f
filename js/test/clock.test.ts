import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createClock } from "../src/state/clock";

const HOUR_MS = 3_600_000;
const RUN_US = 1_700_000_000_000_000;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it.each([HOUR_MS, -HOUR_MS])("counts on when the clock of the computer is set by %i ms", (ms) => {
  const clock = createClock();
  clock.passed(RUN_US);
  vi.setSystemTime(Date.now() + ms);
  vi.advanceTimersByTime(2_000);
  expect(clock.nowUs).toBe(RUN_US + 2_000_000);
});

it("takes the latest moment, because messages only arrive late", () => {
  const clock = createClock();
  clock.passed(RUN_US);
  clock.passed(RUN_US - 5);
  expect(clock.nowUs).toBe(RUN_US);
  clock.passed(RUN_US + 5);
  expect(clock.nowUs).toBe(RUN_US + 5);
});

it("has the time of day until a moment has passed, also for the next run", () => {
  const clock = createClock();
  expect(clock.nowUs).toBe(Date.now() * 1000);
  clock.passed(RUN_US);
  clock.reset();
  expect(clock.nowUs).toBe(Date.now() * 1000);
  clock.passed(RUN_US - 5);
  expect(clock.nowUs).toBe(RUN_US - 5);
});
