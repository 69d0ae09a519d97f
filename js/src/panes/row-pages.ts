// The rows of the routing and the ledger pane, once a run's state no longer holds all of them: asked for
// page by page, as they come into view.

import type { LedgerFilter, LedgerRow, Requests, RoutingRow } from "../kernel/wire";
import type { App } from "../state/app";

const PAGE = 200;
const CAPACITY = 4_000;
/** While a run goes on, its newest rows are asked for again after so long; after a failure, any. */
const PAUSE_MS = 500;

/** Rows by index; what is not at hand comes once one looks at it. */
export interface Earlier<Row> {
  readonly total: number;
  /** How many rows each filter of the ledger leaves. */
  readonly counts?: Requests["ledger.window"]["result"]["counts"] | undefined;
  row(index: number): Row | undefined;
  /** These rows are on screen, of a list that has grown to so many, whatever the filter. */
  look(first: number, end: number, grown: number): void;
}

interface Window<Row> {
  total: number;
  rows: Row[];
  counts?: Requests["ledger.window"]["result"]["counts"];
}

function pages<Row>(app: App, ask: (start: number) => Promise<Window<Row>>): Earlier<Row> {
  const rows = new Map<number, Row>();
  let asking = false;
  /** How long the list was when its end was last asked for. */
  let known = 0;

  async function get(start: number, grown: number): Promise<void> {
    asking = true;
    try {
      const answer = await ask(start);
      if (rows.size > CAPACITY) rows.clear();
      answer.rows.forEach((row, i) => {
        rows.set(start + i, row);
      });
      source.total = answer.total;
      source.counts = answer.counts;
      known = grown;
      if (start + PAGE >= answer.total) await pause();
    } catch {
      await pause();
    }
    asking = false;
    app.changed();
  }

  const source = {
    total: 0,
    counts: undefined as Earlier<Row>["counts"],
    row: (index: number) => rows.get(index),
    look(first: number, end: number, grown: number) {
      if (asking) return;
      for (let i = first; i < Math.min(end, source.total); i += 1) {
        if (!rows.has(i)) return void get(i - (i % PAGE), grown);
      }
      if (grown !== known) void get(source.total - (source.total % PAGE), grown);
    },
  };
  return source;
}

const pause = () => new Promise((done) => setTimeout(done, PAUSE_MS));

const latest = new WeakMap<App, Map<string, { key: string; source: unknown }>>();

/** The one for this run and filter: another filter begins anew. */
function kept<Row>(app: App, name: string, filter: unknown, make: () => Earlier<Row>): Earlier<Row> {
  const key = JSON.stringify([app.state.run?.run_id, filter]);
  const ofApp = latest.get(app) ?? new Map();
  latest.set(app, ofApp);
  if (ofApp.get(name)?.key !== key) ofApp.set(name, { key, source: make() });
  return ofApp.get(name).source;
}

export const earlierRouting = (app: App, stage_id: string | null): Earlier<RoutingRow> =>
  kept(app, "routing", stage_id, () =>
    pages(
      app,
      async (start) => (await app.request("routing.window", { stage_id, start, count: PAGE })).result,
    ),
  );

export const earlierLedger = (app: App, stage_id: string | null, kind: LedgerFilter): Earlier<LedgerRow> =>
  kept(app, "ledger", [stage_id, kind], () =>
    pages(
      app,
      async (start) => (await app.request("ledger.window", { stage_id, kind, start, count: PAGE })).result,
    ),
  );
