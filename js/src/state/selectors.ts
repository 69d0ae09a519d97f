// Facts about the streamed state that several features need. Pure.

import type { Artifact, Link, RunHeader } from "../kernel/wire";
import type { Draft } from "./view";

export const isOver = (run: RunHeader): boolean => /^(completed|failed|cancelled)$/.test(run.status);

/** A run in progress, which Stop can cancel. */
export const isActive = (run: RunHeader | null): run is RunHeader => run !== null && !isOver(run);

/** The draft alone, without what is beside it. */
export const draftOf = ({ task, brand, strict_mode, depth, budget, options }: Draft): Draft => ({
  task,
  brand,
  strict_mode,
  depth,
  budget,
  options,
});

/** The run is in progress, and the kernel is connected to it or reconnecting: its time counts. */
export const isTicking = (run: RunHeader | null, link: Link): boolean =>
  isActive(run) && !run.recording && link.phase !== "idle" && link.phase !== "ended";

/**
 * The artifact on screen: the picked artifact, if it exists; otherwise the artifact that the worker changed
 * last, and after the run its page, if it has one.
 */
export function shownArtifact(
  artifacts: readonly Artifact[],
  picked: string | null,
  over: boolean,
): Artifact | null {
  const chosen = artifacts.find((artifact) => artifact.file === picked);
  if (chosen) return chosen;
  const page = over && artifacts.find((artifact) => artifact.kind === "html" && artifact.has_content);
  if (page) return page;
  return artifacts.reduce<Artifact | null>(
    (latest, artifact) => (latest && latest.position >= artifact.position ? latest : artifact),
    null,
  );
}

/** The artifact can still grow. */
export const isGrowing = (run: RunHeader | null, artifact: Artifact): boolean =>
  artifact.status === "assembling" && !(run && isOver(run));

export const ofStage = <Row extends { stage_id: string | null }>(
  rows: readonly Row[],
  stageId: string | null,
) => rows.filter((row) => stageId === null || row.stage_id === stageId);
