// A routing decision in sentences. Pure.

import type { RoutingRow } from "../../kernel/wire";
import { percent } from "../../ui/format";
import { type Candidate, candidatesOf } from "./candidates";
import { MEANINGS } from "./meanings";

/**
 * The lead of the chosen agent over the next: "12 points ahead of Researcher". A candidate with a higher score
 * was excluded for its reason, so it is not the next. `""` without scores.
 */
export function leadOf([winner, ...others]: readonly Candidate[]): string {
  const own = winner?.score;
  if (own == null) return "";
  const next = others.find(({ score }) => score !== null && score <= own);
  if (!next) return others.length ? "" : "the only candidate";
  const points = Math.round(own * 100) - Math.round((next.score as number) * 100);
  return points
    ? `${points} point${points === 1 ? "" : "s"} ahead of ${next.agent}`
    : `level with ${next.agent}`;
}

/** What confidence and complexity of a decision are, and what they mean. */
export function explanationOf(row: RoutingRow): string {
  const { confidence, complexity, source } = row;
  const lead = leadOf(candidatesOf(row));
  return [
    confidence !== null && `Confidence ${percent(confidence)}${lead && `: ${lead}`}. ${MEANINGS.Confidence}`,
    complexity !== null && `Complexity ${percent(complexity)}. ${MEANINGS.Complexity}`,
    source && `Routing source: ${source}.`,
  ]
    .filter(Boolean)
    .join(" ");
}
