import { describe, expect, it } from "vitest";
import { nextStep } from "../src/shell/draft";
import { draftOf } from "../src/state/selectors";
import { form as formState, run, state } from "./samples";

const form = formState({ worker: "business-builder" });
const draft = (over = {}) => ({ ...draftOf(form), ...over });
const ended = (over = {}, formOver = {}) =>
  state({ form: { ...form, ...formOver }, run: run({ status: "failed", ...over }) });

describe("the next step", () => {
  it("runs where nothing was run, and stops what runs, whatever the form contains", () => {
    expect(nextStep(state({ run: null }), draft())).toBe("run");
    for (const status of ["queued", "running"] as const)
      expect(nextStep(ended({ status }), draft({ task: "Another" }))).toBe("stop");
  });

  it("leaves a run that is over, while the form asks for the same", () => {
    expect(nextStep(ended(), draft())).toBe("new");
    expect(nextStep(ended(), draft({ task: " A task\n" }))).toBe("new");
    const strict = { strict_mode: true };
    expect(nextStep(ended(strict, strict), draft(strict))).toBe("new");
    expect(nextStep(ended({ worker: null }), draft())).toBe("new");
  });

  it.each([
    { task: "Another" },
    { task: "" },
    { brand: "{}" },
    { strict_mode: true },
    { depth: "deep" },
    { budget: 5_000 },
  ])("runs what the form asks for since: %o", (change) => {
    expect(nextStep(ended(), draft(change))).toBe("run");
  });

  it("runs with the worker that was chosen since", () => {
    expect(nextStep(ended({ worker: "another" }), draft())).toBe("run");
  });
});
