// The columns of a log line: whether it is wrapped, and where its stage is named. Pure.

import { columnPx, columnsOf, type Divided } from "../../state/layout";
import type { View } from "../../state/view";

/** The mean width of a character of a message, in a wide font. */
const CHAR_PX = 6.3;
/** Time, spaces and scroll bar; what a time of day takes more; a column of short names of stages, and of whole names. */
const BESIDE_PX = 74;
const OF_DAY_PX = 40;
const SHORT_PX = 70;
const WHOLE_PX = 144;
/** The tag of a warning. Three columns have no room for it beside the artifacts. */
const LEVEL_PX = 54;
/** A line shows so many characters of its message, or it is wrapped. */
const CHARS = 60;

export interface LineLayout {
  wrap: boolean;
  /** Where the stage is named: not at all, in front of the text, or in a column of short or of whole names. */
  stage: "none" | "inline" | "short" | "whole";
}

export type LogView = Divided & Pick<View, "maximised" | "absolute" | "wrap" | "stage">;

export function lineLayout(view: LogView): LineLayout {
  const panePx = view.maximised ? view.width : columnPx(view, 1);
  const messagePx = panePx - BESIDE_PX - (view.absolute ? OF_DAY_PX : 0);
  const fits = (stagePx: number) => messagePx - stagePx >= CHARS * CHAR_PX;
  const whole = fits(WHOLE_PX);
  const levelPx = columnsOf(view.width) < 3 ? LEVEL_PX : 0;
  const wrap = view.wrap ?? !fits(levelPx + (view.stage === null ? SHORT_PX : 0));
  return { wrap, stage: view.stage !== null ? "none" : whole ? "whole" : wrap ? "inline" : "short" };
}
