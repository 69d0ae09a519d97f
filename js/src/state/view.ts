// The view-only state: what this person chose to look at. It is never sent and never saved.

import type { ArtifactPlace, BrandCheck, HistoryRow, LedgerFilter, Level, LogSearch } from "../kernel/wire";

export type PaneName = "timeline" | "routing" | "log" | "ledger" | "artifacts";

/** How many columns there are: three, two with the artifacts below them, or one. */
export type Columns = 1 | 2 | 3;

export const columnsOf = (width: number): Columns => (width >= 900 ? 3 : width >= 600 ? 2 : 1);

/** What the layouts with one, two and three columns need to be useful, in pixels. */
const LEAST_HEIGHT = [2000, 1100, 400];

/** How high a console is that is to have `height` pixels. */
export const heightOf = (columns: Columns, height: number): number =>
  Math.max(height, LEAST_HEIGHT[columns - 1] as number);

/** What is divided: the console, and the panes in its left and its centre column. */
export type Group = "columns" | "rows" | "left" | "centre";

/** Where the parts of each group meet: ascending shares of it, from its left or top, 0 to 1. */
export type Shares = { [Name in Group]?: number[] };

/** The shares of each layout, until one moves them. */
export const SHARES: Record<Columns, Shares> = {
  1: { rows: [0.18, 0.31, 0.5, 0.64] },
  2: { columns: [0.43], rows: [0.5], left: [0.68], centre: [0.62] },
  3: { columns: [0.25, 0.67], left: [0.6], centre: [0.6] },
};

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
  shares: SHARES,
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
  strict: null as boolean | null,
  /** What the worker last said of a brand, and of which. */
  checked: null as { brand: string; report: BrandCheck } | null,
  /** The last runs, once they were asked for. */
  history: null as HistoryRow[] | null,
};

export type View = typeof FIRST_VIEW;
