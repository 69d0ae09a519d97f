// Small whole values to start a test from.

import type {
  Artifact,
  ConsoleState,
  Incident,
  LedgerRow,
  Link,
  LogRow,
  Past,
  RoutingRow,
  RunHeader,
  Stage,
  Verdict,
} from "../src/kernel/wire";

export const link = (over: Partial<Link> = {}): Link => ({
  phase: "live",
  message: null,
  attempt: 0,
  retry_us: null,
  ...over,
});

export const run = (over: Partial<RunHeader> = {}): RunHeader => ({
  run_id: "run-1",
  status: "running",
  success: null,
  error: null,
  task: "A task",
  worker: "business-builder",
  strict_mode: false,
  budget: null,
  replay_of: null,
  parent_run_id: null,
  from_stage: null,
  paused_us: 0,
  paused_since_us: null,
  started_us: 1_000_000,
  ended_us: null,
  latency_ms: null,
  tokens: 0,
  total_stages: 8,
  complexity: null,
  drift: null,
  replayable: false,
  verified: null,
  verdict: null,
  counts: {
    events: 0,
    logs: 0,
    debug: 0,
    warnings: 0,
    errors: 0,
    routing: 0,
    ledger: 0,
    problems: 0,
    passed: 0,
    incidents: 0,
    unknown: 0,
    stages: 0,
    top_stages: 0,
    top_done: 0,
  },
  figures: {
    policies: 0,
    policies_passed: 0,
    recoveries: 0,
    recovered: 0,
    mean_complexity: null,
    mean_drift: null,
    highest_drift: null,
    highest_drift_stage: null,
  },
  recording: false,
  ...over,
});

export const past = (over: Partial<Past> = {}): Past => ({
  position: 5,
  time_us: 3_000_000,
  speed: null,
  newest: 9,
  newest_us: 9_000_000,
  over: true,
  range: null,
  ...over,
});

export const verdict = (summary: string, over: Partial<Verdict> = {}): Verdict => ({
  tone: "ok",
  summary,
  reason: null,
  stage_id: null,
  incident: null,
  location: null,
  ...over,
});

export const stage = (id: string, over: Partial<Stage> = {}): Stage => ({
  stage_id: id,
  name: id,
  number: 1,
  parent_id: null,
  kind: "stage",
  children: 0,
  status: "pending",
  attempts: 0,
  started_us: null,
  ended_us: null,
  started_at: 0,
  ended_at: 0,
  duration_ms: null,
  tokens: null,
  input_tokens: null,
  output_tokens: null,
  cost: null,
  model: null,
  agent: null,
  progress: null,
  complexity: null,
  drift: null,
  error: null,
  recoveries: 0,
  violations: 0,
  has_input: false,
  has_output: false,
  has_traceback: false,
  reused_from: null,
  ...over,
});

export const ledgerRow = (n: number, over: Partial<LedgerRow> = {}): LedgerRow => ({
  number: n,
  position: n * 10,
  time_us: null,
  stage_id: null,
  kind: "policy",
  engine: "M19",
  outcome: "ok",
  title: `row ${n}`,
  detail: [],
  incident: 0,
  ...over,
});

export const incident = (n: number, over: Partial<Incident> = {}): Incident => ({
  number: n,
  kind: "policy",
  stage_id: null,
  outcome: "recovered",
  severity: "error",
  found: `finding ${n}`,
  tried: ["reworded"],
  before: null,
  after: null,
  location: null,
  code: null,
  engines: ["M19"],
  recoveries: 1,
  events: 1,
  position: n * 10,
  last: n * 10,
  started_us: null,
  ended_us: null,
  ...over,
});

export const routingRow = (n: number): RoutingRow => ({
  number: n,
  position: n,
  time_us: null,
  stage_id: null,
  agent: "a",
  score: null,
  reason: null,
  complexity: null,
  confidence: null,
  source: null,
  alternatives: [],
});

export const artifact = (file: string, over: Partial<Artifact> = {}): Artifact => ({
  file,
  name: file.replace(/\.\w+$/, ""),
  kind: file.split(".").pop() ?? "",
  stage_id: null,
  status: "done",
  chars: 10,
  version: 1,
  sha256: null,
  has_content: true,
  begun: 1,
  has_gap: false,
  scattered: false,
  position: 1,
  ...over,
});

export const logRow = (i: number, over: Partial<LogRow> = {}): LogRow => ({
  index: i,
  line: i + 1,
  position: i + 1,
  time_us: null,
  level: "info",
  stage_id: null,
  agent: null,
  message: `line ${i}`,
  ...over,
});

export const form = (over: Partial<ConsoleState["form"]> = {}): ConsoleState["form"] => ({
  worker: "w",
  workers: [],
  origin: "embedded host",
  brand_unknown: false,
  task: "A task",
  brand: "",
  strict_mode: false,
  depth: "auto",
  budget: null,
  options: {},
  notice: null,
  ...over,
});

export const state = (over: Partial<ConsoleState> = {}): ConsoleState => ({
  engines: {},
  form: form(),
  link: link(),
  run: run(),
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
  seen_us: null,
  ...over,
});

/** A generator of the same numbers for the same seed: 0 up to below 1. */
export function random(seed: number): () => number {
  let x = seed * 2_654_435_761;
  return () => {
    x = (x * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return x / 4_294_967_296;
  };
}
