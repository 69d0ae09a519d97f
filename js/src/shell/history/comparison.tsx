// The comparison of two runs: their figures, stages and artifacts side by side.

import type { ComparedRow, ComparedRuns } from "../../kernel/wire";
import { Button } from "../../ui/button";
import { dateTime } from "../../ui/format";

interface Props {
  compared: ComparedRuns;
  showDifference: (file: string) => void;
}

export function RunComparison({ compared: { tasks, started_us, sections }, showDifference }: Props) {
  return (
    <table class="compared">
      {sections.map(({ title, rows }, section) => (
        <>
          <thead>
            <tr>
              <th scope="col">{title}</th>
              {tasks.map((task, n) => (
                <th scope="col">
                  {n ? "Second run" : "First run"}
                  {section === 0 && (
                    <div class="small dim">
                      <div class="cut" title={task}>
                        {task}
                      </div>
                      {dateTime(started_us[n] ?? null)}
                    </div>
                  )}
                </th>
              ))}
              <th scope="col">Change</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Line row={row} showDifference={showDifference} />
            ))}
          </tbody>
        </>
      ))}
    </table>
  );
}

function Line({
  row: { name, a, b, change, differs, file },
  showDifference,
}: { row: ComparedRow } & Pick<Props, "showDifference">) {
  return (
    <tr>
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
