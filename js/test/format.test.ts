import { describe, expect, it } from "vitest";
import {
  ago,
  clockTime,
  compact,
  count,
  dateTime,
  duration,
  offset,
  percent,
  plural,
  seconds,
} from "../src/ui/format";

describe("format", () => {
  it.each([
    [null, "–"],
    [0.2, "<1 ms"],
    [213.4, "213 ms"],
    [1_250, "1.3 s"],
    [59_960, "1:00 min"],
    [123_000, "2:03 min"],
    [3_723_000, "1:02:03 h"],
  ])("duration %s is %s", (ms, text) => expect(duration(ms)).toBe(text));

  it("keeps a ticking duration in seconds", () => expect(seconds(80)).toBe("0.1 s"));

  it.each([
    [812, "812"],
    [12_400, "12.4k"],
    [3_100_000, "3.1M"],
    [999_990, "1.0M"],
  ])("size %i is %s", (n, text) => expect(compact(n)).toBe(text));

  it.each([
    [1_000_000, "+0.0 s"],
    [13_390_000, "+12.3 s"],
    [124_400_000, "+2:03.4 min"],
    [500_000, "+0.0 s"],
  ])("offset of %i is %s", (us, text) => expect(offset(us, 1_000_000)).toBe(text));

  it("writes local times", () => {
    const us = new Date(2026, 1, 3, 9, 5, 3, 120).getTime() * 1000;
    expect(clockTime(us)).toBe("09:05:03.120");
    expect(dateTime(us)).toBe("2026-02-03 09:05:03");
    expect(clockTime(null)).toBe("");
  });

  it.each([
    [30, "just now"],
    [300, "5 min ago"],
    [3 * 3600, "3 h ago"],
    [50 * 3600, "2 d ago"],
  ])("%i s before is %s", (s, text) => expect(ago(0, s * 1e6)).toBe(text));

  it("writes counts and shares", () => {
    expect([
      count(12_345),
      percent(0.456),
      percent(null),
      plural(1, "rule"),
      plural(0, "rule"),
      plural(2, "recovery", "recoveries"),
    ]).toEqual(["12,345", "46%", "–", "1 rule", "0 rules", "2 recoveries"]);
  });
});
