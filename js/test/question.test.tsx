// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PageKernel, type Setup } from "../dev/kernel";
import { APPROVAL, COMMENTED, FORM, JSON_ONLY, TEXT } from "../dev/questions";
import type { FromBrowser, InputRequest, WireError } from "../src/kernel/wire";
import { mount } from "../src/shell/mount";
import { countdown } from "../src/shell/waiting/strip";
import { until } from "./until";

vi.mock("../src/kernel/live-code", () => import("./bundles"));

let leave: (() => void)[];

beforeEach(() => {
  document.body.replaceChildren();
  document.title = "Notebook";
  localStorage.clear();
  leave = [];
});

afterEach(() => {
  for (const end of leave) end();
});

/** Waits until something is so: nothing here depends on how fast the machine is. */
/** A console whose run asks for something, and ways to look at it and to use it. */
async function open(asks: InputRequest[], setup: Partial<Setup> = {}) {
  const kernel = new PageKernel({
    scene: { at: 7.4, asks },
    live: false,
    code: async (name) => name,
    traits: { status: "waiting" },
    ...setup,
  });
  const answers: unknown[] = [];
  const send = kernel.send.bind(kernel);
  kernel.send = (message: FromBrowser) => {
    if (message.kind === "request" && message.name === "run.answer") answers.push(message.args);
    send(message);
  };
  const place = document.createElement("div");
  document.body.append(place);
  const { app, close } = mount(kernel, place);
  const end = () => {
    close();
    kernel.stop();
  };
  leave.push(end);
  const root = place.firstElementChild?.shadowRoot as ShadowRoot;
  const all = (selector: string) => [...root.querySelectorAll<HTMLElement>(selector)];
  const text = (selector: string) => all(selector)[0]?.textContent ?? "";
  const button = (name: string) =>
    all(".question button").find(
      (item) => item.textContent === name || item.getAttribute("aria-label") === name,
    ) as HTMLElement;
  const field = (label: string) => all(`.question .field[aria-label="${label}"]`)[0] as HTMLInputElement;
  const type = (label: string, value: string) => {
    field(label).value = value;
    field(label).dispatchEvent(new Event("input"));
  };
  if (asks.length) await until(() => expect(all(".question")).toHaveLength(1));
  return { app, kernel, answers, root, all, text, button, field, type, end };
}

describe("a run that waits", () => {
  it("is seen in the header, in the timeline and in the title of the page", async () => {
    const { text, all } = await open([APPROVAL]);
    expect(text("[data-status]")).toBe("Waiting for you");
    expect(all(".pill.waiting")).toHaveLength(1);
    expect(text(".stage.waiting b")).toBe("UX Layout");
    expect(all(".stage.waiting .pick")[0]?.title).toContain("UX Layout, waiting");
    expect(document.title).toBe("Waiting for you · Notebook");
  });

  it("keeps the title while any console of the page waits, whatever else sets it", async () => {
    const first = await open([APPROVAL]);
    const second = await open([TEXT]);
    document.title = "Another notebook";
    await until(() => expect(document.title).toBe("Waiting for you · Another notebook"));
    first.end();
    expect(document.title).toBe("Waiting for you · Another notebook");
    second.end();
    expect(document.title).toBe("Another notebook");
    expect(document.documentElement.dataset.consoleMarks).toBeUndefined();
  });

  it("changes nothing where no run waits", async () => {
    const { all, text } = await open([], { traits: { status: "running" } });
    await until(() => expect(text("[data-status]")).toBe("Running"));
    expect(all(".question")).toEqual([]);
    expect(document.title).toBe("Notebook");
  });

  it("is asked nothing while it is only a recording", async () => {
    const { all, text } = await open([], { scene: { at: 7.4, recording: true, asks: [APPROVAL] } });
    await until(() => expect(text("[data-status]")).toBe("Not followed"));
    expect(all(".question")).toEqual([]);
  });
});

describe("a tool call", () => {
  it("is shown with its arguments, as text", async () => {
    const { text, all, button } = await open([APPROVAL]);
    expect(text(".question [role=alert]")).toBe(APPROVAL.message);
    await until(() => expect(text(".question pre")).toContain('"note": "<b>bold</b>"'));
    expect(text(".question > div > b")).toBe("UX Layout");
    expect(all(".question pre *")).toEqual([]);
    expect(all(".question .field")).toEqual([]);
    expect(button("Approve").getAttribute("aria-disabled")).toBe("false");
  });

  it.each([
    ["Approve", true],
    ["Decline", false],
  ])("is answered with %s", async (name, payload) => {
    const { all, answers, button } = await open([APPROVAL]);
    button(name).click();
    await until(() => expect(all(".question")).toEqual([]));
    expect(answers).toEqual([{ request_id: APPROVAL.request_id, payload }]);
  });

  it("is answered with the object that its schema names, and what was typed", async () => {
    const { all, answers, button, type } = await open([COMMENTED]);
    type("Reason", "Too early");
    button("Decline").click();
    await until(() => expect(all(".question")).toEqual([]));
    expect(answers).toEqual([
      { request_id: COMMENTED.request_id, payload: { approved: false, reason: "Too early" } },
    ]);
  });

  it("is not answered by the second click of a double click, nor twice", async () => {
    const { all, answers, button } = await open([
      APPROVAL,
      { ...APPROVAL, request_id: "other", position: 41 },
    ]);
    button("Approve").click();
    button("Approve").dispatchEvent(new MouseEvent("click", { detail: 2 }));
    button("Decline").click();
    await until(() => expect(all(".question .num")).toEqual([]));
    button("Approve").dispatchEvent(new MouseEvent("click", { detail: 2 }));
    expect(answers).toHaveLength(1);
  });

  it("says why its arguments are missing, and reads them again", async () => {
    const error: WireError = { code: "history", message: "The history cannot be read.", problems: [] };
    const refusals: Setup["refusals"] = { "stages.content": error };
    const { text, button } = await open([APPROVAL], { refusals });
    await until(() => expect(text(".question .bubble")).toContain("The history cannot be read."));
    delete refusals["stages.content"];
    button("Try again").click();
    await until(() => expect(text(".question pre")).toContain("landing.html"));
  });
});

describe("a form", () => {
  it("has a control for each field, and sends their values", async () => {
    const { all, answers, type, field, button } = await open([FORM]);
    expect(all(".item").map((item) => item.getAttribute("aria-label"))).toEqual([
      ...["City", "Days", "Budget", "Season", "Invite the press", "Channels", "Guests", "Address", "Street"],
      ...["Floor", "Notes"],
    ]);
    expect(field("Days").value).toBe("2");
    type("City", "Basel");
    type("Season", "1");
    type("Guests", "Ada\nGrace");
    type("Street", "Main Street");
    button("podcast").click();
    button("Send").click();
    await until(() => expect(all(".question")).toEqual([]));
    expect(answers).toEqual([
      {
        request_id: FORM.request_id,
        payload: {
          city: "Basel",
          days: 2,
          season: "summer",
          press: true,
          channels: ["podcast"],
          guests: ["Ada", "Grace"],
          address: { street: "Main Street" },
        },
      },
    ]);
  });

  it("says at the field what is wrong, sends nothing, and forgets it when the field changes", async () => {
    const { all, answers, type, button, field } = await open([FORM]);
    type("Days", "many");
    button("Send").click();
    const problems = () => all(".problem").map((item) => item.textContent);
    await until(() =>
      expect(problems()).toEqual(["is required", "must be a whole number", "must have at least 1 entry"]),
    );
    expect(field("City").getAttribute("aria-invalid")).toBe("true");
    expect(field("Budget").getAttribute("aria-invalid")).toBe("false");
    type("Days", "3");
    await until(() => expect(problems()).toEqual(["is required", "must have at least 1 entry"]));
    expect(answers).toEqual([]);
  });

  it("shows the kernel's refusal at the field or under the buttons, and keeps what was typed", async () => {
    const refusal = (field: string): WireError => ({
      code: "request_refused",
      message: "The answer is refused.",
      problems: [{ field, message: "must match ^[A-Z]" }],
    });
    const refusals: Setup["refusals"] = { "run.answer": refusal("payload.city") };
    const { all, text, type, field, button } = await open([FORM], { refusals });
    type("City", "basel");
    button("email").click();
    button("Send").click();
    await until(() => expect(text(".item .problem")).toBe("must match ^[A-Z]"));
    expect(all(".answers .problem")).toEqual([]);
    expect(field("City").value).toBe("basel");
    refusals["run.answer"] = { ...refusal(""), problems: [], message: "It was answered elsewhere." };
    button("Send").click();
    await until(() => expect(text(".answers .problem")).toBe("It was answered elsewhere."));
    expect(all(".item .problem")).toEqual([]);
    expect(field("City").value).toBe("basel");
  });

  it("keeps what was typed through new states, folding, and another run on screen", async () => {
    const { app, kernel, all, type, field, button } = await open([FORM]);
    type("City", "Basel");
    kernel.ask([structuredClone(FORM)]);
    await until(() => expect(field("City").value).toBe("Basel"));
    button("Fold the question").click();
    await until(() => expect(all(".question .item")).toEqual([]));
    button("Show the question").click();
    await until(() => expect(field("City").value).toBe("Basel"));
    kernel.ask([]);
    await until(() => expect(all(".question")).toEqual([]));
    kernel.ask([FORM]);
    await until(() => expect(field("City").value).toBe("Basel"));
    expect(app.operations.errors).toEqual({});
  });

  it("is sent by Ctrl+Enter, once", async () => {
    const { all, answers, type, field } = await open([TEXT]);
    type("Answer", "The first");
    const press = (init: KeyboardEventInit) =>
      field("Answer").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, ...init }));
    press({});
    press({ ctrlKey: true });
    press({ ctrlKey: true, repeat: true });
    press({ metaKey: true });
    await until(() => expect(all(".question")).toEqual([]));
    expect(answers).toEqual([{ request_id: TEXT.request_id, payload: "The first" }]);
  });

  it("is JSON where the schema has no controls", async () => {
    const { all, text, answers, type, field, button } = await open([JSON_ONLY]);
    expect(JSON.parse(field("Answer").value)).toEqual([{ step: "Publish", day: 1 }]);
    type("Answer", "[{]");
    button("Send").click();
    await until(() => expect(text(".problem")).toMatch(/^is not valid JSON: /));
    type("Answer", "[{}]");
    button("Send").click();
    await until(() => expect(all(".question")).toEqual([]));
    expect(answers).toEqual([{ request_id: JSON_ONLY.request_id, payload: [{}] }]);
  });
});

describe("several questions", () => {
  it("are asked one after the other", async () => {
    const { all, text, button, type, answers } = await open([APPROVAL, TEXT, FORM]);
    expect(text(".question .num")).toBe("1 of 3");
    button("Approve").click();
    await until(() => expect(text(".question [role=alert]")).toBe(TEXT.message));
    expect(text(".question .num")).toBe("1 of 2");
    type("Answer", "This one");
    button("Send").click();
    await until(() => expect(text(".question [role=alert]")).toBe(FORM.message));
    expect(all(".question .num")).toEqual([]);
    expect(answers).toHaveLength(2);
  });

  it("are removed at once when they are answered elsewhere", async () => {
    const { kernel, all, text } = await open([APPROVAL, TEXT]);
    kernel.ask([TEXT]);
    await until(() => expect(text(".question [role=alert]")).toBe(TEXT.message));
    kernel.ask([]);
    await until(() => expect(all(".question")).toEqual([]));
    expect(all("p.strip")).toEqual([]);
  });
});

describe("a question that expires", () => {
  it("counts down", async () => {
    const { text } = await open([{ ...TEXT, expires_us: Date.now() * 1000 + 298e6 }]);
    expect(text(".question .num")).toMatch(/^expires in [45]:\d\d$/);
    expect([0, 4e6, 298e6, 3_723e6, 86_400e6, 200_000e6, -5e6].map(countdown)).toEqual([
      ...["0:00", "0:04", "4:58", "1:02:03", "1 day", "2 days", "0:00"],
    ]);
  });

  it("says so when its time is over, and goes", async () => {
    const { app, all, text } = await open([{ ...TEXT, expires_us: Date.now() * 1000 + 600_000 }, APPROVAL]);
    await until(() => expect(text("p.strip")).toBe(`Expired: nobody answered “${TEXT.message}” in time.`));
    expect(text(".question [role=alert]")).toBe(APPROVAL.message);
    await until(() => expect(all("p.strip")).toEqual([]));
    expect(app.run.state.inputs).toHaveLength(2);
  });
});

describe("the focus", () => {
  it("goes to the first field, if nothing else has it", async () => {
    const { root, field } = await open([FORM]);
    expect(root.activeElement).toBe(field("City"));
  });

  it("goes on to the next question, also if that comes later", async () => {
    const { kernel, root, all, button, field } = await open([APPROVAL]);
    button("Approve").focus();
    // What is on its way to the question arrives there.
    await until(() => expect(root.activeElement).toBe(button("Approve")));
    await new Promise((done) => setTimeout(done));
    button("Approve").click();
    await until(() => expect(root.activeElement?.getAttribute("role")).toBe("grid"));
    kernel.ask([FORM]);
    await until(() => expect(root.activeElement).toBe(field("City")));
    expect(all(".question")).toHaveLength(1);
  });

  it("stays where the person is", async () => {
    const { kernel, root, all } = await open([], { traits: { status: "running" } });
    await until(() => expect(all("[aria-label^='Search the log']")).toHaveLength(1));
    all("[aria-label^='Search the log']")[0]?.focus();
    kernel.ask([FORM]);
    await until(() => expect(all(".question")).toHaveLength(1));
    expect(root.activeElement).toBe(all("[aria-label^='Search the log']")[0]);
  });
});
