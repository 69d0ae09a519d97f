// A kernel in the page: answers a console as the real one does, on a run that goes by itself.

import type { Model } from "../src/channel";
import type {
  FromBrowser,
  FromKernel,
  HistoryRow,
  Requests,
  Saved,
  Traits,
  ViewPatch,
  Watch,
  WireError,
} from "../src/wire";
import { filtered, type Moment, momentOf, nothingRun, type Scene, TEXTS, TOTAL_S } from "./run";

const FRAME_MS = 50;

export interface Setup {
  scene: Scene | null;
  /** Whether time goes on. */
  live: boolean;
  /** Answers nothing. */
  dead?: boolean;
  /** The code of each part. */
  part?: () => Promise<string>;
  traits?: Partial<Traits>;
  notice?: { code: string; message: string };
  /** What a request is refused with. */
  refusals?: Partial<Record<keyof Requests, WireError>>;
}

type Handler = (...args: never[]) => void;

export class PageKernel implements Model {
  #traits: Traits;
  #handlers = new Map<string, Set<Handler>>();
  #seq = 1;
  #watches = new Map<string, Watch>();
  #setup: Setup;
  #startUs: number;
  #timer: ReturnType<typeof setInterval> | undefined;
  #moment: Moment = nothingRun();

  constructor(setup: Setup) {
    this.#setup = setup;
    this.#traits = {
      worker: "business-builder",
      run_id: "",
      status: "",
      theme: "auto",
      height: 640,
      saved: {},
      ...setup.traits,
    };
    this.#startUs = Date.now() * 1000 - (setup.scene?.at ?? 0) * 1e6;
    this.#advance();
    if (setup.live) this.#timer = setInterval(() => this.#frame(), FRAME_MS);
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

  stop(): void {
    clearInterval(this.#timer);
  }

  send(message: FromBrowser): void {
    if (this.#setup.dead) return;
    if (message.kind === "hello") {
      this.#watches.set(message.client, message.watch);
      setTimeout(() => this.#snapshot(message.client), 30);
    } else if (message.kind === "request") {
      setTimeout(() => this.#answer(message), 30);
    }
  }

  #tell(message: FromKernel, buffers: DataView[] = []): void {
    for (const handler of this.#handlers.get("msg:custom") ?? []) {
      (handler as (message: FromKernel, buffers: DataView[]) => void)(message, buffers);
    }
  }

  #advance(): void {
    const { scene, live, notice } = this.#setup;
    if (scene) {
      const at = live ? (Date.now() * 1000 - this.#startUs) / 1e6 : scene.at;
      this.#moment = momentOf({ ...scene, at: Math.min(at, TOTAL_S + 0.01) }, this.#startUs);
    }
    if (notice) this.#moment.state.desk.notice = { ...notice, problems: [] };
  }

  #views(): Record<string, ViewPatch> {
    const views: Record<string, ViewPatch> = {};
    for (const [client, watch] of this.#watches) {
      const rows = filtered(this.#moment.log, watch.log.filter);
      views[client] = { log: { total: rows.length, rows: rows.slice(-watch.log.rows) } };
      const { artifact } = watch;
      const text = artifact && this.#moment.texts[artifact.file];
      if (artifact && text !== null && text !== undefined) {
        const have = artifact.version === 1 ? artifact.have : 0;
        const done = text.length === TEXTS[artifact.file]?.length;
        views[client].artifact = {
          file: artifact.file,
          version: 1,
          offset: have,
          text: text.slice(have),
          done,
        };
        watch.artifact = { file: artifact.file, version: 1, have: text.length };
      }
    }
    return views;
  }

  #snapshot(client: string): void {
    const { state } = this.#moment;
    this.#tell({
      kind: "snapshot",
      client,
      seq: this.#seq,
      state,
      views: this.#views(),
      now_us: Date.now() * 1000,
    });
  }

  #frame(): void {
    this.#advance();
    this.#seq += 1;
    const { desk: _, ...patch } = this.#moment.state;
    this.#tell({
      kind: "frame",
      seq: this.#seq,
      patch: { ...patch, run: patch.run ?? undefined, views: this.#views() } as never,
    });
    if (this.#moment.state.link.phase === "ended") this.stop();
  }

  #answer(message: Extract<FromBrowser, { kind: "request" }>): void {
    const { client, id, name } = message;
    const refusal = this.#setup.refusals?.[name];
    if (refusal) {
      this.#tell({ kind: "reply", client, id, ok: false, error: refusal });
      return;
    }
    if (name === "part") {
      const code = this.#setup.part?.() ?? fetch(`build/${message.args.name}.js`).then((file) => file.text());
      code.then((code) => this.#tell({ kind: "reply", client, id, ok: true, result: { code } }));
      return;
    }
    this.#tell({ kind: "reply", client, id, ok: true, result: this.#result(message) }, [
      new DataView(new ArrayBuffer(4)),
    ]);
    if (name === "watch") {
      this.#watches.set(client, message.args as Watch);
      this.#seq += 1;
      this.#tell({ kind: "frame", seq: this.#seq, patch: { views: this.#views() } });
    }
    if (name === "run.start" || name === "run.replay") {
      this.#setup = { ...this.#setup, scene: { at: 0 }, live: true };
      this.#startUs = Date.now() * 1000;
      this.#advance();
      this.#snapshot(client);
      this.stop();
      this.#timer = setInterval(() => this.#frame(), FRAME_MS);
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
    if (name === "run.new") {
      this.#setup = { ...this.#setup, scene: null };
      this.#moment = nothingRun();
      this.#snapshot(client);
    }
  }

  #result({ name, args }: Extract<FromBrowser, { kind: "request" }>): unknown {
    switch (name) {
      case "log.window": {
        const rows = filtered(this.#moment.log, args.filter);
        return {
          total: rows.length,
          start: args.start,
          rows: rows.slice(args.start, args.start + args.count),
        };
      }
      case "log.locate": {
        const rows = filtered(this.#moment.log, args.filter);
        const i = rows.findIndex((row) => row.position >= args.position);
        return { i: i < 0 ? rows.length - 1 : i, total: rows.length };
      }
      case "log.message":
        return { message: this.#moment.log[args.n - 1]?.message ?? "" };
      case "artifact.text": {
        const text = this.#moment.texts[args.file] ?? "";
        return {
          text: text.slice(args.offset, args.offset + args.count),
          offset: args.offset,
          chars: text.length,
        };
      }
      case "artifact.render": {
        const text = (this.#moment.texts[args.file] ?? "").replace(/&/g, "&amp;").replace(/</g, "&lt;");
        const colours = args.dark ? "background:#131519;color:#e8eaee" : "background:#fff;color:#1c2026";
        const body =
          args.as === "source" || !args.file.endsWith(".md")
            ? `<pre>${text}</pre>`
            : text.replace(/^# (.*)$/gm, "<h1>$1</h1>").replace(/\n\n/g, "<p>");
        return {
          html: `<!doctype html><style>body{margin:14px;font:14px/1.6 system-ui;${colours}}</style>${body}`,
          note: null,
          version: 1,
        };
      }
      case "history.list":
        return { runs: history() };
      case "brand.check":
        return {
          valid: false,
          errors: [
            { field: "mission", message: "needs at least 3 words, has 1" },
            { field: "tone.primary", message: "is not one of casual, neutral, professional, formal, luxury" },
          ],
          warnings: ["“colour” is not a field of a brand and is ignored"],
          policy_rules_generated: 2,
          drift_anchors_count: 4,
        };
      case "export":
        return { file_name: `trace.${args.format}`, mime: "text/plain", text: "trace" };
      case "artifact.bundle":
        return { file_name: "bundle.zip" };
      default:
        return {};
    }
  }
}

function history(): HistoryRow[] {
  const ages = [0.5, 4, 19, 66, 190, 700, 1500, 3000, 4400, 9000];
  const tasks = [
    "A landing page for a podcast tool that small teams like to use",
    "Write a tagline",
    "Launch page for a bakery that delivers bread before seven in the morning, with a waiting list",
  ];
  return ages.map((minutes, n) => ({
    run_id: n === 0 ? "3d303d0d-2b8a-4061-8302-33d99695c39d" : `run-${n}`,
    worker: "business-builder",
    task: tasks[n % 3] ?? null,
    status: n === 3 ? "failed" : n === 5 ? "cancelled" : "completed",
    success: n !== 3,
    started_us: Date.now() * 1000 - minutes * 60e6,
    latency_ms: 11_200 - n * 413,
  }));
}

export function savedRun(): Saved {
  const moment = momentOf({ at: TOTAL_S + 1 }, Date.now() * 1000 - 3600e6);
  return {
    state: moment.state,
    log: moment.log,
    artifact: { file: "landing.html", text: TEXTS["landing.html"] ?? "" },
  };
}
