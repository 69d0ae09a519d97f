// The draft in the form, compared with the run on screen. Pure.

import type { ConsoleState, WorkerOption } from "../kernel/wire";
import { displayName } from "../state/names";
import { isOver } from "../state/selectors";
import type { Draft } from "../state/view";
import { chosenOptions } from "./option-values";

/** The options of the form's worker. */
export const declaredOptions = ({ workers, worker }: ConsoleState["form"]): readonly WorkerOption[] =>
  workers.find(({ id }) => id === worker)?.options ?? [];

/** The name of the form's worker. */
export const workerName = ({ workers, worker }: ConsoleState["form"]): string =>
  workers.find(({ id }) => id === worker)?.name || displayName(worker);

/** The step of the primary button. After a run it depends on whether the draft differs from the run. */
export function nextStep({ run, form }: ConsoleState, draft: Draft): "run" | "stop" | "new" {
  if (!run) return "run";
  if (!isOver(run)) return "stop";
  const keyOf = ({ task, brand, strict_mode, depth, budget, options }: Draft) =>
    JSON.stringify([
      task.trim(),
      brand,
      strict_mode,
      depth,
      budget,
      chosenOptions(declaredOptions(form), options),
    ]);
  // The form has the request of the run on screen.
  const same = keyOf(draft) === keyOf(form) && form.worker === (run.worker ?? form.worker);
  return same ? "new" : "run";
}
