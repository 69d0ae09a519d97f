// How a run in the history is described. Pure.

import type { ConsoleState, HistoryRow, HistoryWindow, RunFilter, WorkerInfo } from "../kernel/wire";
import { ago, count, dateTime, duration, percent, plural } from "../ui/format";
import { displayName } from "./names";
import { joined, kindOfRun } from "./run-kind";

const ENDED = /^(completed|failed|cancelled|blocked|crashed)$/;

/** The run has ended: it is watched again, not followed. */
export const hasEnded = ({ status }: HistoryRow): boolean => ENDED.test(status);

/** The status as a word: "Completed". A status that is not known stays as the server writes it. */
export const statusWord = (status: string): string =>
  status === "waiting"
    ? "Waiting for you"
    : status
      ? status[0]?.toUpperCase() + status.slice(1).replaceAll("_", " ")
      : "Unknown";

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

/** Why nothing can be asked of the server now, as far as the page in view knows, or `""`. */
export function serverFailure({ form: { notice }, home }: ConsoleState, atHome: boolean): string {
  const server = atHome && home?.health[0];
  if (server && server.tone === "error") return `${server.name} ${server.text}`;
  return notice && /^(host|key)_/.test(notice.code) ? notice.message : "";
}

/** The most runs whose figures are compared at once. */
export const MOST_COMPARED = 50;

/** The chosen runs after `run_id` was chosen or given up: at most `MOST_COMPARED`, the newest choices. */
export const toggled = (chosen: readonly string[], run_id: string): string[] =>
  chosen.includes(run_id)
    ? chosen.filter((id) => id !== run_id)
    : [...chosen.slice(1 - MOST_COMPARED), run_id];

/** The filter that every run passes. */
export const EVERY_RUN: RunFilter = { text: "", status: null, worker: null, tag: null, starred: false };

export const isFiltered = (filter: RunFilter): boolean =>
  Object.values(filter).some((value) => value !== null && value !== "" && value !== false);

/** Rows that are read beyond those on screen, and the least that are read at once. */
const MARGIN = 25;
const PAGE = 50;
const MOST = 200;

/** The start and the number of the rows to read, with those from `first` to `end` on screen. */
export function rowsToRead(first: number, end: number): [start: number, count: number] {
  const start = Math.max(0, first - MARGIN);
  return [start, Math.min(MOST, Math.max(PAGE, end + MARGIN - start))];
}

/** The rows of a list by their indexes. */
export type RowsAt = ReadonlyMap<number, HistoryRow>;

/** The rows of the list of all runs with its newest, and the number of runs that were added above. */
export function withNewest(
  rows: RowsAt,
  newest: readonly HistoryRow[],
): [rows: Map<number, HistoryRow>, added: number] {
  const added = Math.max(
    0,
    newest.findIndex(({ run_id }) => run_id === rows.get(0)?.run_id),
  );
  const byId = new Map(newest.map((row) => [row.run_id, row]));
  const all = [...rows].map(([index, row]): [number, HistoryRow] => [
    index + added,
    byId.get(row.run_id) ?? row,
  ]);
  const above = newest.slice(0, added).map((row, index): [number, HistoryRow] => [index, row]);
  return [new Map([...above, ...all]), added];
}

/** The result of a filter in words: "12 of 10,000 runs"; with a text also what its search has found so far. */
export function foundWords({ total, in_rows, all, search }: HistoryWindow, filter: RunFilter): string {
  if (!isFiltered(filter)) return plural(total, "run");
  if (!search) return `${count(total)} of ${plural(all, "run")}`;
  const byLogs = total - in_rows;
  return joined(
    `${plural(in_rows, "run")} by task or note`,
    search.error ?? `${byLogs ? count(byLogs) : "no"} more by log`,
    !search.done && `${percent(search.of ? search.scanned / search.of : 0)} searched`,
  );
}

/** The tags in a text, separated by commas, each once and without a leading #. */
export const tagsIn = (text: string): string[] => [
  ...new Set(text.split(",").flatMap((tag) => tag.trim().replace(/^#\s*/, "") || [])),
];

/** A text in pieces, of which those that have `part` in any case are matches. */
export function matchesIn(text: string, part: string): [piece: string, matches: boolean][] {
  const lower = text.toLowerCase();
  const wanted = part.toLowerCase();
  // In some languages a letter in lower case is longer: then no piece can be located.
  if (!wanted || lower.length !== text.length) return [[text, false]];
  const pieces: [string, boolean][] = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    if (at > from) pieces.push([text.slice(from, at), false]);
    from = at + wanted.length;
    pieces.push([text.slice(at, from), true]);
  }
  if (from < text.length) pieces.push([text.slice(from), false]);
  return pieces;
}

/** Why a run cannot be deleted, or `""`. */
export const notDeletable = (row: HistoryRow): string =>
  hasEnded(row) || row.status === "interrupted" ? "" : "It goes on: stop it first";
