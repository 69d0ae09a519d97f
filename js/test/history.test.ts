import { describe, expect, it } from "vitest";
import type { HistoryRow } from "../src/kernel/wire";
import {
  EVERY_RUN,
  factsOf,
  foundWords,
  hasEnded,
  MOST_COMPARED,
  matchesIn,
  notComparable,
  notDeletable,
  rowsToRead,
  statusWord,
  tagsIn,
  toggled,
  withNewest,
  workerName,
} from "../src/state/history";

const row = (over: Partial<HistoryRow> = {}): HistoryRow => ({
  run_id: "r",
  worker: "business-builder",
  task: "A task",
  status: "completed",
  success: true,
  error: null,
  started_us: null,
  latency_ms: null,
  replay_of: null,
  parent_run_id: null,
  strict_mode: null,
  recorded: true,
  replayable: true,
  starred: false,
  tags: [],
  note: null,
  ...over,
});

describe("a run of the history", () => {
  it.each([
    ["completed", "Completed", true],
    ["cancelled", "Cancelled", true],
    ["crashed", "Crashed", true],
    ["queued", "Queued", false],
    ["timed_out", "Timed out", false],
    ["", "Unknown", false],
  ])("with the status %j is %s", (status, word, ended) => {
    expect(statusWord(status)).toBe(word);
    expect(hasEnded(row({ status }))).toBe(ended);
  });

  it("is described by worker, kind, origin, duration and time", () => {
    const workers = [{ id: "business-builder", name: "Business Builder" }] as never;
    const strict = row({ strict_mode: true, replay_of: "other", latency_ms: 1234, started_us: 60e6 });
    expect(factsOf(strict, workers, 360e6)).toMatch(
      /^Business Builder · verification · strict · 1\.2 s · 1970-01-01 \d\d:01 \(5 min ago\)$/,
    );
    expect(factsOf(row({ recorded: false }), workers, 0)).toBe("Business Builder · on the server");
    expect(factsOf(row({ status: "running" }), workers, 0)).toBe("Business Builder");
    expect(workerName(workers, "elsewhere")).toBe("Elsewhere");
    expect(workerName(workers, null)).toBe("");
  });

  it("can be compared if its events are on this computer", () => {
    expect(notComparable(row())).toBe("");
    expect(notComparable(row({ recorded: false }))).toMatch(/open it first/);
  });
});

describe("the choice of runs", () => {
  it("keeps the newest choices, as many as can be compared", () => {
    expect(toggled([], "a")).toEqual(["a"]);
    expect(toggled(["a", "b"], "c")).toEqual(["a", "b", "c"]);
    expect(toggled(["a", "b"], "a")).toEqual(["b"]);
    const most = Array.from({ length: MOST_COMPARED }, (_, n) => `run ${n}`);
    expect(toggled(most, "one more")).toEqual([...most.slice(1), "one more"]);
  });
});

describe("the list of all runs", () => {
  const answer = { version: "", total: 12, in_rows: 12, all: 10_000, start: 0, rows: [], search: null };
  const search = { runs: 9, lines: 40, scanned: 250, of: 1000, done: false, error: null };

  it.each([
    [EVERY_RUN, { ...answer, total: 10_000 }, "10,000 runs"],
    [EVERY_RUN, { ...answer, total: 1 }, "1 run"],
    [{ ...EVERY_RUN, starred: true }, answer, "12 of 10,000 runs"],
    [
      { ...EVERY_RUN, text: "x" },
      { ...answer, in_rows: 3, search },
      "3 runs by task or note · 9 more by log · 25% searched",
    ],
    [
      { ...EVERY_RUN, text: "x" },
      { ...answer, in_rows: 12, search: { ...search, done: true } },
      "12 runs by task or note · no more by log",
    ],
    [
      { ...EVERY_RUN, text: "x" },
      { ...answer, search: { ...search, done: true, error: "It takes too long." } },
      "12 runs by task or note · It takes too long.",
    ],
  ])("says what passes %j", (filter, found, words) => {
    expect(foundWords(found, filter)).toBe(words);
  });

  it("reads the rows on screen with some around them, and never too many", () => {
    expect(rowsToRead(0, 12)).toEqual([0, 50]);
    expect(rowsToRead(100, 115)).toEqual([75, 65]);
    expect(rowsToRead(100, 900)).toEqual([75, 200]);
  });

  it("takes over the newest runs, which can be new and move the others down", () => {
    const [a, b, c] = ["a", "b", "c"].map((run_id) => row({ run_id, status: "running" }));
    const rows = new Map([a, b].map((item, index) => [index, item as HistoryRow]));
    const ended = row({ run_id: "a", status: "failed" });
    const [next, added] = withNewest(rows, [c as HistoryRow, ended]);
    expect(added).toBe(1);
    expect([...next].map(([index, { run_id, status }]) => [index, run_id, status])).toEqual([
      [0, "c", "running"],
      [1, "a", "failed"],
      [2, "b", "running"],
    ]);
    expect(withNewest(rows, [])[1]).toBe(0);
  });

  it("takes each tag once, without a leading #", () => {
    expect(tagsIn(" a, #b ,,a, c d, # ")).toEqual(["a", "b", "c d"]);
    expect(tagsIn("")).toEqual([]);
  });

  it("marks what a search matches in any case", () => {
    expect(matchesIn("A Bakery, a bakery", "bakery")).toEqual([
      ["A ", false],
      ["Bakery", true],
      [", a ", false],
      ["bakery", true],
    ]);
    expect(matchesIn("text", "")).toEqual([["text", false]]);
    expect(matchesIn("İstanbul", "i")).toEqual([["İstanbul", false]]);
  });

  it("offers to delete what has ended", () => {
    expect(notDeletable(row())).toBe("");
    expect(notDeletable(row({ status: "interrupted" }))).toBe("");
    expect(notDeletable(row({ status: "waiting" }))).toMatch(/stop it first/);
  });
});
