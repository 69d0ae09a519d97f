// @vitest-environment happy-dom

import { describe, expect, it, vi } from "vitest";
import { PageKernel, type Setup } from "../dev/kernel";
import { TOTAL_S } from "../dev/run";
import { mount } from "../src/shell/mount";
import { consolePage, leave } from "./console-page";
import { until } from "./until";

vi.mock("../src/kernel/live-code", () => import("./bundles"));

/** A console with the dialog of the history open, and what is in it. */
async function open(setup: Partial<Setup> = {}) {
  const page = consolePage({ scene: { at: TOTAL_S + 1 }, ...setup });
  const { root, all } = page;
  await until(() => expect(all("[data-pop=history] > button")).toHaveLength(1));
  all("[data-pop=history] > button")[0]?.click();
  await until(() => expect(all("[role=dialog] .past").length).toBeGreaterThan(0));
  const dialog = () => root.querySelector("[role=dialog]") as HTMLElement;
  const rows = () => all("[role=dialog] .past");
  const named = (within: Element | undefined, name: string) => page.button(name, within) as HTMLElement;
  const press = (within: Element | undefined, name: string) => page.press(name, within);
  const type = (label: string, text: string) => {
    const field = root.querySelector<HTMLInputElement>(`[aria-label="${label}"]`);
    if (!field) throw new Error(`no field ${label}`);
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return field;
  };
  const choose = (label: string, value: string) => {
    const field = root.querySelector<HTMLSelectElement>(`select[aria-label="${label}"]`);
    if (!field) throw new Error(`no choice ${label}`);
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  return { ...page, dialog, rows, named, press, type, choose };
}

const key = (target: Element, name: string) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, composed: true }));

describe("the list of all runs", () => {
  it("shows a run that another notebook starts, and its end, by itself", async () => {
    const { kernel, rows, dialog, root } = await open();
    const before = rows().length;
    kernel.history.add({ run_id: "new", task: "From another notebook", status: "running" });
    await until(() => expect(rows()).toHaveLength(before + 1));
    expect(rows()[0]?.textContent).toMatch(/^RunningFrom another notebook/);
    expect(dialog().querySelector("[role=status]")?.textContent).toBe("13 runs");
    await until(() => expect(root.querySelector(".badge")?.textContent).toBe("13"));
  });

  it("is filtered by status, tag and star, says what passes, and shows all again", async () => {
    const { rows, dialog, choose, press } = await open();
    choose("Status", "failed");
    await until(() => expect(rows()).toHaveLength(1));
    expect(dialog().querySelector("[role=status]")?.textContent).toMatch(/^1 of 12 runs/);
    choose("Tag", "baseline");
    await until(() => expect(dialog().textContent).toContain("No run has all of this."));
    press(dialog(), "Show all runs");
    await until(() => expect(rows()).toHaveLength(12));
    press(dialog(), "Only starred runs");
    await until(() => expect(rows()).toHaveLength(1));
    expect(rows()[0]?.textContent).toContain("baselinev2");
  });

  it("is searched in tasks and in logs, which follow as they are found, with their matching lines", async () => {
    const { app, rows, dialog, type, press } = await open();
    const field = type("Search tasks, notes and logs", "BAKERY ");
    await until(() => expect(dialog().querySelector("[role=status]")?.textContent).toMatch(/% searched/));
    await until(() =>
      expect(dialog().querySelector("[role=status]")?.textContent).toMatch(
        /^3 runs by task or note · 9 more by log/,
      ),
    );
    expect(rows()).toHaveLength(12);
    expect(rows()[0]?.querySelector("mark")?.textContent).toBe("bakery");
    expect(rows()[0]?.textContent).toMatch(/^In the task or note/);
    expect(rows()[3]?.textContent).toMatch(/^In the log.*12 lines of the log/);
    expect(field.value).toBe("BAKERY ");

    press(rows()[4], "12 lines of the log");
    await until(() => expect(app.view.query.text).toBe("BAKERY"));
    expect(app.view.levels).toHaveLength(4);
    await until(() => expect(app.run.state.run?.run_id).toBe("run-1"));
  });

  it("searches at once on Enter, without the pause for typing", async () => {
    const { dialog, type } = await open();
    const later = globalThis.setTimeout;
    const paused = vi.spyOn(globalThis, "setTimeout");
    // The pause never ends.
    paused.mockImplementation(((work: () => void, ms?: number) =>
      later(ms === 200 ? () => {} : work, ms)) as typeof setTimeout);
    try {
      key(type("Search tasks, notes and logs", "bakery"), "Enter");
      await until(() =>
        expect(dialog().querySelector("[role=status]")?.textContent).toMatch(/^3 runs by task or note/),
      );
    } finally {
      paused.mockRestore();
    }
  });

  it("keeps the search until Escape clears it, and closes with the next", async () => {
    const { app, rows, type } = await open();
    const field = type("Search tasks, notes and logs", "nothing of that");
    key(field, "Escape");
    await until(() => expect(field.value).toBe(""));
    expect(rows()).toHaveLength(12);
    expect(app.view.panel).toBe("history");
    key(field, "Escape");
    await until(() => expect(app.view.panel).toBe(""));
  });

  it("stars a run", async () => {
    const { rows, named, press } = await open();
    const star = () => named(rows()[0], "Star: stays when old runs are removed");
    expect(star().getAttribute("aria-pressed")).toBe("false");
    press(rows()[0], "Star: stays when old runs are removed");
    await until(() => expect(star().getAttribute("aria-pressed")).toBe("true"));
  });

  it("edits tags and note in the row, for the keyboard too, and leads from a tag to its runs", async () => {
    const { root, rows, press, type, dialog } = await open();
    press(rows()[1], "Edit tags and note");
    await until(() => expect(root.activeElement?.getAttribute("aria-label")).toBe("Tags"));
    type("Tags", "baseline, #slow,, baseline");
    key(type("Note", "Try again with the other model"), "Enter");
    await until(() => expect(rows()[1]?.textContent).toContain("baselineslowTry again"));
    expect(root.activeElement?.getAttribute("aria-label")).toBe("Edit tags and note");
    type("Search tasks, notes and logs", "OTHER model");
    await until(() => expect(rows()[0]?.querySelector(".reason mark")?.textContent).toBe("other model"));
    type("Search tasks, notes and logs", "");
    await until(() => expect(rows()).toHaveLength(12));

    press(rows()[1], "Edit tags and note");
    await until(() => expect(root.querySelector("[aria-label=Tags]")).not.toBeNull());
    key(type("Tags", "never"), "Escape");
    await until(() => expect(root.querySelector("[aria-label=Tags]")).toBeNull());
    expect(dialog().textContent).not.toContain("never");

    press(rows()[1], "slow");
    await until(() => expect(rows()).toHaveLength(1));
  });

  it("shows what is wrong with a tag where it was typed", async () => {
    const refusals = {
      "history.tag": { code: "request_refused", message: "The tag 'x' has 101 characters.", problems: [] },
    };
    const { root, rows, press, type } = await open({ refusals });
    press(rows()[1], "Edit tags and note");
    await until(() => expect(root.querySelector("[aria-label=Tags]")).not.toBeNull());
    key(type("Tags", "x"), "Enter");
    await until(() =>
      expect(root.querySelector(".notes [role=alert]")?.textContent).toContain("101 characters"),
    );
  });

  it("asks before it deletes a run, and brings it back", async () => {
    const { root, rows, dialog, press } = await open();
    press(rows()[3], "Delete this run");
    await until(() => expect(root.activeElement?.textContent).toBe("Delete"));
    press(rows()[3], "Keep");
    await until(() => expect(root.activeElement?.getAttribute("aria-label")).toBe("Delete this run"));
    expect(rows()).toHaveLength(12);
    press(rows()[3], "Delete this run");
    await until(() => expect(root.activeElement?.textContent).toBe("Delete"));
    press(rows()[3], "Delete");
    await until(() => expect(rows()).toHaveLength(11));
    expect(dialog().textContent).toContain("is deleted, for good in 7 days.");
    expect(root.activeElement?.textContent).toBe("Undo");
    press(dialog(), "Undo");
    await until(() => expect(rows()).toHaveLength(12));
    await until(() => expect(dialog().textContent).not.toContain("is deleted"));
  });

  it("moves between the runs with the arrow keys", async () => {
    const { root, rows, named } = await open();
    const first = named(rows()[0], "Replay");
    first.focus();
    key(first, "ArrowDown");
    expect(root.activeElement).toBe(named(rows()[1], "Replay"));
    key(root.activeElement as Element, "ArrowUp");
    expect(root.activeElement).toBe(first);
  });

  it("shows why it cannot be read, and goes on when it can", async () => {
    const refusals: Setup["refusals"] = {};
    const { dialog, type } = await open({ refusals });
    refusals["history.window"] = { code: "history", message: "The disk is full.", problems: [] };
    type("Search tasks, notes and logs", "x");
    await until(() => expect(dialog().querySelector("[role=alert]")?.textContent).toBe("The disk is full."));
    delete refusals["history.window"];
    await until(() => expect(dialog().querySelector("[role=alert]")).toBeNull());
  });
});

describe("the Studio", () => {
  it("shows all runs in the place of the newest, and back", async () => {
    const kernel = new PageKernel({
      scene: null,
      live: false,
      code: async (name) => name,
      traits: { section: "history" },
    });
    const place = document.createElement("div");
    document.body.append(place);
    const { close } = mount(kernel, place);
    leave.push(close, () => kernel.stop());
    const root = place.firstElementChild?.shadowRoot as ShadowRoot;
    const press = (name: string) =>
      [...root.querySelectorAll("button")].find((item) => item.textContent === name)?.click();
    await until(() => expect(root.querySelectorAll(".past")).toHaveLength(10));
    press("All 12 runs");
    await until(() => expect(root.querySelectorAll(".past")).toHaveLength(12));
    expect(root.querySelector("[role=searchbox]")).not.toBeNull();
    press("Newest");
    await until(() => expect(root.querySelectorAll(".past")).toHaveLength(10));
  });
});
