// Texts of a worker can be the names of properties that every object has.

import { describe, expect, it } from "vitest";
import type { WorkerOption } from "../src/kernel/wire";
import { tally } from "../src/panes/artifacts/sources";
import { isOpen } from "../src/panes/timeline/tree";
import { chosenOptions, withOption } from "../src/shell/option-values";
import { availabilityOf } from "../src/shell/worker";
import { shownArtifact } from "../src/state/selectors";
import { kindIcon, markStyle, stageIcon } from "../src/ui/icons";
import { lookUp } from "../src/ui/look-up";
import { artifact, stage } from "./samples";

const NAMES = ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"];

describe.each(NAMES)("a text such as %s", (name) => {
  it("is not found where it is not listed", () => {
    expect(lookUp({ listed: 1 }, name, 0)).toBe(0);
    expect(lookUp(JSON.parse(`{"${name}": 1}`), name, 0)).toBe(1);
  });

  it("has the icons of unknown kinds and statuses", () => {
    for (const icon of [kindIcon, stageIcon, markStyle]) expect(icon(name)).toBe(icon("unknown"));
    expect(kindIcon("html")).not.toBe(kindIcon("unknown"));
    expect(stageIcon("tool")).not.toBe(stageIcon("unknown"));
    expect(markStyle("failed")).not.toBe(markStyle("unknown"));
  });

  it("is an unknown status of a worker, and an unknown source of a sentence", () => {
    expect(availabilityOf(name)).toEqual(["error", "Unavailable"]);
    const sentence = { source: name, stage_id: null, artifact_id: null, start: 0, end: 1 };
    expect(tally([sentence as never])).toEqual([["rule", 1]]);
  });

  it("is a stage that is as open as others", () => {
    const done = stage(name, { status: "completed" });
    const running = stage(name, { status: "running" });
    expect([isOpen({ opened: new Map() }, done), isOpen({ opened: new Map() }, running)]).toEqual([
      false,
      true,
    ]);
    expect(isOpen({ opened: new Map([[name, true]]) }, done)).toBe(true);
  });

  it("is a kind of document that is shown after the run if it is the newest", () => {
    const older = artifact("older.txt", { kind: name, position: 1 });
    const newer = artifact("newer.md", { kind: "md", position: 2 });
    expect(shownArtifact([older, newer], null, true)?.file).toBe("newer.md");
    expect(shownArtifact([older, { ...newer, position: 0 }], null, true)?.file).toBe("older.txt");
  });

  it("is an option that has its default until a value is chosen", () => {
    const option = { name, type: "text", default: "usual" } as WorkerOption;
    expect(Object.keys(chosenOptions([option], {}))).toEqual([]);
    const values = withOption({}, option, "mine");
    expect(Object.entries(chosenOptions([option], values))).toEqual([[name, "mine"]]);
    expect(Object.keys(withOption(values, option, undefined))).toEqual([]);
  });
});
