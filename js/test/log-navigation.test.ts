import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createNavigation } from "../src/panes/log/navigation";
import { createLogState } from "../src/panes/log/state";
import type { App } from "../src/state/app";
import { RowCache } from "../src/state/log-rows";
import { FIRST_VIEW } from "../src/state/view";
import { logRow } from "./samples";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the rows that are asked for", () => {
  /** A log of `total` lines on screen at its beginning; `answer` is the kernel's. */
  function reader(total: number, answer: (rows: RowCache) => Promise<unknown>) {
    const rows = new RowCache();
    rows.put(total, [], 0);
    const changed = vi.fn();
    const state: { past: { position: number } | null } = { past: null };
    const app = {
      view: { ...FIRST_VIEW },
      run: { state },
      log: { rows, list: { first: 0, end: 10 }, filter: {}, query: null },
      connection: { off: "" },
      operations: { request: () => answer(rows) },
      painting: { changed },
    } as unknown as App;
    return { rows, state, changed, navigation: createNavigation(app, createLogState(changed)) };
  }

  it("do not shorten the log when a frame has overtaken them", async () => {
    const { rows, navigation } = reader(300, async () => {
      rows.put(320, [], 0);
      return { result: { total: 310, start: 0, rows: [logRow(0)] } };
    });
    navigation.fetchVisible();
    await vi.runAllTimersAsync();
    expect([rows.total, rows.row(0)?.line]).toEqual([320, logRow(0).line]);
  });

  it("lengthen a log of which a frame has found only a part", async () => {
    const { rows, navigation } = reader(300, async () => ({
      result: { total: 900, start: 0, rows: [logRow(0)] },
    }));
    navigation.fetchVisible();
    await vi.runAllTimersAsync();
    expect(rows.total).toBe(900);
  });

  it("do not lengthen the log of an earlier moment that is shown meanwhile", async () => {
    const { rows, state, navigation } = reader(300, async () => {
      state.past = { position: 50 };
      rows.put(40, [], 0);
      return { result: { total: 300, start: 0, rows: [logRow(0)] } };
    });
    navigation.fetchVisible();
    await vi.runAllTimersAsync();
    expect(rows.total).toBe(40);
  });

  it("are asked for again when they could not be had", async () => {
    let asked = 0;
    const { changed, navigation } = reader(300, async () => {
      asked += 1;
      if (asked === 1) throw new Error("lost");
      return { result: { total: 300, start: 0, rows: [] } };
    });
    changed.mockImplementation(() => navigation.fetchVisible());
    navigation.fetchVisible();
    await vi.advanceTimersByTimeAsync(2_500);
    expect(asked).toBeGreaterThan(1);
  });
});

it("counts a step in its own run and search, and loads the message of its own line", async () => {
  const run = { run_id: "one", counts: { errors: 0 } };
  const log = {
    list: { top: 0, bottom: 10, show: () => undefined },
    filter: {},
    query: { text: "a" },
    progress: undefined as { count: number } | undefined,
  };
  const app = {
    view: { ...FIRST_VIEW },
    run: { state: { run } },
    log,
    operations: {
      attempt: (_key: string, work: () => Promise<void>) => work(),
      request: async (name: string) => ({
        result: name === "log.next" ? { index: 4, nth: 2, of: 9 } : { message: `all of ${run.run_id}` },
      }),
    },
    painting: { changed: vi.fn() },
  } as unknown as App;
  const navigation = createNavigation(app, createLogState(vi.fn()));
  navigation.toMatch(1);
  await vi.runAllTimersAsync();
  expect(navigation.step()).toMatchObject({ index: 4, nth: 2, of: 9 });
  // While the run goes on, the search counts more matches.
  log.progress = { count: 12 };
  expect(navigation.step()?.of).toBe(12);
  log.query = { text: "b" };
  expect(navigation.step()).toBeNull();
  const row = logRow(4, { chars: 9_000, message: "all" });
  expect(navigation.fullMessage(row)).toBe("all");
  await vi.runAllTimersAsync();
  expect(navigation.fullMessage(row)).toBe("all of one");
  run.run_id = "two";
  expect(navigation.fullMessage(row)).toBe("all");
});

describe("steps to the next match", () => {
  /** A log of which each tenth line matches; `answers` are the kernel's, when they are due. */
  function stepper() {
    const answers: (() => void)[] = [];
    let busy = false;
    const log = {
      list: { top: 0, bottom: 10, show: () => undefined },
      filter: {},
      query: { text: "a" },
    };
    const app = {
      view: { ...FIRST_VIEW },
      run: { state: { run: { run_id: "one", counts: { errors: 0 } } } },
      log,
      operations: {
        async attempt(_key: string, work: () => Promise<void>) {
          if (busy) return;
          busy = true;
          await work();
          busy = false;
        },
        request: (_name: string, { start, direction }: { start: number; direction: number }) =>
          new Promise((resolve) => {
            answers.push(() => resolve({ result: { index: start + 10 * direction, nth: 1, of: 9 } }));
          }),
      },
      painting: { changed: vi.fn() },
    } as unknown as App;
    return { app, log, answers, navigation: createNavigation(app, createLogState(vi.fn())) };
  }

  it("are all made, however fast the keys are pressed", async () => {
    const { app, answers, navigation } = stepper();
    app.view.active = 100;
    for (let k = 0; k < 3; k += 1) navigation.toMatch(1);
    for (let k = 0; k < 3; k += 1) {
      await vi.runAllTimersAsync();
      answers[k]?.();
    }
    await vi.runAllTimersAsync();
    expect(app.view.active).toBe(130);
  });

  it("do not wait for a step through another search", async () => {
    const { app, log, answers, navigation } = stepper();
    app.view.active = 100;
    navigation.toMatch(1);
    navigation.toMatch(1);
    await vi.runAllTimersAsync();
    log.query = { text: "b" };
    navigation.toMatch(-1);
    await vi.runAllTimersAsync();
    expect(answers.length).toBe(2);
    for (const answer of answers.reverse()) answer();
    await vi.runAllTimersAsync();
    expect(app.view.active).toBe(90);
  });
});
