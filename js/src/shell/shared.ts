// What `live.js` takes from `widget.js` instead of carrying a copy. `bundling.mjs` reads this file.

import { createPreview } from "../panes/artifacts/preview/frame";
import { lineLayout } from "../panes/log/layout";
import { StyledText } from "../panes/log/styled-text";
import { candidatesOf } from "../panes/routing/candidates";
import { isOpen } from "../panes/timeline/tree";
import { codePoints } from "../state/artifact-text";
import { inOrder, linesOf } from "../state/incidents";
import { columnPx, columnsOf, defaultShares, heightOf, sharesOf } from "../state/layout";
import { LEVELS, piecesOf, SHOWN_LEVELS } from "../state/log-rows";
import { agentName, displayName, shortStageName, stageName } from "../state/names";
import { draftOf, isGrowing, isOver, isRunning, isTicking, ofStage } from "../state/selectors";
import { Button, Chips } from "../ui/button";
import { h } from "../ui/classic";
import { Fragment } from "../ui/dom";
import { Facts } from "../ui/facts";
import { restoreFocus, revealInList } from "../ui/focus";
import { clockTime, compact, count, duration, inWords, offset, percent, plural, seconds } from "../ui/format";
import {
  CHECK,
  CROSS,
  DOWN,
  Icon,
  INFO,
  iconStyle,
  kindIcon,
  Mark,
  REFRESH,
  RIGHT,
  TIME,
  WARNING,
} from "../ui/icons";
import { createList, Rows } from "../ui/list/list";
import { lookUp } from "../ui/look-up";
import { RequestFacts } from "./request";

/** Without names, which would be longer than the list. */
export const SHARED = [
  Button,
  CHECK,
  CROSS,
  Chips,
  DOWN,
  Facts,
  Fragment,
  INFO,
  Icon,
  LEVELS,
  Mark,
  REFRESH,
  RIGHT,
  RequestFacts,
  Rows,
  SHOWN_LEVELS,
  StyledText,
  TIME,
  WARNING,
  agentName,
  candidatesOf,
  clockTime,
  codePoints,
  columnPx,
  columnsOf,
  compact,
  count,
  createList,
  createPreview,
  defaultShares,
  displayName,
  draftOf,
  duration,
  h,
  heightOf,
  iconStyle,
  inOrder,
  inWords,
  isGrowing,
  isOpen,
  isOver,
  isRunning,
  isTicking,
  kindIcon,
  lineLayout,
  linesOf,
  lookUp,
  ofStage,
  offset,
  percent,
  piecesOf,
  plural,
  restoreFocus,
  revealInList,
  seconds,
  sharesOf,
  shortStageName,
  stageName,
] as const;
