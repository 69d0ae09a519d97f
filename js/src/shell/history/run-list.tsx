// The runs of the history as a list: in the dialog of the console, and in the Studio.

import type { HistoryRow } from "../../kernel/wire";
import { factsOf, hasEnded, notComparable, statusWord } from "../../state/history";
import { Button } from "../../ui/button";
import { Mark, PLAY, REFRESH } from "../../ui/icons";
import type { HistoryStore, HistoryStores } from "./store";

interface ListProps {
  app: HistoryStores;
  history: HistoryStore;
  runs: readonly HistoryRow[];
}

export function RunList({ app, history, runs }: ListProps) {
  return (
    <ul class="runs">
      {runs.map((row) => (
        <RunItem key={row.run_id} {...{ app, history, row }} />
      ))}
    </ul>
  );
}

function RunItem({ app, history, row }: Omit<ListProps, "runs"> & { row: HistoryRow }) {
  const { run_id, task, status, error } = row;
  const { form, run } = app.run.state;
  const ended = hasEnded(row);
  const title = task || `Run ${run_id.slice(0, 8)}`;
  const cannot = notComparable(row);
  return (
    <li class="past" aria-current={run_id === run?.run_id}>
      <input
        type="checkbox"
        aria-label={`Compare: ${title}`}
        title={cannot || "Choose this run for a comparison"}
        checked={history.chosen.includes(run_id)}
        disabled={!!cannot}
        onchange={() => history.toggle(run_id)}
      />
      <Mark status={status} />
      <div class="about">
        <div class="row">
          <b class={`tone ${status}`}>{statusWord(status)}</b>
          <span class="cut" title={task ?? ""}>
            {title}
          </span>
        </div>
        <div class="small dim">{factsOf(row, form.workers, Date.now() * 1000)}</div>
        {error && status !== "completed" && <div class="small tone error reason">{error}</div>}
      </div>
      <span class="row">
        <Button
          icon={PLAY}
          text={ended ? "Replay" : "Open"}
          tip={ended ? "Watch the recording of this run again" : "Follow this run in the console"}
          off={app.connection.off}
          onclick={() => history.open(row)}
        />
        {row.replayable && (
          <Button
            icon={REFRESH}
            text="Run again and verify"
            tip="Execute this run again from its replay token (M4), and check that the files are identical"
            off={app.connection.off}
            busy={app.operations.busy.has("run.replay")}
            onclick={() => history.verify(row)}
          />
        )}
      </span>
    </li>
  );
}

/** The button that compares the two chosen runs. */
export function CompareButton({ app, history }: Omit<ListProps, "runs">) {
  const { length } = history.chosen;
  return (
    <Button
      text="Compare"
      tip="Compare the two chosen runs"
      off={app.connection.off || (length < 2 ? `Choose two runs to compare: ${length} of 2 is chosen` : "")}
      busy={app.operations.busy.has("history.compare")}
      onclick={history.compare}
    />
  );
}
