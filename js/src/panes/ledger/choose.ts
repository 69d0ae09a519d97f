import type { Incident } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { inOrder, type MarkedLines } from "../../state/incidents";
import { ofStage } from "../../state/selectors";

export type ShowInLog = ((lines: MarkedLines) => Promise<void>) | undefined;
type Stores = Uses<"run" | "view" | "lists" | "operations">;

/** Unfolds an incident and marks its log lines; with a kernel the log is scrolled there. */
export function chooseIncident({ view, operations }: Stores, incident: Incident, show: ShowInLog): void {
  const { number, position, last, stage_id } = incident;
  const marked = { first: position, last, stage_id };
  view.set({ incident: number, marked });
  operations.attempt("ledger.log", async () => show?.(marked));
}

/** Brings an incident into view wherever it is, and chooses it. */
export function revealIncident(app: Stores, number: number, show: ShowInLog): void {
  const { view, lists, run } = app;
  const incident = run.state.incidents.rows.find((row) => row.number === number);
  if (!incident) return;
  const stage = view.stage === incident.stage_id ? view.stage : null;
  const { maximised } = view;
  view.set({ stage, maximised: maximised === "ledger" || maximised === "log" ? maximised : null });
  lists.ledger.show(inOrder(ofStage(run.state.incidents.rows, stage)).indexOf(incident));
  chooseIncident(app, incident, show);
}
