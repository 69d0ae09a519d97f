// `?state=running&theme=dark` shows the console in a state, `?golden=name` a golden run.

import goldenRuns from "golden-runs";
import widget from "../src/index";
import type { Model } from "../src/kernel/channel";
import type { FromKernel, InputRequest, Traits } from "../src/kernel/wire";
import { homePage } from "./history";
import { PageKernel, type Setup, savedRun } from "./kernel";
import { APPROVAL, COMMENTED, FORM, JSON_ONLY, LONG, TEXT } from "./questions";
import { BRAND, HOSTILE, TEXTS, TOTAL_S } from "./run";

const STUDIO = { section: "home" } as const;
const asking = (...asks: InputRequest[]): Setup => ({
  scene: { at: 7.4, asks },
  live: false,
  traits: { status: "waiting" },
});
const DONE = TOTAL_S + 1;
const STATES: Record<string, () => Setup> = {
  empty: () => ({ scene: null, live: false }),
  running: () => ({ scene: { at: 7.4 }, live: true }),
  start: () => ({ scene: { at: 0 }, live: true }),
  paused: () => ({ scene: { at: 7.4 }, live: false }),
  completed: () => ({ scene: { at: DONE }, live: false }),
  strict: () => ({ scene: { at: DONE, strict: true, brand: BRAND }, live: false }),
  announced: () => ({ scene: null, live: false, worker: "code-debugger" }),
  recording: () => ({ scene: { at: DONE, recording: true }, live: false }),
  waiting: () => asking(APPROVAL),
  "waiting-form": () => asking(FORM),
  "waiting-several": () => asking(COMMENTED, TEXT, FORM),
  "waiting-long": () => asking(LONG),
  "waiting-json": () => asking(JSON_ONLY),
  "waiting-expiring": () => asking({ ...TEXT, expires_us: Date.now() * 1000 + 298e6 }),
  "waiting-expired": () => asking({ ...TEXT, expires_us: Date.now() * 1000 + 5e6 }),
  "waiting-refused": () => ({
    ...asking(FORM),
    refusals: {
      "run.answer": {
        code: "request_refused",
        message: "The answer does not meet its schema.",
        problems: [{ field: "payload.city", message: "must match ^[A-Z]" }],
      },
    },
  }),
  failed: () => ({ scene: { at: 8.2, failing: "ux" }, live: false }),
  cancelled: () => ({ scene: { at: 5.1, cancelled: true }, live: false }),
  reconnecting: () => ({
    scene: {
      at: 5.1,
      link: {
        phase: "reconnecting",
        attempt: 2,
        retry_us: Date.now() * 1000 + 7e6,
        message: "The connection to the host was cut.",
      },
    },
    live: false,
  }),
  stalled: () => ({
    scene: {
      at: 5.1,
      link: { phase: "stalled", message: "Nothing came from the worker for 45 s; asking the run list." },
    },
    live: false,
  }),
  styled: () => ({ scene: { at: DONE, styled: true, failing: "ux" }, live: false }),
  flood: () => ({ scene: { at: 7.4 }, live: false, flood: Number(query.get("flood") ?? 50) }),
  long: () => ({ scene: { at: DONE, noise: 4000 }, live: false }),
  scoreless: () => ({ scene: { at: DONE, scoreless: true }, live: false }),
  rewritten: () => ({ scene: { at: DONE, rewritten: 2 }, live: false }),
  many: () => ({ scene: { at: DONE, extra: 493 }, live: false }),
  large: () => ({ scene: { at: DONE, large: true }, live: false }),
  notice: () => ({
    scene: null,
    live: false,
    notice: {
      code: "host_not_started",
      message:
        "The embedded host could not be started: port 8123 is taken. Free it, or give url=… of a running server.",
    },
  }),
  refused: () => ({
    scene: null,
    live: false,
    refusals: {
      "run.start": {
        code: "request_refused",
        message: "The worker would not take the request.",
        problems: [{ field: "task", message: "needs at least 5 characters, has 3" }],
      },
      "history.list": {
        code: "history",
        message: "The local history cannot be opened: the disk is full.",
        problems: [],
      },
    },
  }),
  hostile: () => {
    TEXTS["landing.html"] = HOSTILE;
    return { scene: { at: 7.5 }, live: true };
  },
  studio: () => ({ scene: null, live: false, traits: STUDIO }),
  history: () => ({ scene: null, live: false, traits: { section: "history" } }),
  "studio-running": () => ({ scene: { at: 7.4 }, live: true }),
  "studio-empty": () => ({ scene: null, live: false, traits: STUDIO, home: homePage(1, 0) }),
  "studio-many": () => ({ scene: null, live: false, traits: STUDIO, home: homePage(30, 10) }),
  "studio-down": () => ({
    scene: null,
    live: false,
    traits: STUDIO,
    home: homePage(0, 4, [
      {
        name: "Server https://workers.example.com",
        tone: "error",
        text: "does not answer",
      },
    ]),
    notice: { code: "host_unreachable", message: "https://workers.example.com cannot be reached." },
  }),
  "studio-refused": () => ({
    scene: null,
    live: false,
    traits: STUDIO,
    home: homePage(0, 4, [
      {
        name: "Server https://workers.example.com",
        tone: "error",
        text: "refuses the key",
      },
    ]),
    notice: { code: "key_refused", message: "https://workers.example.com refuses the key." },
  }),
  "studio-connecting": () => ({ scene: null, live: false, dead: true, traits: STUDIO }),
  dead: () => ({ scene: null, live: false, dead: true }),
  saved: () => ({
    scene: null,
    live: false,
    dead: true,
    traits: { saved: savedRun({ strict: true, brand: BRAND }) },
  }),
};

const query = new URLSearchParams(location.search);
const theme = query.get("theme");
if (theme) {
  const light = theme === "light";
  document.body.dataset.jpThemeLight = String(light);
  const colours = light
    ? {
        "layout-color0": "#fff",
        "layout-color1": "#fff",
        "layout-color2": "#eee",
        "border-color2": "#e0e0e0",
      }
    : {
        "layout-color0": "#111",
        "layout-color1": "#212121",
        "layout-color2": "#424242",
        "border-color2": "#424242",
      };
  for (const [name, value] of Object.entries(colours)) document.body.style.setProperty(`--jp-${name}`, value);
}

/** Replays the messages of a recorded run, without a kernel. */
function goldenModel(client: string, messages: FromKernel[]): Model {
  let receive: ((message: FromKernel) => void) | undefined;
  const addressed = (receiver: string) =>
    JSON.parse(JSON.stringify(messages).replaceAll(JSON.stringify(client), JSON.stringify(receiver)));
  const traits: Traits = {
    worker: "",
    run_id: "",
    status: "",
    theme: "auto",
    height: 640,
    section: "",
    saved: {},
    receipt: { id: "", data: {} },
  };
  return {
    get: (name) => traits[name],
    set: () => undefined,
    save_changes: () => undefined,
    send(message) {
      if (message.kind !== "hello") return;
      setTimeout(() => {
        for (const item of addressed(message.client)) receive?.(item);
      });
    },
    on(event, handler) {
      if (event === "msg:custom") receive = handler;
    },
    off: () => undefined,
  };
}

const golden = goldenRuns[query.get("golden") ?? ""];
const setup = (STATES[query.get("state") ?? "running"] ?? STATES.running)?.() as Setup;
const runs = query.get("runs");
if (runs) setup.runs = Number(runs);
const place = document.getElementById("place") as HTMLElement;
const width = query.get("width");
if (width) place.style.width = `${width}px`;
const model = golden ? goldenModel(golden.client, golden.messages) : new PageKernel(setup);
const leave = widget.render({ model, el: place });
Object.assign(window, { leave, model });
