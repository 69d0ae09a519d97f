import type { App } from "../app";
import { agentName, percent } from "../format";
import { ofStage } from "../selectors";
import { Pane, reveal, StageChip } from "../ui/bits";
import { DOWN, Icon, RIGHT } from "../ui/icons";
import type { RoutingRow } from "../wire";

export function RoutingPane({ app }: { app: App }) {
  const { run, routing, artifacts } = app.state;
  const shown = ofStage(routing.rows, app.view.stage);
  const figures = [
    ["Complexity", percent(run?.complexity)],
    ["Drift", percent(run?.drift)],
    ["Artifacts", run ? artifacts.length : "–"],
  ];
  return (
    <Pane
      app={app}
      name="routing"
      title="Routing"
      tools={
        <>
          <span class="grow" />
          <StageChip app={app} />
        </>
      }
    >
      <dl class="tiles row">
        {figures.map(([label, value]) => (
          <div class="grow">
            <dt class="small dim">{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <ul class="grow scroll">
        {routing.total > routing.rows.length && (
          <li class="note small">{routing.total - routing.rows.length} earlier decisions are not shown.</li>
        )}
        {shown.map((row) =>
          app.memo(row, `${app.view.routingOpen === row.n}`, () => (
            <Decision key={row.n} app={app} row={row} />
          )),
        )}
        {!shown.length && (
          <li class="empty">
            {routing.total ? "No decision for this stage." : "Which agent takes each stage appears here."}
          </li>
        )}
      </ul>
    </Pane>
  );
}

function Decision({ app, row }: { app: App; row: RoutingRow }) {
  const { n, agent, stage_id, source, confidence, complexity, alternatives } = row;
  const on = app.view.routingOpen === n;
  return (
    <li class="decision">
      <button
        class="pick marked"
        aria-expanded={on}
        title={alternatives.length ? "Show the alternatives" : "No alternatives were told"}
        disabled={!alternatives.length}
        onclick={() => app.set({ routingOpen: on ? null : n })}
      >
        <Icon d={on ? DOWN : RIGHT} />
        <span class="row">
          <b>{agentName(agent) || "no agent told"}</b>
          <span class="dim cut">{stage_id}</span>
          <span class="dim num end">{source}</span>
        </span>
        <span class="row small">
          <Meter label="confidence" share={confidence} />
          <Meter label="complexity" share={complexity} />
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
    </li>
  );
}

/** A share as a bar, with its figure. */
function Meter({ label, share }: { label: string; share: number | null }) {
  return (
    <span class="meter row grow dim num" title={`${label} ${percent(share)}`}>
      <i class="grow" style={`--share:${percent(share ?? 0)}`} />
      {percent(share)} <span class="cut">{label.slice(0, 4)}.</span>
    </span>
  );
}
