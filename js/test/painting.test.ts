import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPainting, LATEST_MS } from "../src/ui/painting";

/** What was drawn: everything, or only the log lines. */
let drawn: ("all" | "lines")[];
let painting: ReturnType<typeof createPainting>;

beforeEach(() => {
  vi.useFakeTimers();
  drawn = [];
  const guard = { isStopped: () => false, onError: () => undefined };
  painting = createPainting((quick) => drawn.push(quick ? "lines" : "all"), guard);
});

afterEach(() => {
  painting.close();
  vi.useRealTimers();
});

const frame = async () => {
  painting.grew();
  await vi.advanceTimersByTimeAsync(80);
};

describe("frames that follow each other closely", () => {
  it("have their log lines drawn each time, and everything a few times a second", async () => {
    for (let k = 0; k < 24; k += 1) await frame();
    expect(drawn).toHaveLength(24);
    expect(drawn.filter((what) => what === "all")).toHaveLength(8);
    expect(drawn.slice(0, 4)).toEqual(["all", "lines", "lines", "all"]);
  });

  it("have everything drawn a moment after the last one", async () => {
    await frame();
    await frame();
    expect(drawn).toEqual(["all", "lines"]);
    await vi.advanceTimersByTimeAsync(LATEST_MS);
    expect(drawn).toEqual(["all", "lines", "all"]);
    await vi.advanceTimersByTimeAsync(LATEST_MS * 4);
    expect(drawn).toHaveLength(3);
  });

  it("do not delay what a person does", async () => {
    await frame();
    painting.grew();
    painting.changed();
    await vi.advanceTimersByTimeAsync(0);
    expect(drawn).toEqual(["all", "all"]);
    await vi.advanceTimersByTimeAsync(LATEST_MS * 2);
    expect(drawn).toHaveLength(2);
  });

  it("call only what draws in a pane, and what that asks for is drawn with everything", async () => {
    const all = vi.fn();
    const once = vi.fn(() => void (once.mock.calls.length === 2 && painting.changed()));
    painting.onPaint(all);
    painting.onPaint(once, {} as HTMLElement);
    await frame();
    await frame();
    expect(drawn).toEqual(["all", "lines", "all"]);
    expect(all).toHaveBeenCalledTimes(2);
    expect(once).toHaveBeenCalledTimes(3);
  });
});
