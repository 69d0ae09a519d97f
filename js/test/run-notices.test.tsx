// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PageKernel, type Setup } from "../dev/kernel";
import { mount } from "../src/shell/mount";
import { until } from "./until";

vi.mock("../src/kernel/live-code", () => import("./bundles"));

let leave: (() => void)[];
let hidden: boolean;
let laterMs: number;
let sounds: number;
let notices: { title: string; body: string; onclick?: () => void; close: () => void }[];
let asked: number;
let permission: NotificationPermission;

const now = performance.now.bind(performance);

beforeEach(() => {
  document.body.replaceChildren();
  document.title = "Notebook";
  localStorage.clear();
  leave = [];
  hidden = false;
  laterMs = 0;
  sounds = 0;
  notices = [];
  asked = 0;
  permission = "default";
  vi.spyOn(document, "hidden", "get").mockImplementation(() => hidden);
  vi.spyOn(performance, "now").mockImplementation(() => now() + laterMs);
  const Notification = function (this: object, title: string, { body }: { body: string }) {
    const notice = Object.assign(this, { title, body, close: vi.fn() });
    notices.push(notice);
  };
  vi.stubGlobal(
    "Notification",
    Object.defineProperties(Notification, {
      permission: { get: () => permission },
      requestPermission: {
        value: async () => {
          asked += 1;
          return permission;
        },
      },
    }),
  );
  vi.stubGlobal(
    "AudioContext",
    class {
      currentTime = 0;
      createOscillator() {
        return { frequency: {}, connect: (next: object) => next, start: () => (sounds += 1), stop() {} };
      }
      createGain() {
        return { gain: { linearRampToValueAtTime() {} }, connect() {} };
      }
      close() {}
    },
  );
});

afterEach(() => {
  for (const end of leave) end();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Waits until something is so: nothing here depends on how fast the machine is. */
/** A console whose run goes on, and ways to end it and to look away. */
async function open(setup: Partial<Setup> = {}) {
  const kernel = new PageKernel({
    scene: { at: 3 },
    live: false,
    code: async (name) => name,
    traits: { status: "running", run_id: "r" },
    ...setup,
  });
  const place = document.createElement("div");
  document.body.append(place);
  const { app, close } = mount(kernel, place);
  leave.push(close, () => kernel.stop());
  const root = place.firstElementChild?.shadowRoot as ShadowRoot;
  const one = (selector: string) => root.querySelector<HTMLElement>(selector);
  await until(() => expect(one(".keys > button")).not.toBeNull());
  await until(() => expect(app.run.state.run).not.toBeNull());
  await until(() => expect(one("[data-status]")?.textContent).toBe("Running"));
  return {
    app,
    one,
    root,
    look(away: boolean) {
      hidden = away;
      document.dispatchEvent(new Event("visibilitychange"));
    },
    end: (status: string, more = {}) => kernel.change({ status, ...more }),
    choose: (name: string) =>
      [...root.querySelectorAll<HTMLElement>(".ends label")]
        .find((label) => label.textContent === name)
        ?.querySelector("input") as HTMLInputElement,
  };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

describe("the end of a long run that the person does not see", () => {
  it.each([
    ["completed", "✓ Completed · Notebook"],
    ["failed", "✗ Failed · Notebook"],
    ["cancelled", "✗ Cancelled · Notebook"],
  ])("%s is in the title until the person comes back", async (status, title) => {
    const { look, end } = await open();
    look(true);
    laterMs = 31_000;
    end(status);
    await until(() => expect(document.title).toBe(title));
    document.title = "Another";
    await until(() => expect(document.title).toBe(title.replace("Notebook", "Another")));
    look(false);
    expect(document.title).toBe("Another");
    expect(document.documentElement.dataset.consoleMarks).toBeUndefined();
    expect([sounds, notices, asked]).toEqual([0, [], 0]);
  });

  it("is in the title also where the console is only out of sight", async () => {
    const { app, end } = await open();
    app.view.set({ visible: false });
    laterMs = 31_000;
    end("completed");
    await until(() => expect(document.title).toBe("✓ Completed · Notebook"));
    app.view.set({ visible: true });
    await until(() => expect(document.title).toBe("Notebook"));
  });

  it.each([
    ["is short", 20_000, true, {}],
    ["is on screen", 31_000, false, {}],
    ["is another", 31_000, true, { run_id: "other" }],
  ])("is in no title if the run %s", async (_, took, away, change) => {
    const { app, look, end } = await open();
    app.view.set({ endSound: true, endNotice: true });
    look(away);
    laterMs = took;
    end("completed", change);
    await settle();
    expect(document.title).toBe("Notebook");
    expect([sounds, notices]).toEqual([0, []]);
  });

  it("is a sound and a notice of the desktop where the person chose them", async () => {
    const { app, one, look, end } = await open();
    // The code is there: no request is overdue as the clock moves on.
    one(".keys > button")?.click();
    await until(() => expect(one(".places")).not.toBeNull());
    app.view.set({ panel: "", endSound: true, endNotice: true });
    const { run } = app.run.state;
    if (run) run.task = `A\u202e page\n\u0007for <b>us</b> ${"x".repeat(300)}`;
    look(true);
    laterMs = 31_000;
    end("failed");
    await until(() => expect(notices).toHaveLength(1));
    expect(sounds).toBe(1);
    expect(notices[0]?.title).toMatch(/^✗ Failed after 3\d(\.\d)? s$/);
    expect(notices[0]?.body).toMatch(/^A page for <b>us<\/b> x+…$/);
    expect(notices[0]?.body.length).toBeLessThan(130);
    const focus = vi.spyOn(window, "focus").mockImplementation(() => undefined);
    notices[0]?.onclick?.();
    expect(focus).toHaveBeenCalledOnce();
    expect(notices[0]?.close).toHaveBeenCalledOnce();
  });
});

describe("the choice of these notices", () => {
  async function opened() {
    const console = await open();
    console.one(".keys > button")?.click();
    await until(() => expect(console.one(".ends")).not.toBeNull());
    return console;
  }
  const stored = () => JSON.parse(localStorage.getItem("worker-widget") ?? "{}");

  it("is off at first, asks the browser on switching on only, and is remembered", async () => {
    const { choose } = await opened();
    expect([choose("sound").checked, choose("desktop notice").checked, asked]).toEqual([false, false, 0]);
    permission = "granted";
    choose("sound").click();
    choose("desktop notice").click();
    await until(() => expect(stored()).toEqual({ endSound: true, endNotice: true }));
    expect([asked, sounds]).toEqual([1, 1]);
    choose("desktop notice").click();
    await until(() => expect(stored()).toEqual({ endSound: true, endNotice: false }));
    expect(asked).toBe(1);
  });

  it("stays off where the browser refuses, and says why", async () => {
    const { choose } = await opened();
    const box = choose("desktop notice");
    permission = "denied";
    box.click();
    await until(() => expect(box.disabled).toBe(true));
    expect(box.checked).toBe(false);
    expect(box.parentElement?.title).toBe("The browser allows this page no notices");
    expect(stored().endNotice).toBe(false);
  });
});

describe("the key ?", () => {
  const press = (element: Element | null) =>
    element?.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true, composed: true }));

  it("opens the sheet of all keys, and Escape returns to where the person was", async () => {
    const { one, root } = await open();
    const lines = one(".list") as HTMLElement;
    lines.focus();
    press(lines);
    await until(() => expect(one("[role=dialog][aria-label=Keys]")).not.toBeNull());
    expect(one(".places")?.textContent).toContain("GGo to a time or line");
    expect(root.activeElement).toBe(one(".places"));
    root.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await until(() => expect(one("[role=dialog]")).toBeNull());
    expect(root.activeElement).toBe(lines);
  });

  it("is a character where a person writes", async () => {
    const { one, app } = await open();
    press(one("textarea"));
    expect(app.view.panel).toBe("");
  });
});
