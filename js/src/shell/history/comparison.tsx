// The comparison of runs: two with everything side by side, or any number with a row of figures each.

import type { ComparedFigures, ComparedRow, ComparedRuns, ComparedSection } from "../../kernel/wire";
import { Button } from "../../ui/button";
import { dateTime, plural } from "../../ui/format";
import type { HistoryStore } from "./store";

interface Props {
  compared: ComparedRuns;
  /** Rows without a difference are left out. */
  onlyDifferences: boolean;
  showDifference: (file: string) => void;
}

function RunComparison({ compared, onlyDifferences, showDifference }: Props) {
  const { tasks, started_us, sections } = compared;
  return (
    <table class="compared">
      <thead>
        <tr>
          <th scope="col">
            <span class="sr">Compared</span>
          </th>
          {tasks.map((task, n) => (
            <th scope="col">
              {n ? "Second run" : "First run"}
              <RunTitle task={task} startedUs={started_us[n] ?? null} />
            </th>
          ))}
          <th scope="col">Change</th>
        </tr>
      </thead>
      {sections.map((section) => (
        <Section key={section.title} {...{ section, onlyDifferences, showDifference }} />
      ))}
    </table>
  );
}

function RunTitle({ task, startedUs }: { task: string; startedUs: number | null }) {
  return (
    <div class="small dim">
      <div class="cut" title={task}>
        {task}
      </div>
      <span class="num">{dateTime(startedUs).slice(0, 16)}</span>
    </div>
  );
}

function Section({
  section: { title, rows, more },
  onlyDifferences,
  showDifference,
}: Omit<Props, "compared"> & { section: ComparedSection }) {
  const differing = rows.filter(({ differs }) => differs);
  const shown = onlyDifferences ? differing : rows;
  return (
    <tbody>
      <tr class="heading">
        <th scope="rowgroup" colSpan={4}>
          {title}{" "}
          <span class={`small ${differing.length ? "tone warning" : "dim"}`}>
            {!rows.length
              ? "neither run has any"
              : differing.length
                ? plural(differing.length, "difference")
                : "no difference"}
          </span>
        </th>
      </tr>
      {shown.map((row) => (
        <Line row={row} showDifference={showDifference} />
      ))}
      {more > 0 && (
        <tr>
          <td class="dim small" colSpan={4}>
            {plural(more, "further row")}: <code>compare(a, b).frame()</code> has all
          </td>
        </tr>
      )}
    </tbody>
  );
}

function Line({
  row: { name, a, b, change, differs, file },
  showDifference,
}: { row: ComparedRow } & Pick<Props, "showDifference">) {
  return (
    <tr class={differs ? "differs" : ""}>
      <th scope="row">{name}</th>
      <td>{a}</td>
      <td>{b}</td>
      <td class={differs ? "warning tone" : "dim"}>
        {change}{" "}
        {file && (
          <Button
            class="link"
            text="Difference"
            tip={`Show both versions of ${file} side by side`}
            onclick={() => showDifference(file)}
          />
        )}
      </td>
    </tr>
  );
}

/** A row of figures for each run. */
function FigureTable({ figures: { run_ids, tasks, started_us, columns } }: { figures: ComparedFigures }) {
  return (
    <table class="compared figured">
      <thead>
        <tr>
          <th scope="col">Run</th>
          {columns.map(({ title, differs }) => (
            <th scope="col" class={differs ? "" : "dim"}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {run_ids.map((id, n) => (
          <tr key={id}>
            <th scope="row">
              <RunTitle task={tasks[n] ?? id} startedUs={started_us[n] ?? null} />
            </th>
            {columns.map(({ texts, differs }) => (
              <td class={`num ${differs ? "" : "dim"}`}>{texts[n]}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The open comparison. */
export function OpenComparison({ history }: { history: HistoryStore }) {
  const { compared, onlyDifferences, showDifference } = history;
  if (!compared) return null;
  return "sections" in compared ? (
    <RunComparison {...{ compared, onlyDifferences, showDifference }} />
  ) : (
    <FigureTable figures={compared} />
  );
}

export const comparisonTitle = ({ compared }: HistoryStore): string =>
  compared && "columns" in compared ? `Figures of ${compared.run_ids.length} runs` : "Comparison of two runs";

/** The controls of the open comparison. */
export function ComparisonTools({ history }: { history: HistoryStore }) {
  const { compared, onlyDifferences } = history;
  return (
    <>
      {compared && "sections" in compared && (
        <button
          key="differences"
          class="chip"
          aria-pressed={onlyDifferences}
          title="Leave out what is the same in both runs"
          onclick={history.toggleDifferences}
        >
          Only differences
        </button>
      )}
      <Button key="back" text="All runs" tip="Back to all runs" onclick={history.closeComparison} />
    </>
  );
}
