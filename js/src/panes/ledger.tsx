import type { App } from "../app";
import { offset } from "../format";
import { filterLedger, ledgerCounts } from "../selectors";
import { Chips, Failure, Pane, reveal, StageChip } from "../ui/bits";
import { CHECK, CROSS, Icon, INFO, WARNING } from "../ui/icons";
import type { LedgerRow } from "../wire";

const ENGINES: Record<string, string> = {
  M4: "golden replay",
  M9: "failure catalog",
  M10: "recovery engine",
  M18: "drift detection",
  M19: "policy layer",
};

const OUTCOMES = { ok: CHECK, warning: WARNING, error: CROSS, info: INFO };

export function LedgerPane({ app }: { app: App }) {
  const { run, ledger } = app.state;
  const { total, rows } = ledger;
  const { stage, ledgerFilter, ledgerOpen } = app.view;
  const shown = filterLedger(rows, ledgerFilter, stage);
  return (
    <Pane
      app={app}
      name="ledger"
      title="Failures & recovery"
      tools={
        <>
          <span class="grow">
            {total > 0 && (
              <Chips
                label="Show"
                options={ledgerCounts(rows, stage).map(([name, size]) => [
                  name,
                  <>
                    {name} <b>{size}</b>
                  </>,
                ])}
                isOn={(name) => name === ledgerFilter}
                onChoose={(name) => app.set({ ledgerFilter: name })}
              />
            )}
          </span>
          <StageChip app={app} />
        </>
      }
    >
      <Failure app={app} at="locate" />
      <ul class="grow scroll">
        {total > rows.length && <li class="note small">{total - rows.length} earlier rows are not shown.</li>}
        {shown.map((row) =>
          app.memo(row, `${ledgerOpen === row.n} ${run?.started_us}`, () => (
            <Entry key={row.n} app={app} row={row} />
          )),
        )}
        {!shown.length && (
          <li class="empty">
            {total
              ? "Nothing passes this filter."
              : "Failures, policy checks, drift and recoveries appear here."}
          </li>
        )}
      </ul>
    </Pane>
  );
}

function Entry({ app, row }: { app: App; row: LedgerRow }) {
  const { n, position, time_us, stage_id, kind, engine, outcome, title, detail } = row;
  const on = app.view.ledgerOpen === n;
  const facts: [string, string][] = [
    ["stage", stage_id ?? "the whole run"],
    ["engine", `${engine} ${ENGINES[engine] ?? ""}`],
    ...detail,
  ];
  return (
    <li class={`entry ${outcome}`}>
      <button
        class="pick row"
        aria-expanded={on}
        title={title}
        onclick={() => {
          app.set({ ledgerOpen: on ? null : n });
          if (!on) app.attempt("locate", () => app.locate(position));
        }}
      >
        <span class="num small dim time">{offset(time_us, app.state.run?.started_us ?? null)}</span>
        <i class="tag engine">{engine}</i>
        <span class="dim kind">{kind}</span>
        <span class="tone row" title={outcome}>
          <Icon d={OUTCOMES[outcome]} />
        </span>
        <span class="sr">{outcome}</span>
        <span class="cut grow">{title}</span>
      </button>
      {on && (
        <dl class="detail small" ref={reveal}>
          {facts.map(([label, text]) => (
            <>
              <dt class="dim">{label}</dt>
              <dd>{text}</dd>
            </>
          ))}
        </dl>
      )}
    </li>
  );
}
