// The view-only state: what this person chose to look at. It is never sent and never saved.

import type { LedgerFilter } from "./selectors";
import type { BrandCheck, HistoryRow, Level } from "./wire";

export type PaneName = "timeline" | "routing" | "log" | "ledger" | "artifacts";

/** Where the panes meet, as shares of the grid from its left or top, 0 to 1. */
export interface Shares {
  left: number;
  right: number;
  leftTop: number;
  centreTop: number;
}

export const SHARES: Readonly<Shares> = { left: 0.25, right: 0.67, leftTop: 0.6, centreTop: 0.6 };

/** What means something in one run only. */
export const RUN_VIEW = {
  /** The stage everything is filtered to. */
  stage: null as string | null,
  /** Whether the log stays with its end. */
  follow: true,
  /** The chosen log rows, by index: from `anchor` to `active`. */
  active: null as number | null,
  anchor: 0,
  ledgerFilter: "all" as LedgerFilter,
  ledgerOpen: null as number | null,
  routingOpen: null as number | null,
  /** The artifact the person picked; `null` follows the worker. */
  picked: null as string | null,
  /** Where a link in the preview led to. */
  link: "",
};

export const FIRST_VIEW = {
  ...RUN_VIEW,
  width: 1200,
  visible: true,
  shares: { ...SHARES },
  maximised: null as PaneName | null,
  /** The one menu or panel that is open. */
  panel: "",
  levels: null as Level[] | null,
  absolute: false,
  /** How far the log is scrolled, and how much of it fits, in pixels. */
  logTop: 0,
  /** The log's box is out of the page, which forgets how far it was scrolled. */
  logAway: false,
  logPx: 280,
  source: false,
  filling: false,
  /** Where something was copied, for as long as it says so. */
  copied: "",
  task: "",
  brand: "",
  strict: false,
  /** What the worker last said of a brand, and of which. */
  checked: null as { brand: string; report: BrandCheck } | null,
  /** The last runs, once they were asked for. */
  history: null as HistoryRow[] | null,
};

export type View = typeof FIRST_VIEW;
