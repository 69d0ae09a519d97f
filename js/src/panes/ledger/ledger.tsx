import type { LedgerRow } from "../../kernel/wire";
import type { App } from "../../state/app";
import { filterLedger, ledgerCounts } from "../../state/selectors";
import { count, offset } from "../../ui/format";
import { CHECK, CROSS, Icon, INFO, WARNING } from "../../ui/icons";
import { Rows } from "../../ui/list/list";
import { Chips, Pane, reveal, StageChip } from "../pane";

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
  const list = app.lists.ledger;
  const { desk } = app.parts;
  const earlier = total > rows.length && desk?.earlierLedger(app, stage, ledgerFilter);
  const shown = filterLedger(rows, ledgerFilter, stage);
  const size = earlier ? earlier.total : shown.length;
  const body = (
    <Rows
      list={list}
      total={size}
      role="list"
      row={(index) => {
        const row = earlier ? earlier.row(index) : shown[index];
        return row ? (
          app.memo(row, `${index} ${ledgerOpen === row.n} ${run?.started_us}`, () => (
            <Entry key={index} app={app} row={row} />
          ))
        ) : (
          <div key={index} class="entry blank" />
        );
      }}
    />
  );
  if (earlier) earlier.look(list.first, list.end, total);
  return (
    <Pane
      app={app}
      name="ledger"
      title="Failures & recovery"
      tools={
        <>
          {total > 0 && (
            <Chips
              label="Show"
              options={ledgerCounts(rows, stage, ledgerFilter, earlier ? earlier.counts : undefined).map(
                ([name, size]) => [
                  name,
                  size || name === "all" ? (
                    <>
                      {name} <b>{count(size)}</b>
                    </>
                  ) : (
                    `no ${name}`
                  ),
                ],
              )}
              isOn={(name) => name === ledgerFilter}
              onChoose={(name) => app.set({ ledgerFilter: name })}
            />
          )}
          <StageChip app={app} />
          <span class="grow" />
        </>
      }
    >
      {desk && <desk.Failure app={app} at="locate" />}
      {size > 0 ? (
        body
      ) : (
        <p class="empty">
          {total
            ? "Nothing passes this filter."
            : "Failures, policy checks, drift and recoveries appear here."}
        </p>
      )}
      {!earlier && total > rows.length && (
        <p class="note small">{count(total - rows.length)} earlier rows are not shown.</p>
      )}
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
    <div class={`entry ${outcome}`} role="listitem">
      <button
        class="pick row"
        aria-expanded={on}
        title={title}
        onclick={() => {
          app.lists.ledger.follow = false;
          app.set({ ledgerOpen: on ? null : n });
          if (!on) app.attempt("locate", async () => app.search?.locate(position));
        }}
      >
        <span class="num small dim time">{offset(time_us, app.state.run?.started_us ?? null)}</span>
        <i class="tag engine">{engine}</i>
        <span class="dim kind">{kind}</span>
        <span class="tone row" role="img" title={outcome}>
          <Icon d={OUTCOMES[outcome]} />
        </span>
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
    </div>
  );
}
