import type { LedgerRow } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { Chips } from "../../ui/button";
import { Failure } from "../../ui/failure";
import { revealInList } from "../../ui/focus";
import { count, offset } from "../../ui/format";
import { CHECK, CROSS, Icon, INFO, WARNING } from "../../ui/icons";
import { Rows } from "../../ui/list/list";
import { Pane, StageChip } from "../pane";
import { filterLedger, ledgerCounts } from "./filter";
import type { LedgerLive } from "./live-types";

const ENGINES: Record<string, string> = {
  M4: "golden replay",
  M9: "failure catalog",
  M10: "recovery engine",
  M18: "drift detection",
  M19: "policy layer",
};

const OUTCOMES = { ok: CHECK, warning: WARNING, error: CROSS, info: INFO };

interface Props {
  app: Uses<"run" | "view" | "lists" | "painting" | "operations">;
  live: LedgerLive | undefined;
  /** Shows the log line at or after the position of an event. */
  showInLog: ((position: number) => Promise<void>) | undefined;
}

export function LedgerPane({ app, live, showInLog }: Props) {
  const { run, ledger } = app.run.state;
  const { total, rows } = ledger;
  const { stage, ledgerFilter, ledgerOpen } = app.view;
  const list = app.lists.ledger;
  const pages = total > rows.length ? live?.pages(stage, ledgerFilter) : undefined;
  const passing = filterLedger(rows, ledgerFilter, stage);
  const size = pages ? pages.total : passing.length;
  const body = (
    <Rows
      list={list}
      total={size}
      role="list"
      row={(index) => {
        const row = pages ? pages.row(index) : passing[index];
        return row ? (
          app.painting.memo(
            row,
            `${index} ${ledgerOpen === row.number} ${run?.started_us} ${!showInLog}`,
            () => <Entry key={index} app={app} row={row} showInLog={showInLog} />,
          )
        ) : (
          <div key={index} class="entry blank" />
        );
      }}
    />
  );
  pages?.fetchVisible(list.first, list.end, total);
  return (
    <Pane
      app={app}
      name="ledger"
      tools={
        <>
          {total > 0 && (
            <Chips
              label="Show"
              options={ledgerCounts(rows, stage, ledgerFilter, pages?.counts).map(([name, size]) => [
                name,
                size || name === "all" ? (
                  <>
                    {name} <b>{count(size)}</b>
                  </>
                ) : (
                  `no ${name}`
                ),
              ])}
              isOn={(name) => name === ledgerFilter}
              onChoose={(name) => app.view.set({ ledgerFilter: name })}
            />
          )}
          <StageChip app={app} />
          <span class="grow" />
        </>
      }
    >
      {live && <Failure failures={app.operations} at="ledger.log" />}
      {size > 0 ? (
        body
      ) : (
        <p class="empty">
          {total
            ? "Nothing passes this filter."
            : "Failures, policy checks, drift and recoveries appear here."}
        </p>
      )}
      {!pages && total > rows.length && (
        <p class="note small">{count(total - rows.length)} earlier rows are not shown.</p>
      )}
    </Pane>
  );
}

function Entry({ app, row, showInLog }: Pick<Props, "app" | "showInLog"> & { row: LedgerRow }) {
  const { number: n, position, time_us, stage_id, kind, engine, outcome, title, detail } = row;
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
          app.view.set({ ledgerOpen: on ? null : n });
          if (!on) app.operations.attempt("ledger.log", async () => showInLog?.(position));
        }}
      >
        <span class="num small dim time">{offset(time_us, app.run.state.run?.started_us ?? null)}</span>
        <i class="tag engine">{engine}</i>
        <span class="dim kind">{kind}</span>
        <span class="tone row" role="img" title={outcome}>
          <Icon d={OUTCOMES[outcome]} />
        </span>
        <span class="cut grow">{title}</span>
      </button>
      {on && (
        <dl class="detail small" ref={revealInList}>
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
