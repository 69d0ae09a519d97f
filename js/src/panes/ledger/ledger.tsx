import type { Incident, IncidentOutcome } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { inOrder, linesOf, OUTCOMES, placeWords, titleOf } from "../../state/incidents";
import { ofStage } from "../../state/selectors";
import { Facts } from "../../ui/facts";
import { count, duration, inWords, offset, plural } from "../../ui/format";
import { CHECK, DOWN, Icon, iconStyle, RIGHT } from "../../ui/icons";
import { Rows } from "../../ui/list/list";
import { Pane, StageChip } from "../pane";
import type { LedgerLive } from "./live-types";

/** The outcomes whose colour has another name. */
const TONES: Partial<Record<IncidentOutcome, string>> = {
  open: "busy",
  not_recovered: "error",
  reported: "warning",
  passed: "ok",
};

interface Props {
  app: Uses<"run" | "view" | "lists">;
  live: LedgerLive | undefined;
}

export function LedgerPane({ app, live }: Props) {
  const { run, incidents, ledger, stages } = app.run.state;
  const { view } = app;
  const { stage } = view;
  const list = app.lists.ledger;
  const isPartial = incidents.total > incidents.rows.length;
  const pages = isPartial || ledger.total > ledger.rows.length ? live?.incidents(stage) : undefined;
  const loaded = inOrder(ofStage(incidents.rows, stage, stages));
  const paged = isPartial ? pages : undefined;
  const cards = paged?.total ?? loaded.length;
  const passed =
    stage === null
      ? (run?.counts.passed ?? 0)
      : (pages?.counts ?? ofStage(ledger.rows, stage, stages).filter((row) => !row.incident).length);
  const body = (
    <Rows
      list={list}
      total={cards + (passed && 1)}
      role="list"
      row={(index) => {
        const incident = paged ? paged.row(index) : loaded[index];
        if (incident) return <Card key={incident.number} app={app} live={live} incident={incident} />;
        if (index < cards) return <div key={`blank ${index}`} class="incident blank" />;
        const on = view.incident === 0;
        return (
          <div key="passed" class="incident" role="listitem">
            <button
              class="pick passed icon"
              style={live && iconStyle(on ? DOWN : RIGHT)}
              aria-expanded={live && on}
              onclick={() => view.set({ incident: on ? null : 0, marked: null })}
            >
              <span class="tone ok">
                <Icon d={CHECK} />
              </span>
              <span class="grow">{plural(passed, "check")} passed</span>
            </button>
            {on && <div class="detail small">{live?.Events({ number: 0, events: passed })}</div>}
          </div>
        );
      }}
    />
  );
  pages?.fetchVisible(list.first, Math.min(list.end, cards), incidents.total + ledger.total);
  return (
    <Pane
      app={app}
      name="ledger"
      tools={
        <>
          <span class="total small dim num">{cards > 0 && count(cards)}</span>
          <Figures app={app} live={live} />
          <StageChip app={app} />
        </>
      }
    >
      {live?.Failure()}
      {cards + passed > 0 ? (
        body
      ) : (
        <p class="empty">
          {ledger.total
            ? "Nothing was found or checked in this stage."
            : "What is found and recovered appears here: failures, policy violations, drift."}
        </p>
      )}
      {!live && isPartial && (
        <p class="note small">{count(incidents.total - loaded.length)} earlier incidents are not shown.</p>
      )}
    </Pane>
  );
}

/** The policies and recoveries of the whole run. */
function Figures({ app, live }: { app: Uses<"run">; live: LedgerLive | undefined }) {
  const { figures } = app.run.state.run ?? {};
  return (
    figures && (
      <dl class="ratios row small">
        {(
          [
            ["Policies passed", figures.policies_passed, figures.policies],
            ["Recovered", figures.recovered, figures.recoveries],
          ] as const
        ).map(
          ([label, part, whole], at) =>
            whole > 0 && (
              <div class="row" title={live?.meanings[at]}>
                <dt class="dim">{label}</dt>
                <dd class="num">
                  {count(part)} of {count(whole)}
                </dd>
              </div>
            ),
        )}
      </dl>
    )
  );
}

function Card({ app, live, incident }: Props & { incident: Incident }) {
  const { view } = app;
  const { run, stages } = app.run.state;
  const { number, kind, outcome, started_us, ended_us, before, after, location } = incident;
  const on = view.incident === number;
  const tone = TONES[outcome] ?? outcome;
  const [beginning, parts] = titleOf(incident, stages, run?.verdict?.reason);
  const tookMs = ((ended_us ?? 0) - (started_us ?? 0)) / 1000;
  return (
    <div class="incident" role="listitem">
      <button
        class="pick icon"
        style={iconStyle(on ? DOWN : RIGHT)}
        aria-expanded={on}
        onclick={() => {
          view.set({ incident: on ? null : number, marked: on ? null : linesOf(incident) });
          if (!on) live?.showLines(incident);
        }}
      >
        <i class={`tag ${tone}`}>
          {kind === "replay" && tone === "error" ? "Differs" : inWords(OUTCOMES[outcome])}
        </i>
        <span class="num small dim">
          {offset(started_us, run?.started_us ?? null)}
          {tookMs > 0 && ` · took ${duration(tookMs)}`}
        </span>
        <span class="title">
          {beginning && <b>{beginning}</b>}
          {parts.join(" → ")}
        </span>
      </button>
      {on && (
        <div class="detail small">
          <Facts
            pairs={[
              ["Before", before],
              ["After", after],
              ["Where", location && placeWords(location)],
            ]}
          />
          {live?.Events(incident)}
        </div>
      )}
    </div>
  );
}
