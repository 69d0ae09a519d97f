import type { RoutingRow } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { stageName } from "../../state/names";
import { ofStage } from "../../state/selectors";
import type { Child } from "../../ui/dom";
import { revealInList } from "../../ui/focus";
import { count, percent } from "../../ui/format";
import { CHECK, DOWN, iconStyle, RIGHT } from "../../ui/icons";
import { Rows } from "../../ui/list/list";
import { Pane, StageChip } from "../pane";
import { candidatesOf, hasScores } from "./candidates";
import type { Meanings, RoutingLive } from "./live-types";

/** Without being opened, a decision shows at most so many candidates. */
const SHOWN = 4;

interface Props {
  app: Uses<"run" | "view" | "lists" | "painting">;
  live: RoutingLive | undefined;
}

export function RoutingPane({ app, live }: Props) {
  const { run, routing, stages } = app.run.state;
  const { stage, routingOpen } = app.view;
  const list = app.lists.routing;
  const pages = routing.total > routing.rows.length ? live?.pages(stage) : undefined;
  const rows = ofStage(routing.rows, stage, stages);
  const { total } = pages ?? { total: rows.length };
  const body = (
    <Rows
      list={list}
      total={total}
      role="list"
      row={(index) => {
        const row = pages ? pages.row(index) : rows[index];
        const name = stageName(stages, row?.stage_id ?? null);
        return row ? (
          app.painting.memo(row, `${index} ${routingOpen === row.number} ${!live} ${name}`, () => (
            <Decision key={index} app={app} live={live} row={row} stage={name} />
          ))
        ) : (
          <div key={index} class="decision blank" />
        );
      }}
    />
  );
  pages?.fetchVisible(list.first, list.end, routing.total);
  return (
    <Pane
      app={app}
      name="routing"
      tools={
        <>
          <span class="grow small dim num">{total > 0 && count(total)}</span>
          <StageChip app={app} />
        </>
      }
    >
      {run && <Figures app={app} meanings={live?.meanings} />}
      {total > 0 ? (
        body
      ) : (
        <p class="empty">
          {routing.total ? "No decision for this stage." : "The agent chosen for each stage appears here."}
        </p>
      )}
      {rows.length > 0 && rows.every((row) => !hasScores(candidatesOf(row))) && (
        <p class="note small">The worker gives no scores.</p>
      )}
      {!pages && routing.total > routing.rows.length && (
        <p class="note small">
          {count(routing.total - routing.rows.length)} earlier decisions are not shown.
        </p>
      )}
    </Pane>
  );
}

/** The figures of the run, or of the chosen stage. */
function Figures({ app, meanings }: { app: Uses<"run" | "view">; meanings: Meanings | undefined }) {
  const { run, stages, artifacts } = app.run.state;
  const shown = stages.find(({ stage_id }) => stage_id === app.view.stage);
  const { mean_complexity, mean_drift, highest_drift, highest_drift_stage } = run?.figures ?? {};
  const part = (whole: string, name: string) => (shown ? name : `${whole} ${name.toLowerCase()}`);
  const figures: ([label: string, value: Child, tip: keyof Meanings, of?: string] | false)[] = [
    [
      part("Average", "Complexity"),
      percent((shown ? shown.complexity : mean_complexity) ?? null),
      "Complexity",
    ],
    ["Artifacts", ofStage(artifacts, app.view.stage, stages).length, "Artifacts"],
    !shown && ["Average drift", percent(mean_drift ?? null), "Drift"],
    [
      part("Highest", "Drift"),
      percent((shown ? shown.drift : highest_drift) ?? null),
      "Drift",
      shown || !highest_drift ? "" : stageName(stages, highest_drift_stage ?? null),
    ],
  ];
  return (
    <dl class="sums row small">
      {figures.map(
        (figure) =>
          figure && (
            <div class="row" title={meanings?.[figure[2]]}>
              <dt class="dim">{figure[0]}</dt>
              <dd class="num">{figure[1]}</dd>
              {figure[3] && <dt class="cut">· {figure[3]}</dt>}
            </div>
          ),
      )}
    </dl>
  );
}

interface DecisionProps extends Pick<Props, "live"> {
  app: Uses<"view" | "lists">;
  row: RoutingRow;
  stage: string;
}

function Decision({ app, live, row, stage }: DecisionProps) {
  const { number: n, confidence } = row;
  const on = app.view.routingOpen === n;
  const candidates = candidatesOf(row);
  const scored = hasScores(candidates);
  const best = candidates[0]?.score ?? 1;
  const more = on ? 0 : candidates.length - SHOWN;
  return (
    <div class="decision" role="listitem">
      <button
        class="pick row icon"
        style={iconStyle(on ? DOWN : RIGHT)}
        aria-expanded={on}
        title={on ? "Hide the reasons" : "Show the reasons"}
        onclick={() => {
          app.lists.routing.follow = false;
          app.view.set({ routingOpen: on ? null : n });
        }}
      >
        <b class="cut">{stage || "The whole run"}</b>
        <span class="small dim num end sure">
          {confidence !== null && `confidence ${percent(confidence)}`}
        </span>
      </button>
      <ul class="small">
        {candidates.slice(0, candidates.length - Math.max(0, more)).map(({ agent, score, reason, won }) => (
          <li
            class={`candidate row ${won ? "won ok" : ""} ${score === null ? "" : "scored"}`}
            style={score === null ? undefined : `--share:${percent(score)}`}
          >
            <span class={`cut tone who ${won ? "icon" : ""}`} style={won ? iconStyle(CHECK) : undefined}>
              {agent}
              {won && <span class="sr"> was chosen</span>}
            </span>
            {score !== null && <span class="num score">{percent(score)}</span>}
            {reason && (on || !scored || (!won && (score ?? 0) > best)) && (
              <span class="lost dim">{reason}</span>
            )}
          </li>
        ))}
        {more > 0 && <li class="candidate dim">and {count(more)} more</li>}
      </ul>
      {on && (
        <p class="explained small dim" ref={revealInList}>
          {live?.explain(row)}
        </p>
      )}
    </div>
  );
}
