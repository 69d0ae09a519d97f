// How a run in the history is described. Pure.

import type { HistoryRow, WorkerInfo } from "../kernel/wire";
import { ago, dateTime, duration } from "../ui/format";
import { displayName } from "./names";

/** The words that are not empty, separated by dots. */
export const joined = (...words: (string | false | null | undefined)[]): string =>
  words.filter(Boolean).join(" · ");

/** What distinguishes a run from an ordinary one: "verification", "strict", or "". */
export const kindOfRun = ({ replay_of, strict_mode }: HistoryRow): string =>
  joined(replay_of && "verification", strict_mode && "strict");

const ENDED = /^(completed|failed|cancelled|blocked|crashed)$/;

/** The run has ended: it is watched again, not followed. */
export const hasEnded = ({ status }: HistoryRow): boolean => ENDED.test(status);

/** The status as a word: "Completed". A status that is not known stays as the server writes it. */
export const statusWord = (status: string): string =>
  status ? status[0]?.toUpperCase() + status.slice(1).replaceAll("_", " ") : "Unknown";

/** The display name of a worker, made of its id if the server does not list it. */
export const workerName = (workers: readonly WorkerInfo[], id: string | null): string =>
  workers.find((worker) => worker.id === id)?.name || displayName(id ?? "");

/** Worker, kind, duration and time of a run: "Business Builder · strict · 11.2 s · 5 min ago". */
export function factsOf(row: HistoryRow, workers: readonly WorkerInfo[], nowUs: number): string {
  const { worker, recorded, latency_ms, started_us } = row;
  return joined(
    workerName(workers, worker),
    kindOfRun(row),
    hasEnded(row) && !recorded && "on the server",
    latency_ms !== null && duration(latency_ms),
    started_us !== null && `${dateTime(started_us).slice(0, 16)} (${ago(started_us, nowUs)})`,
  );
}

/** Why a run cannot be compared, or `""`. */
export const notComparable = ({ recorded }: HistoryRow): string =>
  recorded ? "" : "Its events are not on this computer: open it first";

/** The chosen runs after `run_id` was chosen or given up: at most two, the newest choices. */
export const toggled = (chosen: readonly string[], run_id: string): string[] =>
  chosen.includes(run_id) ? chosen.filter((id) => id !== run_id) : [...chosen.slice(-1), run_id];
