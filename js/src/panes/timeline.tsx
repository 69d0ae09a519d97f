import type { App } from "../app";
import { agentName, compact, duration, percent, seconds } from "../format";
import { type Bar, isTicking, timeline } from "../selectors";
import { Pane } from "../ui/bits";
import { Mark } from "../ui/icons";
import { Rows } from "../ui/list";

/** Brings the running stage into view, unless one has scrolled away from the one before. */
function follow({ view, lists: { stages } }: App, running: number): void {
  if (running < 0 || running === view.running) return;
  const before = view.running;
  view.running = running;
  if (before < 0 || (before >= stages.top - 1 && before <= stages.bottom)) stages.show(running);
}

export function TimelinePane({ app }: { app: App }) {
  const { run, stages, link } = app.state;
  const { bars, ticks } = timeline(stages, run, app.nowUs, isTicking(run, link));
  const list = app.lists.stages;
  follow(app, bars.map(({ live }) => live).lastIndexOf(true));
  const body = (
    <Rows
      list={list}
      total={bars.length}
      role="list"
      row={(index) => <Stage key={index} app={app} bar={bars[index] as Bar} />}
    />
  );
  return (
    <Pane app={app} name="timeline" title="Timeline">
      {bars.length ? (
        <>
          <div class="axis dim" aria-hidden="true">
            <div class="rel">
              {ticks.map(({ at, label }) => (
                <span style={`left:${at}%`}>{label}</span>
              ))}
            </div>
          </div>
          {body}
        </>
      ) : (
        <p class="empty">{run ? "The first stage has not begun." : "The stages of a run appear here."}</p>
      )}
    </Pane>
  );
}

function Stage({ app, bar }: { app: App; bar: Bar }) {
  const { stage, left, width, live, durationMs } = bar;
  const { stage_id, name, status, attempts, recoveries, violations, drift, tokens, error } = stage;
  const on = app.view.stage === stage_id;
  const time = status === "pending" ? "" : live ? seconds(durationMs) : duration(durationMs);
  const said = [
    name,
    status,
    time,
    attempts > 1 && `attempts: ${attempts}`,
    recoveries && `recoveries: ${recoveries}`,
    violations && `violations: ${violations}`,
    drift !== null && `drift: ${percent(drift)}`,
    error,
  ]
    .filter(Boolean)
    .join(", ");
  return (
    <div class={`stage rel ${status}`} role="listitem">
      <button
        class="pick marked"
        aria-pressed={on}
        aria-label={said}
        title={said}
        onclick={() => app.set({ stage: on ? null : stage_id })}
      >
        <Mark status={status} />
        <span class="row">
          <b class="cut">{name}</b>
          {attempts > 1 && <i class="tag warning">×{attempts}</i>}
          {recoveries > 0 && <i class="tag warning">↻{recoveries}</i>}
          {drift !== null && <i class="tag">Δ {percent(drift)}</i>}
          <span class="num end">{time}</span>
        </span>
        <span class="row small">
          <span class="agent cut">{agentName(stage.agent)}</span>
          <span class="track">
            <i style={`left:${left}%;width:${width}%`} />
          </span>
          <span class="num end">{tokens !== null && `${compact(tokens)} tok`}</span>
        </span>
        {error && <span class="why cut">{error}</span>}
      </button>
    </div>
  );
}
