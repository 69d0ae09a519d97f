// Incidents: their order, the parts of their titles, and the log lines that belong to them. Pure.

import type { Incident, Stage } from "../kernel/wire";
import { stageName } from "./names";

/** A problem that remains: not recovered, still open, or an error that was only reported. */
export const isUnrecovered = ({ kind, outcome, severity }: Incident): boolean =>
  kind !== "replay" &&
  (outcome === "open" || outcome === "not_recovered" || (outcome === "reported" && severity === "error"));

/** Problems that remain come first; of these and of the others the newest comes first. */
export const inOrder = (incidents: readonly Incident[]): Incident[] =>
  [...incidents].sort((a, b) => Number(isUnrecovered(b)) - Number(isUnrecovered(a)) || b.number - a.number);

/** At most `most` incidents: the oldest that are no problem any more are left out first. */
export function newestIncidents(incidents: Incident[], most: number): Incident[] {
  const rows = incidents.sort((a, b) => a.number - b.number);
  while (rows.length > most) {
    const done = rows.findIndex((row) => !isUnrecovered(row));
    rows.splice(Math.max(done, 0), 1);
  }
  return rows;
}

/** The outcomes in words. */
export const OUTCOMES = {
  open: "still open",
  recovered: "recovered",
  not_recovered: "not recovered",
  reported: "reported only",
  passed: "identical",
};

/**
 * The beginning of the title of an incident, and what was found, tried and reached. `reason` is shown elsewhere
 * already. The same rule as in Python, which has no such place: state/incident_title.py.
 */
export function titleOf(
  { kind, outcome, stage_id, found, tried }: Incident,
  stages: readonly Stage[],
  reason: string | null | undefined,
): [beginning: string, parts: string[]] {
  if (kind === "replay" || outcome === "passed") return ["", [found]];
  const repeated = reason?.replace(/\s+/g, " ").startsWith(found.replace(/…$/, ""));
  const who = stage_id === null ? "The run" : stageName(stages, stage_id);
  if (kind === "failure" && outcome === "not_recovered" && !tried[0])
    return repeated ? [`${who} failed`, []] : [`${who} failed: `, [found]];
  return [`${who}: `, [repeated ? "failed" : found, ...tried, OUTCOMES[outcome]]];
}

/** A location in words: "brand.pain_points[0]" becomes "pain points 1 of the brand". */
export const placeWords = (location: string): string =>
  location
    .replace(/^(.+?)\.(.+)/, "$2 of the $1")
    .replace(/[_.]/g, " ")
    .replace(/\[(\d+)\]/g, (_, index) => ` ${+index + 1}`);

/** The log lines of one stage, or of all, between two positions. */
export interface MarkedLines {
  first: number;
  last: number;
  stage_id: string | null;
}

export const linesOf = ({ position: first, last, stage_id }: Incident): MarkedLines => ({
  first,
  last,
  stage_id,
});

export const isMarked = (
  marked: MarkedLines | null,
  row: { position: number; stage_id: string | null } | undefined,
): boolean =>
  marked !== null &&
  row !== undefined &&
  row.position >= marked.first &&
  row.position <= marked.last &&
  (marked.stage_id === null || row.stage_id === marked.stage_id);
