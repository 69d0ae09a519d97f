import type { Incident, LedgerRow } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { inOrder, titleOf } from "../../state/incidents";
import { ofStage } from "../../state/selectors";
import { Button } from "../../ui/button";
import type { Child } from "../../ui/dom";
import { Failure } from "../../ui/failure";
import { revealInList } from "../../ui/focus";
import { count, duration, offset, plural } from "../../ui/format";
import { BRAND, CHECK, DOWN, Icon, RIGHT } from "../../ui/icons";
import { Rows } from "../../ui/list/list";
import { Pane, StageChip } from "../pane";
import { chooseIncident, type ShowInLog } from "./choose";
import type { LedgerLive } from "./live-types";

const ENGINES: Record<string, string> = {
  M4: "golden replay",
  M9: "failure catalog",
  M10: "recovery engine",
  M18: "drift detection",
  M19: "policy layer",
};

/** The outcome in words, and the tone of its colour. */
const OUTCOMES = {
  open: ["Still open", "busy"],
  fixed: ["Fixed", "recovered"],
  not_fixed: ["Not fixed", "error"],
  reported: ["Reported only", "warning"],
  passed: ["Identical", "ok"],
} as const;

/** An unfolded incident draws at most this many of its events. */
const MOST_EVENTS = 100;

interface Props {
  app: Uses<"run" | "view" | "lists" | "painting" | "operations">;
  live: LedgerLive | undefined;
  showInLog: ShowInLog;
}

export function LedgerPane({ app, live, showInLog }: Props) {
  const { run, incidents, ledger } = app.run.state;
  const { stage, passedOpen } = app.view;
  const list = app.lists.ledger;
  const partial = incidents.total > incidents.rows.length || ledger.total > ledger.rows.length;
  const pages = partial ? live?.incidents(stage) : undefined;
  const loaded = inOrder(ofStage(incidents.rows, stage));
  const isPaged = incidents.total > incidents.rows.length && pages !== undefined;
  const cards = isPaged ? pages.total : loaded.length;
  const tail = ofStage(ledger.rows, stage).filter((row) => row.incident === 0);
  const passed = stage === null ? (run?.counts.passed ?? 0) : (pages?.counts ?? tail.length);
  const passedPages = passedOpen && tail.length < passed ? live?.events(0, stage) : undefined;
  const unfolded = passedOpen ? (passedPages?.total ?? tail.length) : 0;
  const body = (
    <Rows
      list={list}
      total={cards + (passed && 1) + unfolded}
      role="list"
      row={(index) => {
        if (index < cards) {
          const incident = isPaged ? pages.row(index) : loaded[index];
          return incident ? (
            <Card key={incident.number} app={app} live={live} showInLog={showInLog} incident={incident} />
          ) : (
            <div key={`blank ${index}`} class="incident blank" />
          );
        }
        if (index === cards) return <Passed key="passed" app={app} size={passed} />;
        const at = index - cards - 1;
        const row = passedPages ? passedPages.row(at) : tail[at];
        return (
          <div key={`check ${at}`} class="check" role="listitem">
            {row && <EventRow app={app} row={row} />}
          </div>
        );
      }}
    />
  );
  pages?.fetchVisible(list.first, Math.min(list.end, cards), incidents.total + ledger.total);
  passedPages?.fetchVisible(Math.max(0, list.first - cards - 1), list.end - cards - 1, ledger.total);
  return (
    <Pane
      app={app}
      name="ledger"
      tools={
        <>
          <span class="total small dim num">{cards > 0 && count(cards)}</span>
          <Figures app={app} />
          <StageChip app={app} />
          <span class="grow" />
        </>
      }
    >
      {live && <Failure failures={app.operations} at="ledger.log" />}
      {cards + passed > 0 ? (
        body
      ) : (
        <p class="empty">
          {ledger.total
            ? "Nothing was found or checked in this stage."
            : "What is found and repaired appears here: failures, policy violations, drift."}
        </p>
      )}
      {!live && partial && (
        <p class="note small">
          {count(incidents.total - incidents.rows.length)} earlier incidents and some events are not shown.
        </p>
      )}
    </Pane>
  );
}

/** The policies and recoveries of the whole run. */
function Figures({ app }: { app: Uses<"run"> }) {
  const { run } = app.run.state;
  if (!run) return null;
  const { policies, policies_passed, recoveries, recovered } = run.figures;
  const figures: [label: string, part: number, whole: number, meaning: string][] = [
    [
      "Policies passed",
      policies_passed,
      policies,
      "Policy checks that passed, of all with a result. A check that is repeated counts each time.",
    ],
    [
      "Recovered",
      recovered,
      recoveries,
      "Incidents that a recovery fixed, of all in which a recovery was tried.",
    ],
  ];
  return (
    <dl class="ratios row small">
      {figures.map(
        ([label, part, whole, meaning]) =>
          whole > 0 && (
            <div class="row" title={meaning}>
              <dt class="dim">{label}</dt>
              <dd class="num">
                {count(part)} of {count(whole)}
              </dd>
            </div>
          ),
      )}
    </dl>
  );
}

function Card({ app, live, showInLog, incident }: Props & { incident: Incident }) {
  const { view } = app;
  const { run, stages } = app.run.state;
  const { number, kind, outcome, started_us, ended_us } = incident;
  const on = view.incident === number;
  const [words, tone] =
    kind === "replay" && outcome === "not_fixed" ? (["Differs", "error"] as const) : OUTCOMES[outcome];
  const [stage, parts] = titleOf(incident, stages, run?.verdict?.reason);
  const tookMs = started_us !== null && ended_us !== null ? (ended_us - started_us) / 1000 : null;
  return (
    <div class="incident" role="listitem">
      <button
        class="pick"
        aria-expanded={on}
        title={on ? "Fold in" : "Show all of it, and its log lines"}
        onclick={() => {
          if (on) view.set({ incident: null, marked: null });
          else chooseIncident(app, incident, showInLog);
        }}
      >
        <span class="row">
          <i class={`tag ${tone}`}>{words}</i>
          <span class="num small dim end">
            {offset(started_us, run?.started_us ?? null)}
            {!!tookMs && ` · took ${duration(tookMs)}`}
          </span>
          <Icon d={on ? DOWN : RIGHT} />
        </span>
        <span class="title">
          {stage && <b>{stage}: </b>}
          {parts.join(" → ")}
        </span>
      </button>
      {on && <Details app={app} live={live} incident={incident} />}
    </div>
  );
}

function Details({ app, live, incident }: Omit<Props, "showInLog"> & { incident: Incident }) {
  const { number, before, after, location, code, events } = incident;
  const known = app.run.state.ledger.rows.filter((row) => row.incident === number);
  const pages = known.length < events ? live?.events(number, null) : undefined;
  const size = Math.min(pages?.total ?? known.length, MOST_EVENTS);
  pages?.fetchVisible(0, size, events);
  const rows = Array.from({ length: size }, (_, i) => (pages ? pages.row(i) : known[i]));
  const facts: [label: string, text: string | null][] = [
    ["Before", before],
    ["After", after],
    ["Location", location],
    ["Code", code],
  ];
  return (
    <div class="detail small" ref={revealInList}>
      <dl>
        {facts.map(
          ([label, text]) =>
            text && (
              <>
                <dt class="dim">{label}</dt>
                <dd>{text}</dd>
              </>
            ),
        )}
      </dl>
      {live && location?.startsWith("brand.") && (
        <Button
          class="link row"
          icon={BRAND}
          text="Open the brand"
          tip={`Open the brand at ${location}`}
          onclick={() => app.view.set({ panel: "brand", brandField: location })}
        />
      )}
      {rows.map((row) => row && <EventRow app={app} row={row} />)}
      {size < events && <p class="dim">{plural(events - size, "further event")} of this incident.</p>}
    </div>
  );
}

function Passed({ app: { view }, size }: { app: Uses<"view">; size: number }) {
  const { passedOpen } = view;
  return (
    <div class="incident" role="listitem">
      <button
        class="pick row passed"
        aria-expanded={passedOpen}
        title={passedOpen ? "Fold in" : "Show each check"}
        onclick={() => view.set({ passedOpen: !passedOpen })}
      >
        <span class="tone ok row">
          <Icon d={CHECK} />
        </span>
        <span class="grow">{plural(size, "check")} passed</span>
        <Icon d={passedOpen ? DOWN : RIGHT} />
      </button>
    </div>
  );
}

/** One event: its time, the engine that reports it, and what it says. */
function EventRow({ app, row }: { app: Uses<"run">; row: LedgerRow }): Child {
  const { run, stages } = app.run.state;
  const { time_us, engine, title, detail, incident, stage_id } = row;
  const stage = stages.find((item) => item.stage_id === stage_id)?.name ?? stage_id;
  return (
    <div class="event small">
      <span class="num dim time">{offset(time_us, run?.started_us ?? null)}</span>
      <span class="grow">
        {incident === 0 && stage && `${stage}: `}
        {title} <span class="dim">{`(${engine} ${ENGINES[engine] ?? ""})`}</span>
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
