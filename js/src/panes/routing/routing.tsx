import type { RoutingRow } from "../../kernel/wire";
import type { Meanings } from "../../shell/live-types";
import type { App } from "../../state/app";
import { ofStage } from "../../state/selectors";
import { agentName, count, percent } from "../../ui/format";
import { DOWN, Icon, RIGHT } from "../../ui/icons";
import { Rows } from "../../ui/list/list";
import { Pane, reveal, StageChip } from "../pane";

export function RoutingPane({ app }: { app: App }) {
  const { run, routing, stages, artifacts } = app.state;
  const { stage, routingOpen } = app.view;
  const list = app.lists.routing;
  const { desk } = app.parts;
  const earlier = routing.total > routing.rows.length && desk?.earlierRouting(app, stage);
  const rows = ofStage(routing.rows, stage);
  const { total } = earlier || { total: rows.length };
  const body = (
    <Rows
      list={list}
      total={total}
      role="list"
      row={(index) => {
        const row = earlier ? earlier.row(index) : rows[index];
        return row ? (
          app.memo(row, `${index} ${routingOpen === row.n} ${!desk}`, () => (
            <Decision key={index} app={app} row={row} />
          ))
        ) : (
          <div key={index} class="decision blank" />
        );
      }}
    />
  );
  if (earlier) earlier.look(list.first, list.end, routing.total);
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
      title="Routing"
      tools={
        <>
          <span class="grow small dim num">{total > 0 && count(total)}</span>
          <StageChip app={app} />
        </>
      }
    >
      <dl class="tiles row">
        {figures.map(([label, value]) => (
          <div class="grow" title={desk?.MEANINGS[label]}>
            <dt class="small dim">{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {total > 0 ? (
        body
      ) : (
        <p class="empty">
          {routing.total ? "No decision for this stage." : "Which agent takes each stage appears here."}
        </p>
      )}
      {!earlier && routing.total > routing.rows.length && (
        <p class="note small">
          {count(routing.total - routing.rows.length)} earlier decisions are not shown.
        </p>
      )}
    </Pane>
  );
}

function Decision({ app, row }: { app: App; row: RoutingRow }) {
  const { n, stage_id, source, confidence, complexity, alternatives } = row;
  const on = app.view.routingOpen === n;
  const agent = agentName(row.agent);
  return (
    <div class="decision" role="listitem">
      <button
        class="pick marked"
        aria-expanded={on}
        title={alternatives.length ? "Show the alternatives" : "No alternatives were told"}
        disabled={!alternatives.length}
        onclick={() => {
          app.lists.routing.follow = false;
          app.set({ routingOpen: on ? null : n });
        }}
      >
        <Icon d={on ? DOWN : RIGHT} />
        <span class="row">
          <b>{agent || "no agent told"}</b>
          <span class="dim cut">{stage_id !== agent && stage_id}</span>
          <span class="dim num end">{source}</span>
        </span>
        <span class="row small">
          <Meter app={app} label="Confidence" share={confidence} />
          <Meter app={app} label="Complexity" share={complexity} />
        </span>
      </button>
      {on && (
        <ul class="others small" ref={reveal}>
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

/** A share as a bar, with its figure. */
function Meter({ app, label, share }: { app: App; label: keyof Meanings; share: number | null }) {
  return (
    <span class="meter row grow dim num" title={app.parts.desk?.MEANINGS[label]}>
      <i class="grow" style={`--share:${percent(share ?? 0)}`} />
      {percent(share)} <span class="cut">{label.toLowerCase()}</span>
    </span>
  );
}
