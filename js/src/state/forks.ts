// What the worker of the run on screen offers for it. Pure.

import type { ConsoleState, RunHeader, Stage } from "../kernel/wire";
import { isOver } from "./selectors";
import type { Fork } from "./view";

export type Capability = "fork" | "retry" | "pause";

/** The worker of the run on screen offers it. */
export const offers = ({ form, run }: Pick<ConsoleState, "form" | "run">, capability: Capability): boolean =>
  !!form.workers.find(({ id }) => id === (run?.worker ?? form.worker))?.capabilities.includes(capability);

/** The stages of the plan: a run can begin with any of them. */
const planned = (stages: readonly Stage[]): readonly Stage[] =>
  stages.filter(({ parent_id }) => parent_id === null);

const isComplete = ({ status }: Stage): boolean => /^(completed|recovered)$/.test(status);

/** The stage with which a run that did not complete can go on; `null` if that is its first or there is none. */
export function stageToRetry(state: Pick<ConsoleState, "form" | "run" | "stages" | "past">): Stage | null {
  const { run, stages, past } = state;
  if (!run || past || !/^(failed|cancelled)$/.test(run.status) || !offers(state, "retry")) return null;
  const [first, ...others] = planned(stages);
  if (!first || !isComplete(first)) return null;
  return others.find((stage) => !isComplete(stage)) ?? null;
}

/** Why no run can begin with this stage, `""` if one can, and `null` if that is not offered at all. */
export function forkBlocked(
  state: Pick<ConsoleState, "form" | "run" | "stages" | "past">,
  { stage_id, parent_id }: Stage,
): string | null {
  const { run, stages, past } = state;
  if (!run || past || parent_id !== null || !offers(state, "fork")) return null;
  if (!isOver(run)) return "The run has not ended yet";
  const all = planned(stages);
  const at = all.findIndex((stage) => stage.stage_id === stage_id);
  if (at < 0) return null;
  const open = all.slice(0, at).find((stage) => !isComplete(stage));
  return open ? `${open.name} is not complete, so it cannot be taken over` : "";
}

/** The fork that is being prepared of the run on screen, with the worker of the run. */
export const preparedFork = (
  { form, run }: Pick<ConsoleState, "form" | "run">,
  fork: Fork | null | undefined,
): Fork | null =>
  fork && run?.run_id === fork.run_id && form.worker === (run.worker ?? form.worker) ? fork : null;

/** The words about where a run is from: "Fork of run 3d303d0d", or `""`. */
export const originOf = ({ parent_run_id, replay_of, from_stage }: RunHeader): string =>
  !parent_run_id || replay_of ? "" : `${from_stage ? "Fork" : "Retry"} of run ${parent_run_id.slice(0, 8)}`;
