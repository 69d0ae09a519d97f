import { describe, expect, it } from "vitest";
import { createNewLines } from "../src/panes/log/newer";
import { missingPages, PAGE_ROWS } from "../src/panes/log/pages";
import { filterRows, firstLine, RowCache } from "../src/state/log-rows";
import { logRow } from "./samples";

const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => logRow(from + k));

describe("RowCache", () => {
  it("stay bounded, with the newest rows and the rows around the visible rows", () => {
    const log = new RowCache();
    log.put(400, rows(100, 400), 200);
    for (let start = 400; start < 50_000; start += 50) log.put(start + 50, rows(start, start + 50), 200);
    expect(log.rows.size).toBeLessThanOrEqual(2_100);
    expect([100, 399, 49_999].map((i) => log.row(i)?.index)).toEqual([100, 399, 49_999]);
  });

  it("are those before until the first under another filter are received", () => {
    const before = new RowCache();
    before.put(3, rows(0, 3), 0);
    const log = new RowCache(new RowCache(before));
    expect([log.known, log.total, log.row(2)?.line]).toEqual([false, 3, 3]);
    log.put(2, [logRow(0, { line: 2 })], 0);
    expect([log.known, log.total, log.row(0)?.line, log.row(1)]).toEqual([true, 2, 2, undefined]);
  });

  it("that are only marked otherwise stay until each is here", () => {
    const before = new RowCache();
    before.put(2, rows(0, 2), 0);
    const log = new RowCache(before, true);
    log.put(2, [logRow(1, { message: "marked" })], 0);
    expect([log.row(0)?.message, log.row(1)?.message]).toEqual(["line 0", "marked"]);
  });

  it("are those before for as long as they are to stay, whatever comes", () => {
    const before = new RowCache();
    before.put(3, rows(0, 3), 0);
    const log = new RowCache(before);
    log.late = [];
    log.put(2, [logRow(0, { line: 9 })], 0);
    expect([log.known, log.total, log.row(0)?.line]).toEqual([false, 3, 1]);
  });
});

it("new lines are those added since the end was on screen, also during a search", () => {
  const freshOf = createNewLines();
  let log = new RowCache();
  log.put(25, [], 0);
  expect(freshOf(log, "all", true)).toBe(0);
  log.put(30, [], 0);
  expect(freshOf(log, "all", false)).toBe(5);
  log = new RowCache(log, true);
  expect(freshOf(log, "all", false)).toBe(5);
  log.put(32, [], 0);
  expect(freshOf(log, "all", false)).toBe(7);
});

it("what is new is what came since the end was on screen, and nothing that another filter lets through", () => {
  const freshOf = createNewLines();
  let log = new RowCache();
  let filter = "all";
  expect(freshOf(log, filter, false)).toBe(0);
  log.put(23, [], 0);
  expect(freshOf(log, filter, false)).toBe(0);
  log.put(25, [], 0);
  expect(freshOf(log, filter, false)).toBe(2);
  expect(freshOf(log, filter, true)).toBe(0);
  log = new RowCache(log);
  filter = "errors";
  expect(freshOf(log, filter, false)).toBe(0);
  log.put(90, [], 0);
  expect(freshOf(log, filter, false)).toBe(0);
  log.put(91, [], 0);
  expect(freshOf(log, filter, false)).toBe(1);
  log = new RowCache(log);
  log.put(28, [], 0);
  expect(freshOf(log, "all", false)).toBe(3);
});

describe("missing", () => {
  it("names the pages that must be asked for", () => {
    const log = new RowCache();
    log.put(1_000, rows(980, 1_000), 0);
    expect(missingPages(log, 985, 1_000)).toEqual([]);
    expect(missingPages(log, 390, 410)).toEqual([200, 400]);
    log.put(1_000, rows(200, 200 + PAGE_ROWS), 0);
    expect(missingPages(log, 390, 410)).toEqual([400]);
  });

  it("names nothing past the end, and nothing of rows that are not known yet", () => {
    const log = new RowCache();
    expect(missingPages(new RowCache(log), 0, 50)).toEqual([]);
    log.put(3, [], 0);
    expect(missingPages(log, 0, 50)).toEqual([0]);
    expect(missingPages(log, 3, 50)).toEqual([]);
  });
});

it("filters a saved log as a kernel would", () => {
  const log = [
    logRow(0, { level: "error", stage_id: "a" }),
    logRow(1, { stage_id: "b" }),
    logRow(2, { level: "error", stage_id: "b" }),
  ];
  const filter = { levels: null, stage_id: null, agent: null, search: null };
  expect(filterRows(log, filter).map((row) => row.line)).toEqual([1, 2, 3]);
  const errors = filterRows(log, { ...filter, levels: ["error"], stage_id: "b" });
  expect(errors).toEqual([{ ...logRow(2, { level: "error", stage_id: "b" }), index: 0 }]);
});

describe("firstLine", () => {
  it("is the complete message of a single line", () => {
    expect(firstLine(logRow(0, { message: "Done\n" }))).toEqual({ pieces: [["Done", ""]], more: 0 });
  });

  it("cuts the pieces where the line ends, and counts the others", () => {
    const pieces: [string, string][] = [
      ["Trace", "fg-red"],
      ["back\n  File", "bold"],
      ["\n    raise", ""],
    ];
    const message = pieces.map(([text]) => text).join("");
    expect(firstLine(logRow(0, { message, pieces }))).toEqual({
      pieces: [
        ["Trace", "fg-red"],
        ["back", "bold"],
      ],
      more: 2,
    });
  });

  it("may be empty", () => {
    expect(firstLine(logRow(0, { message: "\nThen" }))).toEqual({ pieces: [], more: 1 });
  });
});

it("rows whose total is not known yet count as nothing new, also if those before were never counted", () => {
  const freshOf = createNewLines();
  let log = new RowCache();
  log.put(41, [], 0);
  expect(freshOf(log, "all", true)).toBe(0);
  // Drawings of the lines alone do not count: the rows of this filter come and go between two.
  log = new RowCache(log);
  log.put(6, [], 0);
  log = new RowCache(log);
  expect(freshOf(log, "all", true)).toBe(0);
  log.put(41, [], 0);
  expect(freshOf(log, "all", false)).toBe(0);
});
