import type { Incident, LedgerRow } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { inOrder, linesOf } from "../../state/incidents";
import { stageName } from "../../state/names";
import { ofStage } from "../../state/selectors";
import type { Child } from "../../ui/dom";
import { Failure } from "../../ui/failure";
import { revealInList } from "../../ui/focus";
import { offset, plural } from "../../ui/format";
import { createRowPages, PAGE_ROWS, SHORT_ROWS } from "../row-pages";
import type { ShowInLog } from "./choose";
import type { LedgerLive } from "./live-types";

const MEANINGS = [
  "Policy checks that passed, of all with a result",
  "Incidents that are recovered, of all in which a recovery was tried",
];

/** An unfolded incident draws at most this many of its events. */
const MOST_EVENTS = 100;

type Stores = Uses<"run" | "view" | "painting" | "operations">;

/** `Differences` is below the events of an incident of that kind. */
export function createLedgerLive(
  app: Stores,
  show: ShowInLog,
  Differences?: (incident: Partial<Pick<Incident, "kind">>) => Child,
): LedgerLive {
  const { request, attempt } = app.operations;
  const incidentsOf = createRowPages<Incident, number>(app);
  const eventsOf = createRowPages<LedgerRow>(app);
  return {
    incidents: (stage_id) =>
      incidentsOf(
        `${stage_id}`,
        async (start) => {
          const { result } = await request("incident.window", { stage_id, start, count: PAGE_ROWS });
          return { ...result, counts: result.passed };
        },
        {
          varies: true,
          all: stage_id === null,
          most: () => app.run.state.incidents.total,
          ...(stage_id === null && {
            known: [inOrder(app.run.state.incidents.rows).slice(0, SHORT_ROWS), 0],
          }),
        },
      ),
    showLines: (incident) => attempt("ledger.log", () => show(linesOf(incident))),
    Events({ number: incident, events, kind }) {
      const stage_id = incident ? null : app.view.stage;
      const { ledger, stages } = app.run.state;
      const known = ofStage(ledger.rows, stage_id, stages).filter((row) => row.incident === incident);
      const fetch = async (start: number) =>
        (await request("ledger.window", { incident, stage_id, start, count: PAGE_ROWS })).result;
      const pages = known.length < events ? eventsOf(`${incident} ${stage_id}`, fetch) : undefined;
      const size = Math.min(pages?.total ?? known.length, events, MOST_EVENTS);
      pages?.fetchVisible(0, size, events);
      return (
        <div ref={revealInList}>
          {Array.from({ length: size }, (_, i) => pages?.row(i) ?? known[i]).map(
            (row) => row && <EventRow app={app} row={row} />,
          )}
          {Differences?.({ kind })}
          {size < events && <p class="dim">{plural(events - size, "further event")}</p>}
        </div>
      );
    },
    Failure: () => <Failure failures={app.operations} at="ledger.log" />,
    meanings: MEANINGS,
  };
}

/** One event: its time, what it says, and the engine that reports it. */
function EventRow({ app, row }: { app: Uses<"run">; row: LedgerRow }) {
  const { run, stages, engines } = app.run.state;
  const { time_us, engine, title, detail, incident, stage_id } = row;
  const stage = stageName(stages, stage_id);
  return (
    <div class="event small">
      <span class="num dim time">{offset(time_us, run?.started_us ?? null)}</span>
      <span class="grow">
        {incident === 0 && stage && `${stage}: `}
        {title} <span class="dim">{`(${engine} ${engines[engine] ?? ""})`}</span>
        {detail.map(([label, text]) => (
          <span class="fact">
            <span class="dim">{label}: </span>
            {text}
          </span>
        ))}
      </span>
    </div>
  );
}
