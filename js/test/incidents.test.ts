import { describe, expect, it } from "vitest";
import type { Incident } from "../src/kernel/wire";
import {
  inOrder,
  isMarked,
  isUnrecovered,
  newestIncidents,
  placeWords,
  titleOf,
} from "../src/state/incidents";
import { applyPatch, NOTHING, TAIL_ROWS } from "../src/state/store";
import { incident, stage, state } from "./samples";

const numbers = (rows: readonly Incident[]) => rows.map((row) => row.number);
const broken = (n: number) => incident(n, { outcome: "not_recovered" });

describe("a problem that remains", () => {
  it.each<[Partial<Incident>, boolean]>([
    [{ outcome: "recovered" }, false],
    [{ outcome: "open" }, true],
    [{ outcome: "not_recovered" }, true],
    [{ outcome: "reported" }, true],
    [{ outcome: "reported", severity: "warning" }, false],
    [{ outcome: "passed", kind: "replay" }, false],
    [{ outcome: "not_recovered", kind: "replay" }, false],
  ])("%o: %s", (over, unrecovered) => {
    expect(isUnrecovered(incident(1, over))).toBe(unrecovered);
  });

  it("stands before the others, and the newest first", () => {
    expect(numbers(inOrder([incident(1), broken(2), incident(3), broken(4)]))).toEqual([4, 2, 3, 1]);
  });

  it("stays where too many incidents are known", () => {
    const rows = [broken(1), incident(2), incident(3), broken(4)];
    expect(numbers(newestIncidents([...rows], 3))).toEqual([1, 3, 4]);
    expect(numbers(newestIncidents([...rows], 1))).toEqual([4]);
  });
});

describe("the streamed incidents", () => {
  it("replace those of the same number, and stay in their order", () => {
    const before = { ...NOTHING, incidents: { total: 3, rows: [broken(1), incident(3)] } };
    const changed = { total: 4, rows: [incident(4), incident(1), incident(2)] };
    const { incidents } = applyPatch(before, { incidents: changed });
    expect(incidents.total).toBe(4);
    expect(incidents.rows.map((row) => [row.number, row.outcome])).toEqual([
      [1, "recovered"],
      [2, "recovered"],
      [3, "recovered"],
      [4, "recovered"],
    ]);
  });

  it("are bounded", () => {
    const rows = Array.from({ length: TAIL_ROWS + 5 }, (_, n) => incident(n + 1));
    const { incidents } = applyPatch(state(), { incidents: { total: rows.length, rows } });
    expect(incidents.rows).toHaveLength(TAIL_ROWS);
    expect(incidents.rows[0]?.number).toBe(6);
  });
});

describe("the title", () => {
  const stages = [stage("pre", { name: "Preflight" })];
  const found = "the tagline contains “guaranteed”";

  it.each<[Partial<Incident>, string | null, string]>([
    [{ stage_id: "pre", found }, null, `Preflight: ${found} → reworded → recovered`],
    [{ stage_id: "pre", found, outcome: "open", tried: [] }, null, `Preflight: ${found} → still open`],
    [{ stage_id: "other", found, outcome: "reported" }, null, `Other: ${found} → reworded → reported only`],
    [
      { kind: "failure", found: "No memory", outcome: "not_recovered", tried: [] },
      null,
      "The run failed: No memory",
    ],
    [
      { kind: "failure", found: "No memory", outcome: "not_recovered", tried: [] },
      "No\n memory.",
      "The run failed",
    ],
    [
      { stage_id: "pre", found, kind: "failure", outcome: "not_recovered", tried: [] },
      found,
      "Preflight failed",
    ],
    [
      { stage_id: "pre", found, outcome: "not_recovered" },
      found,
      "Preflight: failed → reworded → not recovered",
    ],
    [
      { stage_id: "pre", found, outcome: "not_recovered", tried: [] },
      null,
      `Preflight: ${found} → not recovered`,
    ],
    [
      { kind: "failure", found: "No mem…", outcome: "not_recovered", tried: [] },
      "No memory.",
      "The run failed",
    ],
    [{ kind: "replay", outcome: "passed", found: "Run again and verified" }, null, "Run again and verified"],
  ])("%o", (over, reason, expected) => {
    const [beginning, parts] = titleOf(incident(1, over), stages, reason);
    expect(beginning + parts.join(" → ")).toBe(expected);
  });
});

describe("the marked lines", () => {
  const marked = { first: 5, last: 9, stage_id: "ux" as string | null };

  it("are those of the stage between the first and the last event", () => {
    const lines = [
      [4, "ux"],
      [5, "ux"],
      [7, "copy"],
      [7, null],
      [9, "ux"],
      [10, "ux"],
    ] as const;
    const found = lines.filter(([position, stage_id]) => isMarked(marked, { position, stage_id }));
    expect(found).toEqual([
      [5, "ux"],
      [9, "ux"],
    ]);
  });

  it("are of any stage where the incident has none", () => {
    expect(isMarked({ ...marked, stage_id: null }, { position: 7, stage_id: "copy" })).toBe(true);
    expect(isMarked(null, { position: 7, stage_id: null })).toBe(false);
    expect(isMarked(marked, undefined)).toBe(false);
  });
});

it.each([
  ["brand.value_proposition", "value proposition of the brand"],
  ["brand.pain_points[0]", "pain points 1 of the brand"],
  ["brand.tone.avoid[1]", "tone avoid 2 of the brand"],
  ["task", "task"],
  ["", ""],
])("the location %s in words", (location, words) => {
  expect(placeWords(location)).toBe(words);
});
