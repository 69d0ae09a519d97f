import type { Child } from "../../ui/dom";
import type { Html } from "../../ui/jsx";
import type { Bar } from "./axis";
import type { TreeRows } from "./tree";

/** What `live.js` adds to the timeline. */
export interface TimelineLive {
  /** The rows of all stages; those on screen that the state does not hold are requested. */
  rows(): TreeRows;
  /** The tree was drawn: the running stage stays in view. */
  drawn(): void;
  treeProps(): Html<HTMLDivElement>;
  rowProps(index: number): Html<HTMLDivElement>;
  /** How fast it progresses, such as " · 12/s". */
  rate(bar: Bar): string;
  /** Its progress as a bar. */
  Progress(bar: Bar): Child;
  /** Under the tree: how many stages are to come, and the chosen stage. */
  Below(): Child;
}
