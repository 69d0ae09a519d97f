// The search, as the console sees it: ways through the log, which only a kernel can show.

import type { App } from "../../state/app";
import type { LogRows } from "../../state/log-rows";
import type { Child } from "../../ui/dom";

/** One console's. */
export interface Search {
  /** Beside the levels: the agent that the log is narrowed to. */
  Chip: () => Child;
  /** In the log's title bar: search, filters, going somewhere, copying. */
  Tools: () => Child;
  /** Under the title bar: the search, while it is open. */
  Bar: () => Child;
  /** Under the list: the way back to its end, and the whole of the chosen line. */
  Under: () => Child;
  /** What makes the list of lines one that is gone through by keys. */
  grid(): { onkeydown: (event: KeyboardEvent) => void; [attribute: `aria-${string}`]: unknown };
  isChosen(index: number): boolean;
  /** Soon asks for the rows that are to be drawn and not at hand. */
  look(): void;
  /** Chooses a line by its index, or up to it, and brings it into view. */
  choose(index: number, extend?: boolean): void;
  /** Chooses the line at or after a position, showing what filters hid. */
  locate(position: number): Promise<void>;
  /** Another filter was set than of the rows before: keeps what one reads, or chose, where it is. */
  stay(before: LogRows, active: number | null): void;
}

export interface SearchPart {
  createSearch: (app: App) => Search;
  styles: string;
}
