import type { LedgerFilter, LedgerRow } from "../../kernel/wire";
import type { RowPages } from "../row-pages";

/** What `live.js` adds to the ledger. */
export interface LedgerLive {
  /** The rows of a stage, or of all, under a filter, of which the streamed state holds only the newest. */
  pages(stageId: string | null, kind: LedgerFilter): RowPages<LedgerRow, Record<LedgerFilter, number>>;
}
