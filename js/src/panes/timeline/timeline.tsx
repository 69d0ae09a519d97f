import type { Uses } from "../../state/app";
import { isTicking } from "../../state/selectors";
import { columnsOf } from "../../state/view";
import { agentName, compact, duration, percent, plural, seconds } from "../../ui/format";
import { Mark } from "../../ui/icons";
import { Rows } from "../../ui/list/list";
import { Pane } from "../pane";
import { type Bar, stagesToCome, timeline } from "./axis";
import type { TimelineLive } from "./live-types";

/** The width of the pane to the left and right of its axis, in pixels. */
const BESIDE_PX = 186;

export function TimelinePane({
  app,
  live,
}: {
  app: Uses<"run" | "view" | "lists">;
  live: TimelineLive | undefined;
}) {
  const { run, stages, link } = app.run.state;
  const { width, shares, maximised } = app.view;
  const paneShare = (!maximised && shares[columnsOf(width)].columns?.[0]) || 1;
  const axisPx = width * paneShare - BESIDE_PX;
  const { bars, ticks } = timeline(stages, run, app.run.nowUs, isTicking(run, link), axisPx);
  live?.followRunning(bars.map((bar) => bar.live).lastIndexOf(true));
  const more = stagesToCome(stages, run);
  const body = (
    <Rows
      list={app.lists.stages}
      total={bars.length}
      role="list"
      row={(index) => <Stage key={index} app={app} bar={bars[index] as Bar} />}
    />
  );
  return (
    <Pane app={app} name="timeline">
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
          {more > 0 && <p class="note small dim">{plural(more, "more stage")} to come</p>}
        </>
      ) : (
        <p class="empty">{run ? "The first stage has not started." : "The stages of a run appear here."}</p>
      )}
    </Pane>
  );
}

function Stage({ app: { view }, bar }: { app: Uses<"view">; bar: Bar }) {
  const { stage, left, width, live, durationMs } = bar;
  const { stage_id, name, status, attempts, recoveries, violations, drift, tokens, error } = stage;
  const on = view.stage === stage_id;
  const time = status === "pending" ? "" : live ? seconds(durationMs) : duration(durationMs);
  const summary = [
    name,
    status,
    time,
    attempts > 1 && `attempts: ${attempts}`,
    recoveries && `recoveries: ${recoveries}`,
    violations && `violations: ${violations}`,
    drift !== null && `drift: ${percent(drift)}`,
  ]
    .filter(Boolean)
    .join(", ");
  return (
    <div class={`stage rel ${status}`} role="listitem">
      <button
        class="pick marked"
        aria-pressed={on}
        aria-label={summary}
        title={summary}
        onclick={() => view.set({ stage: on ? null : stage_id })}
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
        {error !== null && <span class="why">Failed</span>}
      </button>
    </div>
  );
}
