import type { RoutingRow } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { ofStage } from "../../state/selectors";
import { revealInList } from "../../ui/focus";
import { agentName, count, percent } from "../../ui/format";
import { DOWN, Icon, RIGHT } from "../../ui/icons";
import { Rows } from "../../ui/list/list";
import { Pane, StageChip } from "../pane";
import type { Meanings, RoutingLive } from "./live-types";

interface Props {
  app: Uses<"run" | "view" | "lists" | "painting">;
  live: RoutingLive | undefined;
}

export function RoutingPane({ app, live }: Props) {
  const { run, routing, stages, artifacts } = app.run.state;
  const { stage, routingOpen } = app.view;
  const list = app.lists.routing;
  const pages = routing.total > routing.rows.length ? live?.pages(stage) : undefined;
  const rows = ofStage(routing.rows, stage);
  const { total } = pages ?? { total: rows.length };
  const body = (
    <Rows
      list={list}
      total={total}
      role="list"
      row={(index) => {
        const row = pages ? pages.row(index) : rows[index];
        return row ? (
          app.painting.memo(row, `${index} ${routingOpen === row.number} ${!live}`, () => (
            <Decision key={index} app={app} live={live} row={row} />
          ))
        ) : (
          <div key={index} class="decision blank" />
        );
      }}
    />
  );
  pages?.fetchVisible(list.first, list.end, routing.total);
  const shown = stages.find(({ stage_id }) => stage_id === stage) ?? run;
  const figures = [
    ["Complexity", percent(shown?.complexity)],
    ["Drift", percent(shown?.drift)],
    ["Artifacts", run ? ofStage(artifacts, stage).length : "–"],
  ] as const;
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
      <dl class="tiles row">
        {figures.map(([label, value]) => (
          <div class="grow" title={live?.meanings[label]}>
            <dt class="small dim">{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {total > 0 ? (
        body
      ) : (
        <p class="empty">
          {routing.total ? "No decision for this stage." : "The agent chosen for each stage appears here."}
        </p>
      )}
      {!pages && routing.total > routing.rows.length && (
        <p class="note small">
          {count(routing.total - routing.rows.length)} earlier decisions are not shown.
        </p>
      )}
    </Pane>
  );
}

function Decision({
  app,
  live,
  row,
}: Pick<Props, "live"> & { app: Uses<"view" | "lists">; row: RoutingRow }) {
  const { number: n, stage_id, source, confidence, complexity, alternatives } = row;
  const on = app.view.routingOpen === n;
  const agent = agentName(row.agent);
  return (
    <div class="decision" role="listitem">
      <button
        class="pick marked"
        aria-expanded={on}
        title={alternatives.length ? "Show the alternatives" : "No alternatives were reported"}
        disabled={!alternatives.length}
        onclick={() => {
          app.lists.routing.follow = false;
          app.view.set({ routingOpen: on ? null : n });
        }}
      >
        <Icon d={on ? DOWN : RIGHT} />
        <span class="row">
          <b>{agent || "no agent reported"}</b>
          <span class="dim cut">{stage_id !== agent && stage_id}</span>
          <span class="dim num end">{source}</span>
        </span>
        <span class="row small">
          <Meter label="Confidence" share={confidence} meanings={live?.meanings} />
          <Meter label="Complexity" share={complexity} meanings={live?.meanings} />
        </span>
      </button>
      {on && (
        <ul class="others small" ref={revealInList}>
          {alternatives.map((other) => (
            <li>
              <b>{agentName(other.agent)}</b> {other.score?.toFixed(2)}{" "}
              <span class="dim">{other.reason}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface MeterProps {
  label: keyof Meanings;
  share: number | null;
  meanings: Meanings | undefined;
}

/** A share as a bar with its figure. */
function Meter({ label, share, meanings }: MeterProps) {
  return (
    <span class="meter row grow dim num" title={meanings?.[label]}>
      <i class="grow" style={`--share:${percent(share ?? 0)}`} />
      {percent(share)} <span class="cut">{label.toLowerCase()}</span>
    </span>
  );
}
