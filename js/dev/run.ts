// A synthetic run of a worker with eight stages, for the development page: the same every time.

import type {
  Artifact,
  ConsoleState,
  Incident,
  InputRequest,
  LedgerRow,
  Level,
  Link,
  LogRow,
  RoutingRow,
  RunHeader,
  RunRequest,
  Stage,
  WorkerInfo,
  WorkerOption,
} from "../src/kernel/wire";

const OPTION = { choices: [], minimum: null, maximum: null, unit: null, affects_artifacts: true };

const OPTIONS: WorkerOption[] = [
  {
    ...OPTION,
    name: "pace",
    type: "number",
    default: 12,
    minimum: 0,
    maximum: 120,
    unit: "s",
    help: "The duration of the run; 0 is full speed.",
  },
  {
    ...OPTION,
    name: "writer",
    type: "choice",
    default: "auto",
    choices: ["auto", "rules", "model"],
    help: "Who writes the texts.",
  },
];

export const WORKERS: WorkerInfo[] = [
  {
    id: "business-builder",
    name: "Business Builder",
    description: "Turns an idea into positioning, copy and a landing page.",
    status: "available",
    moats: ["M9", "M10", "M15", "M17", "M18", "M19", "M20"],
    options: OPTIONS,
    secrets: [],
    capabilities: ["fork", "retry", "pause"],
    reason: null,
  },
  {
    id: "code-debugger",
    name: "Code Debugger",
    description: "Finds the cause of a failing test and proposes a fix.",
    status: "coming_soon",
    moats: ["M9", "M10", "M17", "M19"],
    options: [],
    secrets: [],
    capabilities: [],
    reason: null,
  },
  {
    id: "repo-fixer",
    name: "Repo Fixer",
    description: "Repairs a repository issue by issue.",
    status: "beta",
    moats: ["M9", "M10", "M17", "M18", "M19"],
    options: [],
    secrets: [],
    capabilities: [],
    reason: null,
  },
];

export const BRAND = {
  company_name: "Clearwave",
  mission: "Help small teams make podcasts that people finish",
  value_proposition: "Clearwave turns a raw recording into a published episode in one afternoon",
  target_audience: ["b2b_smb", "b2c_prosumer"],
  tone: { primary: "professional", avoid: ["hype"] },
  forbidden_claims: [{ pattern: "guaranteed", reason: "Nothing is guaranteed" }],
  visual: { primary_color: "#1f4e79", secondary_color: "#e07a3f" },
};

const STAGES: [id: string, name: string, agent: string, seconds: number][] = [
  ["preflight", "Preflight Validation", "validator_agent", 0.4],
  ["research", "Market Research", "researcher_agent", 1.6],
  ["strategy", "Strategy Synthesis", "strategist_agent", 1.9],
  ["copy", "Copy Generation", "copywriter_agent", 2.4],
  ["ux", "UX Layout", "ux_agent", 2.8],
  ["consistency", "Consistency Check", "governor_agent", 0.9],
  ["recovery", "Recovery & Normalization", "recovery_agent", 0.7],
  ["bundle", "Final Packaging", "governor_agent", 0.5],
];

const ARTIFACTS: [stage: string, name: string, kind: string][] = [
  ["research", "market_report", "json"],
  ["strategy", "positioning", "md"],
  ["copy", "messaging", "json"],
  ["copy", "landing_copy", "json"],
  ["ux", "landing", "html"],
  ["consistency", "brand_guidelines", "md"],
  ["bundle", "launch_plan", "md"],
];

const SECTION = (title: string, text: string) => `<section><h2>${title}</h2><p>${text}</p></section>\n`;

export const TEXTS: Record<string, string> = {
  "landing.html": `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Clearwave</title><style>
body{margin:0;font:16px/1.6 Georgia,serif;color:#1c2733;background:#fbfaf7}
header{padding:56px 32px;background:linear-gradient(120deg,#1f4e79,#3d7ea6);color:#fff}
h1{margin:0 0 12px;font:700 34px/1.15 system-ui,sans-serif}header p{margin:0 0 20px;font-size:18px;opacity:.92}
.cta{display:inline-block;padding:11px 20px;border-radius:6px;background:#e07a3f;color:#fff;text-decoration:none;font:600 15px system-ui}
section{padding:28px 32px;border-bottom:1px solid #e6e2d8}h2{margin:0 0 6px;font:600 20px system-ui,sans-serif}
</style></head><body><header><h1>From recording to released in one afternoon</h1><p>Clearwave turns a raw recording into a published episode.</p><a class="cta" href="https://example.com/start">Start an episode</a></header>
${SECTION("Less editing", "Silences, ums and level jumps are found and marked. You decide what goes.")}${SECTION("Show notes that say something", "A draft from your own words, with the times of each topic.")}${SECTION("One place to publish", "Title, notes and audio go out together, when you say so.")}${SECTION("Made for small teams", "One workspace, clear roles, no seats to count.")}</body></html>`,
  "market_report.json": JSON.stringify(
    {
      segment: "small podcast teams",
      needs: ["less editing", "clear notes"],
      basis: "the task and the brand",
    },
    null,
    2,
  ),
  "positioning.md":
    "# Positioning\n\n**Clearwave** turns a raw recording into a published episode in one afternoon.\n\n- For small teams\n- Without an editor\n- From one workspace\n",
  "messaging.json": JSON.stringify({ headline: "From recording to released", tone: "professional" }, null, 2),
  "landing_copy.json": JSON.stringify({ hero: "From recording to released in one afternoon" }, null, 2),
  "brand_guidelines.md": "# Brand guidelines\n\nPlain words. Short sentences. No hype.\n",
  "launch_plan.md": "# Launch plan\n\n1. Publish the page\n2. Invite ten teams\n3. Listen\n",
};

/** The text of an older version. */
export const olderText = (file: string): string =>
  (TEXTS[file] ?? "")
    .replace(/afternoon/g, "week")
    .replace("Less editing", "No more editing")
    .replace("when you say so", "guaranteed");

/** The number of lines of the artifact that is too long for the page. */
const LARGE_LINES = 60_000;

let large = "";

/** Made once: the axis of the dev page asks for the texts of many moments. */
function largeText(): string {
  large ||= linesOfLargeText();
  return large;
}

function linesOfLargeText(): string {
  const lines = ["time,episode,event,listener"];
  for (let n = 1; n <= LARGE_LINES; n += 1) {
    const at = `2026-03-${String(1 + (n % 28)).padStart(2, "0")}T${String(n % 24).padStart(2, "0")}:00:00Z`;
    lines.push(
      `${at},episode ${n % 40},${n % 997 ? "played to the end of the second chapter" : "stopped"},${n}`,
    );
  }
  return lines.join("\n");
}

/** A page that tries to leave its frame, for an address that must never be requested. */
export const HOSTILE = `<!doctype html><html><head><meta http-equiv="refresh" content="0;url=http://evil.test/meta">
<link rel="stylesheet" href="http://evil.test/style.css"><link rel="dns-prefetch" href="//evil.test"><title>Hostile</title>
<style>@import url(http://evil.test/import.css);body{background:url(http://evil.test/background.png);font-family:sans-serif}</style></head>
<body onload="fetch('http://evil.test/onload')"><h1 id="top">Hostile</h1>
<script>parent.postMessage("out","*");top.location="http://evil.test/top";fetch("http://evil.test/fetch")</script>
<img src="http://evil.test/image.png" onerror="fetch('http://evil.test/onerror')">
<iframe src="http://evil.test/frame"></iframe><iframe srcdoc="<meta http-equiv=refresh content='0;url=http://evil.test/nested'><script>fetch('http://evil.test/nestedscript')</script>"></iframe>
<object data="http://evil.test/object"></object><embed src="http://evil.test/embed">
<form action="http://evil.test/form"><button id="send">Send</button></form>
<a id="away" href="http://evil.test/link">A link</a> <a id="blank" target="_blank" href="http://evil.test/blank">Another</a>
<div id="host"><template shadowrootmode="closed"><a href="http://evil.test/shadow" style="display:block">In a shadow</a></template></div>
<svg width="80" height="20"><a href="http://evil.test/svg" id="svg"><text y="15">In a drawing</text></a></svg>
<a id="inside" href="#end">To the end</a><div style="height:1500px"></div><p id="end">The end</p></body></html>`;

export interface Moment {
  state: ConsoleState;
  log: LogRow[];
  /** The text of each artifact so far. */
  texts: Record<string, string>;
}

export interface Scene {
  /** The time since the start, in seconds. */
  at: number;
  link?: Partial<Link>;
  /** The stage that fails. */
  failing?: string;
  cancelled?: boolean;
  recording?: boolean;
  /** Repeats the log lines, for long logs. */
  noise?: number;
  /** Some messages have colours and several lines. */
  styled?: boolean;
  /** The landing page was started again this often. */
  rewritten?: number;
  /** The number of additional artifacts at the end. */
  extra?: number;
  /** An artifact is too long for the page. */
  large?: boolean;
  /** It stops at the first violation. */
  strict?: boolean;
  /** It had a brand that its server did not repeat. */
  brandUnknown?: boolean;
  /** The routing decisions have no scores, like those of real servers. */
  scoreless?: boolean;
  brand?: RunRequest["brand"];
  /** What the run asks the person. */
  asks?: InputRequest[];
}

export const TOTAL_S = STAGES.reduce((sum, [, , , seconds]) => sum + seconds, 0);

/** The state `at` seconds after the start of the run at `startUs`. */
export function momentOf(scene: Scene, startUs: number): Moment {
  const { at, failing, noise = 1 } = scene;
  const stages: Stage[] = [];
  const log: LogRow[] = [];
  const routing: RoutingRow[] = [];
  const ledger: LedgerRow[] = [];
  const artifacts: Artifact[] = [];
  const texts: Record<string, string> = {};
  let position = 1;
  let tokens = 0;
  let clock = 0;
  let failed = false;
  let drift: number | null = null;
  const us = (seconds: number) => Math.round(startUs + seconds * 1e6);
  const say = (when: number, level: Level, stage: string, agent: string, message: string) => {
    if (when > at) return;
    position += 1;
    log.push({
      index: log.length,
      line: log.length + 1,
      position,
      time_us: us(when),
      level,
      stage_id: stage,
      agent,
      message,
    });
  };
  const book = (
    when: number,
    row: Omit<LedgerRow, "number" | "position" | "time_us" | "incident">,
    incident = 0,
  ) => {
    if (when > at) return;
    position += 1;
    ledger.push({ number: ledger.length + 1, position, time_us: us(when), incident, ...row });
  };

  for (const [id, name, agent, seconds] of STAGES) {
    const begin = clock;
    const end = clock + seconds;
    const fails = failing === id;
    const stops = fails ? begin + seconds * 0.6 : end;
    const begun = begin <= at && !failed;
    const ended = stops <= at && begun;
    const error =
      "The forbidden claim “guaranteed” stands in the hero text, and two repairs did not remove it.";
    const used = Math.round(seconds * 300);
    const cut = scene.cancelled && begun && !ended;
    stages.push({
      stage_id: id,
      name,
      number: stages.length + 1,
      parent_id: null,
      kind: "stage",
      children: 0,
      started_at: 0,
      ended_at: 0,
      input_tokens: null,
      output_tokens: null,
      cost: null,
      model: null,
      progress: null,
      has_input: false,
      has_output: false,
      has_traceback: false,
      reused_from: null,
      status: !begun
        ? "pending"
        : cut
          ? "cancelled"
          : !ended
            ? "running"
            : fails
              ? "failed"
              : id === "recovery"
                ? "recovered"
                : "completed",
      attempts: begun ? (id === "copy" ? 2 : 1) : 0,
      started_us: begun ? us(begin) : null,
      ended_us: ended ? us(stops) : cut ? us(at) : null,
      duration_ms: ended ? (stops - begin) * 1000 : null,
      tokens: ended && !fails ? used : null,
      agent: begun ? agent : null,
      complexity: begun ? 0.3 + seconds / 6 : null,
      drift: ended && ["copy", "ux"].includes(id) ? 0.12 : null,
      error: ended && fails ? error : null,
      recoveries: ended && id === "recovery" ? 1 : 0,
      violations: ended && id === "copy" ? 1 : 0,
    });
    if (begun) {
      if (ended) tokens += used;
      routing.push({
        number: routing.length + 1,
        position: position + 1,
        time_us: us(begin),
        stage_id: id,
        agent,
        score: scene.scoreless ? null : 0.86,
        reason: null,
        complexity: 0.3 + seconds / 6,
        confidence: 0.62 + (seconds % 0.2),
        source: "care",
        alternatives: [
          { agent: "analyst_agent", score: scene.scoreless ? null : 0.74 - (seconds % 0.2), reason: null },
          { agent: "publisher_agent", score: scene.scoreless ? null : 0.34, reason: null },
        ].map((other, k) => ({
          ...other,
          reason: scene.scoreless ? null : (["lacks keeping the tone", "is weaker on low cost"][k] ?? null),
        })),
      });
      say(
        begin + 0.01,
        "debug",
        id,
        agent,
        `CARE routing chose ${agent} with confidence 0.${78 + (id.length % 9)}`,
      );
      say(begin + 0.02, "info", id, agent, `Starting ${name} …`);
      for (let n = 0; n < noise * 3; n += 1) {
        say(
          begin + 0.05 + ((seconds - 0.1) * n) / (noise * 3),
          "info",
          id,
          agent,
          `Processing part ${n + 1} of ${noise * 3}: reads the brief, weighs the brand, writes a draft and compares it`,
        );
      }
      if (id === "preflight")
        book(begin + 0.1, {
          stage_id: id,
          kind: "policy",
          engine: "M19",
          outcome: "ok",
          title: "Pre execution: passed",
          detail: [],
        });
      if (id === "copy") {
        say(
          begin + 1,
          "warning",
          id,
          agent,
          "“guaranteed” is a forbidden claim; the sentence is written again",
        );
        book(
          begin + 1,
          {
            stage_id: id,
            kind: "policy",
            engine: "M19",
            outcome: "warning",
            title: "Policy violation (forbidden_claims): Nothing is guaranteed",
            detail: [
              ["pattern", "guaranteed"],
              ["location", "hero.subtitle"],
              ["severity", "warning"],
            ],
          },
          1,
        );
        book(
          begin + 1.05,
          {
            stage_id: id,
            kind: "failure",
            engine: "M9",
            outcome: "error",
            title: "Failure classified: policy forbidden claim",
            detail: [
              ["code", "POLICY_FORBIDDEN_CLAIM"],
              ["category", "policy"],
              ["violations", "1"],
              ["severity", "medium"],
            ],
          },
          1,
        );
        book(
          begin + 1.1,
          {
            stage_id: id,
            kind: "recovery",
            engine: "M10",
            outcome: "info",
            title: "1 recovery suggestion for policy forbidden claim",
            detail: [
              ["code", "POLICY_FORBIDDEN_CLAIM"],
              ["suggestion 1", "action: rewrite; priority: 1; replacement hint: say what happens instead"],
              ["applied", "automatically"],
            ],
          },
          1,
        );
        book(
          begin + 1.5,
          {
            stage_id: id,
            kind: "recovery",
            engine: "M10",
            outcome: "ok",
            title: "Recovery completed: rewrite",
            detail: [],
          },
          1,
        );
      }
      if (["copy", "ux"].includes(id) && ended) {
        drift = 0.12;
        book(stops - 0.02, {
          stage_id: id,
          kind: "drift",
          engine: "M18",
          outcome: "ok",
          title: "Drift 12%, 35% allowed",
          detail: [],
        });
      }
      if (fails) {
        say(stops, "error", id, agent, `Stage failed: ${error}`);
        book(
          stops,
          {
            stage_id: id,
            kind: "failure",
            engine: "M9",
            outcome: "error",
            title: `Stage failed: ${error}`,
            detail: [],
          },
          2,
        );
      } else say(end - 0.01, "info", id, agent, `Completed ${name} (${used} tokens)`);
      const made = ARTIFACTS.filter(([stage]) => stage === id);
      made.forEach(([stage, file, kind], place) => {
        const from = begin + (seconds * place) / made.length;
        const to = begin + (seconds * (place + 1)) / made.length;
        if (from > at || (fails && from > stops)) return;
        const whole = TEXTS[`${file}.${kind}`] ?? "";
        const share = Math.min(1, (Math.min(at, fails ? stops : at) - from) / (to - from));
        const text = whole.slice(0, Math.round(whole.length * share));
        position += 1;
        texts[`${file}.${kind}`] = text;
        artifacts.push({
          file: `${file}.${kind}`,
          name: file,
          kind,
          stage_id: stage,
          status: share >= 1 ? "done" : fails && ended ? "failed" : "assembling",
          chars: text.length,
          version: file === "landing" ? 1 + (scene.rewritten ?? 0) : 1,
          sha256: null,
          has_content: true,
          begun: 1,
          has_gap: false,
          scattered: false,
          position,
        });
      });
      if (fails && ended) failed = true;
    }
    clock = end;
  }

  const over = failed || scene.cancelled || at >= TOTAL_S;
  const more = Array.from({ length: scene.extra ?? 0 }, (_, n) => [
    `note-${n + 1}.md`,
    `# Note ${n + 1}\n\nShort.\n`,
  ]);
  if (scene.large) more.push(["events.csv", largeText()]);
  for (const [file = "", text = ""] of more) {
    position += 1;
    TEXTS[file] = texts[file] = text;
    artifacts.push({
      file,
      name: file.split(".")[0] ?? "",
      kind: file.split(".")[1] ?? "",
      stage_id: "bundle",
      status: "done",
      chars: text.length,
      version: 1,
      sha256: null,
      has_content: true,
      begun: 1,
      has_gap: false,
      scattered: false,
      position,
    });
  }
  const incidents = incidentsOf(ledger);
  const count = (level: Level) => log.filter((row) => row.level === level).length;
  const error = stages.find((stage) => stage.error)?.error ?? null;
  const run: RunHeader = {
    run_id: "3d303d0d-2b8a-4061-8302-33d99695c39d",
    status: failed
      ? "failed"
      : scene.cancelled
        ? "cancelled"
        : over
          ? "completed"
          : scene.asks?.length
            ? "waiting"
            : "running",
    success: over ? !failed && !scene.cancelled : null,
    error: failed ? error : scene.cancelled ? "Stopped by the person at the console." : null,
    task: "A landing page for a podcast tool that small teams like to use",
    worker: "business-builder",
    strict_mode: scene.strict ?? false,
    budget: null,
    replay_of: null,
    parent_run_id: null,
    from_stage: null,
    paused_us: 0,
    paused_since_us: null,
    started_us: startUs,
    ended_us: over ? us(Math.min(at, TOTAL_S)) : null,
    latency_ms: over ? Math.min(at, TOTAL_S) * 1000 : null,
    tokens,
    total_stages: STAGES.length,
    complexity: routing[routing.length - 1]?.complexity ?? null,
    drift,
    replayable: Boolean(over && !failed && !scene.cancelled),
    verified: null,
    verdict: verdictOf(failed ? (stages.find((stage) => stage.error) ?? null) : null, over, scene, incidents),
    counts: {
      events: position,
      logs: log.length,
      debug: count("debug"),
      warnings: count("warning"),
      errors: count("error"),
      routing: routing.length,
      ledger: ledger.length,
      problems: ledger.filter((row) => row.outcome === "error" || row.outcome === "warning").length,
      passed: ledger.filter((row) => row.incident === 0).length,
      incidents: incidents.length,
      unknown: 0,
      stages: stages.length,
      top_stages: stages.length,
      top_done: stages.filter((stage) => /^(completed|recovered)$/.test(stage.status)).length,
    },
    figures: figuresOf(routing, ledger, stages, incidents),
    recording: scene.recording ?? false,
  };
  const asked: RunRequest = {
    task: run.task ?? "",
    brand: scene.brand ?? null,
    budget: null,
    strict_mode: scene.strict ?? false,
    depth: "auto",
    options: {},
  };
  const link: Link = {
    phase: over ? "ended" : "live",
    message: null,
    attempt: 0,
    retry_us: null,
    ...scene.link,
  };
  return {
    state: {
      engines: ENGINES,
      form: {
        ...form(),
        ...asked,
        brand: asked.brand ? JSON.stringify(asked.brand, null, 2) : "",
        brand_unknown: scene.brandUnknown ?? false,
      },
      link,
      run,
      past: null,
      selection: null,
      request: asked,
      asked: inWords(asked),
      understanding: null,
      warnings: [],
      stages,
      inputs: over ? [] : (scene.asks ?? []),
      routing: { total: routing.length, rows: routing },
      ledger: { total: ledger.length, rows: ledger },
      incidents: { total: incidents.length, rows: incidents },
      artifacts,
      home: null,
      seen_us: Date.now() * 1000,
    },
    log,
    texts,
  };
}

/** The incidents of the rows that have one: 1 is repaired, 2 is the failure of a stage. */
function incidentsOf(ledger: readonly LedgerRow[]): Incident[] {
  const numbers = [...new Set(ledger.map((row) => row.incident))].filter((number) => number > 0);
  return numbers.map((number) => {
    const rows = ledger.filter((row) => row.incident === number);
    const [first, last] = [rows[0] as LedgerRow, rows[rows.length - 1] as LedgerRow];
    const repaired = number === 1;
    return {
      number: numbers.indexOf(number) + 1,
      kind: repaired ? "policy" : "failure",
      stage_id: first.stage_id,
      outcome: !repaired ? "not_recovered" : last.outcome === "ok" ? "recovered" : "open",
      severity: "error",
      found: repaired ? "the hero subtitle contains “guaranteed”" : first.title.replace("Stage failed: ", ""),
      tried: repaired && rows.length > 2 ? ["rewritten"] : [],
      before: repaired ? "guaranteed" : null,
      after: repaired && rows.length > 2 ? "say what happens instead" : null,
      location: repaired ? "landing.hero.subtitle" : null,
      code: repaired ? "POLICY_FORBIDDEN_CLAIM" : null,
      engines: [...new Set(rows.map((row) => row.engine))],
      recoveries: repaired ? 1 : 0,
      events: rows.length,
      position: first.position,
      last: last.position,
      started_us: first.time_us,
      ended_us: last.time_us,
    };
  });
}

function verdictOf(
  failed: Stage | null,
  over: boolean,
  scene: Scene,
  incidents: readonly Incident[],
): RunHeader["verdict"] {
  if (!over) return null;
  const none = { reason: null, stage_id: null, incident: null, location: null };
  if (failed) {
    const { error: reason, stage_id } = failed;
    const incident = incidents.length;
    return { ...none, tone: "error", summary: `Failed in ${failed.name}`, reason, stage_id, incident };
  }
  if (scene.cancelled) {
    return {
      ...none,
      tone: "neutral",
      summary: "Cancelled",
      reason: "Stopped by the person at the console.",
    };
  }
  return { ...none, tone: "ok", summary: `Completed · ${incidents.length} recovered` };
}

function figuresOf(
  routing: readonly RoutingRow[],
  ledger: readonly LedgerRow[],
  stages: readonly Stage[],
  incidents: readonly Incident[],
): RunHeader["figures"] {
  const mean = (shares: number[]) =>
    shares.length ? shares.reduce((sum, share) => sum + share, 0) / shares.length : null;
  const complexities = routing.flatMap((row) => row.complexity ?? []);
  const drifts = stages.flatMap((stage) => stage.drift ?? []);
  const highest = drifts.length ? Math.max(...drifts) : null;
  const policies = ledger.filter((row) => row.kind === "policy");
  return {
    policies: policies.length,
    policies_passed: policies.filter((row) => row.outcome === "ok").length,
    recoveries: incidents.filter((row) => row.recoveries > 0).length,
    recovered: incidents.filter((row) => row.outcome === "recovered").length,
    mean_complexity: mean(complexities),
    mean_drift: mean(drifts),
    highest_drift: highest,
    highest_drift_stage:
      stages.find((stage) => stage.drift === highest && highest !== null)?.stage_id ?? null,
  };
}

const inWords = (asked: RunRequest): [string, string][] => [
  ["Strict mode", asked.strict_mode ? "yes" : "no"],
  ["Depth", asked.depth],
  ["Budget", "none"],
  ["Options", "defaults"],
  [
    "Brand",
    asked.brand ? `Company name: ${asked.brand.company_name}\nMission: ${asked.brand.mission}` : "none",
  ],
];

const ENGINES = {
  M9: "Failure catalog",
  M10: "Recovery",
  M18: "Drift detection",
  M19: "Policy checks",
};

export function form(): ConsoleState["form"] {
  return {
    worker: "business-builder",
    workers: WORKERS,
    origin: "embedded host",
    brand_unknown: false,
    task: "A landing page for a podcast tool that small teams like to use",
    brand: "",
    strict_mode: false,
    depth: "auto",
    budget: null,
    options: {},
    notice: null,
  };
}

export const nothingRun = (): Moment => ({
  state: {
    engines: ENGINES,
    form: form(),
    link: { phase: "idle", message: null, attempt: 0, retry_us: null },
    run: null,
    past: null,
    selection: null,
    request: null,
    asked: [],
    understanding: null,
    warnings: [],
    stages: [],
    inputs: [],
    routing: { total: 0, rows: [] },
    ledger: { total: 0, rows: [] },
    incidents: { total: 0, rows: [] },
    artifacts: [],
    home: null,
    seen_us: Date.now() * 1000,
  },
  log: [],
  texts: {},
});
