import type { RunAxis } from "../../kernel/wire";
import type { App } from "../../state/app";
import type { Child } from "../../ui/dom";

/** The time axis of one console. */
export interface TravelCode {
  /** The row under the header. */
  Travel: () => Child;
  styles: string;
  /** Shows the whole run again. `false`: it is shown. */
  closeRange(): boolean;
}

/** What is added to the axis where a kernel answers: ranges that are shown alone, and the film strip. */
export interface AxisExtras {
  /** Takes what a person does with them on the element of the axis. */
  attach(track: HTMLElement): () => void;
  /** What is drawn of the range, in the element of the axis. */
  Band: (axis: RunAxis) => Child;
  /** How a range is selected; `""` if one is. */
  readonly tip: string;
  close(): boolean;
  /** Beside the buttons of the row. */
  Tools: () => Child;
}

/** The default export of `travel.js`. */
export type CreateTravel = (app: App) => TravelCode;
