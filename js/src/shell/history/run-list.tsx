// The runs of the history as a list: the newest in the Studio, and all of them in the dialog of the console.

import type { HistoryRow } from "../../kernel/wire";
import {
  factsOf,
  hasEnded,
  isFiltered,
  matchesIn,
  notComparable,
  notDeletable,
  serverFailure,
  statusWord,
} from "../../state/history";
import { Button } from "../../ui/button";
import type { Ref } from "../../ui/dom";
import { restoreFocus } from "../../ui/focus";
import { count, plural } from "../../ui/format";
import { CROSS, Mark, PLAY, REFRESH } from "../../ui/icons";
import { Rows } from "../../ui/list/list";
import { STAR, TAG, TRASH } from "./icons";
import { moveBetweenRuns } from "./keys";
import { NotesEditor, Tags } from "./run-notes";
import type { HistoryStore, HistoryStores } from "./store";

interface ListProps {
  app: HistoryStores;
  history: HistoryStore;
}

/** The newest runs. */
export function NewestList({ app, history, runs }: ListProps & { runs: readonly HistoryRow[] }) {
  return (
    <div class="runs" role="list" onkeydown={moveBetweenRuns}>
      {runs.map((row) => (
        <RunItem key={row.run_id} {...{ app, history, row }} />
      ))}
    </div>
  );
}

/** All runs under the filter. */
export function AllRuns({ app, history }: ListProps) {
  const { window } = history;
  const { answer, answeredFilter, error, list } = window;
  if (answer?.total === 0 || (error && !answer))
    return (
      <div key="none" class="runs list" ref={window.follow}>
        {error ? null : (
          <p class="empty">
            {answer?.search && !answer.search.done
              ? "Searching the logs …"
              : isFiltered(answeredFilter)
                ? "No run has all of this."
                : "No run yet. Runs stay here when the notebook is closed."}
          </p>
        )}
      </div>
    );
  return (
    <div key="runs" class="runs column grow" ref={window.follow}>
      <Rows
        list={list}
        total={answer?.total ?? 0}
        role="list"
        aria-label="Runs"
        aria-busy={!answer}
        tabIndex={0}
        onkeydown={moveBetweenRuns}
        row={(index) => (
          <RunAt key={window.row(index)?.run_id ?? `row ${index}`} {...{ app, history, index }} />
        )}
      />
    </div>
  );
}

function RunAt({ app, history, index }: ListProps & { index: number }) {
  const row = history.window.row(index);
  const { answer } = history.window;
  if (!row || !answer) return <div role="listitem" class="past unread" aria-busy="true" />;
  // Where a search has results of both kinds, the first of each says so.
  const both = answer.search && answer.in_rows > 0 && answer.in_rows < answer.total;
  const kind = both && (index === 0 ? "In the task or note" : index === answer.in_rows && "In the log");
  return <RunItem {...{ app, history, row }} heading={kind || ""} />;
}

/** Focuses the button that confirms a deletion; afterwards the row's own, if the run is kept. */
const focusConfirm: Ref = (place) => {
  place.querySelector("button")?.focus({ preventScroll: true });
  const row = place.closest(".past");
  const restore = restoreFocus(() => row?.querySelector<HTMLElement>("[data-remove] button"))(place);
  // The row's own button is drawn after this leaves.
  return () => restore && queueMicrotask(restore);
};

function RunItem({ app, history, row, heading }: ListProps & { row: HistoryRow; heading?: string }) {
  const { run_id, task, status, error, lines, note } = row;
  const { form, run } = app.run.state;
  const { text } = history.window.filter;
  const title = task || `Run ${run_id.slice(0, 8)}`;
  const cannot = notComparable(row);
  const original = row.replay_of ?? row.parent_run_id;
  return (
    <div role="listitem" class="past" aria-current={run_id === run?.run_id}>
      {heading && <div class="kind small dim">{heading}</div>}
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
            <Found text={title} part={task ? text : ""} />
          </span>
        </div>
        <div class="when small dim">
          {factsOf(row, form.workers, Date.now() * 1000)} <Tags {...{ history, row }} />
        </div>
        {error && status !== "completed" && <div class="small tone error reason">{error}</div>}
        {note && (
          <div class="small reason">
            <Found text={note} part={text} />
          </div>
        )}
        {original && !cannot && (
          <Button
            key="original"
            class="link lines"
            text={`Compare with run ${original.slice(0, 8)}`}
            tip="Compare this run with the one that it was started from"
            off={app.connection.off}
            onclick={() => history.compareRuns(original, run_id)}
          />
        )}
        {lines && (
          <Button
            key="lines"
            class="link lines"
            text={`${plural(lines, "line")} of the log`}
            tip={`Open this run at the ${count(lines)} lines of its log with “${text}”`}
            off={app.connection.off}
            onclick={() => history.open(row)}
          />
        )}
      </div>
      <Actions {...{ app, history, row }} />
      <NotesEditor {...{ app, history, row }} />
    </div>
  );
}

const Found = ({ text, part }: { text: string; part: string }) => (
  <>{matchesIn(text, part).map(([piece, matches]) => (matches ? <mark>{piece}</mark> : piece))}</>
);

function Actions({ app, history, row }: ListProps & { row: HistoryRow }) {
  const { run_id, recorded, starred, replayable, tags, note } = row;
  const { busy } = app.operations;
  const { off } = app.connection;
  const ended = hasEnded(row);
  const noServer = off || serverFailure(app.run.state, !!app.view.home);
  if (history.leaving === run_id)
    return (
      <span key="confirm" class="row actions" role="group" aria-label="Delete this run?" ref={focusConfirm}>
        Delete this run?
        <Button
          class="link tone error"
          text="Delete"
          tip="Delete it"
          off={off}
          onclick={() => history.remove(row)}
        />
        <Button class="link" text="Keep" tip="Keep it" onclick={() => history.askToDelete(null)} />
      </span>
    );
  return (
    <span key="actions" class="row actions">
      <Button
        icon={PLAY}
        text={ended ? "Replay" : "Open"}
        tip={ended ? "Watch the recording of this run again" : "Follow this run in the console"}
        off={recorded ? off : noServer}
        onclick={() => history.open(row)}
      />
      {replayable && (
        <Button
          icon={REFRESH}
          text="Run again and verify"
          tip="Execute this run again from its replay token (M4), and check that the files are identical"
          off={noServer}
          busy={busy.has("run.replay")}
          onclick={() => history.verify(row)}
        />
      )}
      {recorded && (
        <span class="row marks">
          <Button
            class="tool star"
            icon={STAR}
            tip="Star: stays when old runs are removed"
            on={starred}
            off={off}
            onclick={() => history.star(row)}
          />
          <span data-edit>
            <Button
              icon={TAG}
              tip="Edit tags and note"
              off={off}
              onclick={() => history.edit({ row, tags: tags.join(", "), note: note ?? "" })}
            />
          </span>
          <span data-remove>
            <Button
              icon={TRASH}
              tip="Delete this run"
              off={off || notDeletable(row)}
              onclick={() => history.askToDelete(run_id)}
            />
          </span>
        </span>
      )}
    </span>
  );
}

/** The button that compares the chosen runs. */
export function CompareButton({ app, history }: ListProps) {
  const { length } = history.chosen;
  const { busy } = app.operations;
  return (
    <>
      {length > 0 && (
        <Button
          key="none"
          icon={CROSS}
          text={`${length} chosen`}
          tip="Choose no run"
          onclick={history.chooseNone}
        />
      )}
      <Button
        key="compare"
        text={length > 2 ? `Compare ${length}` : "Compare"}
        tip={length > 2 ? "Compare the figures of the chosen runs" : "Compare the two chosen runs"}
        off={app.connection.off || (length < 2 ? `Choose runs to compare: ${length} of at least 2` : "")}
        busy={busy.has("history.compare") || busy.has("history.figures")}
        onclick={history.compare}
      />
    </>
  );
}
