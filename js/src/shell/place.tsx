// The way from the verdict to its place: the incident and its log lines, and the brand.

import { revealIncident, type ShowInLog } from "../panes/ledger/choose";
import type { Uses } from "../state/app";
import { Button } from "../ui/button";
import { BRAND } from "../ui/icons";

interface Props {
  app: Uses<"run" | "view" | "lists" | "operations">;
  showInLog: ShowInLog;
}

/** The way from the verdict to the incident and its log lines. */
export function PlaceOfVerdict({ app, showInLog }: Props) {
  const { incident = null } = app.run.state.run?.verdict ?? {};
  const end = app.run.state.run?.counts.events ?? 0;
  return (
    <Button
      class="link"
      text="Show the place"
      tip="Show the incident and its log lines"
      onclick={() => {
        if (incident !== null) revealIncident(app, incident, showInLog);
        else app.operations.attempt("ledger.log", () => showInLog({ first: end, last: end, stage_id: null }));
      }}
    />
  );
}

export function Place({ app, showInLog }: Props) {
  const { location } = app.run.state.run?.verdict ?? {};
  return (
    <>
      <PlaceOfVerdict app={app} showInLog={showInLog} />
      {location && (
        <Button
          class="link row"
          icon={BRAND}
          text="Open the brand"
          tip={`Open the brand at ${location}`}
          onclick={() => app.view.set({ panel: "brand", brandField: location })}
        />
      )}
    </>
  );
}
