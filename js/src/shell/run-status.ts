// The status of a run that needs no kernel, and its figures, computed from the state. Pure: time is passed in.

import type { Kernel } from "../kernel/channel";
import type { ConsoleState, RunHeader } from "../kernel/wire";
import { isOver, isRunning } from "../state/selectors";

/**
 * A screen reader announces the label; the message is a sentence: the reason, or what to do. `status` is a word
 * for the label of a run that has ended.
 */
export type Status = readonly [
  tone: "" | "busy" | "waiting" | "ok" | "warning" | "error",
  label: string,
  message: string,
  status?: string,
];

/** The status until the code that needs a kernel is there: of a run that has ended, or of a saved run. */
export function firstStatus(kernel: Kernel, run: RunHeader | null): Status {
  if (kernel !== "connecting" && run?.verdict) {
    const { tone, summary, reason } = run.verdict;
    const status = summary.split(" ", 1)[0];
    // The reason of a failure has its own place.
    return [tone === "neutral" ? "" : tone, summary, (tone !== "error" && reason) || "", status];
  }
  return kernel === "none" ? ["", "Not followed", ""] : ["busy", "Connecting", "Asking the kernel …"];
}

/** The duration of the run up to the moment that is shown, without its pauses, or of the range, in milliseconds. */
export function elapsedMs(state: ConsoleState, nowUs: number): number | null {
  const { run, past } = state;
  if (!run) return null;
  if (run.latency_ms !== null && (past?.range || isOver(run))) return run.latency_ms;
  const endUs = run.ended_us ?? (isRunning(state) ? nowUs : null);
  return run.started_us === null || endUs === null
    ? null
    : Math.max(0, (endUs - run.started_us - run.paused_us) / 1000);
}

/** The stages at the top that are done, of all: "3/8"; `""` for a run that has none. */
export function stagesDone({ total_stages, counts }: RunHeader): string {
  return total_stages ? `${counts.top_done}/${total_stages}` : "";
}
