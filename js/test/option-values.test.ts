import { describe, expect, it } from "vitest";
import type { WorkerOption } from "../src/kernel/wire";
import { chosenOptions, optionValue, withOption } from "../src/shell/option-values";
import { inWords } from "../src/ui/format";

const option = (name: string, over: Partial<WorkerOption> = {}): WorkerOption => ({
  name,
  type: "number",
  default: null,
  help: "",
  choices: [],
  minimum: null,
  maximum: null,
  unit: null,
  affects_artifacts: true,
  ...over,
});
const PACE = option("pace", { default: 10 });
const WRITER = option("writer", { type: "choice", default: "auto", choices: ["auto", "rules"] });

describe("the options of a run", () => {
  it("are those that the worker declares and that differ from their defaults", () => {
    const values = { pace: 0, writer: "auto", colour: "red" };
    expect(chosenOptions([PACE, WRITER], values)).toEqual({ pace: 0 });
    expect(chosenOptions([PACE, WRITER], { pace: 10, writer: null })).toEqual({});
  });

  it("are named in words", () => {
    expect(inWords("stage_timeout")).toBe("Stage timeout");
  });

  it.each([
    ["0", 0],
    ["2.5", 2.5],
    ["", undefined],
    [" ", undefined],
    ["abc", "abc"],
  ])("read %o as %o", (text, value) => {
    expect(optionValue(PACE, text)).toBe(value);
  });

  it("keep a text as it is", () => {
    expect(optionValue(option("note", { type: "text" }), "12")).toBe("12");
    expect(optionValue(option("note", { type: "text" }), "")).toBeUndefined();
  });

  it("are set and removed one by one", () => {
    expect(withOption({ writer: "rules" }, PACE, 0)).toEqual({ writer: "rules", pace: 0 });
    expect(withOption({ writer: "rules", pace: 0 }, PACE, undefined)).toEqual({ writer: "rules" });
  });
});
