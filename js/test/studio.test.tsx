// @vitest-environment happy-dom

import { describe, expect, it, vi } from "vitest";
import { homePage } from "../dev/history";
import type { Setup } from "../dev/kernel";
import { TOTAL_S } from "../dev/run";
import { consolePage } from "./console-page";
import { until } from "./until";

vi.mock("../src/kernel/live-code", () => import("./bundles"));

async function open(setup: Partial<Setup> = {}) {
  return consolePage({ traits: { section: "home" }, ...setup });
}

describe("the Studio", () => {
  it("shows what workers are, the workers with their engines, the newest runs and the health", async () => {
    const { all, text } = await open();
    await until(() => expect(all(".cards.wide > .card")).toHaveLength(3));
    expect(text(".console h3")).toBe("Worker Studio");
    expect(all(".cards")[0]?.querySelectorAll("li")).toHaveLength(5);
    const [builder, coming, broken] = all(".cards.wide > .card");
    expect(builder?.textContent).toMatch(
      /^Business BuilderAvailable.*M18 Drift detection ✓.*Run Business Builder$/,
    );
    expect(builder?.textContent).toContain(
      "M15 Governance · unavailable: its budget service is not installed",
    );
    expect(coming?.textContent).toMatch(/Coming soon.*M9 Failure catalog · planned/);
    expect(broken?.textContent).toContain("cannot be loaded");
    // What cannot run offers no button that does nothing.
    expect([coming, broken].flatMap((card) => [...(card?.querySelectorAll("button") ?? [])])).toEqual([]);
    expect(all(".past")).toHaveLength(10);
    expect(text("[data-section=health]")).toMatch(/Embedded host healthy, version 0\.1\.0/);
    expect(text("[data-section=health]")).toMatch(/Last answer at \d\d:\d\d:\d\d/);
    expect(all(".panes")).toEqual([]);
  });

  it("opens the console below with the worker of a card, and leads back", async () => {
    const { app, all, text, press, root } = await open();
    await until(() => expect(all(".cards.wide > .card")).toHaveLength(3));
    press("Run Business Builder");
    await until(() => expect(all(".panes")).toHaveLength(1));
    expect(app.run.state.form.worker).toBe("business-builder");
    await until(() => expect(root.activeElement?.getAttribute("aria-label")).toBe("Task"));
    const pages = () => all("section.console").map((page) => page.getAttribute("aria-label"));
    expect(pages()).toEqual(["Worker Studio", "Worker console"]);
    press("Home: the Worker Studio");
    await until(() => expect(text(".console h3")).toBe("Worker Studio"));
    await until(() => expect(root.activeElement?.textContent).toBe("Start with Business Builder"));
    expect(pages()).toHaveLength(2);
  });

  it("plays a recording of the list in the console", async () => {
    const { app, all, press } = await open();
    await until(() => expect(all(".past")).toHaveLength(10));
    press("Replay");
    await until(() => expect(all(".panes")).toHaveLength(1));
    await until(() => expect(app.run.state.run?.recording).toBe(true));
  });

  it("compares two runs in the place of the list", async () => {
    const { all, text, press } = await open();
    await until(() => expect(all(".past")).toHaveLength(10));
    for (const n of [0, 4]) {
      all(".past input")[n]?.click();
      await until(() => expect((all(".past input")[n] as HTMLInputElement).checked).toBe(true));
    }
    press("Compare");
    await until(() => expect(text("[data-section=history] h3")).toBe("Comparison of two runs"));
    expect(all(".compared")).toHaveLength(1);
    press("All runs");
    await until(() => expect(all(".past")).toHaveLength(10));
  });

  it("leads back to a run in progress, which a run that starts brings up by itself", async () => {
    const { all, press, text } = await open({ scene: { at: 5 }, live: true });
    await until(() => expect(all("[aria-label^=Home]")).toHaveLength(1));
    press("Home: the Worker Studio");
    await until(() => expect(text(".start")).toBe("Back to the run"));
    press("Back to the run");
    await until(() => expect(all(".panes")).toHaveLength(1));
  });

  it("is a page of every console, which is not kept up to date while it is not shown", async () => {
    const { app, all, press } = await open({ traits: {}, scene: { at: TOTAL_S + 1 } });
    await until(() => expect(all("[aria-label^=Home]")).toHaveLength(1));
    expect(app.run.state.home).toBeNull();
    press("Home: the Worker Studio");
    await until(() => expect(all(".cards.wide > .card")).toHaveLength(3));
    expect(all(".panes")).toHaveLength(0);
    press("Run Business Builder");
    await until(() => expect(all(".panes")).toHaveLength(1));
    expect(all(".home")).toHaveLength(0);
  });

  it.each([
    ["no run", { home: homePage(1, 0) }, /No run yet\. The runs of all notebooks/],
    ["thirty workers", { home: homePage(30, 10) }, /Business Builder 27/],
    [
      "a server that does not answer",
      {
        home: homePage(0, 2, [
          { name: "Server w.example", tone: "error" as const, text: "does not answer: x" },
        ]),
      },
      /The workers appear here.*Server w\.example does not answer/,
    ],
    [
      "a history that cannot be read",
      { home: { ...homePage(1, 0), error: { code: "history", message: "The disk is full.", problems: [] } } },
      /The disk is full\./,
    ],
  ])("shows %s", async (_, setup, words) => {
    const { text } = await open(setup);
    await until(() => expect(text(".home")).toMatch(words));
  });

  it("states once that its server is down, and offers what works without it", async () => {
    const down = { name: "Server w.example", tone: "error" as const, text: "does not answer" };
    const message = "https://w.example cannot be reached (connection refused).";
    const { all, text } = await open({
      home: homePage(0, 4, [down]),
      notice: { code: "host_unreachable", message },
    });
    await until(() => expect(all(".past")).toHaveLength(4));
    expect(text(".studio").split(message)).toHaveLength(2);
    const button = (row: HTMLElement, name: string) =>
      [...row.querySelectorAll("button")].find((item) => item.textContent === name);
    const rows = all(".past").map((row) => ({
      verify: button(row, "Run again and verify"),
      replay: button(row, "Replay"),
    }));
    const verifying = rows.flatMap(({ verify }) => verify ?? []);
    expect(verifying.length).toBeGreaterThan(0);
    for (const verify of verifying) {
      expect(verify.getAttribute("aria-disabled")).toBe("true");
      expect(verify.title).toBe("Server w.example does not answer");
    }
    for (const { replay } of rows) expect(replay?.getAttribute("aria-disabled")).not.toBe("true");
  });

  it("shows that it waits for the kernel", async () => {
    const { text } = await open({ dead: true });
    await until(() => expect(text(".console")).toContain("Waiting for the kernel"));
  });
});
