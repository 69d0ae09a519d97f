// The dialog of the run history.

import { Button } from "../../ui/button";
import type { Ref } from "../../ui/dom";
import { Failure } from "../../ui/failure";
import { CROSS, REFRESH } from "../../ui/icons";
import { ComparisonTools, comparisonTitle, OpenComparison } from "./comparison";
import { Filters } from "./filters";
import { AllRuns, CompareButton } from "./run-list";
import type { HistoryStore, HistoryStores } from "./store";

interface Props {
  app: HistoryStores;
  history: HistoryStore;
}

export function HistoryDialog({ app, history }: Props) {
  const { view } = app;
  const { compared } = history;
  return (
    <>
      <header class="bar row">
        <h3>{compared ? comparisonTitle(history) : "Run history"}</h3>
        <span class="grow" />
        {compared ? <ComparisonTools history={history} /> : <ListTools {...{ app, history }} />}
        <Button icon={CROSS} tip="Close (Esc)" onclick={() => view.set({ panel: "" })} />
      </header>
      <HistoryContent {...{ app, history }} />
    </>
  );
}

export function ListTools({ app, history }: Props) {
  return (
    <>
      <CompareButton {...{ app, history }} />
      <Button
        icon={REFRESH}
        tip="Refresh"
        busy={app.operations.busy.has("history.list")}
        onclick={() => {
          history.load();
          history.window.refresh();
        }}
      />
    </>
  );
}

/** The height of the list in a console of this height. */
const listHeight = (height: number): number => Math.max(220, Math.min(560, height - 124));

/** The operations whose errors are shown under the list. */
const OPERATIONS = ["list", "compare", "figures", "star", "trash", "restore"];

/** All runs with their filters, or the open comparison. */
export function HistoryContent({ app, history }: Props) {
  const { compared, window } = history;
  return (
    <div class="list-of-runs column rel" style={`height:${listHeight(app.appearance.height)}px`}>
      {compared ? (
        <div key="comparison" class="scroll grow" tabIndex={0} role="group" aria-label="Comparison">
          <OpenComparison history={history} />
        </div>
      ) : (
        <>
          <Filters {...{ app, window }} />
          <AllRuns {...{ app, history }} />
        </>
      )}
      {window.error && !compared && (
        <p key="error" class="note tone error" role="alert">
          {window.error.message}
        </p>
      )}
      <HistoryNotices {...{ app, history }} />
    </div>
  );
}

/** The offer to bring back a deleted run, and errors. */
export function HistoryNotices({ app, history }: Props) {
  const { deleted } = history;
  return (
    <>
      {deleted && (
        <div key="deleted" class="row note undo" role="status" ref={focusUndo}>
          <span class="cut">“{deleted.task || `Run ${deleted.run_id.slice(0, 8)}`}”</span>
          <span>is deleted, for good in 7 days.</span>
          <Button
            class="link"
            text="Undo"
            tip="Bring it back"
            busy={app.operations.busy.has("history.restore")}
            onclick={history.undo}
          />
          <span class="grow" />
          <Button icon={CROSS} tip="Hide this" onclick={history.forgetDeleted} />
        </div>
      )}
      {OPERATIONS.map((name) => (
        <Failure failures={app.operations} at={`history.${name}`} />
      ))}
    </>
  );
}

/** The focus goes to Undo: the button that had it left with the run. */
const focusUndo: Ref = (bar) => {
  const list = bar.parentElement?.querySelector<HTMLElement>("[role=list]");
  bar.querySelector("button")?.focus({ preventScroll: true });
  return () => list?.isConnected && list.focus({ preventScroll: true });
};
