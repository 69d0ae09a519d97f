import { describe, expect, it } from "vitest";
import { filterRows, LogRows, PAGE, rowText } from "../src/log";
import { logRow } from "./samples";

const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => logRow(from + k));

describe("LogRows", () => {
  it("count what came since, but not what a first answer tells", () => {
    const log = new LogRows();
    log.put(23, []);
    expect(log.fresh).toBe(0);
    log.put(25, []);
    log.put(25, []);
    expect(log.fresh).toBe(2);
  });

  it("asks for the pages that are missing, each once until it is answered", () => {
    const log = new LogRows();
    log.put(1_000, rows(980, 1_000));
    expect(log.missing(985, 1_000)).toEqual([]);
    expect(log.missing(390, 410)).toEqual([200, 400]);
    log.asked.add(200);
    expect(log.missing(390, 410)).toEqual([400]);
    log.put(1_000, rows(200, 400));
    expect(log.missing(390, 400)).toEqual([]);
  });

  it("asks for nothing past the end", () => {
    const log = new LogRows();
    log.put(3, []);
    expect(log.missing(0, 50)).toEqual([0]);
    expect(log.missing(3, 50)).toEqual([]);
  });

  it("stays bounded, and keeps what is near to what came last", () => {
    const log = new LogRows();
    for (let start = 0; start < 100_000; start += PAGE) log.put(100_000, rows(start, start + PAGE));
    expect(log.rows.size).toBeLessThanOrEqual(4_000);
    expect(log.rows.get(99_999)?.i).toBe(99_999);
    log.put(100_000, rows(0, PAGE));
    expect(log.rows.get(0)?.i).toBe(0);
  });
});

it("filters a saved log as a kernel would", () => {
  const log = [
    logRow(0, { level: "error", stage_id: "a" }),
    logRow(1, { stage_id: "b" }),
    logRow(2, { level: "error", stage_id: "b" }),
  ];
  const filter = { levels: null, stage_id: null, agent: null, text: null };
  expect(filterRows(log, filter).map((row) => row.n)).toEqual([1, 2, 3]);
  const errors = filterRows(log, { ...filter, levels: ["error"], stage_id: "b" });
  expect(errors).toEqual([{ ...logRow(2, { level: "error", stage_id: "b" }), i: 0 }]);
});

it("writes a row as text", () => {
  const row = logRow(0, {
    time_us: 1_000_000,
    stage_id: "copy",
    agent: "copywriter_agent",
    level: "warning",
    message: "Hm",
  });
  expect(rowText(row)).toBe("1970-01-01T00:00:01.000Z  WARNING  copy  copywriter_agent  Hm");
});
