// @vitest-environment happy-dom

import { describe, expect, it, vi } from "vitest";
import type { Setup } from "../dev/kernel";
import { APPROVAL } from "../dev/questions";
import { TOTAL_S } from "../dev/run";
import type { Requests, WireError } from "../src/kernel/wire";
import { consolePage } from "./console-page";
import { until } from "./until";

vi.mock("../src/kernel/live-code", () => import("./bundles"));

/** A console whose kernel sends `pages.js` when `release` is called. */
async function open(setup: Partial<Setup> = {}) {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const asked: string[] = [];
  const code = async (name: string) => {
    if (name !== "travel") asked.push(name);
    if (name === "pages") await held;
    return name;
  };
  const { app, one, button } = consolePage({ scene: { at: TOTAL_S + 1 }, code, ...setup });
  return { app, one, button, asked, release };
}

const HISTORY = "[data-pop=history] > button";
const REFUSED: WireError = { code: "internal", message: "pages.js is missing", problems: [] };

describe("the code of pages and dialogs", () => {
  it("is requested when a dialog is first opened; until then its button is busy", async () => {
    const { one, asked, release } = await open();
    await until(() => expect(one(HISTORY)).not.toBeNull());
    expect(asked).toEqual(["live"]);
    one(HISTORY)?.click();
    await until(() => expect(one(`${HISTORY} .spin`)).not.toBeNull());
    expect(one(HISTORY)?.getAttribute("aria-expanded")).toBe("false");
    expect(one(".panel")).toBeNull();
    release();
    await until(() => expect(one(".history .panel .runs")).not.toBeNull());
    one("[data-pop=brand] > button")?.click();
    await until(() => expect(one(".brand .sheet")).not.toBeNull());
    expect(asked).toEqual(["live", "pages"]);
  });

  it("is not shown to a person who has closed the dialog meanwhile", async () => {
    const { app, one, release } = await open();
    await until(() => expect(one(HISTORY)).not.toBeNull());
    one(HISTORY)?.click();
    await until(() => expect(one(`${HISTORY} .spin`)).not.toBeNull());
    app.view.set({ panel: "" });
    release();
    await until(() => expect(one(`${HISTORY} .spin`)).toBeNull());
    expect(one(".panel")).toBeNull();
  });

  it.each([
    ["the history", HISTORY, ".history .panel"],
    ["the brand", "[data-pop=brand] > button", ".brand .sheet"],
    ["the home page", "[aria-label^=Home]", ".home"],
  ])("that does not arrive is an error beside the button of %s, with Try again", async (_, press, shown) => {
    const refusals: Partial<Record<keyof Requests, WireError>> = { pages: REFUSED };
    const { one, button, release } = await open({ refusals });
    release();
    await until(() => expect(one(press)).not.toBeNull());
    one(press)?.click();
    await until(() => expect(one(".bubble.error")?.textContent).toContain("pages.js is missing"));
    expect(one(shown)).toBeNull();
    delete refusals.pages;
    button("Try again")?.click();
    await until(() => expect(one(shown)).not.toBeNull());
    expect(one(".bubble.error")).toBeNull();
  });

  it("that does not arrive is an error at the question of a run, with Try again", async () => {
    const refusals: Partial<Record<keyof Requests, WireError>> = { pages: REFUSED };
    const { one, button, release } = await open({
      scene: { at: 7.4, asks: [APPROVAL] },
      traits: { status: "waiting" } as never,
      refusals,
    });
    release();
    await until(() => expect(one(".waiting .bubble.error")?.textContent).toContain("pages.js is missing"));
    // Until its fields are there, the question itself can be read.
    expect(one(".strip.waiting")?.textContent).toContain(APPROVAL.message);
    expect(one(".question")).toBeNull();
    delete refusals.pages;
    button("Try again")?.click();
    await until(() => expect(one(".question .field, .question button")).not.toBeNull());
    expect(one(".bubble.error")).toBeNull();
  });

  it("is requested together with the live code by a Studio, which shows why it has none", async () => {
    const refusals: Partial<Record<keyof Requests, WireError>> = { pages: REFUSED };
    const { one, button, release, asked } = await open({ refusals, traits: { section: "home" } as never });
    release();
    await until(() => expect(one(".studio .bubble.error")?.textContent).toContain("pages.js is missing"));
    expect(asked).toEqual(["live"]);
    delete refusals.pages;
    button("Try again")?.click();
    await until(() => expect(one(".home")).not.toBeNull());
    expect(asked).toEqual(["live", "pages"]);
  });

  it("is requested once by a Studio, before the live code has arrived", async () => {
    const { one, release, asked } = await open({ traits: { section: "home" } as never });
    await until(() => expect(asked).toHaveLength(2));
    expect([...asked].sort()).toEqual(["live", "pages"]);
    release();
    await until(() => expect(one(".home")).not.toBeNull());
    expect(asked).toHaveLength(2);
  });

  it("runs the scripts of a page once it is there", async () => {
    const { one, button, release } = await open();
    await until(() => expect(button("Run scripts") ?? button("More tools")).toBeDefined());
    if (!button("Run scripts")) {
      button("More tools")?.click();
      await until(() => expect(button("Run scripts")).toBeDefined());
    }
    button("Run scripts")?.click();
    await until(() => expect(one("[data-pane=artifacts] .tools .spin, .panel")).toBeDefined());
    expect(one("[data-pane=artifacts]")?.textContent).not.toContain("Scripts of this page run");
    release();
    await until(() =>
      expect(one("[data-pane=artifacts]")?.textContent).toContain("Scripts of this page run"),
    );
  });
});
