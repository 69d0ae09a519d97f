// The desk, as the console sees it: what one handles, apart from the run that one sees.

import type { LedgerFilter, LedgerRow, RoutingRow } from "../kernel/wire";
import type { Earlier } from "../panes/row-pages";
import type { App } from "../state/app";
import type { Child } from "../ui/dom";

/** What is explained to who rests the pointer on it. */
export type Meanings = Record<"Complexity" | "Drift" | "Artifacts" | "Confidence", string>;

export interface DeskPart {
  /** Worker, task, brand, and the one button for what comes next. */
  Form: (props: { app: App }) => Child;
  /** Replay, history, export and theme. */
  Menus: (props: { app: App }) => Child;
  /** Why the run stands as it does. */
  Reason: (props: { app: App; tone: string; text: string }) => Child;
  /** What the run on screen was asked for, where the form says something else by now. */
  Asked: (props: { app: App }) => Child;
  /** Tries again what stands in the way of everything. */
  Retry: (props: { app: App }) => Child;
  /** What went wrong with what was asked for at a place. */
  Failure: (props: { app: App; at: string }) => Child;
  /** The bars that move where the panes meet. */
  Splitters: (props: { app: App }) => Child;
  MEANINGS: Meanings;
  /** Keeps the stage that runs in view: the one at this index, or -1. */
  follow: (app: App, running: number) => void;
  /** Rows that the run's state no longer holds. */
  earlierRouting: (app: App, stage_id: string | null) => Earlier<RoutingRow>;
  earlierLedger: (app: App, stage_id: string | null, kind: LedgerFilter) => Earlier<LedgerRow>;
  styles: string;
}
