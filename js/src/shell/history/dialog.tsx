// The button and the dialog of the run history.

import { Button } from "../../ui/button";
import { Failure } from "../../ui/failure";
import { CROSS, HISTORY, REFRESH } from "../../ui/icons";
import { Popover } from "../../ui/popover";
import { RunComparison } from "./comparison";
import { CompareButton, RunList } from "./run-list";
import type { HistoryStore, HistoryStores } from "./store";

interface Props {
  app: HistoryStores;
  history: HistoryStore;
}

export function HistoryButton({ app, history }: Props) {
  const { total } = history;
  const { operations } = app;
  return (
    <>
      <Popover
        panels={app.view}
        id="history"
        role="dialog"
        label="Run history"
        icon={HISTORY}
        text={
          <>
            History
            {total !== null && total > 0 && (
              <i key="badge" class="badge num" title={`${total} runs on this computer`}>
                {total > 99 ? "99+" : total}
              </i>
            )}
          </>
        }
        tip="Earlier runs: watch, verify, compare"
        off={app.connection.off}
        busy={operations.busy.has("run.open")}
        onopen={history.load}
      >
        {() => <HistoryDialog app={app} history={history} />}
      </Popover>
      <Failure failures={operations} at="run.open" />
    </>
  );
}

function HistoryDialog({ app, history }: Props) {
  const { operations, view } = app;
  const { compared } = history;
  return (
    <>
      <header class="bar row">
        <h3>{compared ? "Comparison of two runs" : "Run history"}</h3>
        <span class="grow" />
        {compared ? (
          <Button key="back" text="All runs" tip="Back to all runs" onclick={history.closeComparison} />
        ) : (
          <>
            <CompareButton app={app} history={history} />
            <Button
              icon={REFRESH}
              tip="Refresh"
              busy={operations.busy.has("history.list")}
              onclick={history.load}
            />
          </>
        )}
        <Button icon={CROSS} tip="Close (Esc)" onclick={() => view.set({ panel: "" })} />
      </header>
      <div
        class="scroll list-of-runs"
        tabIndex={0}
        role="group"
        aria-label={compared ? "Comparison" : "Runs"}
      >
        <HistoryContent app={app} history={history} />
      </div>
      <Failure failures={operations} at="history.list" />
      <Failure failures={operations} at="history.compare" />
    </>
  );
}

function HistoryContent({ app, history }: Props) {
  const { compared } = history;
  if (compared) return <RunComparison compared={compared} showDifference={history.showDifference} />;
  const { history: runs } = app.view;
  if (runs?.length) return <RunList app={app} history={history} runs={runs} />;
  if (app.operations.errors["history.list"]) return null;
  return (
    <p class="empty">{runs ? "No run yet. Runs stay here when the notebook is closed." : "Reading …"}</p>
  );
}
