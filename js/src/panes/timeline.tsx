import type { App } from "../app";
import { agentName, compact, duration, percent, seconds } from "../format";
import { type Bar, isTicking, timeline } from "../selectors";
import { Pane } from "../ui/bits";
import { Mark } from "../ui/icons";

export function TimelinePane({ app }: { app: App }) {
  const { run, stages, link } = app.state;
  const { bars, ticks } = timeline(stages, run, app.nowUs, isTicking(run, link));
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
          <ol class="grow scroll">
            {bars.map((bar) => (
              <Stage key={bar.stage.stage_id} app={app} bar={bar} />
            ))}
          </ol>
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
  const notes = Object.entries({ attempts, recoveries, violations })
    .filter(([word, n]) => n > (word === "attempts" ? 1 : 0))
    .map(([word, n]) => `${word}: ${n}`);
  if (drift !== null) notes.push(`drift: ${percent(drift)}`);
  return (
    <li class={`stage rel ${status}`}>
      <button
        class="pick marked"
        aria-pressed={on}
        aria-label={[name, status, time, ...notes, error].filter(Boolean).join(", ")}
        title={[`${name}: ${status}`, ...notes, error].filter(Boolean).join("\n")}
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
        {error ? (
          <span class="why cut">{error}</span>
        ) : (
          on && notes[0] && <span class="why dim">{notes.join(", ")}</span>
        )}
      </button>
    </li>
  );
}
