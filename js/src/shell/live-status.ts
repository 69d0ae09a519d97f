// The status of a console with a kernel, and why no run can be started. Pure: time is passed in.

import type { Kernel } from "../kernel/channel";
import type { ConsoleState } from "../kernel/wire";
import { displayName } from "../state/names";
import { firstStatus, type Status } from "./run-status";

export function statusOf(
  kernel: Kernel,
  { link: { phase, message, attempt, retry_us }, run, past, form }: ConsoleState,
  nowUs: number,
): Status {
  const reason = message ?? "";
  if (kernel === "connecting" || run?.verdict) return firstStatus(kernel, run);
  if (kernel === "silent") return ["warning", "No answer", ""];
  if (run && past) return ["", displayName(run.status), ""];
  if (phase === "starting") return ["busy", "Starting host", reason];
  if (phase === "connecting") return ["busy", "Connecting", reason];
  if (phase === "stalled") return ["warning", "Stalled", reason];
  if (phase === "reconnecting") {
    const left = Math.ceil(((retry_us ?? 0) - nowUs) / 1e6);
    const when = left > 0 ? `In ${left} s` : `Connecting for ${-left} s`;
    // The reason is cut to the space there is: its words come before the address and the count.
    const [, origin, words] = /^(https?:\S+) (.*)$/s.exec(reason) ?? [];
    const why = origin ? `The server ${words}` : reason;
    const where = origin ? ` at ${origin}` : "";
    return ["warning", "Reconnecting", `${when}. ${why} Attempt ${attempt}${where}.`];
  }
  if (!run) {
    if (isUnready(form)) return ["error", "Not ready", ""];
    const cannot = unrunnable(form);
    return cannot ? ["warning", "Not available", cannot] : ["", "Ready", reason];
  }
  if (phase !== "live" || run.recording) return ["", "Not followed", reason];
  if (run.status === "paused") return ["waiting", "Paused", reason || "Resume lets it go on."];
  if (run.status === "waiting") return ["waiting", "Waiting for you", reason];
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
