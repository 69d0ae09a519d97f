// What a person sees, computed from the state. Pure: time is passed in, nothing here knows the DOM.

import type { Kernel } from "../kernel/channel";
import type {
  ArtifactRow,
  ConsoleState,
  LedgerFilter,
  LedgerRow,
  Link,
  RunView,
  StageRow,
  WorkerRow,
} from "../kernel/wire";
import { seconds } from "../ui/format";

export const isOver = (run: RunView): boolean => /^(completed|failed|cancelled)$/.test(run.status);

/** A run under way, which Stop can stop. */
export const isActive = (run: RunView | null): run is RunView => run !== null && !isOver(run);

/** Whether the run's time goes on: under way, and we are connected to it or trying to be. */
export const isTicking = (run: RunView | null, link: Link): boolean =>
  isActive(run) && !run.recording && link.phase !== "idle" && link.phase !== "ended";

// --- the status --------------------------------------------------------------------------------------

/** The label is what a screen reader announces; the rest is a sentence: a reason, or what to do. */
export type Status = readonly [
  tone: "" | "busy" | "ok" | "warning" | "error",
  label: string,
  message: string,
];

export function statusOf(
  kernel: Kernel,
  { phase, message, attempt, retry_us }: Link,
  run: RunView | null,
  { notice }: ConsoleState["desk"],
  nowUs: number,
): Status {
  const said = message ?? "";
  if (kernel === "connecting") return ["busy", "Connecting", "Asking the kernel …"];
  if (run?.status === "completed") return ["ok", "Completed", verdict(run.verified)];
  if (run?.status === "failed") return ["error", "Failed", run.error ?? said];
  if (run?.status === "cancelled") return ["", "Cancelled", run.error ?? said];
  if (kernel === "silent") return ["warning", "No answer", ""];
  if (phase === "starting") return ["busy", "Starting host", said];
  if (phase === "connecting") return ["busy", "Connecting", said];
  if (phase === "stalled") return ["warning", "Stalled", said];
  if (phase === "reconnecting") {
    const left = Math.ceil(((retry_us ?? 0) - nowUs) / 1e6);
    const when = left > 0 ? `in ${left} s` : "now";
    return ["warning", "Reconnecting", `Attempt ${attempt} ${when}. ${said}`];
  }
  // That some run is not known stands in the way of no other.
  if (!run) return notice && notice.code !== "run_unknown" ? ["error", "Not ready", ""] : ["", "Ready", said];
  if (phase !== "live" || run.recording) return ["", "Not followed", said];
  return ["busy", run.status === "queued" ? "Queued" : "Running", said];
}

/** A replay's; which artifacts differ stands in the ledger. */
const verdict = (verified: RunView["verified"]): string =>
  verified ? `The replay ${verified.identical ? "is identical" : "differs"}.` : "";

/** Why nothing can be run now, or `""`. */
export function runBlocked(kernel: Kernel, worker: WorkerRow | undefined, task: string): string {
  if (kernel === "connecting") return "Waiting for the kernel.";
  if (worker && worker.status === "coming_soon") return `${worker.name} is not available yet.`;
  return task.trim() ? "" : "Write a task first.";
}

// --- figures -----------------------------------------------------------------------------------------

/** How long the run has taken, in milliseconds. */
export function elapsedMs(run: RunView | null, link: Link, nowUs: number): number | null {
  if (!run) return null;
  if (run.latency_ms !== null && isOver(run)) return run.latency_ms;
  const endUs = run.ended_us ?? (isTicking(run, link) ? nowUs : null);
  return run.started_us === null || endUs === null ? null : Math.max(0, (endUs - run.started_us) / 1000);
}

export function stagesDone(stages: readonly StageRow[]): number {
  return stages.filter((stage) => stage.status === "completed" || stage.status === "recovered").length;
}

// --- the timeline ------------------------------------------------------------------------------------

export interface Bar {
  stage: StageRow;
  /** Percent of the axis. */
  left: number;
  width: number;
  live: boolean;
  durationMs: number;
}

export interface Timeline {
  bars: Bar[];
  ticks: { at: number; label: string }[];
}

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 3e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5,
];

/** Where the axis is divided, so that `ms` needs at most four parts. */
export const axisStep = (ms: number): number =>
  STEPS_MS.find((step) => ms / step <= 4) ?? Math.ceil(ms / 4 / 36e5) * 36e5;

/** What a letter of the axis takes with its share of the gap between labels, in pixels. */
const LETTER_PX = 6.5;

/**
 * A bar per stage on one axis, which is extended a step at a time; it is labelled as often as there is
 * room for in `axisPx` pixels.
 */
export function timeline(
  stages: readonly StageRow[],
  run: RunView | null,
  nowUs: number,
  ticking: boolean,
  axisPx: number,
): Timeline {
  const zeroUs = run?.started_us ?? Math.min(...stages.map((stage) => stage.started_us ?? nowUs));
  const since = (us: number) => Math.max(0, (us - zeroUs) / 1000);
  const spans = stages.map((stage) => {
    const { status, started_us, ended_us, duration_ms } = stage;
    const live = ticking && /^(running|recovering)$/.test(status);
    const from = started_us === null ? 0 : since(started_us);
    const end = live ? since(nowUs) : ended_us === null ? from + (duration_ms ?? 0) : since(ended_us);
    const to = started_us === null ? 0 : Math.max(from, end);
    return { stage, live, from, to, durationMs: (!live && duration_ms) || to - from };
  });
  const end = Math.max(1, ...spans.map(({ to }) => to));
  const step = axisStep(end);
  const parts = Math.ceil(end / step);
  const labelPx = tickLabel(parts * step).length * LETTER_PX;
  const every = Math.ceil((parts * labelPx) / Math.max(labelPx, axisPx));
  const percentOf = (ms: number) => (100 * ms) / (parts * step);
  return {
    bars: spans.map(({ from, to, ...bar }) => ({
      ...bar,
      left: percentOf(from),
      width: percentOf(to - from),
    })),
    ticks: Array.from({ length: parts + 1 }, (_, i) => ({
      at: (100 * i) / parts,
      label: tickLabel(i * step),
    })).filter((_, i) => !(i % every)),
  };
}

function tickLabel(ms: number): string {
  if (!ms) return "0";
  return ms < 1000 ? `${ms} ms` : seconds(ms).replace(".0", "");
}

// --- the ledger --------------------------------------------------------------------------------------

export function filterLedger(
  rows: readonly LedgerRow[],
  filter: LedgerFilter,
  stageId: string | null,
): LedgerRow[] {
  return ofStage(rows, stageId).filter(
    ({ kind, outcome }) =>
      filter === "all" || filter === kind || (filter === "problems" && /error|warning/.test(outcome)),
  );
}

const FILTERS: LedgerFilter[] = ["all", "problems", "failure", "recovery", "policy", "drift", "replay"];

/**
 * How many rows each filter leaves, as the kernel counted them where the rows are not all here; what did not
 * occur is left out, unless it is chosen.
 */
export function ledgerCounts(
  rows: readonly LedgerRow[],
  stageId: string | null,
  chosen: LedgerFilter,
  counted?: Record<LedgerFilter, number>,
): [LedgerFilter, number][] {
  return FILTERS.map((filter): [LedgerFilter, number] => [
    filter,
    counted?.[filter] ?? filterLedger(rows, filter, stageId).length,
  ]).filter(([filter, size]) => size > 0 || filter === "all" || filter === chosen);
}

// --- artifacts ---------------------------------------------------------------------------------------

/**
 * The artifact on screen: what the person picked, while it is there; else the one the worker touched
 * last, and once the run is over its page, if it made one.
 */
export function shownArtifact(
  artifacts: readonly ArtifactRow[],
  picked: string | null,
  over: boolean,
): ArtifactRow | null {
  const chosen = artifacts.find((artifact) => artifact.file === picked);
  if (chosen) return chosen;
  const page = over && artifacts.find((artifact) => artifact.kind === "html" && artifact.has_content);
  if (page) return page;
  return artifacts.reduce<ArtifactRow | null>(
    (latest, artifact) => (latest && latest.position >= artifact.position ? latest : artifact),
    null,
  );
}

/** Whether more of the artifact may come. */
export const isGrowing = (run: RunView | null, artifact: ArtifactRow): boolean =>
  artifact.status === "assembling" && !(run && isOver(run));

export const ofStage = <Row extends { stage_id: string | null }>(
  rows: readonly Row[],
  stageId: string | null,
) => rows.filter((row) => stageId === null || row.stage_id === stageId);
