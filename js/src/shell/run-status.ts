// The status of the run and its figures, computed from the state. Pure: time is passed in.

import type { Kernel } from "../kernel/channel";
import type { ConsoleState, Link, RunHeader, Stage } from "../kernel/wire";
import { isOver, isTicking } from "../state/selectors";

/**
 * A screen reader announces the label; the message is a sentence: the reason, or what to do. `status` is a word
 * for the label of a run that has ended.
 */
export type Status = readonly [
  tone: "" | "busy" | "ok" | "warning" | "error",
  label: string,
  message: string,
  status?: string,
];

export function statusOf(
  kernel: Kernel,
  { phase, message, attempt, retry_us }: Link,
  run: RunHeader | null,
  form: ConsoleState["form"],
  nowUs: number,
): Status {
  const reason = message ?? "";
  if (kernel === "connecting") return ["busy", "Connecting", "Asking the kernel …"];
  if (run?.verdict) {
    const { tone, summary, reason: why } = run.verdict;
    const status = summary.split(" ", 1)[0];
    // The reason of a failure has its own place.
    return [tone === "neutral" ? "" : tone, summary, (tone !== "error" && why) || "", status];
  }
  if (kernel === "silent") return ["warning", "No answer", ""];
  if (phase === "starting") return ["busy", "Starting host", reason];
  if (phase === "connecting") return ["busy", "Connecting", reason];
  if (phase === "stalled") return ["warning", "Stalled", reason];
  if (phase === "reconnecting") {
    const left = Math.ceil(((retry_us ?? 0) - nowUs) / 1e6);
    const when = left > 0 ? `in ${left} s` : "now";
    return ["warning", "Reconnecting", `Attempt ${attempt} ${when}. ${reason}`];
  }
  if (!run) {
    if (isUnready(form)) return ["error", "Not ready", ""];
    const cannot = unrunnable(form);
    return cannot ? ["warning", "Not available", cannot] : ["", "Ready", reason];
  }
  if (phase !== "live" || run.recording) return ["", "Not followed", reason];
  return ["busy", run.status === "queued" ? "Queued" : "Running", reason];
}

/** The server or the worker was not found. An unknown run does not prevent another run. */
const isUnready = ({ notice }: ConsoleState["form"]): boolean =>
  notice !== null && notice.code !== "run_unknown";

/** Why the form's worker cannot run, or `""`. */
export function unrunnable({ workers, worker: chosen }: ConsoleState["form"]): string {
  const worker = workers.find(({ id }) => id === chosen);
  if (worker?.status === "coming_soon")
    return `${worker.name} is announced and cannot run yet. Choose another worker.`;
  if (worker?.status === "unavailable")
    return `${worker.name} cannot run: ${worker.reason ?? "its server gives no reason"}`;
  return "";
}

/** Why no run can be started now, or `""`. */
export function runBlocked(kernel: Kernel, { form, run }: ConsoleState, task: string): string {
  if (kernel === "connecting") return "Waiting for the kernel.";
  // Beside a run there is no "Try again", so that another start is the way to try.
  if (!run && isUnready(form)) return form.notice?.message ?? "";
  return unrunnable(form) || (task.trim() ? "" : "Write a task first.");
}

/** The duration of the run so far, in milliseconds. */
export function elapsedMs(run: RunHeader | null, link: Link, nowUs: number): number | null {
  if (!run) return null;
  if (run.latency_ms !== null && isOver(run)) return run.latency_ms;
  const endUs = run.ended_us ?? (isTicking(run, link) ? nowUs : null);
  return run.started_us === null || endUs === null ? null : Math.max(0, (endUs - run.started_us) / 1000);
}

export function stagesDone(stages: readonly Stage[]): number {
  return stages.filter((stage) => stage.status === "completed" || stage.status === "recovered").length;
}
