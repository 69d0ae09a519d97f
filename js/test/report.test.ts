import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Part, PartKind, ReportData } from "../src/report/data";
import { countUpto, summed } from "../src/report/data";
import { literal, patternOf, piecesOf } from "../src/report/lines";
import { openRun } from "../src/report/run";
import { fromCodePoint } from "../src/report/texts";

interface GoldenReport {
  parts: { kind: PartKind; at: number; content: unknown }[];
  moments: {
    position: number;
    time_us: number | null;
    state: Record<string, unknown>;
    answers: { name: string; args: unknown; result: unknown }[];
  }[];
}

const GOLDEN = new URL("../../tests/golden/report/", import.meta.url);
const reports = readdirSync(GOLDEN).map((name): [string, GoldenReport] => [
  name,
  JSON.parse(readFileSync(new URL(name, GOLDEN), "utf8")),
]);

/** The parts of a report that were decoded already. */
function dataOf({ parts }: GoldenReport): ReportData {
  const contents = new Map<Part, unknown>();
  const kinds = new Map<string, Part[]>();
  for (const { kind, at, content } of parts) {
    const part = { at, element: undefined as unknown as Element };
    contents.set(part, content);
    kinds.set(
      kind,
      [...(kinds.get(kind) ?? []), part].sort((a, b) => a.at - b.at),
    );
  }
  const data: ReportData = {
    runs: 1,
    parts: (_, kind) => kinds.get(kind) ?? [],
    read: async <Content>(part: Part) => structuredClone(contents.get(part)) as Content,
    async rows<Row>(run: number, kind: PartKind) {
      const pages = await Promise.all(data.parts(run, kind).map((part) => data.read<Row[]>(part)));
      return pages.flat();
    },
  };
  return data;
}

describe.each(reports)("the report %s", (_, golden) => {
  it("shows each moment as the kernel does, in any order", async () => {
    const run = await openRun(dataOf(golden), 0);
    for (const { position, state, time_us } of [...golden.moments, ...[...golden.moments].reverse()]) {
      const shown = (await run.moment(position, null)).state;
      expect(shown).toMatchObject(state);
      expect(shown.past?.position ?? run.head.events).toBe(position);
      if (shown.past) expect(shown.past.time_us).toBe(time_us);
    }
  });

  it("answers about each moment as the kernel does", async () => {
    const run = await openRun(dataOf(golden), 0);
    for (const { position, answers } of golden.moments) {
      const handlers = run.answers(await run.moment(position, null)) as Record<
        string,
        (args: unknown) => unknown
      >;
      for (const { name, args, result } of answers) {
        const answer = await handlers[name]?.(args);
        expect(answer, `${name} ${JSON.stringify(args)} after ${position}`).toEqual(result);
      }
    }
  });
});

describe("the parts of a report", () => {
  it("have numbers as steps", () => {
    expect(summed([5, 2, null, -3])).toEqual([5, 7, null, 4]);
  });

  it("are found by where they begin", () => {
    const at = [0, 4, 9];
    const upto = (most: number) => countUpto(at.length, (i) => at[i] as number, most);
    expect([-1, 0, 3, 4, 8, 9, 99].map(upto)).toEqual([0, 1, 1, 2, 2, 3, 3]);
  });
});

describe("a message of the log", () => {
  it("is cut at its styles and its matches", () => {
    expect(piecesOf("plain", undefined, [])).toBeUndefined();
    expect(piecesOf("a needle here", undefined, [[2, 8]])).toEqual([
      ["a ", ""],
      ["needle", "match"],
      [" here", ""],
    ]);
    const styled: [string, string][] = [
      ["PASS", "fg-green"],
      [" all", ""],
    ];
    expect(
      piecesOf("PASS all", styled, [
        [2, 6],
        [7, 7],
      ]),
    ).toEqual([
      ["PA", "fg-green"],
      ["SS", "match fg-green"],
      [" a", "match"],
      ["ll", ""],
    ]);
  });

  it("is searched for a text as it is, or for a pattern", () => {
    const search = (text: string, regex = false, case_sensitive = false) =>
      patternOf({ text, regex, case_sensitive });
    expect("a.b (c)".search(search("A.B (C)"))).toBe(0);
    expect("axb".search(search("a.b"))).toBe(-1);
    expect("axb".search(search("a.b", true))).toBe(0);
    expect("AXB".search(search("a.b", true, true))).toBe(-1);
    expect("first\nsecond".search(search("^second$", true))).toBe(6);
    expect(() => search("(", true)).toThrow(/cannot be read/);
    expect(literal("[a]")).toBe("\\[a\\]");
  });
});

it("counts an artifact's text in code points", () => {
  expect(fromCodePoint("héllo", 2)).toBe("llo");
  expect(fromCodePoint("a😀b", 2)).toBe("b");
  expect(fromCodePoint("abc", 0)).toBe("abc");
});
