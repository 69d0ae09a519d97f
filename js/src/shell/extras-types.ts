import type { Uses } from "../state/app";
import type { Child } from "../ui/dom";

/** The default export of `extras.js`. */
export interface Extras {
  /** The items of the export menu. */
  ExportItems: (props: { app: Uses<"run" | "view" | "operations"> }) => Child;
  /** The keys of the console, and what happens when a long run ends. */
  KeySheet: (props: { app: Uses<"view" | "appearance"> }) => Child;
  /** Reports the end of a long run, as far as the person has chosen that. */
  announce: (
    view: Pick<Uses<"view">["view"], "endSound" | "endNotice">,
    ended: string,
    tookMs: number,
    task: string | null | undefined,
  ) => void;
  styles: string;
}
