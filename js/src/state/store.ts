// The streamed state: what the kernel sent last, and how a patch changes it. Pure.

import type { ConsoleState, Patch } from "../kernel/wire";
import { newestIncidents } from "./incidents";
import { EMPTY_DRAFT } from "./view";

/** How many of the newest rows a tail holds, in the kernel and here. */
export const TAIL_ROWS = 200;

const EMPTY = { total: 0, rows: [] };

export const NOTHING: ConsoleState = {
  engines: {},
  form: {
    worker: "",
    workers: [],
    origin: "",
    ...EMPTY_DRAFT,
    brand_unknown: false,
    notice: null,
  },
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
  routing: EMPTY,
  ledger: EMPTY,
  incidents: EMPTY,
  artifacts: [],
  home: null,
  seen_us: null,
};

/** Merges `changes` into `rows`: a row of a known key replaces the old one, other rows are appended. */
function mergeRows<Row>(rows: Row[], changes: Row[] | undefined, keyOf: (row: Row) => unknown): Row[] {
  if (!changes) return rows;
  const merged = new Map(rows.map((row) => [keyOf(row), row]));
  for (const row of changes) merged.set(keyOf(row), row);
  return [...merged.values()];
}

/** The newest rows and how many there are. */
interface Tail<Row> {
  total: number;
  rows: Row[];
}

function mergeTail<Row extends { number: number }>(
  tail: Tail<Row>,
  changes: Tail<Row> | undefined,
  newest = (rows: Row[], most: number) => rows.slice(-most),
): Tail<Row> {
  if (!changes) return tail;
  const rows = mergeRows(tail.rows, changes.rows, (row) => row.number);
  return { total: changes.total, rows: newest(rows, TAIL_ROWS) };
}

/** The state after one patch. Another run starts with empty rows. */
export function applyPatch(state: ConsoleState, patch: Patch): ConsoleState {
  const { engines, form, link, home, seen_us } = state;
  const { subscribers: _, run = state.run, stages_gone: gone, ...whole } = patch;
  const old = run?.run_id === state.run?.run_id ? state : NOTHING;
  const kept = old.stages.filter(({ stage_id }) => !gone?.includes(stage_id));
  return {
    ...old,
    engines,
    form,
    link,
    home,
    seen_us,
    ...whole,
    run,
    stages: mergeRows(kept, patch.stages, (row) => row.stage_id),
    routing: mergeTail(old.routing, patch.routing),
    ledger: mergeTail(old.ledger, patch.ledger),
    // Of an earlier moment the kernel sends those at the top, each time.
    incidents:
      patch.past && patch.incidents && patch.incidents.total > TAIL_ROWS
        ? patch.incidents
        : mergeTail(old.incidents, patch.incidents, newestIncidents),
    artifacts: mergeRows(old.artifacts, patch.artifacts, (row) => row.file),
  };
}
