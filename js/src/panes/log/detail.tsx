import { piecesOf } from "../../state/log-rows";
import { clockTime, count } from "../../ui/format";
import { CROSS } from "../../ui/icons";
import { Button } from "../pane";
import type { Ways } from "./navigation";
import type { Own } from "./state";
import { Pieces } from "./styled-text";

/** The whole of the chosen line, under the list. */
export function Detail({ own: { app }, ways }: { own: Own; ways: Ways }) {
  const { active } = app.view;
  const row = active === null ? undefined : app.log.row(active);
  if (!row) return null;
  const nth = ways.nth();
  return (
    <section class="logdetail column" aria-label="Log line">
      <header class="row small dim">
        <i class={`tag ${row.level}`}>{row.level}</i>
        {[`line ${count(row.n)}`, clockTime(row.time_us), row.stage_id, row.agent].map((fact) => (
          <span class="cut">{fact}</span>
        ))}
        <span class="grow" />
        {nth?.errors && (
          <span class="num">
            error {count(nth.nth)} of {count(nth.of)}
          </span>
        )}
        {ways.isNarrowed() && (
          <button class="chip" title="Show the lines around it, too (Enter)" onclick={ways.toContext}>
            In context
          </button>
        )}
        <Button icon={CROSS} tip="Close (Esc)" onclick={() => app.set({ active: null })} />
      </header>
      <pre class="scroll" tabIndex={0}>
        {row.chars ? ways.whole(row) : <Pieces pieces={piecesOf(row)} />}
      </pre>
    </section>
  );
}
