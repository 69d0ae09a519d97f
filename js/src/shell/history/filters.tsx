// What the list of runs is searched and filtered by.

import type { RunFilter } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { EVERY_RUN, foundWords, isFiltered, statusWord, workerName } from "../../state/history";
import { Button } from "../../ui/button";
import { count } from "../../ui/format";
import { CROSS } from "../../ui/icons";
import { STAR } from "./icons";
import type { RunWindow } from "./run-window";

const STATUSES = ["running", "waiting", "paused", "completed", "failed", "cancelled", "interrupted"] as const;

interface Props {
  app: Uses<"run">;
  window: RunWindow;
}

export function Filters({ app, window }: Props) {
  const { filter, answeredFilter, facets, typed, answer } = window;
  const { workers } = app.run.state.form;
  const isOn = isFiltered(filter);
  return (
    <div class="filters">
      <div class="row controls" role="search" aria-label="Filter the runs">
        <span class="field row">
          <input
            role="searchbox"
            aria-label="Search tasks, notes and logs"
            placeholder="Search tasks, notes and the logs of all runs"
            spellcheck={false}
            value={typed}
            oninput={({ currentTarget: { value } }) => window.type(value)}
            onkeydown={(event) => {
              if (event.key === "Enter") window.set({ text: window.typed.trim() });
              if (event.key !== "Escape" || !window.typed) return;
              event.stopPropagation();
              window.set({ text: "" });
            }}
          />
          {typed && <Button icon={CROSS} tip="Clear the search" onclick={() => window.set({ text: "" })} />}
        </span>
        <Choice
          label="Status"
          every="Any status"
          value={filter.status}
          options={STATUSES.map((status) => [status, statusWord(status)])}
          choose={(status) => window.set({ status: status as RunFilter["status"] })}
        />
        {facets && (facets.workers.length > 1 || filter.worker !== null) && (
          <Choice
            label="Worker"
            every="Any worker"
            value={filter.worker}
            options={facets.workers.map(([id, runs]) => [id, `${workerName(workers, id)} (${count(runs)})`])}
            choose={(worker) => window.set({ worker })}
          />
        )}
        {facets && (facets.tags.length > 0 || filter.tag !== null) && (
          <Choice
            label="Tag"
            every="Any tag"
            value={filter.tag}
            options={facets.tags.map(([tag, runs]) => [tag, `${tag} (${count(runs)})`])}
            choose={(tag) => window.set({ tag })}
          />
        )}
        <Button
          class="tool star"
          icon={STAR}
          tip="Only starred runs"
          on={filter.starred}
          onclick={() => window.set({ starred: !filter.starred })}
        />
      </div>
      <div class="row found small dim num" role="status" aria-busy={!!answer?.search && !answer.search.done}>
        <span class="grow cut">{answer ? foundWords(answer, answeredFilter) : "Reading …"}</span>
        {isOn && (
          <Button
            key="all"
            class="link"
            text="Show all runs"
            tip="Remove the search and all filters"
            onclick={() => window.set(EVERY_RUN)}
          />
        )}
      </div>
    </div>
  );
}

function Choice(props: {
  label: string;
  /** The name of the choice that filters nothing. */
  every: string;
  value: string | null;
  options: (readonly [value: string, text: string])[];
  choose: (value: string | null) => void;
}) {
  const { label, every, value, options, choose } = props;
  // A value that no run has any more stays a choice.
  const missing = value !== null && !options.some(([option]) => option === value);
  return (
    <select
      class={`field ${value === null ? "" : "on"}`}
      aria-label={label}
      title={label}
      value={value ?? ""}
      onchange={({ currentTarget }) => choose(currentTarget.value || null)}
    >
      <option value="">{every}</option>
      {missing && <option value={value}>{value}</option>}
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  );
}
