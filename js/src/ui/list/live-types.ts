// What draws long lists, as the console sees it. A saved run has none.

import type { List } from "./list";

export interface ListsPart {
  /** Draws a list by what is on screen, from now on. */
  drive: (list: List) => void;
  styles: string;
}
