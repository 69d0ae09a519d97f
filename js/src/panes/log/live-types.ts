import type { MarkedLines } from "../../state/incidents";
import type { Child } from "../../ui/dom";
import type { Html } from "../../ui/jsx";

/** What `live.js` adds to the log: search, navigation, loading of rows, copying. */
export interface LogLive {
  /** Beside the levels: the agent that the log is filtered to. */
  AgentChip: () => Child;
  /** In the title bar. */
  Tools: () => Child;
  /** Under the title bar: errors, and the search while it is open. */
  SearchBar: () => Child;
  /** Under the list: the way back to its end, and the chosen line. */
  Details: () => Child;
  /** Makes the list a grid with keyboard navigation. */
  gridProps(): Html<HTMLDivElement>;
  isChosen(index: number): boolean;
  /** Requests the rows on screen that are not loaded. */
  fetchVisible(): void;
  /** Chooses the line of this index and brings it into view; with `extend`, all lines up to it. */
  choose(index: number, extend?: boolean): void;
  /** Removes the filters, marks lines of a stage, and chooses the first; without any, the nearest. */
  showLines(lines: MarkedLines): Promise<void>;
  /** Searches for a text among the lines of all levels, and goes to its first match. */
  search(text: string): void;
}
