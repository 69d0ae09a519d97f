// The draft in the form, compared with the run on screen. Pure.

import type { ConsoleState, WorkerOption } from "../kernel/wire";
import { preparedFork } from "../state/forks";
import { displayName } from "../state/names";
import { isActive } from "../state/selectors";
import type { Draft, View } from "../state/view";
import { chosenOptions } from "./option-values";

/** The options of the form's worker. */
export const declaredOptions = ({ workers, worker }: ConsoleState["form"]): readonly WorkerOption[] =>
  workers.find(({ id }) => id === worker)?.options ?? [];

/** The name of the form's worker. */
export const workerName = ({ workers, worker }: ConsoleState["form"]): string =>
  workers.find(({ id }) => id === worker)?.name || displayName(worker);

/**
 * The step of the primary button. After a run it depends on whether a fork is prepared, and on whether the draft
 * differs from the run.
 */
export function nextStep(
  state: ConsoleState,
  draft: Draft & Pick<View, "fork">,
): "run" | "stop" | "new" | "fork" {
  const { run, form } = state;
  if (!run) return "run";
  if (isActive(state)) return "stop";
  if (preparedFork(state, draft.fork)) return "fork";
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
