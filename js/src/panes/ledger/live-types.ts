import type { Incident } from "../../kernel/wire";
import type { Child } from "../../ui/dom";
import type { RowPages } from "../row-pages";

/** What `live.js` adds to the incidents. */
export interface LedgerLive {
  /** The incidents of a stage, or of all, of which the streamed state holds only some; with the passed checks. */
  incidents(stageId: string | null): RowPages<Incident, number>;
  /** Scrolls the log to the lines of an incident. */
  showLines(incident: Incident): void;
  /** The events of an incident; those of number 0 are the checks that passed. */
  Events(incident: Pick<Incident, "number" | "events"> & Partial<Pick<Incident, "kind">>): Child;
  /** The error of showing lines in the log. */
  Failure: () => Child;
  /** What the figures mean. */
  meanings: readonly string[];
}
