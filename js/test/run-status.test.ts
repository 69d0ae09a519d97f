import { describe, expect, it } from "vitest";
import { firstStatus, stagesDone } from "../src/shell/run-status";
import { run } from "./samples";

describe("the number of stages that are done", () => {
  it.each<[number, number, string]>([
    [3, 2, "2/3"],
    [0, 0, ""],
  ])("of %s: %s", (total_stages, top_done, expected) => {
    const known = run({ total_stages });
    expect(stagesDone({ ...known, counts: { ...known.counts, top_done } })).toBe(expected);
  });
});

describe("the status before the code that needs a kernel", () => {
  const place = { stage_id: null, incident: null, location: null };
  const verdict = { tone: "error", summary: "Failed · 1 error", reason: "No answer.", ...place } as const;

  it("is that of a run that has ended, and else that the kernel is asked", () => {
    const ended = { ...run({ status: "failed" }), verdict };
    expect(firstStatus("here", ended)).toEqual(["error", "Failed · 1 error", "", "Failed"]);
    expect(firstStatus("none", ended)[1]).toBe("Failed · 1 error");
    expect(firstStatus("connecting", ended)[1]).toBe("Connecting");
    expect(firstStatus("here", null)[1]).toBe("Connecting");
    expect(firstStatus("none", run())[1]).toBe("Not followed");
  });
});
