// The view-only state: what this person chose to look at. It is never sent and never saved.

import type { ArtifactPlace, BrandCheck, HistoryRow, LedgerFilter, Level, LogSearch } from "./wire";

export type PaneName = "timeline" | "routing" | "log" | "ledger" | "artifacts";

/** Where the panes meet, as shares of the grid from its left or top, 0 to 1. */
export interface Shares {
  left: number;
  right: number;
  leftTop: number;
  centreTop: number;
}

export const SHARES: Readonly<Shares> = { left: 0.25, right: 0.67, leftTop: 0.6, centreTop: 0.6 };

/** Two artifacts side by side, the one on screen as `b`; `name` says in words which they are. */
export interface Comparison {
  a: ArtifactPlace;
  b: ArtifactPlace;
  name: string;
}

/** What means something in one run only. */
export const RUN_VIEW = {
  /** The stage everything is filtered to. */
  stage: null as string | null,
  /** The agent the log is filtered to. */
  agent: null as string | null,
  /** The chosen log rows, by index: from `anchor` to `active`. */
  active: null as number | null,
  anchor: 0,
  /** The last stage that runs, by index, as it was drawn. */
  running: -1,
  ledgerFilter: "all" as LedgerFilter,
  ledgerOpen: null as number | null,
  routingOpen: null as number | null,
  /** The artifact the person picked; `null` follows the worker. */
  picked: null as string | null,
  /** Stands in place of the artifact on screen. */
  comparison: null as Comparison | null,
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
  /** Whether log lines tell times of day, and whether they are broken to be shown whole. */
  absolute: false,
  wrap: false,
  /** What is looked for in the log. */
  query: { text: "", regex: false, case_sensitive: false } as LogSearch,
  /** The log shows only the lines that match. */
  only: false,
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
