import type { Uses } from "../../state/app";
import { columnPx } from "../../state/layout";
import { agentName } from "../../state/names";
import { isTicking } from "../../state/selectors";
import { duration, percent, plural, seconds } from "../../ui/format";
import { Mark } from "../../ui/icons";
import { Rows } from "../../ui/list/list";
import { Pane } from "../pane";
import { type Bar, stagesToCome, timeline } from "./axis";
import type { TimelineLive } from "./live-types";

/** The width of the pane to the left and right of its axis, in pixels. */
const BESIDE_PX = 64;

export function TimelinePane({
  app,
  live,
}: {
  app: Uses<"run" | "view" | "lists">;
  live: TimelineLive | undefined;
}) {
  const { run, stages, link } = app.run.state;
  const { view } = app;
  const axisPx = (view.maximised ? view.width : columnPx(view, 0)) - BESIDE_PX;
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
  const { stage_id, name, status, attempts, recoveries, violations, drift, tokens } = stage;
  const on = view.stage === stage_id;
  const time = status === "pending" ? "" : live ? seconds(durationMs) : duration(durationMs);
  const agent = agentName(stage.agent);
  const again = attempts > 1 && plural(attempts, "attempt");
  const special = /^(recover|failed|cancelled)/.test(status) && status;
  const drifted = drift !== null && `drift ${percent(drift)}`;
  const used = tokens !== null && plural(tokens, "token");
  const joined = (...words: (string | false)[]) => words.filter(Boolean).join(", ");
  const words = joined(special, again);
  const summary = joined(
    name,
    status,
    time,
    agent,
    again,
    recoveries > 0 && plural(recoveries, "recovery", "recoveries"),
    violations > 0 && plural(violations, "policy violation"),
    drifted,
    used,
  );
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
        <b class="cut">{name}</b>
        <span class="row small">
          <span class="agent cut">{agent}</span>
          {words && <span class="words cut">{words}</span>}
          <span class="extra num">{!!drift && drifted}</span>
          <span class="extra num">{used}</span>
          <span class="num end">{time}</span>
        </span>
        <span class="track">
          <i style={`left:${left}%;width:${width}%`} />
        </span>
      </button>
    </div>
  );
}
