// What `pages.js`, `extras.js` and `travel.js` take from `live.js` instead of carrying a copy. `bundling.mjs` reads this file.

import { joined, kindOfRun } from "../state/run-kind";
import { isActive } from "../state/selectors";
import { Failure } from "../ui/failure";
import { takeFocus } from "../ui/focus";
import { ago, dateTime } from "../ui/format";
import { PLAY } from "../ui/icons";
import { createVirtualList } from "../ui/list/virtual";
import { saveFile } from "../ui/page";
import { RetryFailure } from "../ui/retry-failure";
import { brandOf, isObject } from "./brand/json";
import { fieldPath } from "./brand/problems";
import { BusyKernel } from "./busy-kernel";
import { declaredOptions, workerName } from "./draft";
import { ThemeButton } from "./menus";
import { chosenOptions } from "./option-values";
import { RUN_OPTIONS } from "./run-options";
import { availabilityOf } from "./worker";

/** Without names, which would be longer than the list. */
export const LIVE_SHARED = [
  BusyKernel,
  Failure,
  PLAY,
  RUN_OPTIONS,
  RetryFailure,
  ThemeButton,
  ago,
  availabilityOf,
  brandOf,
  chosenOptions,
  createVirtualList,
  dateTime,
  declaredOptions,
  fieldPath,
  isActive,
  isObject,
  joined,
  kindOfRun,
  saveFile,
  takeFocus,
  workerName,
] as const;
