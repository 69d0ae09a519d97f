// Facts about the streamed state that several features need. Pure.

import type { Artifact, ConsoleState, RunHeader, Stage } from "../kernel/wire";
import type { Draft } from "./view";

export const isOver = (run: RunHeader): boolean => /[lt]ed$/.test(run.status);

/** The run on screen, and the moment of it. */
type Shown = Pick<ConsoleState, "run" | "past" | "link">;

/** A run in progress, which Stop can cancel, whichever moment of it is shown. */
export const isActive = ({ run, past }: Pick<Shown, "run" | "past">): boolean =>
  run !== null && !(past?.over ?? isOver(run));

/** The draft alone, without what is beside it. */
export const draftOf = ({ task, brand, strict_mode, depth, budget, options }: Draft): Draft => ({
  task,
  brand,
  strict_mode,
  depth,
  budget,
  options,
});

/** At the moment that is shown the run is in progress; what is at work then is so until that moment. */
export const isRunning = ({ run, past, link }: Shown): boolean =>
  run !== null && !isOver(run) && (past !== null || !(run.recording || /idle|ended/.test(link.phase)));

/** An earlier moment is shown and stays: whatever is requested is of this moment. */
export const isStill = ({ past }: Pick<Shown, "past">): boolean => past !== null && past.speed === null;

/** The run is in progress, and the kernel is connected to it or reconnecting: its time counts. */
export const isTicking = (state: Shown): boolean => !state.past && isRunning(state);

/** Beyond every position. */
const LAST = 1e9;

/**
 * The artifact on screen: the picked artifact, if it exists; otherwise the artifact that the worker changed
 * last, and after the run its page, if it has one, else its last document: JSON only if there is no other.
 */
export function shownArtifact(
  artifacts: readonly Artifact[],
  picked: string | null,
  over: boolean,
): Artifact | null {
  const chosen = artifacts.find((artifact) => artifact.file === picked);
  if (chosen) return chosen;
  const rank = ({ kind, has_content, position }: Artifact): number =>
    (over && (kind === "html" ? has_content && LAST : kind === "json" && position - LAST)) || position;
  return [...artifacts].sort((a, b) => rank(b) - rank(a))[0] ?? null;
}

/** The artifact can still grow. */
export const isGrowing = (run: RunHeader | null, artifact: Artifact): boolean =>
  artifact.status === "assembling" && !(run && isOver(run));

/** The rows of a stage and of the stages inside it; all rows for `null`. */
export function ofStage<Row extends { stage_id: string | null }>(
  rows: readonly Row[],
  stageId: string | null,
  stages: readonly Stage[],
): readonly Row[] {
  if (stageId === null) return rows;
  const inside = new Set<string | null>([stageId]);
  for (const { stage_id, parent_id } of stages) if (inside.has(parent_id)) inside.add(stage_id);
  return rows.filter((row) => inside.has(row.stage_id));
}
