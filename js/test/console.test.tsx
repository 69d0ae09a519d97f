// @vitest-environment happy-dom

import { describe, expect, it, vi } from "vitest";
import { PageKernel, type Setup, savedRun } from "../dev/kernel";
import { BRAND, TOTAL_S } from "../dev/run";
import widget from "../src/index";
import type { Link } from "../src/kernel/wire";
import { consolePage, leave } from "./console-page";
import { until } from "./until";

vi.mock("../src/kernel/live-code", () => import("./bundles"));

const DONE = { at: TOTAL_S + 1 };

/** A console on a page of its own, and ways to look at it and to use it. */
async function open(setup: Partial<Setup>) {
  const page = consolePage(setup);
  const { all } = page;
  const ready = setup.dead ? ".console" : "[aria-label^='Search the log']";
  await until(() => expect(all(ready)).toHaveLength(1));
  if (setup.scene) await until(() => expect(all(".logline").length).toBeGreaterThan(3));
  return page;
}

describe("a finished run", () => {
  it("is seen in all five panes, and in the figures", async () => {
    const { all, text } = await open({ scene: DONE });
    expect(text("[data-pane=timeline]")).toContain("Market Research");
    expect(all(".stage.completed, .stage.recovered")).toHaveLength(8);
    await until(() => expect(text("[data-pane=log]")).toContain("Completed Final Packaging"));
    expect(text("[data-pane=routing]")).toMatch(
      /Average complexity53%Artifacts7Average drift\d+%Highest drift12%· Copy Generation/,
    );
    expect(text("[data-pane=ledger]")).toContain(
      "Copy Generation: the hero subtitle contains “guaranteed” → rewritten → recovered",
    );
    expect(text("[data-pane=ledger]")).toContain("3 checks passed");
    expect(all("[data-pane=artifacts] [role=tab]")).toHaveLength(7);
    expect(text("[role=tab][aria-selected=true]")).toContain("landing.html");
    expect(all("iframe").map((frame) => frame.getAttribute("sandbox"))).toEqual(["allow-scripts"]);
    expect(all(".figures dd").map((item) => item.textContent)).toEqual(["11.2 s", "3,360", "8/8", "64"]);
    expect(text("[data-status]")).toBe("Completed · 1 recovered");
  });

  it("is narrowed to a stage everywhere, and widened again", async () => {
    const { all, press, text } = await open({ scene: DONE });
    const stages = () => new Set(all(".logline .where").map((cell) => cell.textContent));
    expect(stages().size).toBeGreaterThan(1);
    const lines = all(".logline").length;
    all(".stage button")[3]?.click();
    await until(() => expect(all(".logline").at(-1)?.textContent).toContain("Completed Copy Generation"));
    expect(all(".logline").length).toBeLessThan(lines);
    // One stage alone need not be named in every line.
    expect(stages()).toEqual(new Set());
    expect(all(".chip.on").map((item) => item.textContent)).toEqual(Array(4).fill("Stage: Copy Generation"));
    expect(all(".decision")).toHaveLength(1);
    expect(text("[data-pane=routing]")).toMatch(/Complexity\d+%Artifacts2Drift12%/);
    expect(all("[role=tab]")).toHaveLength(2);
    press("Stage: Copy Generation");
    await until(() => expect(all("[role=tab]")).toHaveLength(7));
  });

  it("marks the log lines of a chosen incident, also those that the levels hid", async () => {
    const { all, text } = await open({ scene: DONE });
    all(".chip.warning")[0]?.click();
    await until(() => expect(all(".chip.warning")[0]?.getAttribute("aria-pressed")).toBe("false"));
    all(".incident button")[0]?.click();
    await until(() => expect(all(".logdetail")).toHaveLength(1));
    expect(text(".logdetail header")).toMatch(/line \d+.*Copy Generation/);
    expect(all(".of-incident").length).toBeGreaterThan(0);
    expect(all(".of-incident").every((row) => row.textContent?.includes("Copy"))).toBe(true);
    expect(text(".incident .detail")).toMatch(
      /^Beforeguaranteed.*Aftersay what happens instead.*Wherehero subtitle of the landing/,
    );
    expect(all(".incident dl dt").map((item) => item.textContent)).toEqual(["Before", "After", "Where"]);
    expect(text(".incident .pick")).not.toContain("POLICY_FORBIDDEN_CLAIM");
    expect(text(".incident .detail")).toContain("code: POLICY_FORBIDDEN_CLAIM");
    expect(all(".incident .event")).toHaveLength(4);
    expect(text(".incident .event")).toContain("M19 Policy checks");
    expect(all(".chip.warning")[0]?.getAttribute("aria-pressed")).toBe("true");
    all(".incident button")[0]?.click();
    await until(() => expect(all(".of-incident")).toHaveLength(0));
  });

  it("folds the checks that passed into one line", async () => {
    const { all, press } = await open({ scene: DONE });
    expect(all(".event")).toHaveLength(0);
    press("3 checks passed");
    await until(() => expect(all(".event")).toHaveLength(3));
    expect(all(".event")[0]?.textContent).toContain("Preflight Validation: Pre execution: passed");
  });

  it("offers no new lines where none came", async () => {
    const { all, press } = await open({ scene: DONE });
    all(".stage button")[3]?.click();
    await until(() => expect(all(".chip.on")).toHaveLength(4));
    press("Stage: Copy Generation");
    await until(() => expect(all(".chip.on")).toHaveLength(0));
    await until(() => expect(all(".logline.info").length).toBeGreaterThan(3));
    all(".logline.info")[2]?.click();
    await until(() => expect(all(".logdetail")).toHaveLength(1));
    expect(all(".newer")).toEqual([]);
  });

  it("hides debug lines at first, and shows how many there are", async () => {
    const { all } = await open({ scene: DONE });
    expect(
      all(".log .chips .chip").map((chip) => [chip.textContent, chip.getAttribute("aria-pressed")]),
    ).toEqual([
      ["debug 8", "false"],
      ["info 40", "true"],
      ["warning 1", "true"],
      ["error", "true"],
    ]);
    expect(all(".logline.debug")).toEqual([]);
    all(".chip.debug")[0]?.click();
    await until(() => expect(all(".logline.debug").length).toBeGreaterThan(2));
    expect(all(".logline.debug [data-level=debug]").length).toBe(all(".logline.debug").length);
  });

  it("shows no line when no level is chosen, and why", async () => {
    const { all, text } = await open({ scene: DONE });
    for (const level of ["info", "warning", "error"]) {
      all(`.chip.${level}`)[0]?.click();
      await until(() => expect(all(`.chip.${level}`)[0]?.getAttribute("aria-pressed")).toBe("false"));
    }
    await until(() => expect(text("[data-pane=log] .empty")).toBe("No level is chosen."));
    all(".chip.info")[0]?.click();
    await until(() => expect(all(".logline.info").length).toBeGreaterThan(3));
  });

  it("shows the same in the row of a chosen stage: nothing moves", async () => {
    const { all } = await open({ scene: { at: 8.2, failing: "ux" } });
    const shape = () => all(".stage").map((row) => [row.textContent, row.querySelectorAll("*").length]);
    const before = shape();
    for (const place of [3, 4]) {
      all(".stage button")[place]?.click();
      await until(() => expect(all(".stage [aria-pressed=true]")).toHaveLength(1));
      await until(() => expect(all(".stage button")[place]?.getAttribute("aria-pressed")).toBe("true"));
      expect(shape()).toEqual(before);
    }
    expect(all(".stage button")[3]?.title).toBe(
      "Copy Generation, completed, 2.4 s, Copywriter, 2 attempts, 1 policy violation, drift 12%, 720 tokens",
    );
  });

  it("explains the figures of routing in tips", async () => {
    const { all } = await open({ scene: DONE });
    const tips = () => all(".sums [title]").map((item) => item.title);
    await until(() => expect(tips()).toHaveLength(4));
    expect(tips()[0]).toMatch(/demanding.*0%.*100%/);
    expect(tips()[1]).toMatch(/files/);
    for (const tip of tips().slice(2)) expect(tip).toMatch(/voice.*0%.*100%.*threshold.*35%/);
  });

  it("shows who won each routing decision, on one scale, and why, where it is opened", async () => {
    const { all, text } = await open({ scene: DONE });
    const first = () => all(".decision")[0] as HTMLElement;
    const names = [...first().querySelectorAll(".candidate")].map((item) => item.textContent);
    expect(names).toEqual(["Validator was chosen86%", "Analyst74%", "Publisher34%"]);
    const bars = [...first().querySelectorAll(".scored")].map((bar) => bar.getAttribute("style"));
    expect(bars.map((style) => style?.match(/\d+/)?.[0])).toEqual(["86", "74", "34"]);
    expect(first().querySelectorAll(".won .icon")).toHaveLength(1);
    first().querySelector("button")?.click();
    await until(() => expect(text(".decision .lost")).toBe("lacks keeping the tone"));
    expect(text(".decision .explained")).toMatch(
      /Confidence 62%: 12 points ahead of Analyst\..*Complexity 37%\./,
    );
  });

  it("says so where the worker gives no scores", async () => {
    const { all, text } = await open({ scene: { ...DONE, scoreless: true } });
    expect(text(".routing .note")).toBe("The worker gives no scores.");
    expect(all(".routing .scored")).toEqual([]);
    expect(all(".decision")[0]?.textContent).toContain("Validator was chosenAnalystPublisher");
  });

  it("shows the incidents and checks of a chosen stage", async () => {
    const { all, text, press } = await open({ scene: DONE });
    const titles = () => all(".incident .title").length;
    expect(titles()).toBe(1);
    all(".stage button")[4]?.click();
    await until(() => expect(text(".ledger .passed")).toBe("1 check passed"));
    expect(titles()).toBe(0);
    press("Stage: UX Layout");
    await until(() => expect(titles()).toBe(1));
  });

  it("offers its replay where it stood while the run went", async () => {
    const replay = (root: ShadowRoot) =>
      [...root.querySelectorAll("button")].find((item) => item.textContent === "Run again and verify");
    const { root } = await open({ scene: { at: 5, cancelled: true } });
    await until(() => expect(replay(root)?.getAttribute("aria-disabled")).toBe("true"));
    const { root: done } = await open({ scene: DONE });
    await until(() => expect(replay(done)?.getAttribute("aria-disabled")).toBe("false"));
  });

  it("lets a pane fill the console until Escape", async () => {
    const { root, press, all } = await open({ scene: DONE });
    press("Maximise Log");
    await until(() => expect(all(".max").map((pane) => pane.dataset.pane)).toEqual(["log"]));
    expect(all("[data-pane]").filter((pane) => pane.inert)).toHaveLength(4);
    root
      .querySelector(".console")
      ?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await until(() => expect(all(".max")).toEqual([]));
  });
});

describe("the log", () => {
  const STYLED = { scene: { ...DONE, styled: true, failing: "ux" } };

  /** A console whose log has the focus, and ways to type in it. */
  async function openLog(setup: Partial<Setup> = STYLED) {
    const console = await open(setup);
    const { root, all, text } = console;
    const key = (at: string, name: string, shiftKey = false) =>
      root
        .querySelector(at)
        ?.dispatchEvent(new KeyboardEvent("keydown", { key: name, shiftKey, bubbles: true }));
    const look = async (words: string) => {
      key(".log .list", "/");
      await until(() => expect(all(".find input")).toHaveLength(1));
      const field = root.querySelector(".find input") as HTMLInputElement;
      field.value = words;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const chosen = () => text(".logline[aria-selected=true]");
    const lines = () => all(".logline:not(.blank)");
    return { ...console, key, look, chosen, lines };
  }

  it("shows the first of several lines, the others where lines are wrapped, and remembers that", async () => {
    const { all, text, press } = await openLog();
    const trace = () => all(".logline").find((line) => line.textContent?.includes("Traceback"));
    await until(() => expect(trace()?.textContent).toContain("+3 lines"));
    expect(trace()?.textContent).not.toContain("IndexError");
    expect(trace()?.querySelector(".fg-red")?.getAttribute("style")).toMatch(/^--f: ?var\(--red\);$/);
    press("Wrap lines");
    await until(() => expect(trace()?.textContent).toContain("IndexError"));
    expect(text(".message .fg-bright-red")).toBe("IndexError");
    const again = await openLog();
    await until(() => expect(again.text(".log")).toContain("IndexError"));
  });

  it("counts and marks what is looked for, and goes through it", async () => {
    const { look, text, key, chosen, all } = await openLog();
    await look("the headline");
    // The nearest match is chosen while the text is typed.
    await until(() => expect(text(".matches")).toMatch(/^1 of \d+$/));
    await until(() => expect(all(".log .list .match").length).toBeGreaterThan(0));
    expect(text(".log .list .match")).toBe("the headline");
    const first = chosen();
    expect(first).toContain("the headline is 72");
    key(".find input", "Enter");
    await until(() => expect(text(".matches")).toMatch(/^2 of/));
    key(".find input", "Enter", true);
    await until(() => expect(chosen()).toBe(first));
  });

  it("shows the problem of a pattern, and that nothing matches", async () => {
    const { look, text, press, key, all } = await openLog();
    await look("(the");
    await until(() => expect(text(".matches")).toBe("No match"));
    press("Regular expression");
    await until(() => expect(text(".find [role=alert]")).toContain("column 1"));
    key(".find input", "Escape");
    await until(() => expect(text(".matches")).toBe(""));
    key(".find input", "Escape");
    await until(() => expect(all(".find")).toEqual([]));
  });

  it("shows only matches, and a match in its context", async () => {
    const { look, text, all, lines, chosen, press } = await openLog();
    await look("Starting");
    await until(() => expect(text(".matches")).toMatch(/^1 of \d+$/));
    press("Only matches");
    const others = () => lines().filter((line) => !line.textContent?.includes("Starting")).length;
    await until(() => expect(others()).toBe(0));
    const line = lines()[2];
    line?.click();
    await until(() => expect(all(".logdetail")).toHaveLength(1));
    const wanted = chosen();
    press("In context");
    await until(() => expect(others()).toBeGreaterThan(5));
    await until(() => expect(chosen()).toBe(wanted));
    expect(all(".find input")).toHaveLength(1);
  });

  it("shows that nothing is left", async () => {
    const { look, text, press } = await openLog();
    await look("no such words");
    press("Only matches");
    await until(() => expect(text(".log .empty")).toBe("No line passes this filter."));
  });

  it("goes to the next error, to a line, and to a time", async () => {
    const { key, text, root, press, chosen } = await openLog();
    key(".log .list", "e");
    await until(() => expect(chosen()).toContain("Stage failed"));
    expect(text(".logdetail header")).toContain("1 of 1");
    const goTo = async (place: string) => {
      press("Go to a time or line (G)");
      await until(() => expect(root.querySelector(".goto input")).not.toBeNull());
      const field = root.querySelector(".goto input") as HTMLInputElement;
      field.value = place;
      key(".goto input", "Enter");
    };
    await goTo("#3");
    await until(() => expect(text(".logdetail header")).toContain("line 3"));
    await until(() => expect(root.querySelector(".goto input")).toBeNull());
    await goTo("2.0");
    await until(() => expect(chosen()).toMatch(/^\+2\.0/));
    await goTo("soon");
    await until(() => expect(text(".goto [role=alert]")).toContain("neither a time nor a line"));
  });

  it("is narrowed to an agent, and widened again", async () => {
    const { press, all, lines } = await openLog();
    const before = lines().length;
    press("Filter by stage or agent");
    await until(() => expect(all(".filter [role=menuitemradio]").length).toBeGreaterThan(4));
    all(".filter [role=menuitemradio]")
      .find((item) => item.textContent?.startsWith("Researcher"))
      ?.click();
    await until(() => expect(lines().length).toBeLessThan(before));
    expect(new Set(lines().map((line) => line.querySelector(".where")?.textContent))).toEqual(
      new Set(["Market"]),
    );
    press("Agent: Researcher");
    await until(() => expect(lines().length).toBe(before));
  });

  it("gives the chosen lines to the clipboard", async () => {
    const written: string[] = [];
    vi.spyOn(navigator.clipboard, "writeText").mockImplementation(async (words) => {
      written.push(words);
    });
    const { key, text, lines } = await openLog();
    lines()[1]?.click();
    key(".log .list", "ArrowDown", true);
    await until(() => expect(text(".logdetail header")).toContain("line"));
    lines()[1]
      ?.closest(".list")
      ?.dispatchEvent(new KeyboardEvent("keydown", { key: "c", ctrlKey: true, bubbles: true }));
    await until(() => expect(text(".copied")).toBe("2 lines copied"));
    expect(written[0]?.split("\n")).toHaveLength(2);
    vi.restoreAllMocks();
  });
});

describe("the form", () => {
  it("starts a run, stops it, and offers a new one", async () => {
    const { press, text } = await open({});
    expect(text("[data-status]")).toBe("Ready");
    press("Run");
    await until(() => expect(text("[data-status]")).toBe("Running"));
    press("Stop");
    await until(() => expect(text("[data-status]")).toBe("Cancelled"));
    press("New run");
    await until(() => expect(text(".primary")).toBe("Run"));
  });

  const TASK = "A landing page for a podcast tool that small teams like to use";

  /** A console with a finished run, and its task field. */
  async function finished() {
    const console = await open({ scene: DONE });
    const field = console.root.querySelector("[aria-label=Task]") as HTMLTextAreaElement;
    const write = (task: string) => {
      field.value = task;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const enter = () => field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    return { ...console, write, enter };
  }

  it("shows the task of the run on screen, once another task is written", async () => {
    const { write, text, all, press, root } = await finished();
    expect(text(".asked button")).toBe("Request");
    write("Write a tagline");
    await until(() => expect(text(".asked button")).toContain(TASK));
    expect(root.querySelector<HTMLElement>(".asked button")?.title).toContain(TASK);
    all(".asked button")[0]?.click();
    await until(() => expect(text(".asked .facts")).toContain(TASK));
    press("Use this request again");
    await until(() => expect(text("[data-status]")).toBe("Ready"));
    expect(all(".asked")).toEqual([]);
    expect(root.querySelector<HTMLTextAreaElement>("[aria-label=Task]")?.value).toBe(TASK);
  });

  it("uses the whole request of a run again: brand, strict mode and all", async () => {
    const { app, text, all, press } = await open({ scene: { ...DONE, strict: true, brand: BRAND } });
    expect(text(".status")).toContain("Strict");
    expect(text(".run-options button")).toBe("OptionsStrict");
    app.view.set({ brand: "", strict_mode: false, budget: 5_000, depth: "deep", options: { pace: 0 } });
    await until(() => expect(text(".run-options button")).toBe("Options3"));
    expect(text(".primary")).toBe("Run");
    all(".asked button")[0]?.click();
    await until(() => expect(text(".asked .facts")).toContain("Company name: Clearwave"));
    expect(text(".asked .facts")).toMatch(/Strict modeyes.*Depthauto.*Budgetnone.*Optionsdefaults/);
    press("Use this request again");
    await until(() => expect(text(".primary")).toBe("Run"));
    expect(JSON.parse(app.view.brand)).toEqual(BRAND);
    expect(app.view).toMatchObject({ strict_mode: true, budget: null, depth: "auto", options: {} });
    expect(text(".run-options button")).toBe("OptionsStrict");
  });

  it("says that a run had a brand which was not recorded, until the form has one", async () => {
    const { app, text } = await open({ scene: { ...DONE, brandUnknown: true } });
    expect(text("[data-pop=brand] button")).toContain("unknown");
    app.view.set({ panel: "brand" });
    await until(() => expect(text(".sheet footer")).toContain("This run had a brand that was not recorded"));
    app.view.set({ brand: JSON.stringify(BRAND) });
    await until(() => expect(text(".sheet footer")).not.toContain("not recorded"));
    expect(text("[data-pop=brand] button")).not.toContain("unknown");
  });

  it("takes over all of the run on screen: nothing of the run before, and nothing of the draft", async () => {
    const { app, text, press } = await open({ scene: { ...DONE, strict: true, brand: BRAND } });
    app.view.set({ task: "Write a tagline", budget: 5_000 });
    const plain = { task: TASK, brand: "", strict_mode: false, depth: "auto", budget: null, options: {} };
    await app.operations.act("run.open", { run_id: "plain" });
    await until(() => expect(app.view).toMatchObject(plain));
    expect(text(".brand button")).toContain("none");
    app.view.set({ depth: "deep" });
    await app.operations.act("run.open", { run_id: "another, asked for in the same way" });
    await until(() => expect(app.view).toMatchObject(plain));
    press("New run");
    await until(() => expect(text(".primary")).toBe("Run"));
    expect(app.view).toMatchObject(plain);
  });

  it("has strict mode, depth and budget beside the options of the worker", async () => {
    const { app, all, root, text, press } = await open({});
    press("Options");
    await until(() => expect(text("[role=dialog]")).toMatch(/Run.*Strict mode.*Depth.*Budget.*Pace/));
    const budget = root.querySelector("[aria-label=Budget]") as HTMLInputElement;
    budget.value = "5000";
    budget.dispatchEvent(new Event("change", { bubbles: true }));
    await until(() => expect(app.view.budget).toBe(5_000));
    all("[role=dialog] [type=checkbox]")[0]?.click();
    await until(() => expect(text(".run-options button")).toBe("OptionsStrict1"));
    press("Reset");
    await until(() => expect(text(".run-options button")).toBe("Options"));
    expect(app.view).toMatchObject({ strict_mode: false, budget: null });
  });

  it("does with Enter what the button does: a new run first, then a run", async () => {
    const { enter, text } = await finished();
    expect(text(".primary")).toBe("New run");
    enter();
    await until(() => expect(text("[data-status]")).toBe("Ready"));
    expect(text(".primary")).toBe("Run");
    enter();
    await until(() => expect(text("[data-status]")).toBe("Running"));
    enter();
    await until(() => expect(text(".primary")).toBe("Stop"));
    expect(text("[data-status]")).toBe("Running");
  });

  it("leaves the keyboard where it is at every step", async () => {
    // Long enough that the progress of each step is drawn, however slow the machine is.
    const { all, root, text } = await open({ answerMs: 400 });
    const button = all(".primary button")[0] as HTMLElement;
    button.focus();
    for (const [status, next] of [
      ["Running", "Stop"],
      ["Cancelled", "New run"],
      ["Ready", "Run"],
    ]) {
      button.click();
      await until(() => expect(all(".primary .spin")).toHaveLength(1));
      // A second press while it is busy does nothing.
      button.click();
      await until(() => expect(text("[data-status]")).toBe(status));
      await until(() => expect(text(".primary")).toBe(next));
      expect(root.activeElement).toBe(button);
    }
  });

  it("keeps the keyboard in the brand's dialog through a check, and gives it back as that closes", async () => {
    const { all, root, text } = await open({});
    const pop = all("[data-pop=brand] button")[0] as HTMLElement;
    const named = (name: string) => all("[role=dialog] button").find((item) => item.textContent === name);
    pop.click();
    await until(() => expect(root.activeElement?.getAttribute("aria-label")).toBe("Company name"));
    named("Insert example")?.focus();
    named("Insert example")?.click();
    await until(() => expect(named("Insert example")?.getAttribute("aria-disabled")).toBe("true"));
    expect(root.activeElement).toBe(named("Insert example"));
    named("Check")?.focus();
    named("Check")?.click();
    await until(() => expect(text("[role=dialog] footer")).toContain("Valid: 12 policy rules"));
    expect(root.activeElement).toBe(named("Check"));
    root.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await until(() => expect(all("[role=dialog]")).toEqual([]));
    expect(root.activeElement).toBe(pop);
  });

  it("runs another task at once, by Enter or by the button", async () => {
    const { write, enter, text } = await finished();
    write("Write a tagline");
    await until(() => expect(text(".primary")).toBe("Run"));
    write("");
    await until(() => expect(text(".primary [aria-disabled=true]")).toBe("Run"));
    enter();
    write("Write a tagline");
    await until(() => expect(text(".primary [aria-disabled=false]")).toBe("Run"));
    expect(text("[data-status]")).toBe("Completed · 1 recovered");
    enter();
    await until(() => expect(text("[data-status]")).toBe("Running"));
  });

  const refusing = (field: string, message: string) => ({
    "run.start": {
      code: "request_refused",
      message: "Refused.",
      problems: field ? [{ field, message }] : [],
    },
  });

  it("shows at the field what is wrong with it", async () => {
    const { press, root, text } = await open({ refusals: refusing("task", "needs at least 5 characters") });
    press("Run");
    await until(() => expect(text(".task [role=alert]")).toBe("needs at least 5 characters"));
    expect(root.querySelector("[aria-label=Task]")?.getAttribute("aria-invalid")).toBe("true");
    expect(text(".primary [role=alert]")).toBe("");
  });

  it("opens the options where the budget was wrong", async () => {
    const { press, text } = await open({ refusals: refusing("budget", "must be at most 100,000") });
    press("Run");
    await until(() => expect(text("[role=dialog] [role=alert]")).toBe("must be at most 100,000"));
    expect(text(".run-options button")).toContain("check");
  });

  it("opens the brand where that was wrong", async () => {
    const { press, root, text } = await open({
      refusals: refusing("brand.mission", "needs at least 3 words"),
    });
    press("Run");
    await until(() =>
      expect(text("[role=dialog] [data-field=mission] .error")).toBe("needs at least 3 words"),
    );
    expect(root.activeElement?.getAttribute("aria-label")).toBe("Mission");
  });

  it("shows any other error at the button, until it is dismissed", async () => {
    const { press, text } = await open({ refusals: refusing("", "") });
    press("Run");
    await until(() => expect(text(".primary [role=alert]")).toBe("Refused."));
    press("Dismiss");
    await until(() => expect(text(".primary [role=alert]")).toBe(""));
  });

  it("does not start with a brand that is no JSON", async () => {
    const { press, root, all, text } = await open({});
    all(".brand button")[0]?.click();
    await until(() => expect(all("[role=dialog] textarea").length).toBeGreaterThan(0));
    press("JSON");
    await until(() => expect(all("textarea.json")).toHaveLength(1));
    const field = root.querySelector("textarea.json") as HTMLTextAreaElement;
    field.value = '{"a": }';
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await until(() => expect(text("[role=dialog] footer")).toContain("line 1, column 7: expected a value"));
    press("Close (Esc)");
    await until(() => expect(all("[role=dialog]")).toEqual([]));
    press("Run");
    await until(() => expect(text(".findings")).toContain("line 1, column 7: expected a value"));
    expect(text("[data-status]")).toBe("Ready");
  });
});

describe("the brand", () => {
  /** A console with the brand's dialog, and ways to fill it in. */
  async function dialog(setup: Partial<Setup> = {}) {
    const console = await open(setup);
    const { app, all, root } = console;
    const field = (label: string) =>
      all("input, textarea, select").find((item) => item.getAttribute("aria-label") === label) as
        | HTMLInputElement
        | undefined;
    const type = (label: string, value: string) => {
      const control = field(label) as HTMLInputElement;
      control.value = value;
      for (const event of control.tagName === "SELECT" ? ["change"] : ["input", "change"])
        control.dispatchEvent(new Event(event, { bubbles: true }));
      app.painting.paint();
    };
    (root.querySelector("[data-pop=brand] button") as HTMLElement).click();
    await until(() => expect(field("Company name")).toBeDefined());
    return { ...console, field, type, brand: () => JSON.parse(app.view.brand || "null") };
  }

  it("is written by the fields of the form, and shown by them", async () => {
    const { type, brand, field, press, app, text } = await dialog();
    type("Company name", "Acme");
    type("Mission", "We make things well");
    type("Main tone", "luxury");
    type("Add to Words to avoid", "hype");
    type("Add to Words to avoid", "synergy");
    type("Add to Forbidden claims: Claim", "guaranteed");
    type("Forbidden claims 1: Severity", "warning");
    type("Pick Main colour", "#aabbcc");
    type("Token budget", "20000");
    press("Developers");
    expect(brand()).toEqual({
      company_name: "Acme",
      mission: "We make things well",
      tone: { primary: "luxury", avoid: ["hype", "synergy"] },
      forbidden_claims: [{ pattern: "guaranteed", severity: "warning" }],
      visual: { primary_color: "#aabbcc" },
      budget_tokens: 20000,
      target_audience: ["b2b_developer"],
    });
    expect(text("[data-pop=brand] > button")).toBe("BrandAcme");
    app.painting.paint();
    press("Remove Words to avoid 1");
    type("Mission", " ");
    press("Developers");
    app.view.set({
      brand: JSON.stringify({ ...brand(), colour: "kept", visual: { primary_color: "#abc" } }),
    });
    app.painting.paint();
    expect(field("Pick Main colour")?.value).toBe("#aabbcc");
    type("Tagline", "Made to last");
    expect(brand()).toEqual({
      company_name: "Acme",
      tone: { primary: "luxury", avoid: ["synergy"] },
      forbidden_claims: [{ pattern: "guaranteed", severity: "warning" }],
      visual: { primary_color: "#abc" },
      budget_tokens: 20000,
      colour: "kept",
      tagline: "Made to last",
    });
  });

  it("is none again when the last field is emptied", async () => {
    const { type, app, text } = await dialog();
    type("Company name", "Acme");
    type("Company name", "");
    expect(app.view.brand).toBe("");
    expect(text("[data-pop=brand] > button")).toBe("Brandnone");
  });

  it("is the same draft as JSON, also where the form cannot show a value", async () => {
    const { type, press, root, app, text, field } = await dialog();
    type("Company name", "Acme");
    press("JSON");
    app.painting.paint();
    const json = root.querySelector("textarea.json") as HTMLTextAreaElement;
    expect(JSON.parse(json.value)).toEqual({ company_name: "Acme" });
    json.value = '{"company_name": "Acme", "tone": "loud"';
    json.dispatchEvent(new Event("input", { bubbles: true }));
    press("Form");
    app.painting.paint();
    expect(json.value).toBe('{"company_name": "Acme", "tone": "loud"');
    await until(() => expect(text("[role=dialog] footer")).toContain("Not valid JSON: line 1"));
    json.value += "}";
    json.dispatchEvent(new Event("input", { bubbles: true }));
    app.painting.paint();
    await until(() => expect(field("Company name")?.value).toBe("Acme"));
    expect(text("[data-field=tone]")).toContain("edit it as JSON");
  });

  it("has what is wrong at its field, and keeps it while another is edited", async () => {
    const { type, text, field } = await dialog();
    type("Mission", "guaranteed quality");
    await until(() => expect(text("[data-field=mission]")).toContain("Needs at least 3 words; it has 2."));
    expect(text("[data-field=mission] .warning")).toContain("advertising");
    expect(field("Mission")?.getAttribute("aria-invalid")).toBe("true");
    type("Tagline", "Short");
    expect(text("[data-field=mission]")).toContain("Needs at least 3 words");
    type("Mission", "Quality for everybody");
    await until(() => expect(text("[data-field=mission]")).not.toContain("Needs"));
  });

  it("is saved under a name, chosen from the list, taken back, and deleted after a question", async () => {
    const { type, press, app, all, field, brand } = await dialog();
    const choices = () => all("[aria-label='Saved brands'] option").map((option) => option.textContent);
    type("Company name", "Acme");
    expect(field("Name of the saved brand")?.value).toBe("Acme");
    press("Save");
    await until(() => expect(choices()).toEqual(["Use a saved brand…", "Acme"]));
    type("Company name", "Other");
    type("Saved brands", "Acme");
    await until(() => expect(brand().company_name).toBe("Acme"));
    app.painting.paint();
    press("Undo");
    expect(brand().company_name).toBe("Other");
    app.painting.paint();
    press("Delete");
    app.painting.paint();
    expect(choices()).toHaveLength(2);
    press("Really delete");
    await until(() => expect(choices()).toEqual(["No saved brand"]));
    expect(brand().company_name).toBe("Other");
  });

  it("opens at the field that another part of the console names", async () => {
    const { app, root } = await open({});
    app.view.set({ panel: "brand", brandField: "brand.forbidden_claims[0].pattern" });
    await until(() =>
      expect(root.activeElement?.getAttribute("aria-label")).toBe("Add to Forbidden claims: Claim"),
    );
    app.view.set({ panel: "" });
    app.painting.paint();
    app.view.set({ panel: "brand", brandField: "value_proposition[3:9]" });
    await until(() => expect(root.activeElement?.getAttribute("aria-label")).toBe("Value proposition"));
  });

  it("can only be read while a run is in progress", async () => {
    const { app, all } = await open({ scene: { at: 3 } });
    app.view.set({ panel: "brand" });
    await until(() => expect(all("fieldset.entries")).toHaveLength(1));
    expect(all("fieldset.entries")[0]?.hasAttribute("disabled")).toBe(true);
  });
});

describe("menus", () => {
  it("list the workers, with those that cannot be chosen", async () => {
    const { all } = await open({});
    all(".worker button")[0]?.click();
    await until(() => expect(all("[role=option]")).toHaveLength(3));
    expect(all("[role=option]").map((item) => item.getAttribute("aria-disabled"))).toEqual([
      "false",
      "true",
      "false",
    ]);
    expect(all("[role=option]")[1]?.textContent).toContain("Coming soon");
    document.body.dispatchEvent(new Event("pointerdown", { bubbles: true, composed: true }));
    await until(() => expect(all("[role=listbox]")).toEqual([]));
  });
});

describe("the run history", () => {
  it("lists the newest runs with status, worker, kind, duration and reason", async () => {
    const { press, all, text } = await open({});
    await until(() => expect(text(".badge")).toBe("12"));
    press("History12");
    await until(() => expect(all("[role=dialog] .past")).toHaveLength(12));
    const rows = all(".past").map((item) => item.textContent ?? "");
    expect(rows[1]).toMatch(/^CompletedWrite a tagline.*Business Builder · verification · 10\.8 s · /);
    expect(rows[2]).toContain("strict");
    expect(rows[3]).toMatch(/^Failed.*Preflight: the value proposition promises/);
    expect(rows[8]).toContain("on the server");
    expect(rows[3]).not.toContain("Run again and verify");
    expect(rows[4]).toContain("Run again and verify");
  });

  it("shows why there is nothing to list", async () => {
    const refusals = { "history.list": { code: "history", message: "The disk is full.", problems: [] } };
    const { press, text } = await open({ refusals });
    press("History");
    await until(() => expect(text("[role=dialog] [role=alert]")).toBe("The disk is full."));
  });

  it("compares two chosen runs, the older first, and shows the difference of a file", async () => {
    const { app, press, all, text } = await open({});
    await until(() => expect(text(".badge")).toBe("12"));
    press("History12");
    await until(() => expect(all(".past")).toHaveLength(12));
    const boxes = () => all("[role=dialog] .past > input") as HTMLInputElement[];
    expect(boxes()[8]?.disabled).toBe(true);
    expect(all("[aria-disabled=true]").map((item) => item.textContent)).toContain("Compare");
    for (const n of [4, 1, 2]) {
      boxes()[n]?.click();
      await until(() => expect(boxes()[n]?.checked).toBe(true));
    }
    press("Compare 3");
    await until(() => expect(text("[role=dialog] h3")).toBe("Figures of 3 runs"));
    expect(all(".compared tbody tr").map((item) => item.textContent)).toEqual([
      expect.stringMatching(/^Write a tagline.*8 of 8/),
      expect.stringMatching(/^Launch page/),
      expect.stringMatching(/^Write a tagline/),
    ]);
    press("All runs");
    await until(() => expect(all(".past")).toHaveLength(12));
    boxes()[4]?.click();
    await until(() => expect(boxes()[4]?.checked).toBe(false));
    press("Compare");
    await until(() => expect(all(".compared .heading")).toHaveLength(5));
    expect(text(".compared thead")).toMatch(/First run.*bakery.*Second run.*tagline/);
    expect(text(".compared")).toMatch(/Duration11\.2 s10\.4 s−800 ms/);
    expect(text(".compared")).toMatch(/Decisions 1 difference.*Researcher.*Analyst.*12 further rows/);
    const rows = all(".compared tr").length;
    press("Only differences");
    await until(() => expect(all(".compared tr").length).toBeLessThan(rows));
    expect(text(".compared")).not.toContain("positioning.md");
    press("Difference");
    await until(() =>
      expect(app.view.comparison?.a).toMatchObject({ run_id: "run-2", file: "landing.html" }),
    );
    expect(app.run.state.run?.run_id).toBe("run-1");
    expect(text(".sub")).toContain("The earlier run, and this run");
  });

  it("executes an earlier run again from its token", async () => {
    const { press, all, text } = await open({});
    await until(() => expect(text(".badge")).toBe("12"));
    press("History12");
    await until(() => expect(all(".past")).toHaveLength(12));
    press("Run again and verify");
    await until(() => expect(text("[data-status]")).toBe("Running"));
    expect(all("[role=dialog]")).toEqual([]);
  });
});

describe("states", () => {
  it("show what will appear before the first run", async () => {
    const { all } = await open({});
    expect(all(".pane .empty")).toHaveLength(5);
  });

  it("show that a run ended without an artifact", async () => {
    const { text } = await open({ scene: { at: 0.3, cancelled: true } });
    expect(text("[data-pane=artifacts] .empty")).toBe("The run ended without an artifact.");
  });

  it("show the source of an artifact as it is written, as plain text", async () => {
    const { text, all, press } = await open({ scene: { at: 9.6 } });
    press("Source");
    await until(() => expect(text("pre.source")).toMatch(/^# /));
    expect(all("[data-pane=artifacts] .note")).toEqual([]);
    const stopped = await open({ scene: { at: 9.6, cancelled: true } });
    stopped.all("[role=tab]").at(-1)?.click();
    await until(() => expect(stopped.text("[data-pane=artifacts] .note")).toBe("It was not finished."));
    stopped.press("Source");
    await until(() => expect(stopped.text("pre.source")).toMatch(/^# /));
  });

  it("show once why a run failed, and the place", async () => {
    const { text, all, press, root } = await open({ scene: { at: 8.2, failing: "ux" } });
    expect(text("[data-status]")).toBe("Failed in UX Layout");
    expect(text(".stage.failed .words")).toBe("failed");
    const reason = "The forbidden claim “guaranteed” stands in the hero text";
    const shown = all("*").filter(
      (item) => !item.children.length && !item.closest(".logline") && item.textContent?.includes(reason),
    );
    expect(shown).toEqual(all(".strip.error .reading"));
    const tips = all("[title], [aria-label]").map((item) => item.title + item.getAttribute("aria-label"));
    expect(tips.filter((tip) => tip.includes(reason))).toEqual([]);
    expect(text(".ledger .title")).toBe("UX Layout failed");
    press("Show the place");
    await until(() => expect(all(".logdetail")).toHaveLength(1));
    expect(root.querySelector(".incident [aria-expanded=true]")?.textContent).toContain("UX Layout");
    expect(text(".of-incident")).toContain(reason);
  });

  it("show a problem of the whole console", async () => {
    const { text } = await open({ notice: { code: "key_refused", message: "The key was refused." } });
    expect(text(".strip[role=alert]")).toContain("The key was refused.");
  });

  it("show once that no worker answers, and try again from there", async () => {
    const notice = { code: "host_unreachable", message: "Nothing answers at 127.0.0.1:9." };
    const { all, text, press, root } = await open({ notice, answerMs: 400 });
    expect(text("[data-status]")).toBe("Not ready");
    // A run could not be started either: the button says why.
    expect(text(".primary [aria-disabled=true]")).toBe("Run");
    expect(root.querySelector<HTMLElement>(".primary button")?.title).toBe(notice.message);
    press("Try again");
    await until(() => expect(all("[role=alert] .spin")).toHaveLength(1));
    await until(() => expect(all("[role=alert] .spin")).toHaveLength(0));
    const tried = /^Nothing answers at 127\.0\.0\.1:9\.Tried at \d\d:\d\d:\d\dTry again$/;
    await until(() => expect(text("[role=alert]")).toMatch(tried));
    expect(all("[role=alert]")).toHaveLength(1);
  });

  it("count down to the next attempt to reach the server, and make it at once", async () => {
    const link = {
      phase: "reconnecting",
      attempt: 4,
      retry_us: (Date.now() + 3_600_000) * 1000,
      message: "Cut.",
    };
    const { text, press, button } = await open({ scene: { at: 3, link: link as Partial<Link> } });
    expect(text("[data-status]")).toBe("Reconnecting");
    expect(text(".status")).toMatch(/In 3\d{3} s\. Cut\. Attempt 4\./);
    press("Retry now");
    await until(() => expect(text("[data-status]")).toBe("Running"));
    expect(button("Retry now")).toBeUndefined();
  });

  it("show how long an attempt to reach the server takes, and offer another one", async () => {
    const link = {
      phase: "reconnecting",
      attempt: 4,
      retry_us: (Date.now() - 60_000) * 1000,
      message: "Cut.",
    };
    const { text, press } = await open({ scene: { at: 3, link: link as Partial<Link> } });
    expect(text("[data-status]")).toBe("Reconnecting");
    expect(text(".status")).toMatch(/Connecting for \d+ s\. Cut\. Attempt 4\./);
    press("Retry now");
    await until(() => expect(text("[data-status]")).toBe("Running"));
  });

  it("follow a run again that is not followed any more", async () => {
    const notice = { code: "host_unreachable", message: "Nothing answers. Gave up after 600 s." };
    const link = { phase: "ended" } as Partial<Link>;
    const { text, press } = await open({ notice, scene: { at: 3, link } });
    expect(text("[data-status]")).toBe("Not followed");
    expect(text("[role=alert]")).not.toContain("Try again");
    press("Follow again");
    await until(() => expect(text("[data-status]")).toContain("Completed"));
  });

  it("offer the history where the run is not known", async () => {
    const notice = { code: "run_unknown", message: "No finished run 'x' is in the history." };
    const { all, text, press } = await open({ notice });
    expect(text("[role=alert]")).not.toContain("Try again");
    press("Open the history");
    await until(() => expect(all("[role=dialog][aria-label='Run history']")).toHaveLength(1));
    await until(() => expect(text("[role=dialog]")).toContain("Replay"));
  });

  it("say why a worker cannot run, and offer no run", async () => {
    const { text, all } = await open({ worker: "code-debugger" });
    expect(text("[data-status]")).toBe("Not available");
    const reason = "Code Debugger is announced and cannot run yet. Choose another worker.";
    expect(text(".status")).toContain(reason);
    expect(all(".primary [aria-disabled=true]").map(({ title }) => title)).toEqual([reason]);
  });

  it("show a saved run when no kernel answers", async () => {
    const { all, text } = await open({
      dead: true,
      traits: { saved: savedRun({ strict: true, brand: BRAND }) },
    });
    await until(() => expect(text("[data-status]")).toBe("Connecting"));
    await until(() => expect(text(".strip")).toContain("Saved run, no kernel"));
    expect(text("[data-status]")).toBe("Completed · 1 recovered");
    expect(text("[data-pane=log]")).toContain("Completed Final Packaging");
    expect(text(".status")).toContain("Strict");
    expect(text("details.asked")).toContain("Company name: Clearwave");
    const run = all("button").find((item) => item.textContent === "Run") as HTMLButtonElement;
    expect(run.disabled).toBe(true);
    expect(run.title).toContain("No kernel");
  });
});

describe("the layout", () => {
  /** A console of this width, and ways to move what is between its panes. */
  async function wide(width: number) {
    const console = await open({ scene: DONE });
    console.app.view.set({ width });
    const style = () => console.root.querySelector(".console")?.getAttribute("style") ?? "";
    const bar = (label: string) =>
      console.all(".split").find((item) => item.getAttribute("aria-label") === label);
    const key = (label: string, name: string) =>
      bar(label)?.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
    const value = (label: string, of = "now") => Number(bar(label)?.getAttribute(`aria-value${of}`));
    await until(() => expect(console.all(".split")).toHaveLength(4));
    return { ...console, style, key, value };
  }

  it.each([
    [1200, 3, "Width of the left column", "ArrowRight"],
    [768, 2, "Width of the left column", "ArrowRight"],
    [500, 1, "Height of the timeline", "ArrowDown"],
  ])(
    "at %i pixels has %i columns, and bars that keys move and put back",
    async (width, columns, name, more) => {
      const { all, key, style, value } = await wide(width);
      await until(() => expect(all(`.console.cols${columns}`)).toHaveLength(1));
      const [first, at] = [style(), value(name)];
      key(name, more);
      await until(() => expect(value(name)).toBe(at + 2));
      expect(style()).not.toBe(first);
      key(name, "Home");
      await until(() => expect(value(name)).toBe(value(name, "min")));
      key(name, "End");
      await until(() => expect(value(name)).toBe(value(name, "max")));
      key(name, "Enter");
      await until(() => expect(style()).toBe(first));
    },
  );

  it("is remembered for each number of columns by itself", async () => {
    const LOG = "Height of the log";
    const { key, value, app } = await wide(1200);
    key(LOG, "ArrowUp");
    await until(() => expect(value(LOG)).toBe(58));
    app.view.set({ width: 768 });
    await until(() => expect(value(LOG)).toBe(60));
    key(LOG, "ArrowDown");
    await until(() => expect(value(LOG)).toBe(62));
    const again = await wide(1200);
    expect(again.value(LOG)).toBe(58);
    again.app.view.set({ width: 768 });
    await until(() => expect(again.value(LOG)).toBe(62));
  });
});

describe("views", () => {
  it("of one model are each their own", async () => {
    const kernel = new PageKernel({ scene: DONE, live: false, code: async (name) => name });
    const places = [document.createElement("div"), document.createElement("div")];
    document.body.append(...places);
    leave.push(...places.map((el) => widget.render({ model: kernel, el })));
    const count = (view: number, selector: string) =>
      places[view]?.firstElementChild?.shadowRoot?.querySelectorAll(selector).length ?? 0;
    await until(() => expect([count(0, ".logline"), count(1, ".logline")].every((n) => n > 3)).toBe(true));
    places[0]?.firstElementChild?.shadowRoot?.querySelector<HTMLElement>(".stage button")?.click();
    await until(() => expect(count(0, ".chip.on")).toBe(4));
    expect(count(1, ".chip.on")).toBe(0);
  });

  it("leave nothing behind: no element, no listener, no timer that goes on", async () => {
    const listening = new Map<string, number>();
    const note = (name: string, change: number) => listening.set(name, (listening.get(name) ?? 0) + change);
    for (const [name, target] of Object.entries({ window, document })) {
      const add = target.addEventListener.bind(target);
      const remove = target.removeEventListener.bind(target);
      vi.spyOn(target, "addEventListener").mockImplementation((type: string, ...rest: unknown[]) => {
        note(`${name} ${type}`, 1);
        add(type, ...(rest as [EventListener]));
      });
      vi.spyOn(target, "removeEventListener").mockImplementation((type: string, ...rest: unknown[]) => {
        note(`${name} ${type}`, -1);
        remove(type, ...(rest as [EventListener]));
      });
    }
    const started = vi.spyOn(globalThis, "setInterval");
    const stopped = vi.spyOn(globalThis, "clearInterval");
    const { place, close, press, all } = await open({ scene: { at: 5 }, live: true });
    await until(() => expect(all(".badge")).toHaveLength(1));
    press("History12");
    await until(() => expect(all(".past")).toHaveLength(12));
    expect(listening.size).toBeGreaterThan(3);
    close();
    expect([...listening].filter(([, n]) => n !== 0)).toEqual([]);
    expect(place.innerHTML).toBe("");
    const ticker = started.mock.results[1]?.value;
    expect(stopped.mock.calls.flat()).toContain(ticker);
    vi.restoreAllMocks();
  });
});
