// The draft in the form, compared with the run on screen. Pure.

import type { ConsoleState } from "../kernel/wire";
import { isOver } from "../state/selectors";
import type { View } from "../state/view";

type Draft = Pick<View, "task" | "brand" | "strict">;

/** Whether the next run uses strict mode: by default, like the run on screen. */
export const strictOf = ({ run }: ConsoleState, { strict }: Pick<Draft, "strict">): boolean =>
  strict ?? run?.strict_mode ?? false;

/** The step of the primary button. After a run it depends on whether the draft differs from the run. */
export function nextStep({ run, desk }: ConsoleState, draft: Draft): "run" | "stop" | "new" {
  if (!run) return "run";
  if (!isOver(run)) return "stop";
  const same =
    draft.task.trim() === (run.task ?? desk.task).trim() &&
    draft.brand === desk.brand &&
    (draft.strict ?? run.strict_mode) === (run.strict_mode ?? draft.strict) &&
    desk.worker === (run.worker ?? desk.worker);
  return same ? "new" : "run";
}
