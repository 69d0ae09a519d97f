import { describe, expect, it } from "vitest";
import type { ConsoleState, Stage } from "../src/kernel/wire";
import { nextStep } from "../src/shell/draft";
import { forkBlocked, offers, originOf, preparedFork, stageToRetry } from "../src/state/forks";
import { draftOf } from "../src/state/selectors";
import { form, run, stage, state } from "./samples";

const worker = (capabilities: string[]) => ({
  id: "business-builder",
  name: "Business Builder",
  description: "",
  status: "available",
  moats: [],
  options: [],
  secrets: [],
  capabilities,
  reason: null,
});

const PLAN = [
  stage("preflight", { status: "completed" }),
  stage("copy", { status: "recovered" }),
  stage("hero", { status: "completed", parent_id: "copy" }),
  stage("ux", { status: "failed" }),
  stage("bundle"),
] as const;
const [preflight, , inside, ux, bundle] = PLAN;

const ended = (over: Partial<ConsoleState> = {}, capabilities = ["fork", "retry", "pause"]): ConsoleState =>
  state({
    form: form({ worker: "business-builder", workers: [worker(capabilities)] }),
    run: run({ status: "failed" }),
    stages: PLAN as unknown as Stage[],
    ...over,
  });

describe("what a worker offers for a run", () => {
  it("is what the server lists, and nothing of an older server or another worker", () => {
    expect(offers(ended(), "pause")).toBe(true);
    expect(offers(ended({}, []), "pause")).toBe(false);
    expect(offers(ended({ run: run({ worker: "other" }) }), "pause")).toBe(false);
  });
});

describe("the stage to retry", () => {
  it("is the first that is not complete, of a run that failed or was stopped", () => {
    expect(stageToRetry(ended())).toBe(ux);
    expect(stageToRetry(ended({ run: run({ status: "cancelled" }) }))).toBe(ux);
    expect(stageToRetry(ended({ run: run({ status: "completed" }) }))).toBeNull();
    expect(stageToRetry(ended({}, ["fork"]))).toBeNull();
  });

  it("is none where the first stage is not complete: that is the whole run", () => {
    expect(stageToRetry(ended({ stages: [stage("preflight", { status: "failed" }), bundle] }))).toBeNull();
  });
});

describe("a fork", () => {
  it("begins with a stage of the plan whose stages before are complete", () => {
    expect(forkBlocked(ended(), preflight)).toBe("");
    expect(forkBlocked(ended(), ux)).toBe("");
    expect(forkBlocked(ended(), bundle)).toContain("ux is not complete");
    expect(forkBlocked(ended(), inside)).toBeNull();
    expect(forkBlocked(ended({}, ["pause"]), ux)).toBeNull();
    expect(forkBlocked(ended({ run: run({ status: "running" }) }), ux)).toBe("The run has not ended yet");
  });

  it("is the next step once it is prepared, of the run on screen and with its worker", () => {
    const fork = { run_id: "run-1", stage_id: "copy" };
    const draft = { ...draftOf(ended().form), fork };
    expect(nextStep(ended(), draft)).toBe("fork");
    expect(preparedFork(ended(), { ...fork, run_id: "another" })).toBeNull();
    expect(preparedFork(ended({ run: run({ worker: "other" }) }), fork)).toBeNull();
    expect(nextStep(ended({ run: run({ status: "running" }) }), draft)).toBe("stop");
  });

  it("is named after its parent; a verification is none", () => {
    const parent_run_id = "3d303d0d-2b8a";
    expect(originOf(run({ parent_run_id, from_stage: "copy" }))).toBe("Fork of run 3d303d0d");
    expect(originOf(run({ parent_run_id }))).toBe("Retry of run 3d303d0d");
    expect(originOf(run({ parent_run_id, from_stage: "copy", replay_of: "x" }))).toBe("");
    expect(originOf(run())).toBe("");
  });
});
