import { describe, expect, it } from "vitest";
import { nextStep, strictOf } from "../src/shell/draft";
import { form as formState, run, state } from "./samples";

const draft = (over = {}) => ({ task: "A task", brand: "", strict: false, options: {}, ...over });
const ended = (over = {}) =>
  state({ form: formState({ worker: "business-builder" }), run: run({ status: "failed", ...over }) });

describe("the next step", () => {
  it("runs where nothing was run, and stops what runs, whatever the form contains", () => {
    expect(nextStep(state({ run: null }), draft())).toBe("run");
    for (const status of ["queued", "running"] as const)
      expect(nextStep(ended({ status }), draft({ task: "Another" }))).toBe("stop");
  });

  it("leaves a run that is over, while the form asks for the same", () => {
    expect(nextStep(ended(), draft())).toBe("new");
    expect(nextStep(ended(), draft({ task: " A task\n" }))).toBe("new");
    expect(nextStep(ended({ strict_mode: true }), draft({ strict: null }))).toBe("new");
    expect(nextStep(ended({ task: null, worker: null, strict_mode: null }), draft())).toBe("new");
  });

  it.each([{ task: "Another" }, { task: "" }, { brand: "{}" }, { strict: true }])(
    "runs what the form asks for since: %o",
    (change) => {
      expect(nextStep(ended(), draft(change))).toBe("run");
    },
  );

  it("runs with the worker that was chosen since", () => {
    expect(nextStep(ended({ worker: "another" }), draft())).toBe("run");
  });
});

describe("how strict the next run is", () => {
  it("is that of the run on screen, until it is chosen", () => {
    expect(strictOf(ended({ strict_mode: true }), { strict: null })).toBe(true);
    expect(strictOf(ended({ strict_mode: true }), { strict: false })).toBe(false);
    expect(strictOf(ended({ strict_mode: null }), { strict: null })).toBe(false);
    expect(strictOf(state({ run: null }), { strict: true })).toBe(true);
  });
});
