// The messages between kernel and browser: the mirror of console/wire.py. Names and shapes are those of the
// wire. Times are integer microseconds since 1970-01-01 UTC, durations milliseconds, sizes Unicode code
// points. A subscriber is one mounted console in a page: it receives frames.

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

/** The run on screen: its status and figures. */
export interface RunSummary {
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
  /** The run is shown from the history. */
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

/** A filter of the ledger; problems are rows with the outcome warning or error. */
export type LedgerFilter = "all" | "problems" | LedgerRow["kind"];

export interface ArtifactRow {
  file: string;
  name: string;
  kind: string;
  stage_id: string | null;
  status: "assembling" | "done" | "failed";
  chars: number;
  /** How often it was started, from 1; every version so far can be requested. */
  version: number;
  sha256: string | null;
  has_content: boolean;
  position: number;
}

/** `i` is the index of the row under the requested filter, from 0; `n` its line in the whole log, from 1; `position` that of its event in the run's event log. */
export interface LogRow {
  i: number;
  n: number;
  position: number;
  time_us: number | null;
  level: Level;
  stage_id: string | null;
  agent: string | null;
  /** Plain text without control sequences, possibly of several lines. */
  message: string;
  /** The length of the complete message where `message` is only its beginning. */
  chars?: number;
  /**
   * Where parts of `message` are styled or match: consecutive pieces of it with class names. These are
   * "match", "bold", "dim", "italic", "underline", "strike", "inverse", and "fg-" or "bg-" with one of the
   * 16 colours of terminals: "fg-red", "bg-bright-blue".
   */
  pieces?: [text: string, style: string][];
}

/** A search in the messages of the log; it counts matching lines. */
export interface LogSearch {
  text: string;
  regex: boolean;
  case_sensitive: boolean;
}

/** A filter of the log. With `search` only matching rows pass. */
export interface LogFilter {
  levels: Level[] | null;
  stage_id: string | null;
  agent: string | null;
  search: LogSearch | null;
}

/**
 * The progress of the watched search: `count` of the first `scanned` of `of` lines match. `error` describes
 * the problem of the pattern, and ends the search.
 */
export interface SearchProgress {
  count: number;
  scanned: number;
  of: number;
  done: boolean;
  error: string | null;
}

/** The kernel's connection to the event stream of the worker. */
export interface Link {
  phase: "idle" | "starting" | "connecting" | "live" | "reconnecting" | "stalled" | "ended";
  message: string | null;
  attempt: number;
  /** The time of the next attempt, for a countdown. */
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

/** The form of the next run, and what it offers. */
export interface Desk {
  worker: string;
  workers: WorkerRow[];
  /** Where runs are executed: "embedded host", or the origin of the server. */
  origin: string;
  task: string;
  /** The brand as JSON text, or "" for none. */
  brand: string;
  /** A problem of the whole console: host missing, key refused, run unknown, history not writable. */
  notice: WireError | null;
}

/** The newest of `total` rows; older rows are requested. */
export interface Tail<Row> {
  total: number;
  rows: Row[];
}

export interface ConsoleState {
  desk: Desk;
  link: Link;
  run: RunSummary | null;
  stages: StageRow[];
  routing: Tail<RoutingRow>;
  ledger: Tail<LedgerRow>;
  artifacts: ArtifactRow[];
}

/** What one subscriber shows; sent with `hello` and the request `watch`. */
export interface Watch {
  /** `rows` is the number of log rows on screen, plus a margin; `search` marks and counts matches. */
  log: { filter: LogFilter; search: LogSearch | null; rows: number };
  /** The artifact on screen, and the received length of a version. */
  artifact: { file: string; version: number; have: number } | null;
}

/**
 * The changes for one subscriber. Those under the name "*" are for a subscriber whose hello the kernel has not
 * processed yet, because a cell keeps it busy: the log without a filter, the artifact being written.
 */
export interface SubscriberPatch {
  /**
   * The newest rows under the watched filter, at most as many as watched. If the filter has a search, the
   * total is that of the lines scanned so far.
   */
  log?: { total: number; start?: number; rows: LogRow[] };
  /** The progress of the watched search: that of the filter, or the search that only marks. */
  search?: SearchProgress;
  /**
   * More text of the watched artifact, at `offset`; with `done` it is complete, with `cut` the rest has to be
   * requested.
   */
  artifact?: { file: string; version: number; offset: number; text: string; done: boolean; cut?: true };
}

/** The changes since the frame before: rows replace those of the same key, or are appended. */
export interface Patch {
  desk?: Desk;
  link?: Link;
  run?: RunSummary;
  stages?: StageRow[];
  routing?: Tail<RoutingRow>;
  ledger?: Tail<LedgerRow>;
  artifacts?: ArtifactRow[];
  views?: Record<string, SubscriberPatch>;
}

export type FromKernel =
  /**
   * The whole state. `client` is the subscriber it is for, `null` means all; `views` holds the changes for
   * each. `now_us` is the time on the run's clock as this is sent: counting figures start from it.
   */
  | {
      kind: "snapshot";
      client: string | null;
      seq: number;
      state: ConsoleState;
      views: Record<string, SubscriberPatch>;
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

/** Identifies an artifact: `run_id` null is the run on screen, `version` null the newest. */
export interface ArtifactPlace {
  run_id: string | null;
  file: string;
  version: number | null;
}

export interface RenderedArtifact {
  html: string;
  note: string | null;
  version: number;
  /** The length of the text in the document. */
  chars: number;
  /** While the artifact grows: the length from which it should be rendered again. */
  again_at: number | null;
  matches: number | null;
  /** It is plain text only because of its length. */
  long: boolean;
}

export interface BrandCheck {
  valid: boolean;
  errors: Problem[];
  warnings: string[];
  policy_rules_generated: number;
  drift_anchors_count: number;
}

/** Every request with its arguments and result. A failure is a `WireError`. */
export interface Requests {
  /** Sets what this subscriber watches; answered before the next frame. */
  watch: { args: Watch; result: Record<string, never> };
  /** The subscriber was hidden or became visible; then a snapshot follows. */
  visible: { args: { visible: boolean }; result: Record<string, never> };
  "run.start": {
    args: { worker: string; task: string; brand: string; strict_mode: boolean };
    result: { run_id: string };
  };
  "run.stop": { args: Record<string, never>; result: Record<string, never> };
  /** Leaves the run, which goes on, for an empty console with the same task and brand. */
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
   * The nearest row of the log under `filter` that also passes `want`, after (`way` 1) or before (-1) the
   * index `from` (-1: from the start; the total: from the end). After the last row the search continues at the
   * first. `i` is its index, or null if there is none; it is the `nth` (from 1) of `of` rows.
   */
  "log.next": {
    args: { filter: LogFilter; want: LogFilter; from: number; way: 1 | -1 };
    result: { i: number | null; nth: number; of: number };
  };
  /** The agents and stages of the log, with their numbers of lines. */
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
  /** The index of the first row of the filtered log at or after a position, a time or a line; exactly one is given. */
  "log.locate": {
    args: { filter: LogFilter; position: number | null; time_us: number | null; n: number | null };
    result: { i: number; total: number };
  };
  /** The complete message of a line, as plain text. */
  "log.message": { args: { n: number }; result: { message: string } };
  "routing.window": {
    args: { stage_id: string | null; start: number; count: number };
    result: { total: number; start: number; rows: RoutingRow[] };
  };
  /** `counts` is the number of rows that each filter passes. */
  "ledger.window": {
    args: { stage_id: string | null; kind: LedgerFilter; start: number; count: number };
    result: { total: number; start: number; rows: LedgerRow[]; counts: Record<LedgerFilter, number> };
  };
  /** A page of the text, of at most 1,048,576 characters; `chars` is the length of the full text. */
  "artifact.text": {
    args: { file: string; version: number | null; offset: number; count: number };
    result: { text: string; offset: number; chars: number };
  };
  /**
   * A complete document for the sandboxed frame: the rendered artifact, or its source. In a source the
   * occurrences of `find` are the elements `match-1` to `match-{matches}`.
   */
  "artifact.render": {
    args: {
      file: string;
      version: number | null;
      as: "preview" | "source";
      dark: boolean;
      find: string | null;
      /** Format it whatever its length: this can take half a minute. */
      patient: boolean;
    };
    result: RenderedArtifact;
  };
  /** The lines of the text; very long lines are cut into several. */
  "artifact.lines": {
    args: { file: string; version: number | null; start: number; count: number };
    result: { total: number; start: number; rows: string[]; chars: number };
  };
  /** The nearest of these lines after or before the line `from` that contains `text`, ignoring case. */
  "artifact.find": {
    args: { file: string; version: number | null; text: string; from: number; way: 1 | -1 };
    result: { line: number | null; nth: number; of: number };
  };
  /** A document with both artifacts side by side; its changes are the elements `change-1` to `change-{changes}`. */
  "artifact.compare": {
    args: { a: ArtifactPlace; b: ArtifactPlace; dark: boolean };
    result: { html: string; changes: number; note: string | null; same: boolean };
  };
  /** All artifacts as a zip: its bytes are the first buffer of the reply. */
  "artifact.bundle": { args: Record<string, never>; result: { file_name: string } };
  export: {
    args: { format: "json" | "txt" | "csv" };
    result: { file_name: string; mime: string; text: string };
  };
}

/** The trait `saved`: the finished run in the notebook, shown without a kernel. */
export interface Saved {
  state: ConsoleState;
  log: LogRow[];
  artifact: { file: string; text: string } | null;
}

/** The traits of the model, as the browser reads them. */
export interface Traits {
  worker: string;
  run_id: string;
  status: string;
  theme: "auto" | "light" | "dark";
  height: number;
  saved: Saved | Record<string, never>;
}
