// The desk, as the console sees it: what one handles, apart from the run that one sees.

import type { App } from "../app";
import type { Child } from "../ui/dom";
import type { LedgerFilter, LedgerRow, RoutingRow } from "../wire";
import type { Earlier } from "./earlier";

export interface DeskPart {
  /** Worker, task, brand, and the one button for what comes next. */
  Form: (props: { app: App }) => Child;
  /** Replay, history, export and theme. */
  Menus: (props: { app: App }) => Child;
  /** The bars that move where the panes meet. */
  Splitters: (props: { app: App }) => Child;
  /** Rows that the run's state no longer holds. */
  earlierRouting: (app: App, stage_id: string | null) => Earlier<RoutingRow>;
  earlierLedger: (app: App, stage_id: string | null, kind: LedgerFilter) => Earlier<LedgerRow>;
  styles: string;
}
