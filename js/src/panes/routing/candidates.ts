// The candidates of a routing decision. Pure.

import type { RoutingRow } from "../../kernel/wire";
import { agentName } from "../../state/names";

export interface Candidate {
  /** The display name. */
  agent: string;
  score: number | null;
  reason: string | null;
  /** It was chosen. */
  won: boolean;
}

/** The candidates: the chosen agent, then the others, the highest score first. */
export function candidatesOf({ agent, score, reason, alternatives }: RoutingRow): Candidate[] {
  const others = alternatives.map((other) => ({ ...other, agent: agentName(other.agent), won: false }));
  others.sort((a, b) => (b.score ?? -1) - (a.score ?? -1));
  return [{ agent: agentName(agent) || "No agent named", score, reason, won: true }, ...others];
}

export const hasScores = (candidates: readonly Candidate[]): boolean =>
  candidates.some(({ score }) => score !== null);
