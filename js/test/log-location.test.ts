import { describe, expect, it } from "vitest";
import { parseLocation } from "../src/panes/log/location";

const START = new Date(2026, 2, 3, 14, 3, 7, 500).getTime() * 1000;
const later = (seconds: number) => ({ time_us: START + seconds * 1e6 });
const clock = (...time: [hours: number, minutes: number, seconds: number, ms?: number]) => ({
  time_us: new Date(2026, 2, 3, ...time).getTime() * 1000,
});

describe("parseLocation", () => {
  it.each([
    ["12.5", later(12.5)],
    ["+12.5", later(12.5)],
    [" 90 ", later(90)],
    ["1:02", later(62)],
    ["75:00.5", later(4500.5)],
    ["#1200", { line: 1200 }],
    ["# 1,200", { line: 1200 }],
    ["14:03:07", clock(14, 3, 7)],
    ["15:00:00.25", clock(15, 0, 0, 250)],
    // Past midnight is the next day, but a moment before the start is not.
    ["01:30:00", clock(25, 30, 0)],
    ["13:59:00", clock(13, 59, 0)],
  ])("reads %s", (text, place) => {
    expect(parseLocation(text, START)).toEqual(place);
  });

  it.each(["", "soon", "1:75", "24:00:00", "12:60:00", "1:2:3:4", "#", "-5", "#1.5"])(
    "does not read %j",
    (text) => {
      expect(parseLocation(text, START)).toBeNull();
    },
  );

  it("knows a line, but no time, of a run without a start", () => {
    expect(parseLocation("#7", null)).toEqual({ line: 7 });
    expect(parseLocation("7", null)).toBeNull();
  });
});
