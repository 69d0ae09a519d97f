// What the form says, beside what the run on screen was asked for. Pure.

import type { ConsoleState } from "../kernel/wire";
import { isOver } from "../state/selectors";
import type { View } from "../state/view";

type Form = Pick<View, "task" | "brand" | "strict">;

/** Whether the next run stops at the first violation: until one chooses, as the run on screen did. */
export const strictOf = ({ run }: ConsoleState, { strict }: Pick<Form, "strict">): boolean =>
  strict ?? run?.strict_mode ?? false;

/** What the next press does. Once a run is over, that depends on whether the form asks for another one. */
export function nextStep({ run, desk }: ConsoleState, form: Form): "run" | "stop" | "new" {
  if (!run) return "run";
  if (!isOver(run)) return "stop";
  const same =
    form.task.trim() === (run.task ?? desk.task).trim() &&
    form.brand === desk.brand &&
    (form.strict ?? run.strict_mode) === (run.strict_mode ?? form.strict) &&
    desk.worker === (run.worker ?? desk.worker);
  return same ? "new" : "run";
}
