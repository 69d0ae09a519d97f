// The draft in the form, compared with the run on screen. Pure.

import type { ConsoleState } from "../kernel/wire";
import { isOver } from "../state/selectors";
import type { View } from "../state/view";
import { chosenOptions } from "./option-values";

type Draft = Pick<View, "task" | "brand" | "strict" | "options">;

/** Whether the next run uses strict mode: by default, like the run on screen. */
export const strictOf = ({ run }: ConsoleState, { strict }: Pick<Draft, "strict">): boolean =>
  strict ?? run?.strict_mode ?? false;

/** The step of the primary button. After a run it depends on whether the draft differs from the run. */
export function nextStep({ run, form }: ConsoleState, draft: Draft): "run" | "stop" | "new" {
  if (!run) return "run";
  if (!isOver(run)) return "stop";
  const declared = form.workers.find(({ id }) => id === form.worker)?.options ?? [];
  const options = (values: Draft["options"]) => JSON.stringify(chosenOptions(declared, values));
  const same =
    draft.task.trim() === (run.task ?? form.task).trim() &&
    draft.brand === form.brand &&
    options(draft.options) === options(form.options) &&
    (draft.strict ?? run.strict_mode) === (run.strict_mode ?? draft.strict) &&
    form.worker === (run.worker ?? form.worker);
  return same ? "new" : "run";
}
