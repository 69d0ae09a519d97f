// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PageKernel, type Setup } from "../dev/kernel";
import { TOTAL_S } from "../dev/run";
import widget from "../src/index";
import { deviceStyle } from "../src/panes/artifacts/live";
import { tally } from "../src/panes/artifacts/sources";
import { until } from "./until";

vi.mock("../src/kernel/live-code", () => import("./bundles"));

const DONE = { at: TOTAL_S + 1 };

let leave: (() => void)[];

beforeEach(() => {
  document.body.replaceChildren();
  leave = [];
});

afterEach(() => {
  for (const end of leave) end();
});

/** The artifacts of a console on a page of its own, once the viewer is there. */
async function open(scene: Partial<Setup["scene"]> = {}, setup: Partial<Setup> = {}) {
  const kernel = new PageKernel({
    scene: { ...DONE, ...scene },
    live: false,
    code: async (name) => name,
    ...setup,
  });
  const asked: { name: string; args: Record<string, unknown> }[] = [];
  const send = kernel.send.bind(kernel);
  kernel.send = (message) => {
    if (message.kind === "request") asked.push({ name: message.name, args: { ...message.args } });
    send(message);
  };
  const place = document.createElement("div");
  document.body.append(place);
  const end = widget.render({ model: kernel, el: place });
  leave.push(end, () => kernel.stop());
  const root = place.firstElementChild?.shadowRoot as ShadowRoot;
  const pane = () => root.querySelector("[data-pane=artifacts]") as HTMLElement;
  const all = (selector: string) => [...pane().querySelectorAll<HTMLElement>(selector)];
  const text = (selector: string) => pane().querySelector(selector)?.textContent ?? "";
  const button = (name: string) =>
    all("button").find(
      (item) => item.getAttribute("aria-label") === name || item.textContent?.trim() === name,
    );
  const press = async (name: string) => {
    await until(() => expect(button(name)).toBeTruthy());
    button(name)?.click();
  };
  const type = (field: HTMLInputElement, value: string) => {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const key = (target: Element | null | undefined, name: string, more: KeyboardEventInit = {}) =>
    target?.dispatchEvent(
      new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more }),
    );
  await until(() => expect(all(".compare button")).toHaveLength(1));
  return { root, all, text, button, press, type, key, asked };
}

describe("an artifact that was started again", () => {
  it("shows an older version, names it, and goes back to the newest", async () => {
    const { press, text, all, asked } = await open({ rewritten: 2 });
    await press("v3 of 3");
    await until(() => expect(all("[role=menuitemradio]")).toHaveLength(3));
    all("[role=menuitemradio]")[1]?.click();
    await until(() => expect(text(".sub [role=status]")).toBe("Version 2 of 3"));
    await until(() => {
      const render = asked.find(({ name }) => name === "artifact.render");
      expect(render?.args).toMatchObject({ file: "landing.html", version: 2, shape: "preview" });
    });
    await press("Newest");
    await until(() => expect(all(".sub")).toEqual([]));
  });

  it("shows what changed since a version, change by change", async () => {
    const { press, text, all, asked } = await open({ rewritten: 2 });
    await press("v3 of 3");
    await press("Difference with version 1");
    await until(() => expect(text("[aria-label=Difference]")).toContain("Version 1 and version 3"));
    await until(() => expect(text("[aria-label=Difference] [role=status]")).toBe("change 1 of 3"));
    expect(asked.find(({ name }) => name === "artifact.compare")?.args).toMatchObject({
      a: { run_id: null, file: "landing.html", version: 1 },
      b: { run_id: null, file: "landing.html", version: 3 },
    });
    await press("Previous change");
    await until(() => expect(text("[aria-label=Difference] [role=status]")).toBe("change 3 of 3"));
    await press("Next change");
    await until(() => expect(text("[aria-label=Difference] [role=status]")).toBe("change 1 of 3"));
    await press("Preview");
    await until(() => expect(all("[aria-label=Difference]")).toEqual([]));
  });

  it("begins another difference at its first change", async () => {
    const { press, text } = await open({ rewritten: 2 });
    await press("v3 of 3");
    await press("Difference with version 1");
    await until(() => expect(text("[aria-label=Difference] [role=status]")).toBe("change 1 of 3"));
    await press("Previous change");
    await until(() => expect(text("[aria-label=Difference] [role=status]")).toBe("change 3 of 3"));
    await press("v3 of 3");
    await press("Difference with version 2");
    await until(() => expect(text("[aria-label=Difference]")).toContain("Version 2 and version 3"));
    await until(() => expect(text("[aria-label=Difference] [role=status]")).toBe("change 1 of 3"));
  });

  it("leaves the difference when another tab is chosen", async () => {
    const { press, all, text } = await open({ rewritten: 1 });
    await press("v2 of 2");
    await press("Difference with version 1");
    await until(() => expect(all("[aria-label=Difference]")).toHaveLength(1));
    all("[role=tab]")[0]?.click();
    await until(() => expect(text("[role=tab][aria-selected=true]")).toContain("market_report.json"));
    expect(all("[aria-label=Difference]")).toEqual([]);
    expect(all(".segments [aria-pressed=true]").map((item) => item.textContent)).toEqual(["Preview"]);
  });
});

describe("comparing", () => {
  it("offers the other runs and the other artifacts, and shows when both are the same", async () => {
    const { press, all, text, asked } = await open();
    await press("Compare with another run or artifact");
    await until(() => expect(all("[role=option]").length).toBeGreaterThan(9));
    expect(all("[role=option]").some((item) => item.title.startsWith("landing.html\nthis run"))).toBe(false);
    all("[role=option]")[1]?.click();
    await until(() => expect(text("[aria-label=Difference]")).toMatch(/The run of .* ago, and this run/));
    expect(asked.find(({ name }) => name === "artifact.compare")?.args).toMatchObject({
      a: { run_id: "run-2", file: "landing.html", version: null },
      b: { run_id: null, file: "landing.html", version: null },
    });
    await press("Close the difference");
    await until(() => expect(all("[aria-label=Difference]")).toEqual([]));
  });

  it("names the file and the run in each row, and finds either", async () => {
    const { press, all, text, type, key } = await open();
    await press("Compare with another run or artifact");
    const rows = () => all("[role=option]").map((item) => item.textContent ?? "");
    await until(() => expect(rows().length).toBeGreaterThan(9));
    const others = rows().filter((row) => !row.includes("this run"));
    expect(others.every((row) => row.startsWith("landing.html"))).toBe(true);
    const field = all("[role=dialog] input")[0] as HTMLInputElement;
    type(field, "landing.html");
    await until(() => expect(rows()).toEqual(others));
    type(field, "tagline landing");
    await until(() => expect(rows().length).toBe(3));
    expect(rows().every((row) => row.includes("Write a tagline"))).toBe(true);
    type(field, "this run");
    await until(() => expect(rows().length).toBe(6));
    type(field, "no such thing");
    await until(() => expect(text("[role=dialog] .empty")).toBe("No option matches."));
    type(field, "market");
    await until(() => expect(rows()).toEqual(["market_report.jsonthis run"]));
    key(field, "Enter");
    await until(() =>
      expect(text("[aria-label=Difference]")).toContain("market_report.json and landing.html"),
    );
  });

  it("marks a verification and a strict run", async () => {
    const { press, all, text, type } = await open();
    await press("Compare with another run or artifact");
    await until(() => expect(all("[role=option]").length).toBeGreaterThan(9));
    const field = all("[role=dialog] input")[0] as HTMLInputElement;
    type(field, "verification");
    await until(() => expect(all("[role=option]")).toHaveLength(1));
    expect(text("[role=option]")).toContain("verification · Write a tagline");
    type(field, "strict");
    await until(() => expect(all("[role=option]")).toHaveLength(1));
    expect(text("[role=option]")).toContain("strict · Launch page for a bakery");
  });

  it("shows why it cannot compare", async () => {
    const refusals = {
      "artifact.compare": { code: "run_unknown", message: "That run has no landing.html.", problems: [] },
    };
    const { press, all, text } = await open({}, { refusals });
    await press("Compare with another run or artifact");
    await until(() => expect(all("[role=option]").length).toBeGreaterThan(3));
    all("[role=option]")[0]?.click();
    await until(() => expect(text(".note")).toBe("That run has no landing.html."));
  });
});

describe("finding in the source", () => {
  it("counts, goes on and back by Enter, and is closed by Escape", async () => {
    const { press, all, text, type, key } = await open();
    await press("Source");
    await press("Find in source");
    await until(() => expect(all("[role=search] input")).toHaveLength(1));
    const field = all("[role=search] input")[0] as HTMLInputElement;
    type(field, "SECTION");
    await until(() => expect(text("[role=search] [role=status]")).toBe("1 of 9"));
    key(field, "Enter");
    await until(() => expect(text("[role=search] [role=status]")).toBe("2 of 9"));
    key(field, "Enter", { shiftKey: true });
    key(field, "Enter", { shiftKey: true });
    await until(() => expect(text("[role=search] [role=status]")).toBe("9 of 9"));
    type(field, "nowhere");
    await until(() => expect(text("[role=search] [role=status]")).toBe("no match"));
    key(field, "Escape");
    await until(() => expect(all("[role=search]")).toEqual([]));
  });

  it("goes through the lines of a source that comes in pages", async () => {
    const { press, all, text, type, key } = await open({ large: true });
    all("[role=tab]").at(-1)?.click();
    await press("Source");
    await until(() => expect(text(".paged")).toContain("time,episode,event,listener"));
    expect(all(".paged .line").length).toBeLessThan(100);
    await press("Wrap long lines");
    await until(() => expect(all(".paged.nowrap")).toHaveLength(1));
    await press("Find in source");
    await until(() => expect(all("[role=search] input")).toHaveLength(1));
    const field = all("[role=search] input")[0] as HTMLInputElement;
    type(field, "Stopped");
    await until(() => expect(text("[role=search] [role=status]")).toBe("1 of 60 lines"));
    await until(() => expect(text(".line.on")).toContain("stopped,997"));
    expect(all(".line.on mark").map((item) => item.textContent)).toEqual(["stopped"]);
    key(field, "Enter", { shiftKey: true });
    await until(() => expect(text("[role=search] [role=status]")).toBe("60 of 60 lines"));
  });
});

describe("the sources of sentences", () => {
  const BAR = "[aria-label='Sources of the sentences']";

  it("are coloured in the source, counted, and named for the chosen sentence", async () => {
    const { press, all, text, asked, root } = await open();
    await press("Source");
    await press("Sources");
    await until(() => expect(text(BAR)).toContain("Rules"));
    const counts = all(".sources .tone").map((item) => item.textContent);
    expect(counts.map((item) => item?.replace(/\d+/, "N"))).toEqual([
      "Brief N",
      "Brand N",
      "Rules N",
      "Model N",
    ]);
    expect(asked.at(-1)).toMatchObject({
      name: "artifact.render",
      args: { shape: "sources", version: null },
    });
    expect(text(`${BAR} [role=status]`)).toBe("Choose a sentence to see where it comes from");
    await press("Next sentence");
    await press("Next sentence");
    await until(() => {
      expect(text(`${BAR} [role=status]`)).toBe("From the brief's words, written in Copy Generation");
    });
    await press("Previous sentence");
    await until(() => expect(text(`${BAR} [role=status]`)).toContain("a rule of the worker"));
    await press("Copy Generation");
    await until(() => expect(root.querySelectorAll(".chip.on").length).toBeGreaterThan(0));
  });

  it("are hidden by the same button, and stay away from the preview", async () => {
    const { press, all, text } = await open();
    await press("Source");
    await press("Sources");
    await until(() => expect(text(BAR)).toContain("Rules"));
    await press("Preview");
    await until(() => expect(all(BAR)).toEqual([]));
    await press("Source");
    await until(() => expect(text(BAR)).toContain("Rules"));
    await press("Sources");
    await until(() => expect(all(BAR)).toEqual([]));
  });

  it("are tallied in the order of the legend; unknown ones count as rules", () => {
    const of = (source: string) => ({ source, stage_id: null });
    expect(tally([of("model"), of("rule"), of("brief"), of("other")])).toEqual([
      ["brief", 1],
      ["rule", 2],
      ["model", 1],
    ]);
  });
});

describe("many tabs", () => {
  it("are drawn only around the tab on screen, and all are in the list", async () => {
    const { all, press, text, type, key } = await open({ extra: 493 });
    expect(all("[role=tab]").length).toBeLessThanOrEqual(40);
    await press("500 artifacts");
    await until(() => expect(all("[role=dialog] input")).toHaveLength(1));
    expect(all("[role=option]").length).toBeLessThan(60);
    const field = all("[role=dialog] input")[0] as HTMLInputElement;
    type(field, "note-44");
    await until(() => expect(all("[role=option]").length).toBe(11));
    key(field, "ArrowDown");
    await until(() => expect(text("[role=option][aria-selected=true]")).toContain("note-440.md"));
    key(field, "Enter");
    await until(() => expect(text("[role=tab][aria-selected=true]")).toContain("note-440.md"));
    expect(all("[role=dialog]")).toEqual([]);
    expect(all("[role=tab]").length).toBeLessThanOrEqual(40);
  });

  it("are gone through with the arrow keys, round at the ends", async () => {
    const { all, text, key, root } = await open({ extra: 60 });
    all("[role=tab]")[0]?.click();
    await until(() => expect(text("[role=tab][aria-selected=true]")).toContain("market_report.json"));
    key(all("[role=tablist]")[0], "ArrowLeft");
    await until(() => expect(text("[role=tab][aria-selected=true]")).toContain("note-60.md"));
    key(all("[role=tablist]")[0], "Home");
    await until(() => expect(text("[role=tab][aria-selected=true]")).toContain("market_report.json"));
    key(all("[role=tablist]")[0], "ArrowRight");
    await until(() => expect(text("[role=tab][aria-selected=true]")).toContain("positioning.md"));
    expect(all("[role=tab][tabindex='0']")).toHaveLength(1);
    expect(root.querySelectorAll("[role=tab]").length).toBeLessThanOrEqual(40);
  });

  it("follow the worker until a tab is chosen, and again when asked to", async () => {
    const { all, text, button, press } = await open({ at: 7.4 }, { live: true });
    expect(button("Follow")).toBeUndefined();
    all("[role=tab]")[0]?.click();
    await until(() => expect(button("Follow")).toBeTruthy());
    expect(text("[role=tab][aria-selected=true]")).toContain("market_report.json");
    await press("Follow");
    await until(() => expect(text("[role=tab][aria-selected=true]")).toContain("landing.html"));
  });
});

describe("a page", () => {
  it("is given the width of a device, and drawn smaller where the pane is narrower", () => {
    expect(deviceStyle(820, 410)).toEqual({
      class: "device",
      style: "--device:820px;--scale:0.5000",
      note: "The page is 820 px wide, drawn at 50%.",
    });
    expect(deviceStyle(390, 600).note).toBe("The page is 390 px wide.");
    expect(deviceStyle(0, 600).class).toBe("");
  });

  it("shows the width that it has", async () => {
    const { press, text, all } = await open();
    await press("Tablet, 820 px");
    await until(() => expect(text(".note")).toBe("The page is 820 px wide, drawn at 59%."));
    expect(all(".frame")[0]?.style.cssText).toMatch(/--device: ?820px/);
    await press("Full width");
    await until(() => expect(all(".note")).toEqual([]));
  });

  it("gets its full width back where that of a device is pressed once more", async () => {
    const { press, text, all, button } = await open();
    await press("Tablet, 820 px");
    await until(() => expect(text(".note")).toContain("820 px wide"));
    await press("Tablet, 820 px");
    await until(() => expect(all(".note")).toEqual([]));
    expect(button("Tablet, 820 px")?.getAttribute("aria-pressed")).toBe("false");
  });

  it("shows that its scripts run only where it is drawn", async () => {
    const { press, all, text } = await open({ rewritten: 1 });
    const running = () => all(".strip").filter((item) => item.textContent?.includes("Scripts"));
    await press("Run scripts");
    await until(() => expect(running()).toHaveLength(1));
    await press("Source");
    await until(() => expect(text(".segments [aria-pressed=true]")).toBe("Source"));
    expect(running()).toEqual([]);
    await press("Preview");
    await until(() => expect(running()).toHaveLength(1));
    await press("v2 of 2");
    await press("Difference with version 1");
    await until(() => expect(all("[aria-label=Difference]")).toHaveLength(1));
    expect(running()).toEqual([]);
    await press("Close the difference");
    await until(() => expect(running()).toHaveLength(1));
  });
});

describe("what is rendered while it is written", () => {
  it("is asked for again as it grows, and once more when it is done", async () => {
    const { all, asked } = await open({ at: 9.9 }, { live: true });
    await until(() => expect(all("[role=tab].done").length).toBe(7));
    const renders = asked.filter(
      ({ name, args }) => name === "artifact.render" && args.file === "brand_guidelines.md",
    );
    expect(renders.length).toBeGreaterThan(0);
    expect(renders.every(({ args }) => args.shape === "preview")).toBe(true);
  });
});
