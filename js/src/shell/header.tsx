import { NO_KERNEL } from "../kernel/channel";
import type { App } from "../state/app";
import { elapsedMs, stagesDone, statusOf } from "../state/selectors";
import { count, seconds } from "../ui/format";

export function Header({ app }: { app: App }) {
  const { desk } = app.parts;
  return (
    <header class="top">
      {desk ? <desk.Form app={app} /> : <Blank app={app} />}
      <div class="state row">
        <StatusLine app={app} />
        {desk && <desk.Asked app={app} />}
        <Figures app={app} />
        {desk && <desk.Menus app={app} />}
      </div>
    </header>
  );
}

/** In the place of the form: what the run was asked for. */
function Blank({ app: { state } }: { app: App }) {
  const { desk, run } = state;
  return (
    <div class="row">
      <span class="field worker">{run?.worker ?? desk.worker}</span>
      <span class="field">
        <span class="cut">{run?.task ?? desk.task}</span>
      </span>
      <button class="button primary" disabled title={NO_KERNEL}>
        Run
      </button>
    </div>
  );
}

function StatusLine({ app }: { app: App }) {
  const { kernel, state, nowUs, parts } = app;
  const { run, link } = state;
  const [tone, label, message] = statusOf(kernel, link, run, state.desk, nowUs);
  return (
    <div class="status row grow">
      <span class={`pill row ${tone}`} data-status={label}>
        <i class={tone === "busy" ? "spin" : "bead"} />
        <span role="status">{label}</span>
      </span>
      {run?.recording && <i class="tag">recording</i>}
      {run?.replay_of && <i class="tag">replay</i>}
      {message && parts.desk ? (
        <parts.desk.Reason app={app} tone={tone} text={message} />
      ) : (
        <span class={`tone cut ${tone}`} title={message}>
          {message}
        </span>
      )}
    </div>
  );
}

function Figures({ app }: { app: App }) {
  const { run, link, stages } = app.state;
  const figures = [
    ["Elapsed", seconds(elapsedMs(run, link, app.nowUs))],
    ["Tokens", run && count(run.tokens)],
    ["Stages", run && `${stagesDone(stages)}/${run.total_stages ?? stages.length}`],
    ["Events", run && count(run.counts.events)],
  ];
  return (
    <dl class="figures row">
      {figures.map(([label, value]) => (
        <div class="row">
          <dt class="small dim">{label}</dt>
          <dd class="num">{value ?? "–"}</dd>
        </div>
      ))}
    </dl>
  );
}
