// What the kernel and the browser say to each other: the mirror of console/wire.py. Names and shapes
// are the wire's own. Times are integer microseconds since 1970-01-01 UTC, durations milliseconds,
// sizes Unicode code points.

export type RunStatus = "queued" | "running" | "completed" | "failed" | "cancelled";
export type StageStatus =
  | "pending"
  | "running"
  | "completed"
  | "failed"
  | "recovering"
  | "recovered"
  | "cancelled";
export type Level = "debug" | "info" | "warning" | "error";
export type Outcome = "ok" | "warning" | "error" | "info";

/** The figures and the fate of the run on screen. */
export interface RunView {
  run_id: string;
  status: RunStatus;
  success: boolean | null;
  error: string | null;
  task: string | null;
  worker: string | null;
  strict_mode: boolean | null;
  budget: number | null;
  replay_of: string | null;
  started_us: number | null;
  ended_us: number | null;
  latency_ms: number | null;
  tokens: number;
  total_stages: number | null;
  complexity: number | null;
  drift: number | null;
  replayable: boolean;
  verified: { identical: boolean | null; artifacts: VerifiedArtifact[] } | null;
  counts: Counts;
  /** Nothing arrives live: this run is shown from the history. */
  recording: boolean;
}

export interface VerifiedArtifact {
  name: string;
  expected: string | null;
  actual: string | null;
}

export interface Counts {
  events: number;
  logs: number;
  warnings: number;
  errors: number;
  routing: number;
  ledger: number;
  problems: number;
  unknown: number;
}

export interface StageRow {
  stage_id: string;
  name: string;
  status: StageStatus;
  attempts: number;
  started_us: number | null;
  ended_us: number | null;
  duration_ms: number | null;
  tokens: number | null;
  agent: string | null;
  complexity: number | null;
  drift: number | null;
  error: string | null;
  recoveries: number;
  violations: number;
}

export interface RoutingRow {
  n: number;
  position: number;
  time_us: number | null;
  stage_id: string | null;
  agent: string | null;
  complexity: number | null;
  confidence: number | null;
  source: string | null;
  alternatives: { agent: string; score: number | null; reason: string | null }[];
}

export interface LedgerRow {
  n: number;
  position: number;
  time_us: number | null;
  stage_id: string | null;
  kind: "failure" | "policy" | "drift" | "recovery" | "replay";
  engine: string;
  outcome: Outcome;
  title: string;
  detail: [label: string, text: string][];
}

/** Which rows of the ledger to show; problems are those with the outcome warning or error. */
export type LedgerFilter = "all" | "problems" | LedgerRow["kind"];

export interface ArtifactRow {
  file: string;
  name: string;
  kind: string;
  stage_id: string | null;
  status: "assembling" | "done" | "failed";
  chars: number;
  /** How often it was begun anew, from 1; every version so far can be asked for. */
  version: number;
  sha256: string | null;
  has_content: boolean;
  position: number;
}

/** `i` is the row's index under the filter it was asked with (from 0), `n` its number in the whole log (from 1). */
export interface LogRow {
  i: number;
  n: number;
  position: number;
  time_us: number | null;
  level: Level;
  stage_id: string | null;
  agent: string | null;
  /** Plain text, without control sequences; it may have line breaks. */
  message: string;
  /** The length of the whole message where `message` is only its beginning. */
  chars?: number;
  /**
   * Only where something in `message` is styled or matches: consecutive pieces of it with class names.
   * These are "match", "bold", "dim", "italic", "underline", "strike", "inverse", and "fg-" or "bg-"
   * with one of the 16 colours of terminals: "fg-red", "bg-bright-blue".
   */
  pieces?: [text: string, style: string][];
}

/** What to look for in the log's messages; what is counted are the lines that match. */
export interface LogSearch {
  text: string;
  regex: boolean;
  case_sensitive: boolean;
}

/** Which rows to show. `search` lets through only those that match it. */
export interface LogFilter {
  levels: Level[] | null;
  stage_id: string | null;
  agent: string | null;
  search: LogSearch | null;
}

/**
 * How far the watched search is: how many of the first `scanned` lines match, of as many as there are.
 * `error` says in words what is wrong with the pattern, and ends it.
 */
export interface SearchProgress {
  count: number;
  scanned: number;
  of: number;
  done: boolean;
  error: string | null;
}

/** How the kernel stands with the worker's event stream. */
export interface Link {
  phase: "idle" | "starting" | "connecting" | "live" | "reconnecting" | "stalled" | "ended";
  message: string | null;
  attempt: number;
  /** When the next attempt is made, for a countdown. */
  retry_us: number | null;
}

export interface WorkerRow {
  id: string;
  name: string;
  description: string;
  status: "available" | "beta" | "coming_soon";
  moats: string[];
}

export interface Problem {
  field: string;
  message: string;
}

export interface WireError {
  code: string;
  message: string;
  problems: Problem[];
}

/** What stands around the run: the form and what it may offer. */
export interface Desk {
  worker: string;
  workers: WorkerRow[];
  /** Where runs go: "embedded host", or the server's origin. */
  origin: string;
  task: string;
  /** The brand as JSON text, or "" for none. */
  brand: string;
  /** Something the person must know: host missing, key refused, run unknown, history not writable. */
  notice: WireError | null;
}

/** Rows above `total` were dropped here; older ones come by request. */
export interface Tail<Row> {
  total: number;
  rows: Row[];
}

export interface ConsoleState {
  desk: Desk;
  link: Link;
  run: RunView | null;
  stages: StageRow[];
  routing: Tail<RoutingRow>;
  ledger: Tail<LedgerRow>;
  artifacts: ArtifactRow[];
}

/** What one view of the console watches; told with `hello` and the request `watch`. */
export interface Watch {
  /** `rows` is how many log rows the screen shows, plus a margin; `search` marks and counts among them. */
  log: { filter: LogFilter; search: LogSearch | null; rows: number };
  /** The artifact on screen and how much of which version of it is already there. */
  artifact: { file: string; version: number; have: number } | null;
}

/**
 * The news for one view. Under the name "*" stands what a view may show that could not say hello yet,
 * because a cell keeps the kernel from hearing it: the log without a filter, the worker's artifact.
 */
export interface ViewPatch {
  /**
   * The newest rows under the watched filter, at most as many as watched. Where the filter searches,
   * the total is that of the lines scanned so far.
   */
  log?: { total: number; start?: number; rows: LogRow[] };
  /** The progress of the watched search: that of the filter, or the one that only marks. */
  search?: SearchProgress;
  /**
   * More of the watched artifact: `text` goes at `offset`; `done` says that it is whole with it, `cut` that
   * no more of it comes this way: the rest is asked for.
   */
  artifact?: { file: string; version: number; offset: number; text: string; done: boolean; cut?: true };
}

/** What changed since the frame before: rows replace those of the same key, or come after the last. */
export interface Patch {
  desk?: Desk;
  link?: Link;
  run?: RunView;
  stages?: StageRow[];
  routing?: Tail<RoutingRow>;
  ledger?: Tail<LedgerRow>;
  artifacts?: ArtifactRow[];
  views?: Record<string, ViewPatch>;
}

export type FromKernel =
  /**
   * The whole state. `client` names the one view it is for, `null` means all; `views` holds each one's
   * part. `now_us` is what the run's clock says as this is sent: figures that tick count from it.
   */
  | {
      kind: "snapshot";
      client: string | null;
      seq: number;
      state: ConsoleState;
      views: Record<string, ViewPatch>;
      now_us?: number;
    }
  | { kind: "frame"; seq: number; patch: Patch }
  | { kind: "heartbeat"; seq: number; now_us?: number }
  | { kind: "reply"; client: string; id: number; ok: true; result: unknown }
  | { kind: "reply"; client: string; id: number; ok: false; error: WireError };

export type FromBrowser =
  | { kind: "hello"; client: string; have: number; visible: boolean; watch: Watch }
  | { kind: "ack"; client: string; seq: number }
  | { [Name in keyof Requests]: RequestOf<Name> }[keyof Requests];

export interface RequestOf<Name extends keyof Requests> {
  kind: "request";
  client: string;
  id: number;
  name: Name;
  args: Requests[Name]["args"];
}

export interface HistoryRow {
  run_id: string;
  worker: string | null;
  task: string | null;
  status: RunStatus;
  success: boolean | null;
  started_us: number | null;
  latency_ms: number | null;
  replay_of: string | null;
  strict_mode: boolean | null;
}

/** Where an artifact is: `run_id` null means the run on screen, `version` null the newest. */
export interface ArtifactPlace {
  run_id: string | null;
  file: string;
  version: number | null;
}

export interface RenderedArtifact {
  html: string;
  note: string | null;
  version: number;
  /** How much of the text the document shows. */
  chars: number;
  /** While the artifact grows: from how many characters on asking again is worth it. */
  again_at: number | null;
  matches: number | null;
  /** It is shown as plain text only because of its length. */
  long: boolean;
}

export interface BrandCheck {
  valid: boolean;
  errors: Problem[];
  warnings: string[];
  policy_rules_generated: number;
  drift_anchors_count: number;
}

/** Every request, what it takes and what it is answered with. Failures come back as `WireError`. */
export interface Requests {
  /** Tells the kernel what this view watches; answered before the next frame. */
  watch: { args: Watch; result: Record<string, never> };
  /** Tells that the view went out of sight or came back; coming back is answered with a snapshot. */
  visible: { args: { visible: boolean }; result: Record<string, never> };
  "run.start": {
    args: { worker: string; task: string; brand: string; strict_mode: boolean };
    result: { run_id: string };
  };
  "run.stop": { args: Record<string, never>; result: Record<string, never> };
  /** Leaves the run (it goes on) and offers an empty console with the same task and brand. */
  "run.new": { args: Record<string, never>; result: Record<string, never> };
  "run.open": { args: { run_id: string }; result: Record<string, never> };
  /** Executes the run on screen again from its replay token. */
  "run.replay": { args: Record<string, never>; result: { run_id: string } };
  "worker.select": { args: { worker: string }; result: Record<string, never> };
  "workers.refresh": { args: Record<string, never>; result: Record<string, never> };
  "brand.check": { args: { brand: string }; result: BrandCheck };
  "history.list": { args: Record<string, never>; result: { runs: HistoryRow[] } };
  "log.window": {
    args: { filter: LogFilter; search: LogSearch | null; start: number; count: number };
    result: { total: number; start: number; rows: LogRow[] };
  };
  /**
   * The nearest row of the log under `filter`, strictly after (`way` 1) or before (-1) its index `from`
   * (-1: from the start; the total: from the end), that also passes `want`. Past the last it goes on at
   * the first. It is the `nth` (from 1) `of` so many; `i` is null where there is none.
   */
  "log.next": {
    args: { filter: LogFilter; want: LogFilter; from: number; way: 1 | -1 };
    result: { i: number | null; nth: number; of: number };
  };
  /** Who and what the log tells of, and how many lines each has. */
  "log.facets": {
    args: Record<string, never>;
    result: { agents: [name: string, lines: number][]; stages: [id: string, lines: number][] };
  };
  /** The rows from `start` to `end` (exclusive) as plain text, at most 100,000 of them. */
  "log.copy": {
    args: { filter: LogFilter; start: number; end: number };
    result: { text: string; lines: number };
  };
  /** The module `live.js`, from the package's own files. */
  live: { args: Record<string, never>; result: { code: string } };
  /** Where in the filtered log the first row at or after a place stands; exactly one place is given. */
  "log.locate": {
    args: { filter: LogFilter; position: number | null; time_us: number | null; n: number | null };
    result: { i: number; total: number };
  };
  /** The whole of a message, as plain text. */
  "log.message": { args: { n: number }; result: { message: string } };
  "routing.window": {
    args: { stage_id: string | null; start: number; count: number };
    result: { total: number; start: number; rows: RoutingRow[] };
  };
  /** `counts` says how many rows each kind would show. */
  "ledger.window": {
    args: { stage_id: string | null; kind: LedgerFilter; start: number; count: number };
    result: { total: number; start: number; rows: LedgerRow[]; counts: Record<LedgerFilter, number> };
  };
  /** A page of the text, of at most 1,048,576 characters; `chars` is the length of the whole. */
  "artifact.text": {
    args: { file: string; version: number | null; offset: number; count: number };
    result: { text: string; offset: number; chars: number };
  };
  /**
   * A complete document for the sandboxed frame: the artifact as a reader wants it, or its source. In a
   * source the occurrences of `find` are the elements `match-1` to `match-{matches}`.
   */
  "artifact.render": {
    args: {
      file: string;
      version: number | null;
      as: "preview" | "source";
      dark: boolean;
      find: string | null;
      /** Format it however long it is: that may take half a minute. */
      patient: boolean;
    };
    result: RenderedArtifact;
  };
  /** The text in lines, of which very long ones are cut into several. */
  "artifact.lines": {
    args: { file: string; version: number | null; start: number; count: number };
    result: { total: number; start: number; rows: string[]; chars: number };
  };
  /** The nearest of those lines after or before the line `from` that has `text` in it, whatever its case. */
  "artifact.find": {
    args: { file: string; version: number | null; text: string; from: number; way: 1 | -1 };
    result: { line: number | null; nth: number; of: number };
  };
  /** A document with both side by side; its changes are the elements `change-1` to `change-{changes}`. */
  "artifact.compare": {
    args: { a: ArtifactPlace; b: ArtifactPlace; dark: boolean };
    result: { html: string; changes: number; note: string | null; same: boolean };
  };
  /** All artifacts as a zip: the bytes come as the reply's first buffer. */
  "artifact.bundle": { args: Record<string, never>; result: { file_name: string } };
  export: {
    args: { format: "json" | "txt" | "csv" };
    result: { file_name: string; mime: string; text: string };
  };
}

/** The trait `saved`: the finished run as a notebook keeps it, to be shown without a kernel. */
export interface Saved {
  state: ConsoleState;
  log: LogRow[];
  artifact: { file: string; text: string } | null;
}

/** The model's traits, as the browser reads them. */
export interface Traits {
  worker: string;
  run_id: string;
  status: string;
  theme: "auto" | "light" | "dark";
  height: number;
  saved: Saved | Record<string, never>;
}
