// A kernel in the page: answers a console like the real kernel, with a synthetic run.

import type { Model } from "../src/kernel/channel";
import type {
  BrandFinding,
  CheckedBrand,
  FromBrowser,
  FromKernel,
  Home,
  InputRequest,
  Requests,
  Saved,
  SubscriberNews,
  Traits,
  Watch,
  WireError,
} from "../src/kernel/wire";
import { artifactAnswer } from "./artifacts";
import { BRAND_FORM } from "./brand-form";
import { homePage, PageHistory } from "./history";
import { decorated, logAnswer, progressOf, SCAN_ROWS, windowOf } from "./log";
import { CALL } from "./questions";
import { type Moment, momentOf, nothingRun, type Scene, TEXTS, TOTAL_S } from "./run";
import { Travel } from "./travel";

const FRAME_MS = 50;
/** At most so many characters of an artifact are sent with the frames. */
const CUT_AT = 4_000_000;

export interface Setup {
  scene: Scene | null;
  /** The run goes on. */
  live: boolean;
  /** The number of log lines in each frame, without an end. */
  flood?: number;
  /** How long each answer takes, in milliseconds. */
  answerMs?: number;
  /** It does not answer. */
  dead?: boolean;
  /** The text of `live.js`, or of one of the others that the kernel sends. */
  code?: (name: "live" | "pages" | "extras" | "travel") => Promise<string>;
  traits?: Partial<Traits>;
  home?: Home;
  /** The number of runs in the history. */
  runs?: number;
  notice?: { code: string; message: string };
  /** The worker of the form. */
  worker?: string;
  /** The errors of refused requests. */
  refusals?: Partial<Record<keyof Requests, WireError>>;
}

type Handler = (...args: never[]) => void;

export class PageKernel implements Model {
  readonly history: PageHistory;
  #traits: Traits;
  #handlers = new Map<string, Set<Handler>>();
  #seq = 1;
  #watches = new Map<string, Watch>();
  /** The number of lines that the search of each subscriber has scanned. */
  #scanned = new Map<string, number>();
  #setup: Setup;
  #startUs: number;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** The moment on screen, and the newest. */
  #moment: Moment = nothingRun();
  #newest: Moment = this.#moment;
  #travel: Travel | undefined;
  #playing: ReturnType<typeof setInterval> | undefined;
  #brands = new Map<string, string>();

  constructor(setup: Setup) {
    this.#setup = setup;
    this.history = new PageHistory(setup.runs ?? 12);
    this.#traits = {
      worker: "business-builder",
      run_id: "",
      status: "",
      theme: "auto",
      height: 640,
      section: "",
      saved: {},
      receipt: { id: "", data: {} },
      ...setup.traits,
    };
    this.#startUs = Date.now() * 1000 - (setup.scene?.at ?? 0) * 1e6;
    this.#advance();
    if (setup.live || setup.flood) this.#timer = setInterval(() => this.#frame(), FRAME_MS);
  }

  get<Name extends keyof Traits>(name: Name): Traits[Name] {
    return this.#traits[name];
  }

  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void {
    this.#traits[name] = value;
  }

  save_changes(): void {
    for (const handler of this.#handlers.get("change:theme") ?? []) (handler as () => void)();
  }

  on(event: string, handler: Handler): void {
    this.#handlers.set(event, (this.#handlers.get(event) ?? new Set()).add(handler));
  }

  off(event: string, handler: Handler): void {
    this.#handlers.get(event)?.delete(handler);
  }

  /** The run asks for something else now. */
  ask(asks: InputRequest[]): void {
    if (!this.#setup.scene) return;
    this.#setup = { ...this.#setup, scene: { ...this.#setup.scene, asks } };
    this.#advance();
    for (const client of this.#watches.keys()) this.#snapshot(client);
  }

  /** The kernel sets traits. */
  change(traits: Partial<Traits>): void {
    Object.assign(this.#traits, traits);
    for (const name of Object.keys(traits))
      for (const handler of this.#handlers.get(`change:${name}`) ?? []) (handler as () => void)();
  }

  stop(): void {
    clearInterval(this.#timer);
    clearInterval(this.#playing);
  }

  send(message: FromBrowser): void {
    if (this.#setup.dead) return;
    if (message.kind === "hello") {
      this.#watches.set(message.client, message.watch);
      setTimeout(() => this.#snapshot(message.client), 30);
    } else if (message.kind === "request") {
      setTimeout(() => this.#answer(message), this.#setup.answerMs ?? 30);
    }
  }

  #send(message: FromKernel, buffers: DataView[] = []): void {
    for (const handler of this.#handlers.get("msg:custom") ?? []) {
      (handler as (message: FromKernel, buffers: DataView[]) => void)(message, buffers);
    }
  }

  #advance(): void {
    const { scene, live, notice, flood, worker } = this.#setup;
    if (flood && this.#moment.log.length) this.#pour(flood);
    else if (scene) {
      const at = live ? (Date.now() * 1000 - this.#startUs) / 1e6 : scene.at;
      this.#newest = momentOf({ ...scene, at: Math.min(at, TOTAL_S + 0.01) }, this.#startUs);
      if (scene.styled) this.#newest.log = decorated(this.#newest.log);
      this.#travel ??= new Travel(scene, this.#startUs, this.#newest);
      this.#travel.advance(this.#newest);
      if (!this.#travel.past) this.#moment = this.#newest;
    } else this.#travel = undefined;
    if (worker) this.#moment.state.form.worker = worker;
    if (notice) this.#moment.state.form.notice = { ...notice, problems: [] };
  }

  #pour(lines: number): void {
    const { log, state } = this.#moment;
    const time_us = Date.now() * 1000;
    for (let k = 0; k < lines; k += 1) {
      const n = log.length + 1;
      const message = `Line ${n}: reads the brief, weighs the brand, writes a draft and compares it`;
      log.push({
        index: n - 1,
        line: n,
        position: n,
        time_us,
        level: "info",
        stage_id: "ux",
        agent: "ux_agent",
        message,
      });
    }
    if (state.run) state.run = { ...state.run, counts: { ...state.run.counts, logs: log.length } };
  }

  #views(): Record<string, SubscriberNews> {
    const views: Record<string, SubscriberNews> = {};
    for (const [client, watch] of this.#watches) {
      const { filter, search, rows } = watch.log;
      const { log } = this.#moment;
      views[client] = {
        log: windowOf(log, filter, search, -1, this.#setup.flood ? Math.min(rows, 60) : rows),
      };
      if (search) {
        const scanned = (this.#scanned.get(client) ?? 0) + SCAN_ROWS;
        this.#scanned.set(client, scanned);
        const progress = progressOf(log, filter, search, scanned);
        views[client].search = progress;
        if (!progress.done && !this.#setup.live) setTimeout(() => this.#sendNews(), 2 * FRAME_MS);
      }
      const { artifact } = watch;
      const text = artifact && this.#moment.texts[artifact.file];
      if (artifact && text !== null && text !== undefined) {
        const { file } = artifact;
        const version = this.#moment.state.artifacts.find((row) => row.file === file)?.version ?? 1;
        const offset = artifact.version === version ? artifact.have : 0;
        const sent = text.slice(0, CUT_AT);
        const done = text.length === TEXTS[file]?.length;
        const cut = text.length > CUT_AT && ({ cut: true } as const);
        views[client].artifact = {
          file,
          version,
          offset,
          text: sent.slice(offset),
          done: done && !cut,
          ...cut,
        };
        watch.artifact = { file, version, have: sent.length, newest: false };
      }
    }
    return views;
  }

  #snapshot(client: string, all = false): void {
    const watched = this.#watches.get(client)?.home;
    const home = watched ? (this.#setup.home ?? homePage(3, 10)) : null;
    const state = { ...this.#moment.state, home, past: this.#travel?.past ?? null };
    this.#send({
      kind: "snapshot",
      client: all ? null : client,
      seq: this.#seq,
      state,
      subscribers: this.#views(),
      now_us: Date.now() * 1000,
    });
  }

  #sendNews(): void {
    this.#seq += 1;
    this.#send({ kind: "frame", seq: this.#seq, patch: { subscribers: this.#views() } });
  }

  #frame(): void {
    this.#advance();
    this.#seq += 1;
    const { form: _, home: __, seen_us: ___, run, ...patch } = this.#moment.state;
    const past = this.#travel?.past ?? null;
    const subscribers = this.#views();
    this.#send({
      kind: "frame",
      seq: this.#seq,
      patch: { ...patch, ...(run && { run }), past, subscribers },
    });
    if (this.#newest.state.link.phase === "ended") clearInterval(this.#timer);
  }

  #answer(message: Extract<FromBrowser, { kind: "request" }>): void {
    const { client, id, name } = message;
    const refusal = this.#setup.refusals?.[name] ?? brandProblem(message.args);
    if (refusal) {
      this.#send({ kind: "reply", client, id, ok: false, error: refusal });
      return;
    }
    if (name === "live" || name === "pages" || name === "extras" || name === "travel") {
      const code = this.#setup.code?.(name) ?? fetch(`build/${name}.js`).then((file) => file.text());
      code.then((code) => this.#send({ kind: "reply", client, id, ok: true, result: { code } }));
      return;
    }
    this.#send({ kind: "reply", client, id, ok: true, result: this.#result(message) }, [
      new DataView(new ArrayBuffer(4)),
    ]);
    if (name === "watch") {
      this.#watches.set(client, message.args as Watch);
      this.#scanned.delete(client);
      this.#sendNews();
      if (message.args.home) this.#snapshot(client);
    }
    if (name.startsWith("travel.")) this.#go(message);
    if (name === "run.start" || name === "run.replay") {
      this.#travel = undefined;
      this.#setup = { ...this.#setup, scene: { at: 0 }, live: true };
      this.#startUs = Date.now() * 1000;
      this.#advance();
      this.#snapshot(client);
      this.stop();
      this.#timer = setInterval(() => this.#frame(), FRAME_MS);
    }
    if (name === "run.answer") {
      const { asks = [] } = this.#setup.scene ?? {};
      this.ask(asks.filter(({ request_id }) => request_id !== message.args.request_id));
    }
    if (name === "run.stop" && this.#setup.scene) {
      this.stop();
      this.#setup = {
        ...this.#setup,
        live: false,
        scene: { at: (Date.now() * 1000 - this.#startUs) / 1e6, cancelled: true },
      };
      this.#advance();
      this.#snapshot(client);
    }
    if (name === "run.reconnect" && this.#setup.scene) {
      this.#setup = { ...this.#setup, scene: { ...this.#setup.scene, link: { phase: "live" } } };
      this.#advance();
      this.#snapshot(client);
    }
    if (name === "run.open") {
      this.#travel = undefined;
      this.#setup = { ...this.#setup, live: false, scene: { at: TOTAL_S + 1, recording: true } };
      this.#advance();
      const { run } = this.#moment.state;
      if (run) this.#moment.state.run = { ...run, run_id: message.args.run_id };
      this.#snapshot(client);
    }
    if (name === "worker.select") {
      this.#moment.state = {
        ...this.#moment.state,
        form: { ...this.#moment.state.form, worker: message.args.worker },
      };
      this.#snapshot(client);
    }
    if (name === "run.new") {
      this.#travel = undefined;
      this.#setup = { ...this.#setup, scene: null };
      this.#moment = nothingRun();
      this.#snapshot(client);
    }
  }

  /** Shows another moment: a snapshot of an earlier one, a frame of a later one. */
  #show(moment: Moment): void {
    const before = this.#moment.state.run?.counts.events ?? 0;
    this.#moment = moment;
    const earlier = (moment.state.run?.counts.events ?? 0) < before;
    for (const watch of this.#watches.values())
      if (earlier && watch.artifact) watch.artifact = { ...watch.artifact, have: 0 };
    this.#seq += 1;
    const [client = ""] = this.#watches.keys();
    if (earlier) this.#snapshot(client, true);
    else {
      const { form: _, home: __, seen_us: ___, run, ...patch } = moment.state;
      const past = this.#travel?.past ?? null;
      const subscribers = this.#views();
      this.#send({
        kind: "frame",
        seq: this.#seq,
        patch: { ...patch, ...(run && { run }), past, subscribers },
      });
    }
  }

  #go(message: Extract<FromBrowser, { kind: "request" }>): void {
    const { name, args } = message;
    const travel = this.#travel;
    if (!travel || name === "travel.axis" || name === "travel.picture") return;
    clearInterval(this.#playing);
    if (travel.past) travel.past = { ...travel.past, speed: null };
    if (name === "travel.seek")
      this.#show(
        args.time_us !== null
          ? travel.toTime(args.time_us)
          : args.position !== null
            ? travel.toPosition(args.position)
            : travel.toNewest(),
      );
    else if (name === "travel.range")
      this.#show(
        args.start_us === null || args.end_us === null
          ? travel.toNewest()
          : travel.toRange(args.start_us, args.end_us),
      );
    else if (name === "travel.step") this.#show(travel.step(args.direction, args.to));
    else if (name === "travel.play") {
      let us = travel.past?.time_us ?? this.#startUs;
      const play = () => {
        us += FRAME_MS * 1000 * args.speed;
        this.#show(travel.toTime(us, args.speed));
        if (!travel.past) clearInterval(this.#playing);
      };
      play();
      this.#playing = setInterval(play, FRAME_MS);
    } else this.#show(this.#moment);
  }

  #result(message: Extract<FromBrowser, { kind: "request" }>): unknown {
    const { name, args } = message;
    switch (name) {
      case "brand.form":
        return BRAND_FORM;
      case "brand.check":
        return checkedBrand(args.brand);
      case "brand.names":
      case "brand.save":
      case "brand.delete":
        if (name === "brand.save") this.#brands.set(args.name, args.brand);
        if (name === "brand.delete") this.#brands.delete(args.name);
        return { names: [...this.#brands.keys()].sort() };
      case "brand.load":
        return { brand: this.#brands.get(args.name) };
      case "travel.picture":
        return { html: this.#travel?.textAt(args.file, args.position) };
      case "travel.axis":
        return this.#travel?.axis();
      case "stages.content":
        return CALL;
      case "export.open":
        return { export_id: 1, file_name: `trace.${args.format}`, mime: "text/plain" };
      case "export.part":
        return { done: true };
      default:
        return (
          this.history.answer(message) ??
          logAnswer(this.#moment.log, message) ??
          artifactAnswer(this.#moment, message) ??
          {}
        );
    }
  }
}

/** The refusal of a brand that is no JSON. */
function brandProblem(args: object): WireError | undefined {
  try {
    if ("brand" in args && args.brand) JSON.parse(`${args.brand}`);
    return undefined;
  } catch {
    const message = "Not valid JSON: line 1, column 7: expected a value.";
    return { code: "request_refused", message, problems: [{ field: "brand", message }] };
  }
}

/** The report on a brand: a mission of two words is an error, "guaranteed" in it a warning. */
function checkedBrand(text: string): CheckedBrand {
  const { mission = "" } = JSON.parse(text) as { mission?: string };
  const words = mission.split(/\s+/).length;
  const findings: BrandFinding[] = [];
  const add = (tone: BrandFinding["tone"], message: string) =>
    findings.push({ tone, path: "mission", message });
  if (!mission) add("missing", "Required");
  else if (words < 3) add("error", `Needs at least 3 words; it has ${words}.`);
  if (/guaranteed/.test(mission)) add("warning", "Mission contains “guaranteed”, which advertising forbids.");
  const valid = findings.every(({ tone }) => tone === "warning");
  return { valid, findings, summary: valid ? "Valid: 12 policy rules, 4 drift anchors" : "1 problem" };
}

export function savedRun(scene: Partial<Scene> = {}): Saved {
  const moment = momentOf({ at: TOTAL_S + 1, ...scene }, Date.now() * 1000 - 3600e6);
  return {
    state: moment.state,
    log: moment.log,
    artifact: { file: "landing.html", text: TEXTS["landing.html"] ?? "" },
  };
}
