// What `live.js` takes from `widget.js` instead of carrying a copy. `bundling.mjs` reads this file.

import { lineLayout } from "../panes/log/layout";
import { StyledText } from "../panes/log/styled-text";
import { columnPx, columnsOf, defaultShares, heightOf, sharesOf } from "../state/layout";
import { agentName, displayName, shortStageName, stageName } from "../state/names";
import { draftOf, isActive, isGrowing, isOver, isTicking, ofStage } from "../state/selectors";
import { Button, Chips } from "../ui/button";
import { Fragment, jsx } from "../ui/dom";
import { Failure } from "../ui/failure";
import { restoreFocus } from "../ui/focus";
import { clockTime, compact, count, duration, percent, plural, seconds } from "../ui/format";
import { Icon, kindIcon, Mark } from "../ui/icons";
import { createList, Rows } from "../ui/list/list";
import { RequestFacts } from "./request";

/** Without names, which would be longer than the list. */
export const SHARED = [
  Button,
  Chips,
  Failure,
  Fragment,
  Icon,
  Mark,
  RequestFacts,
  Rows,
  StyledText,
  agentName,
  clockTime,
  columnPx,
  columnsOf,
  compact,
  count,
  createList,
  defaultShares,
  displayName,
  draftOf,
  duration,
  heightOf,
  isActive,
  isGrowing,
  isOver,
  isTicking,
  jsx,
  kindIcon,
  lineLayout,
  ofStage,
  percent,
  plural,
  restoreFocus,
  seconds,
  sharesOf,
  shortStageName,
  stageName,
] as const;
