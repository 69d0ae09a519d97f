import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Mark } from "../src/report/matching";

/** A worker that runs the code of its blob in this thread, or that never answers. */
class FakeWorker {
  static made: FakeWorker[] = [];
  static answers = true;
  onmessage: ((event: { data: Mark[][] }) => void) | null = null;
  ended = false;
  constructor() {
    FakeWorker.made.push(this);
  }
  postMessage([pattern, texts]: [RegExp, string[], number]) {
    if (!FakeWorker.answers) return;
    const marks = texts.map((text) =>
      [...text.matchAll(pattern)].map(({ index, 0: found }): Mark => [index, index + found.length]),
    );
    queueMicrotask(() => this.onmessage?.({ data: marks }));
  }
  terminate() {
    this.ended = true;
  }
}

let marksOf: typeof import("../src/report/matching").marksOf;

beforeEach(async () => {
  vi.resetModules();
  ({ marksOf } = await import("../src/report/matching"));
  FakeWorker.made = [];
  FakeWorker.answers = true;
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("finds the first matches of each text where there are no workers", async () => {
  vi.stubGlobal("Worker", undefined);
  expect(await marksOf(/an?/g, ["banana", "", "x"], 2)).toEqual([
    [
      [1, 3],
      [3, 5],
    ],
    [],
    [],
  ]);
  expect(await marksOf(/x*/gm, ["ab"], 9)).toEqual([
    [
      [0, 0],
      [1, 1],
      [2, 2],
    ],
  ]);
});

it("ends a pattern that takes too long, and does not begin it again", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("Worker", FakeWorker);
  URL.createObjectURL ??= () => "blob:null/0";
  FakeWorker.answers = false;
  const first = marksOf(/(a+)+$/g, ["aaaa!"], 1);
  const refused = expect(first).rejects.toThrow("The pattern '(a+)+$' takes too long.");
  await vi.advanceTimersByTimeAsync(10_000);
  await refused;
  expect(FakeWorker.made.map(({ ended }) => ended)).toEqual([true]);
  await expect(marksOf(/(a+)+$/g, ["aaaa!"], 1)).rejects.toThrow("takes too long");
  FakeWorker.answers = true;
  expect(await marksOf(/b/g, ["ab"], 1)).toEqual([[[1, 2]]]);
  expect(FakeWorker.made.map(({ ended }) => ended)).toEqual([true, false]);
});
