import type { Uses } from "../../state/app";
import { piecesOf } from "../../state/log-rows";
import { agentName, stageName } from "../../state/names";
import { Button } from "../../ui/button";
import { clockTime, count } from "../../ui/format";
import { CROSS } from "../../ui/icons";
import type { Navigation } from "./navigation";
import { StyledText } from "./styled-text";

/** The complete chosen line, under the list. */
export function Detail({ app, navigation }: { app: Uses<"view" | "log" | "run">; navigation: Navigation }) {
  const { active } = app.view;
  const { rows } = app.log;
  // At an earlier moment the chosen line may not be there yet.
  const row = active === null || active >= rows.total ? undefined : rows.row(active);
  if (!row) return null;
  const step = navigation.step();
  const facts = [
    `line ${count(row.line)}`,
    clockTime(row.time_us),
    stageName(app.run.state.stages, row.stage_id),
    agentName(row.agent),
  ];
  return (
    <section class="logdetail column" aria-label="Log line">
      <header class="row small dim">
        <i class={`tag ${row.level}`}>{row.level}</i>
        {facts.map((fact) => fact && <span class="cut">{fact}</span>)}
        <span class="grow" />
        {step?.errors && (
          <span class="num">
            error {count(step.nth)} of {count(step.of)}
          </span>
        )}
        {navigation.isFiltered() && (
          <button class="chip" title="Show the lines around it, too (Enter)" onclick={navigation.toContext}>
            In context
          </button>
        )}
        <Button icon={CROSS} tip="Close (Esc)" onclick={() => app.view.set({ active: null })} />
      </header>
      <pre class="scroll" tabIndex={0}>
        {row.chars ? navigation.fullMessage(row) : <StyledText pieces={piecesOf(row)} />}
      </pre>
    </section>
  );
}
