import type { Incident, LedgerRow } from "../../kernel/wire";
import type { RowPages } from "../row-pages";

/** What `live.js` adds to the incidents. */
export interface LedgerLive {
  /** The incidents of a stage, or of all, of which the streamed state holds only some; with the passed checks. */
  incidents(stageId: string | null): RowPages<Incident, number>;
  /** The events of an incident; number 0 stands for the passed checks of a stage, or of all. */
  events(incident: number, stageId: string | null): RowPages<LedgerRow, undefined>;
}
