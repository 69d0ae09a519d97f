import type { RoutingRow } from "../../kernel/wire";
import type { RowPages } from "../row-pages";

/** What the figures mean. */
export type Meanings = Record<"Complexity" | "Drift" | "Artifacts" | "Confidence", string>;

/** What `live.js` adds to the routing pane. */
export interface RoutingLive {
  meanings: Meanings;
  /** A decision in sentences. */
  explain(row: RoutingRow): string;
  /** The decisions of a stage, or of all, of which the streamed state holds only the newest. */
  pages(stageId: string | null): RowPages<RoutingRow, undefined>;
}
