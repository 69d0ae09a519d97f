// Under the header: why the run failed and where, and what a reader of its result must know.

import { revealIncident, type ShowInLog } from "../panes/ledger/choose";
import type { Uses } from "../state/app";
import { Button } from "../ui/button";
import { plural } from "../ui/format";
import { BRAND, Icon, WARNING } from "../ui/icons";

type Stores = Uses<"run" | "view" | "lists" | "operations">;

interface Props {
  app: Stores;
  showInLog: ShowInLog;
  /** With a kernel the brand can be opened. */
  live: boolean;
}

/** Goes to the incident of the verdict, or to the last log line. */
export function showPlace(app: Stores, showInLog: ShowInLog): void {
  const { run } = app.run.state;
  const incident = run?.verdict?.incident ?? null;
  const end = run?.counts.events ?? 0;
  if (incident !== null) revealIncident(app, incident, showInLog);
  else
    app.operations.attempt("ledger.log", async () => showInLog?.({ first: end, last: end, stage_id: null }));
}

/** The reason of a failure. */
export function Reason({ app, showInLog, live }: Props) {
  const { run } = app.run.state;
  if (run?.status !== "failed" || !run.verdict?.reason) return null;
  const { reason, incident, location } = run.verdict;
  return (
    <div class="strip row error" role="status">
      <Icon d={WARNING} />
      <span class="grow reading">{reason}</span>
      {(incident !== null || showInLog) && (
        <Button
          class="link"
          text="Show the place"
          tip="Show the incident and its log lines"
          onclick={() => showPlace(app, showInLog)}
        />
      )}
      {live && location && (
        <Button
          class="link row"
          icon={BRAND}
          text="Open the brand"
          tip={`Open the brand at ${location}`}
          onclick={() => app.view.set({ panel: "brand", brandField: location })}
        />
      )}
    </div>
  );
}

/** The warnings about the result: the first, and the others and the reasons folded. */
export function Warnings({ app }: { app: Uses<"run" | "view"> }) {
  const { warnings, understanding } = app.run.state;
  const [first, ...others] = warnings;
  const { warningsOpen } = app.view;
  if (!first) return null;
  const why = first.code === "task_not_understood" ? (understanding?.reasons ?? []) : [];
  const more = [...why, ...others.map(({ message }) => message)];
  return (
    <div class="strip row warning" role="status">
      <Icon d={WARNING} />
      <div class="grow reading">
        {first.message}{" "}
        {more.length > 0 && (
          <button
            class="link"
            aria-expanded={warningsOpen}
            onclick={() => app.view.set({ warningsOpen: !warningsOpen })}
          >
            {why.length ? "Why" : `And ${plural(others.length, "more warning")}`}
            {why.length > 0 && others.length > 0 && `, and ${plural(others.length, "more warning")}`}
          </button>
        )}
        {warningsOpen && (
          <ul>
            {more.map((text) => (
              <li>{text}</li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
