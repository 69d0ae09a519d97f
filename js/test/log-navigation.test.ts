import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createWays } from "../src/panes/log/navigation";
import type { Own } from "../src/panes/log/state";
import type { App } from "../src/state/app";
import { LogRows } from "../src/state/log-rows";
import { FIRST_VIEW } from "../src/state/view";
import { logRow } from "./samples";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the rows that are asked for", () => {
  /** One who reads at the beginning of a log of `total` lines; `answer` is what the kernel says. */
  function reader(total: number, answer: (log: LogRows) => Promise<unknown>) {
    const log = new LogRows();
    log.put(total, [], 0);
    const app = {
      view: { ...FIRST_VIEW },
      lines: { first: 0, end: 10 },
      log,
      filter: {},
      query: null,
      off: "",
      request: () => answer(log),
      changed: vi.fn(),
    };
    return { log, app, ways: createWays({ app: app as unknown as App } as Own) };
  }

  it("do not shorten the log when a frame has overtaken them", async () => {
    const { log, ways } = reader(300, async () => {
      log.put(320, [], 0);
      return { result: { total: 310, start: 0, rows: [logRow(0)] } };
    });
    ways.look();
    await vi.runAllTimersAsync();
    expect([log.total, log.row(0)?.n]).toEqual([320, logRow(0).n]);
  });

  it("are asked for again when they could not be had", async () => {
    let asked = 0;
    const { app, ways } = reader(300, async () => {
      asked += 1;
      if (asked === 1) throw new Error("lost");
      return { result: { total: 300, start: 0, rows: [] } };
    });
    app.changed.mockImplementation(() => ways.look());
    ways.look();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(asked).toBeGreaterThan(1);
  });
});

it("counts a line among those of its own run and search, and tells its own message", async () => {
  const app = {
    view: { ...FIRST_VIEW },
    state: { run: { run_id: "one", counts: { errors: 0 } } },
    found: undefined as { count: number } | undefined,
    lines: { top: 0, bottom: 10, show: () => undefined },
    filter: {},
    query: { text: "a" },
    attempt: (_place: string, work: () => Promise<void>) => work(),
    request: async (name: string) => ({
      result: name === "log.next" ? { i: 4, nth: 2, of: 9 } : { message: `all of ${app.state.run.run_id}` },
    }),
    changed: vi.fn(),
  };
  const ways = createWays({ app: app as unknown as App } as Own);
  ways.toMatch(1);
  await vi.runAllTimersAsync();
  expect(ways.nth()).toMatchObject({ i: 4, nth: 2, of: 9 });
  // As the run goes on the search finds more: whoever tells how many tells the same.
  app.found = { count: 12 };
  expect(ways.nth()?.of).toBe(12);
  app.query = { text: "b" };
  expect(ways.nth()).toBeNull();
  const row = logRow(4, { chars: 9_000, message: "all" });
  expect(ways.whole(row)).toBe("all");
  await vi.runAllTimersAsync();
  expect(ways.whole(row)).toBe("all of one");
  app.state.run.run_id = "two";
  expect(ways.whole(row)).toBe("all");
});

describe("steps to the next match", () => {
  /** One who reads a log of which each tenth line matches; `answers` are the kernel's, when they are due. */
  function walker() {
    const answers: (() => void)[] = [];
    let busy = false;
    const app = {
      view: { ...FIRST_VIEW },
      state: { run: { run_id: "one", counts: { errors: 0 } } },
      lines: { top: 0, bottom: 10, show: () => undefined },
      filter: {},
      query: { text: "a" },
      async attempt(_place: string, work: () => Promise<void>) {
        if (busy) return;
        busy = true;
        await work();
        busy = false;
      },
      request: (_name: string, { from, way }: { from: number; way: number }) =>
        new Promise((resolve) => {
          answers.push(() => resolve({ result: { i: from + 10 * way, nth: 1, of: 9 } }));
        }),
      changed: vi.fn(),
    };
    return { app, answers, ways: createWays({ app: app as unknown as App } as Own) };
  }

  it("are all made, however quickly one presses", async () => {
    const { app, answers, ways } = walker();
    app.view.active = 100;
    for (let k = 0; k < 3; k += 1) ways.toMatch(1);
    for (let k = 0; k < 3; k += 1) {
      await vi.runAllTimersAsync();
      answers[k]?.();
    }
    await vi.runAllTimersAsync();
    expect(app.view.active).toBe(130);
  });

  it("do not wait for one through another search", async () => {
    const { app, answers, ways } = walker();
    app.view.active = 100;
    ways.toMatch(1);
    ways.toMatch(1);
    await vi.runAllTimersAsync();
    app.query = { text: "b" };
    ways.toMatch(-1);
    await vi.runAllTimersAsync();
    expect(answers.length).toBe(2);
    for (const answer of answers.reverse()) answer();
    await vi.runAllTimersAsync();
    expect(app.view.active).toBe(90);
  });
});
