import { describe, expect, it } from "vitest";
import type { HistoryRow } from "../src/kernel/wire";
import { factsOf, hasEnded, notComparable, statusWord, toggled, workerName } from "../src/state/history";

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
  strict_mode: null,
  recorded: true,
  replayable: true,
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

describe("the choice of two runs", () => {
  it("keeps the two newest choices", () => {
    expect(toggled([], "a")).toEqual(["a"]);
    expect(toggled(["a"], "b")).toEqual(["a", "b"]);
    expect(toggled(["a", "b"], "c")).toEqual(["b", "c"]);
    expect(toggled(["a", "b"], "a")).toEqual(["b"]);
  });
});
