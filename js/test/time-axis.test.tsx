// @vitest-environment happy-dom

import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Setup } from "../dev/kernel";
import { APPROVAL } from "../dev/questions";
import { TOTAL_S } from "../dev/run";
import { consolePage } from "./console-page";
import { until } from "./until";

vi.mock("../src/kernel/live-code", () => import("./bundles"));

const DONE = { at: TOTAL_S + 1 };

async function open(setup: Partial<Setup>) {
  const page = consolePage(setup);
  const { app, root, all } = page;
  const slider = () => root.querySelector("[role=slider]") as HTMLElement;
  const moment = () => slider().getAttribute("aria-valuetext") ?? "";
  const key = (name: string, shiftKey = false) =>
    slider().dispatchEvent(
      new KeyboardEvent("keydown", { key: name, shiftKey, bubbles: true, cancelable: true }),
    );
  const events = () => app.run.state.past?.position ?? app.run.state.run?.counts.events ?? 0;
  if (setup.scene) await until(() => expect(all(".times .events")).toHaveLength(1));
  return { ...page, slider, moment, key, events };
}

describe("the time axis", () => {
  it("waits for a run, and has the newest moment at its right end", async () => {
    const empty = await open({});
    // The settings stay; play, three steps and the way to the newest moment are off.
    const off = () => empty.all(".travel [aria-disabled=true][title='No run is on screen']");
    await until(() => expect(off()).toHaveLength(5));
    const { all, slider, moment } = await open({ scene: DONE });
    expect(moment()).toBe("11.2 s, event 64 of 64");
    expect(slider().getAttribute("style")).toContain("100.00%");
    expect(["min", "max", "now"].map((name) => slider().getAttribute(`aria-value${name}`))).toEqual([
      "0",
      "64",
      "64",
    ]);
    expect(slider().getAttribute("aria-label")).toBe("Moment of the run");
    const marks = all(".flags path").map((path) => [
      path.getAttribute("class"),
      path.getAttribute("d")?.split("M").length,
    ]);
    expect(marks).toEqual([
      ["info", 7],
      ["recovered", 2],
      ["warning", 2],
    ]);
    expect(all(".times *").length).toBeLessThanOrEqual(16);
  });

  it("goes back by keys and on, and shows the run as it was: every pane, the status and the figures", async () => {
    const { all, text, key, events, moment } = await open({ scene: DONE });
    const lines = () => Number(all("[role=grid]")[0]?.getAttribute("aria-rowcount"));
    await until(() => expect(lines()).toBe(41));
    key("Home");
    await until(() => expect(events()).toBe(0));
    expect(moment()).toBe("0.0 s, event 0 of 64");
    key("PageDown");
    await until(() => expect(events()).toBe(29));
    await until(() => expect(lines()).toBeLessThan(20));
    expect(text("[data-status]")).toBe("Running");
    expect(all(".status .spin")).toEqual([]);
    expect(text(".status .tag")).toBe("recording");
    expect(all(".stage.completed")).toHaveLength(3);
    expect(text("[data-pane=ledger]")).toContain("the hero subtitle contains “guaranteed”");
    expect(all("[data-pane=artifacts] [role=tab]")).toHaveLength(3);
    expect(all(".decision")).toHaveLength(4);
    expect(all(".figures dd").map((item) => item.textContent)).toEqual(["4.9 s", "1,170", "3/8", "29"]);
    // The run as a whole has ended: another can be started.
    expect(text(".primary")).toContain("New run");
    key("ArrowLeft");
    await until(() => expect(events()).toBe(27));
    key("End");
    await until(() => expect(text("[data-status]")).toBe("Completed · 1 recovered"));
    expect(all(".status .tag")).toEqual([]);
    await until(() => expect(lines()).toBe(41));
  });

  it("draws a moment that is chosen once: each drawing of all panes is a layout of them, too", async () => {
    const { app, slider, key } = await open({ scene: DONE });
    const drawn = new Map<object, number>();
    app.painting.onPaint(() => {
      drawn.set(app.run.state, (drawn.get(app.run.state) ?? 0) + 1);
    });
    for (const [name, at] of Object.entries({ Home: 0, End: 64 })) {
      key(name);
      drawn.clear();
      await until(() => expect(slider().getAttribute("aria-valuenow")).toBe(`${at}`));
      expect(drawn.get(app.run.state)).toBe(1);
    }
  });

  it("keeps what a person looks at", async () => {
    const { app, all, key, events } = await open({ scene: DONE });
    all(".stage button")[3]?.click();
    app.view.set({ picked: "positioning.md", maximised: "log", agent: "copywriter_agent" });
    await until(() => expect(all(".chip.on").length).toBeGreaterThan(0));
    key("Home");
    await until(() => expect(events()).toBe(0));
    key("PageDown");
    await until(() => expect(events()).toBe(29));
    const { stage, picked, maximised, agent } = app.view;
    expect({ stage, picked, maximised, agent }).toEqual({
      stage: "copy",
      picked: "positioning.md",
      maximised: "log",
      agent: "copywriter_agent",
    });
  });

  it("says that there is no artifact yet", async () => {
    const { key, text } = await open({ scene: DONE });
    key("Home");
    await until(() => expect(text("[data-pane=artifacts] .empty")).toBe("No artifact yet at this moment."));
  });

  it("plays to the newest moment, without a word for a screen reader at every event", async () => {
    const { app, all, key, moment, slider } = await open({ scene: DONE });
    const speed = all(".travel select")[0] as HTMLSelectElement;
    speed.value = "16";
    speed.dispatchEvent(new Event("change"));
    key("Home");
    await until(() => expect(app.run.state.past?.position).toBe(0));
    const words = new Set<string>();
    app.painting.onPaint(() => words.add(`${moment()} ${slider().getAttribute("aria-valuenow")}`));
    key(" ");
    await until(() => expect(app.run.state.past?.speed).toBe(16));
    expect(all("[aria-label='Pause (Space)']")).toHaveLength(1);
    await until(() => expect(app.run.state.past).toBeNull());
    expect([...words].filter((text) => text.startsWith("Playing"))).toEqual([
      "Playing at 16 times the speed 0",
    ]);
    expect(words.size).toBeLessThanOrEqual(4);
    expect(all("[aria-label='Play the run (Space)']")).toHaveLength(1);
  });

  it("of a run that goes on says how far behind the moment is, and leads back", async () => {
    const { app, all, text, key, events } = await open({ scene: { at: 7.4, asks: [APPROVAL] } });
    await until(() => expect(all(".strip.waiting")).toHaveLength(1));
    expect(text(".travel .now")).toBe("Live");
    key("PageUp");
    await until(() => expect(app.run.state.past).not.toBeNull());
    expect(text(".travel .now")).toMatch(/^\d+ s behind live$/);
    expect(text("[data-status]")).toBe("Running");
    // What it asks now was not asked then.
    expect(all(".strip.waiting")).toEqual([]);
    expect(text(".primary")).toContain("Stop");
    expect(all(".status .tag")).toEqual([]);
    const shown = events();
    key("ArrowRight");
    await until(() => expect(events()).toBeGreaterThan(shown));
    all(".travel .now")[0]?.click();
    await until(() => expect(text(".travel .now")).toBe("Live"));
    await until(() => expect(all(".strip.waiting")).toHaveLength(1));
  });

  describe("shows only a range", () => {
    const drag = (all: (selector: string) => HTMLElement[], from: number, to: number, shiftKey = true) => {
      const track = all(".times")[0] as HTMLElement;
      track.getBoundingClientRect = () => ({ left: 0, width: 1000 }) as DOMRect;
      track.setPointerCapture = () => undefined;
      const send = (name: string, clientX: number) =>
        track.dispatchEvent(
          new PointerEvent(name, { clientX, shiftKey, bubbles: true, cancelable: true, button: 0 }),
        );
      send("pointerdown", from * 1000);
      send("pointermove", to * 1000);
      send("lostpointercapture", to * 1000);
    };
    const lines = (all: (selector: string) => HTMLElement[]) =>
      Number(all("[role=grid]")[0]?.getAttribute("aria-rowcount"));

    it("that is dragged with Shift, with exact counts, until it is closed", async () => {
      const { app, all, text } = await open({ scene: DONE });
      await until(() => expect(lines(all)).toBe(41));
      drag(all, 0.6, 0.3);
      await until(() => expect(all(".edge")).toHaveLength(2));
      await until(() => expect(app.run.state.past?.range).toBeTruthy());
      const { after, upto } = app.run.state.past?.range ?? { after: 0, upto: 0 };
      expect(text(".part")).toMatch(/^3\.\d s – 6\.\d s · \d+ events$/);
      expect(text(".part")).toContain(`${upto - after} events`);
      expect(text(".times [role=status]")).toBe(`Only ${text(".part")}`);
      const shown = app.run.state.run?.counts;
      expect(shown?.events).toBe(upto - after);
      await until(() => expect(lines(all)).toBe(app.log.rows.total));
      expect(app.log.rows.total).toBeLessThan(41);
      for (const row of app.log.rows.rows.values())
        expect(row.time_us).toBeGreaterThanOrEqual(app.run.state.past?.range?.start_us ?? 0);
      all(".part")[0]?.click();
      await until(() => expect(app.run.state.past).toBeNull());
      expect(all(".edge, .part")).toEqual([]);
      await until(() => expect(lines(all)).toBe(41));
    });

    it("whose ends the keyboard moves, and Escape closes", async () => {
      const { app, all, key, root } = await open({ scene: DONE });
      key("Home");
      key("PageDown");
      await until(() => expect(app.run.state.past?.position).toBe(29));
      key("i");
      await until(() => expect(app.run.state.past?.range?.after).toBeGreaterThan(20));
      const [start] = all(".edge");
      expect(all(".edge").map((edge) => edge.getAttribute("aria-label"))).toEqual([
        "Start of the range",
        "End of the range",
      ]);
      const before = app.run.state.past?.range?.start_us ?? 0;
      start?.dispatchEvent(
        new KeyboardEvent("keydown", { key: "ArrowLeft", shiftKey: true, bubbles: true, cancelable: true }),
      );
      await until(() => expect(app.run.state.past?.range?.start_us).toBeLessThan(before));
      root
        .querySelector("[role=slider]")
        ?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
      await until(() => expect(app.run.state.past).toBeNull());
      expect(all(".edge")).toEqual([]);
    });

    it("which a chosen stage offers as its own", async () => {
      const { app, all } = await open({ scene: DONE });
      all(".stage button")[3]?.click();
      const button = () => all(".stage-detail .link").find((item) => /time|run/.test(item.textContent ?? ""));
      await until(() => expect(button()?.textContent).toBe("Only its time"));
      const { started_us, ended_us } = app.run.state.stages[3] ?? {};
      button()?.click();
      await until(() =>
        expect(app.run.state.past?.range).toMatchObject({ start_us: started_us, end_us: ended_us }),
      );
      expect(button()?.textContent).toBe("Whole run");
      button()?.click();
      await until(() => expect(app.run.state.past).toBeNull());
    });

    it("not for a drag without Shift, nor for a click with it", async () => {
      const { app, all } = await open({ scene: DONE });
      drag(all, 0.3, 0.3);
      drag(all, 0.6, 0.3, false);
      await until(() => expect(app.run.state.past).not.toBeNull());
      expect(app.run.state.past?.range).toBeNull();
      expect(all(".edge")).toEqual([]);
    });
  });

  describe("has a film strip", () => {
    const PICTURES = "[aria-label='Pictures of the artifacts as they were written']";
    const sized = () => vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockImplementation(() => 1_000);

    it("that is folded until it is asked for, and then requests one picture after the other", async () => {
      const { all, app, kernel } = await open({ scene: DONE });
      const send = vi.spyOn(kernel, "send");
      const asked = () =>
        send.mock.calls.flatMap(([message]) =>
          message.kind === "request" && message.name === "travel.picture" ? [message.args] : [],
        );
      expect(all(".film")).toEqual([]);
      const width = sized();
      onTestFinished(() => width.mockRestore());
      all(PICTURES)[0]?.click();
      await until(() => expect(all(".shot").length).toBeGreaterThan(2));
      await until(() => expect(all(".shot iframe")).toHaveLength(all(".shot").length));
      expect(asked()).toHaveLength(all(".shot").length);
      for (const picture of all(".picture")) {
        expect(picture.hasAttribute("inert")).toBe(true);
        expect(picture.querySelector("iframe")?.getAttribute("sandbox")).toBe("allow-scripts");
      }
      const [first] = all(".shot button");
      expect(first?.getAttribute("aria-label")).toMatch(/^[\w.]+ at \d+\.\d s$/);
      first?.click();
      await until(() => expect(app.run.state.past).not.toBeNull());
      const { position } = asked().find(({ file }) => first?.title.startsWith(file)) ?? {};
      expect(app.run.state.past?.position).toBeLessThanOrEqual(position ?? 0);
      all(PICTURES)[0]?.click();
      await until(() => expect(all(".film")).toEqual([]));
    });

    it("which the browser remembers", async () => {
      localStorage.setItem("worker-widget", JSON.stringify({ film: true, speed: 4 }));
      const { all } = await open({ scene: DONE });
      expect(all(".film")).toHaveLength(1);
      expect((all(".travel select")[0] as HTMLSelectElement).value).toBe("4");
    });
  });
});
