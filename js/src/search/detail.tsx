import { clockTime, count } from "../format";
import { piecesOf } from "../log";
import { Pieces } from "../panes/pieces";
import { Button } from "../ui/bits";
import { CROSS } from "../ui/icons";
import type { Own } from "./own";
import type { Ways } from "./ways";

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
