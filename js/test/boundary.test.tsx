// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PageKernel, type Setup, savedRun } from "../dev/kernel";
import { TOTAL_S } from "../dev/run";
import { mount } from "../src/shell/mount";
import { until } from "./until";

vi.mock("../src/kernel/live-code", () => import("./bundles"));

/** While it is set, the timeline cannot be computed. */
let broken = false;
vi.mock("../src/panes/timeline/axis", async (original) => {
  const axis = await original<typeof import("../src/panes/timeline/axis")>();
  return {
    ...axis,
    timeline(...args: Parameters<typeof axis.timeline>) {
      if (broken) throw new Error("no axis");
      return axis.timeline(...args);
    },
  };
});

const DONE = { at: TOTAL_S + 1 };

let leave: (() => void)[];
let reported: unknown[];

beforeEach(() => {
  document.body.replaceChildren();
  broken = false;
  leave = [];
  reported = [];
  vi.spyOn(console, "error").mockImplementation((error) => void reported.push(error));
});

afterEach(() => {
  for (const end of leave) end();
  vi.restoreAllMocks();
});

function open(setup: Partial<Setup>) {
  const kernel = new PageKernel({ scene: DONE, live: false, code: async (name) => name, ...setup });
  const place = document.createElement("div");
  document.body.append(place);
  const { app, close } = mount(kernel, place);
  leave.push(close, () => kernel.stop());
  const root = place.firstElementChild?.shadowRoot as ShadowRoot;
  const all = (selector: string) => [...root.querySelectorAll<HTMLElement>(selector)];
  const text = (selector: string) => root.querySelector(selector)?.textContent ?? "";
  const press = (name: string) =>
    all("button")
      .find((item) => item.textContent?.trim() === name)
      ?.click();
  return { app, root, all, text, press };
}

const ALERT = "[data-pane=timeline] [role=alert]";

describe("a pane that cannot be drawn", () => {
  it("shows the error from the first drawing on, until a retry; the other panes and the header work", async () => {
    broken = true;
    const { all, text, press } = open({});
    await until(() => expect(text(ALERT)).toBe("Timeline cannot be drawn: no axis.Retry"));
    await until(() => expect(all(".logline").length).toBeGreaterThan(3));
    expect(text("[data-status]")).toBe("Completed · 1 recovered");
    expect(text("[data-pane=routing]")).toContain("Highest drift12%");
    expect(text("[data-pane=ledger]")).toContain("the hero subtitle contains “guaranteed”");
    expect(all("[data-pane=artifacts] [role=tab]")).toHaveLength(7);
    await until(() => expect(all("[aria-label^='Search the log']")).toHaveLength(1));
    expect(all("[role=alert]")).toHaveLength(1);
    press("Retry");
    await until(() => expect(reported).toHaveLength(2));
    await until(() => expect(text(ALERT)).toBe("Timeline cannot be drawn: no axis.Retry"));
    broken = false;
    press("Retry");
    await until(() => expect(all(".stage")).toHaveLength(8));
    expect(all("[role=alert]")).toEqual([]);
    expect(reported[0]).toEqual(new Error("no axis"));
  });

  it("keeps its last picture while the run goes on, and catches up after a retry", async () => {
    const { all, text, press } = open({ scene: { at: 5 }, live: true });
    await until(() => expect(all(".stage.running, .stage.completed").length).toBeGreaterThan(2));
    await until(() => expect(all("[aria-label^='Search the log']")).toHaveLength(1));
    broken = true;
    await until(() =>
      expect(text(ALERT)).toBe("Timeline cannot be drawn: no axis. The last picture is shown.Retry"),
    );
    const picture = text("[data-pane=timeline] .content");
    expect(all(".stage")).toHaveLength(8);
    const lines = all(".logline").at(-1)?.textContent;
    await until(() => expect(all(".logline").at(-1)?.textContent).not.toBe(lines));
    expect(text("[data-pane=timeline] .content")).toBe(picture);
    broken = false;
    press("Retry");
    await until(() => expect(text(ALERT)).toBe(""));
    await until(() => expect(text("[data-pane=timeline] .content")).not.toBe(picture));
  });

  it("does not take a saved run with it", async () => {
    broken = true;
    const { text, all, press } = open({ scene: null, dead: true, traits: { saved: savedRun() } });
    await until(() => expect(text(".strip")).toContain("Saved run, no kernel"));
    expect(text(ALERT)).toContain("no axis");
    expect(text("[data-pane=log]")).toContain("Completed Final Packaging");
    broken = false;
    press("Retry");
    await until(() => expect(all(".stage")).toHaveLength(8));
  });

  it("is drawn from nothing after an error in the middle of a drawing", async () => {
    const { app, root, all, text, press } = open({});
    await until(() => expect(all(".stage")).toHaveLength(8));
    await until(() => expect(all("[aria-label^='Search the log']")).toHaveLength(1));
    const list = root.querySelector(".timeline .spacer > div") as HTMLElement;
    vi.spyOn(list, "removeChild").mockImplementation(() => {
      throw new Error("no such child");
    });
    const { stages, run } = app.run.state;
    const counts = { ...run?.counts, stages: 7, top_stages: 7 };
    Object.assign(app.run.state, { stages: stages.slice(0, 7), run: { ...run, counts } });
    app.painting.changed();
    await until(() => expect(text(ALERT)).toContain("no such child"));
    press("Retry");
    await until(() => expect(all(".stage")).toHaveLength(7));
    expect(all(".timeline .spacer > div")[0]).not.toBe(list);
    expect(text(ALERT)).toBe("");
  });
});

describe("a pane that fails beside its drawing", () => {
  it("shows the error of an action, and is still drawn", async () => {
    const { app, all, text, press } = open({});
    await until(() => expect(all(".stage")).toHaveLength(8));
    const set = vi.spyOn(app.view, "set").mockImplementation(() => {
      throw new Error("nothing can be chosen");
    });
    all(".stage button")[2]?.click();
    set.mockRestore();
    await until(() =>
      expect(text(ALERT)).toBe("An action in Timeline failed: nothing can be chosen.Dismiss"),
    );
    all(".stage button")[2]?.click();
    await until(() => expect(all(".stage [aria-pressed=true]")).toHaveLength(1));
    press("Dismiss");
    await until(() => expect(text(ALERT)).toBe(""));
  });

  it("stops at an error of what is drawn beside the tree, until a retry", async () => {
    const { app, root, all, text, press } = open({});
    await until(() => expect(all(".stage")).toHaveLength(8));
    const painter = vi.fn(() => {
      if (broken) throw new Error("nothing to measure");
    });
    app.painting.onPaint(painter, root.querySelector(".timeline .list") as HTMLElement);
    broken = true;
    app.painting.changed();
    await until(() => expect(text(ALERT)).toMatch(/^Timeline cannot be drawn: .*The last picture is shown/));
    const calls = painter.mock.calls.length;
    app.view.set({ wrap: true });
    await until(() => expect(all(".list.wrap")).toHaveLength(1));
    expect(painter).toHaveBeenCalledTimes(calls);
    broken = false;
    press("Retry");
    await until(() => expect(text(ALERT)).toBe(""));
    expect(painter.mock.calls.length).toBeGreaterThan(calls);
  });
});
