import type { Uses } from "../../state/app";
import { inOrder, linesOf, type MarkedLines } from "../../state/incidents";
import { ofStage } from "../../state/selectors";

export type ShowInLog = (lines: MarkedLines) => Promise<void>;

/** Brings an incident into view wherever it is, chooses it, and shows its log lines. */
export function revealIncident(
  { view, lists, run, operations }: Uses<"run" | "view" | "lists" | "operations">,
  number: number,
  show: ShowInLog,
): void {
  const { rows } = run.state.incidents;
  const incident = rows.find((row) => row.number === number);
  if (!incident) return;
  const stage = view.stage === incident.stage_id ? view.stage : null;
  view.set({ stage, maximised: null, incident: number });
  lists.ledger.show(inOrder(ofStage(rows, stage, run.state.stages)).indexOf(incident));
  operations.attempt("ledger.log", () => show(linesOf(incident)));
}
